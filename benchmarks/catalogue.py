"""The detector on a large bot: 200 actions, 20 cases each, behaviour rules on.

The package is written into a temporary folder and served by a real rasa-sdk.  Nine in
ten actions are right; each tenth has one mistake, so that shrinking is paid for, too.
The bar is 30 seconds on two cores; what is held against it is the CPU time of the
command and of the server that it starts, halved, which a neighbour's load hardly moves.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, at_least, at_most

ACTIONS = 200
CORES = 2
HEAD = """\
from rasa_sdk import Action
from rasa_sdk.events import FollowupAction, ReminderScheduled, SlotSet
from rasa_sdk.forms import FormValidationAction
"""
PLAIN = """
class A{n}(Action):
    def name(self):
        return "{name}"

    def run(self, dispatcher, tracker, domain):
{body}
"""
FORM = """
class A{n}(FormValidationAction):
    def name(self):
        return "{name}"

    def validate_city(self, value, dispatcher, tracker, domain):
        return {{"city": value if value else None}}

    def validate_seats(self, value, dispatcher, tracker, domain):
        return {{"seats": value}}
"""
RIGHT = (
    """\
        dispatcher.utter_message(text="Let me see.")
        return []""",
    """\
        city = tracker.get_slot("city") or "Rome"
        dispatcher.utter_message(response="utter_weather", city=city)
        return [SlotSet("degrees", 21.5)]""",
    """\
        dispatcher.utter_message(
            text="Which?", buttons=[{"title": "Yes", "payload": "/affirm"}]
        )
        return [SlotSet("seats", None)]""",
    """\
        said = [e for e in tracker.events if e["event"] == "user"]
        dispatcher.utter_message(text=f"You wrote {len(said)} messages.")
        return [SlotSet("asked", bool(said))]""",
)
WRONG = (
    '        return [SlotSet("no_such_slot", 1)]',
    '        return [SlotSet("degrees", "warm")]',
    '        dispatcher.utter_message(response="utter_nowhere")\n        return []',
    '        return [SlotSet("city", tracker.get_slot("city").upper())]',
)
CUSTOM = [{"type": "custom"}]
DOMAIN: Mapping[str, Any] = {
    "version": "3.1",
    "intents": ["greet", "affirm", "deny", "inform"],
    "entities": ["city", "number"],
    "slots": {
        "city": {
            "type": "text",
            "mappings": [{"type": "from_entity", "entity": "city"}],
        },
        "seats": {
            "type": "float",
            "min_value": 1,
            "max_value": 400,
            "mappings": [{"type": "from_entity", "entity": "number"}],
        },
        "degrees": {"type": "float", "min_value": -60, "mappings": CUSTOM},
        "asked": {"type": "bool", "mappings": CUSTOM},
        "tags": {"type": "list", "mappings": CUSTOM},
        "kind": {"type": "categorical", "values": ["a", "b"], "mappings": CUSTOM},
    },
    "responses": {
        "utter_weather": [{"text": "Sunny in {city}"}],
        "utter_ask_city": [{"text": "Which city?"}],
        "utter_ask_seats": [{"text": "How many?"}],
    },
}


def figures() -> Iterator[Figure]:
    """Yield seconds for the catalogue, and what was found in it."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        wrong = write_bot(place)
        taken = check(place)
        findings = _findings(place / "report.ndjson")
    yield Figure(
        name=f"{ACTIONS} actions, 20 cases each, {taken['calls']:.0f} calls",
        value=taken["cpu"] / CORES,
        unit=f"s on {CORES} cores",
        bar=at_most(30),
    )
    yield Figure(name="  by the clock on the wall", value=taken["wall"], unit="s")
    yield Figure(
        name=f"  wrong actions found of {len(wrong)}",
        value=len(wrong & findings),
        unit="actions",
        bar=at_least(len(wrong)),
    )
    yield Figure(
        name="  right actions accused",
        value=len(findings - wrong),
        unit="actions",
        bar=at_most(0),
    )


def write_bot(folder: Path) -> set[str]:
    """Write a package of actions and its domain; return the names of the wrong ones."""
    classes, names, wrong = [HEAD], [], set()
    for n in range(ACTIONS):
        name, text = _action(n)
        names.append(name)
        classes.append(text)
        if n % 10 == 0:
            wrong.add(name)
    forms = {
        name.removeprefix("validate_"): {"required_slots": ["city", "seats"]}
        for name in names
        if name.startswith("validate_")
    }
    domain = {**DOMAIN, "actions": names, "forms": forms}
    (folder / "domain.yml").write_text(json.dumps(domain), "utf-8")
    (folder / "many_actions.py").write_text("".join(classes), "utf-8")
    return wrong


def _action(n: int) -> tuple[str, str]:
    if n % 10 == 0:
        body = WRONG[n // 10 % len(WRONG)]
    elif n % 10 == 5:
        name = f"validate_form_{n}"
        return name, FORM.format(n=n, name=name)
    else:
        body = RIGHT[n % len(RIGHT)]
    name = f"action_{n}"
    return name, PLAIN.format(n=n, name=name, body=body)


def check(folder: Path) -> dict[str, float]:
    """Run the command in a folder; return its seconds and the number of its calls."""
    command = [sys.executable, "-m", "rasa_mock", "check", "--domain", "domain.yml"]
    command += ["--actions", "many_actions", "--report", "ndjson=report.ndjson"]
    command += ["--workers", str(CORES)]
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, cwd=folder, check=False, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    *_, last = (folder / "report.ndjson").read_text("utf-8").splitlines()
    return {"cpu": cpu, "wall": wall, "calls": json.loads(last)["calls"]}


def _findings(report: Path) -> set[str]:
    """Return the actions with an error or a warning."""
    lines = map(json.loads, report.read_text("utf-8").splitlines())
    return {
        line["action"]
        for line in lines
        if line["type"] == "finding" and line["severity"] in ("error", "warning")
    }
