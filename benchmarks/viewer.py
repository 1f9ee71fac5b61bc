"""The viewer with a conversation of 10,000 events: from the address to what is seen.

The browser is a real Chromium, so this is wall-clock time: run it on an idle machine.
Without a Chromium only the server's share is measured.
"""

from __future__ import annotations

import asyncio
import shutil
import statistics
import threading
import time
from collections.abc import Iterator

from benchmarks.harness import Figure, at_most, seconds_each
from rasa_mock.server.listen import address_of, bind, make_server
from rasa_mock.server.viewer import viewer_app
from rasa_mock.stores.base import Turn
from rasa_mock.stores.registry import open_store
from rasa_mock.viewer.library import Library
from rasa_mock.viewer.safe import to_json

EVENTS = 10_000
CONVERSATIONS = 100_000
NAMES = ("chromium", "chromium-browser", "google-chrome")
ROUNDS = 5
STEPS = 100
SHOWN = "performance.getEntriesByName('rasa-mock-shown').length ? performance.now() : 0"
STEPPING = """async (steps) => {
  const begun = performance.now();
  for (let step = 0; step < steps; step += 1) {
    const key = {key: 'ArrowLeft', bubbles: true};
    document.body.dispatchEvent(new KeyboardEvent('keydown', key));
    document.body.offsetHeight;
  }
  return (performance.now() - begun) / steps;
}"""


def figures() -> Iterator[Figure]:
    """Yield the server's share, and what a person waits for."""
    library = Library(store=open_store("memory:"))
    library.store.save("long", Turn(events=events(EVENTS)))
    taken = seconds_each(
        {"page": lambda: to_json(library.ask("conversation", {"id": "long"}))}
    )
    yield Figure(
        name=f"{EVENTS:,} events as JSON, with their states",
        value=taken["page"] * 1000,
        unit="ms",
    )
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is not None:
        yield from in_browser(library, path)
    many = Library(store=open_store("memory:"))
    one = Turn(events=events(3))
    for number in range(CONVERSATIONS):
        many.store.save(f"sender-{number}", one)
    taken = seconds_each(
        {
            "page": lambda: many.ask("conversations", {}),
            "search": lambda: many.ask("conversations", {"search": "sender-99999"}),
        }
    )
    for name, seconds in taken.items():
        yield Figure(
            name=f"list of {CONVERSATIONS:,} conversations: {name}",
            value=seconds * 1000,
            unit="ms",
        )


def in_browser(library: Library, path: str) -> Iterator[Figure]:
    """Yield first paint and the time of a step."""
    from playwright.sync_api import sync_playwright

    listening = bind("127.0.0.1", 0)
    ready = threading.Event()
    server = make_server(viewer_app(library), on_ready=ready.set)
    work = server.serve(sockets=[listening])
    thread = threading.Thread(target=asyncio.run, args=(work,), daemon=True)
    thread.start()
    ready.wait(60)
    url = f"{address_of(listening)}/__mock__/#/c?id=long"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox"]
        )
        waits, steps = [], []
        for _ in range(ROUNDS):
            page = browser.new_page()
            page.goto(url)
            while not (shown := page.evaluate(SHOWN)):
                time.sleep(0.005)
            waits.append(shown)
            steps.append(page.evaluate(STEPPING, STEPS))
            page.close()
        browser.close()
    server.should_exit = True
    thread.join(60)
    listening.close()
    yield Figure(
        name=f"{EVENTS:,} events: until they are seen",
        value=statistics.median(waits),
        unit="ms",
        bar=at_most(1000),
    )
    yield Figure(
        name=f"{EVENTS:,} events: one step in time",
        value=statistics.median(steps),
        unit="ms",
        bar=at_most(16.7),
    )


def events(count: int) -> list[dict]:
    """Return a conversation of so many events, a slot set in each turn."""
    made: list[dict] = [
        {"event": "action", "name": "action_session_start", "timestamp": 0.0},
        {"event": "session_started", "timestamp": 0.1},
        {"event": "action", "name": "action_listen", "timestamp": 0.2},
    ]
    while len(made) < count:
        at = float(len(made))
        intent = {"name": "inform", "confidence": 0.9}
        data = {"intent": intent, "entities": [], "text": f"message {at}"}
        made += [
            {
                "event": "user",
                "text": f"message {at}",
                "parse_data": data,
                "timestamp": at,
            },
            {"event": "slot", "name": "number", "value": at, "timestamp": at},
            {"event": "action", "name": "utter_ok", "timestamp": at},
            {"event": "bot", "text": f"That is number {at}.", "timestamp": at},
            {"event": "action", "name": "action_listen", "timestamp": at},
        ]
    return made[:count]
