"""The viewer in a real Chromium: open, search, step, compare, live, export, inert.

Screenshots for the documentation are made here: with RASA_MOCK_SCREENSHOTS set they go
to docs/images, else to a folder of the test.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from click.testing import CliRunner

from rasa_mock.cli.view import command
from rasa_mock.server.viewer import Access, viewer_app
from rasa_mock.stores.base import Turn
from rasa_mock.stores.registry import open_store
from rasa_mock.viewer.library import Library
from tests.server.served import running
from tests.viewer import made
from tests.viewer.browser import SLOW, browser

api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not installed: no browser tests"
)
IMAGES = Path(__file__).resolve().parents[2] / "docs" / "images"
SIZE = {"width": 1280, "height": 720}
RUN = {
    "title": "run.ndjson",
    "counts": {"error": 1, "warning": 0, "info": 0},
    "started": {"url": "http://localhost:5055/webhook", "seed": 7},
    "finished": {"calls": 12},
    "actions": [{"action": "action_x", "calls": 12, "counts": {}, "elapsed": 0.1}],
    "findings": [{"rule": "RM201", "severity": "error", "message": "an old finding"}],
}
NEWER = {
    **RUN,
    "title": "newer.ndjson",
    "findings": [{"rule": "RM302", "severity": "error", "message": "new"}],
}


@pytest.fixture(scope="module")
def chromium():
    with browser() as found:
        yield found


@pytest.fixture(scope="module")
def store():
    moment = {"now": made.START}
    store = open_store("memory:", now=lambda: moment["now"])
    for number in range(60):
        store.save(f"visitor-{number:02}", Turn(events=made.started(0)))
        moment["now"] += 60
    made.fill(store)
    store.save("long", Turn(events=made.long_events(10_000)))
    return store


@pytest.fixture(scope="module")
def url(store):
    app = viewer_app(Library(store=store, runs={"one": RUN, "two": NEWER}))
    with running(app) as (address, _):
        yield f"{address}/__mock__/"


@pytest.fixture(scope="module")
def only_page(chromium):
    """The page of all tests in English, and what it complains about."""
    context = chromium.new_context(viewport=SIZE, locale="en-GB", timezone_id="UTC")
    page = context.new_page()
    page.set_default_timeout(SLOW)
    wrong = []

    def said(message):
        if message.type == "error":
            wrong.append(message.text)

    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", said)
    yield page, wrong
    context.close()


@pytest.fixture
def page(only_page):
    """The page, left as if it were opened anew; what it complains about fails."""
    page, wrong = only_page
    wrong.clear()
    page.goto("about:blank")
    yield page
    assert wrong == []


def conversation(page, url, sender_id, **more):
    """Open a conversation, and wait until it is there."""
    rest = "".join(f"&{name}={value}" for name, value in more.items())
    page.goto(f"{url}#/c?id={quote(sender_id)}{rest}")
    page.wait_for_selector(".event.chosen")


def place(page):
    return page.locator(".place").inner_text()


def state(page, name):
    return page.locator(f'.state tr[data-name="{name}"]')


def picture(page, name):
    """Take a screenshot for the documentation."""
    wanted = os.environ.get("RASA_MOCK_SCREENSHOTS")
    if wanted:
        page.screenshot(path=IMAGES / name)
        assert (IMAGES / name).stat().st_size < 200_000


def test_the_list_opens_is_searched_and_turned(page, url):
    page.goto(url)
    rows = page.locator("table.list tbody tr")
    page.wait_for_selector("table.list tbody tr")
    assert rows.count() == 50
    picture(page, "viewer-list.png")
    page.keyboard.press("n")
    api.expect(rows).to_have_count(14)
    page.keyboard.press("/")
    page.keyboard.type("ANN")
    api.expect(rows).to_have_count(1)
    assert rows.first.locator(".sender").inner_text() == "anna"
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.wait_for_selector(".event.chosen")
    assert page.locator("h1").inner_text() == "anna"


def test_the_list_is_filtered_by_what_happened(page, url):
    page.goto(url)
    senders = page.locator(".sender")
    api.expect(senders).to_have_count(50)
    for name, value, found in (
        ("intent", "search_venues", ["boris", "anna"]),
        ("action", "action_search_venues", ["anna"]),
        ("finding", "RM302", ["anna"]),
        ("since", "2023-11-16", []),
        ("until", "2023-11-13", []),
    ):
        page.fill(f"input[name={name}]", value)
        api.expect(senders).to_have_text(found)
        page.locator("button", has_text="Clear").click()
        api.expect(senders).to_have_count(50)


def test_nothing_found_is_said(page, url):
    page.goto(f"{url}#/?search=nobody")
    page.wait_for_selector("text=No conversation fits.")
    assert page.input_value("input[name=search]") == "nobody"


def test_one_steps_through_time_with_keys_and_slider(page, url):
    conversation(page, url, "anna")
    assert "event 22 of 22" in place(page)
    assert "jazz" in state(page, "slot:genre").inner_text()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert "event 20 of 22" in place(page)
    assert state(page, "slot:venues").count() == 0
    page.keyboard.press("ArrowRight")
    assert "changed" in state(page, "slot:venues").get_attribute("class")
    assert "Quasimodo" in state(page, "slot:venues").inner_text()
    page.locator(".slider").fill("12")
    assert "event 11 of 22" in place(page)
    assert "booking_form" in state(page, "active_loop").inner_text()
    assert "changed" in state(page, "slot:requested_slot").get_attribute("class")
    assert "search_venues" in state(page, "latest_message").inner_text()
    page.keyboard.press("Home")
    assert place(page) == "before the first event"
    page.keyboard.press("PageDown")
    assert "event 3 of 22" in place(page)


def test_what_comes_later_is_dim_and_the_chat_follows(page, url):
    conversation(page, url, "anna", e=12)
    assert page.locator(".bubble.chosen").inner_text().startswith("Which genre?")
    assert page.locator(".bubble.future").all_inner_texts() == [
        "jazz\n\ninform 0.61",
        "I found two venues.",
    ]
    page.locator(".bubble", has_text="hello").click()
    assert "event 3 of 22" in place(page)


def test_a_call_shows_request_answer_time_and_finding(page, url):
    conversation(page, url, "anna", e=19)
    picture(page, "viewer.png")
    call = page.locator(".record-call")
    assert "483 ms" in call.inner_text()
    assert "Quasimodo" in call.inner_text()
    assert "hidden-token" not in page.content()
    call.locator("summary", has_text="Request").click()
    call.locator("button", has_text="Show all").click()
    call.locator("pre", has_text="xxxxxx").wait_for()
    assert "RM302" in page.locator(".record-finding").inner_text()
    assert (
        "rule 'submit the booking form'"
        in page.locator(".record-prediction").inner_text()
    )
    assert '"genre": "jazz"' in page.locator(".record-trace").inner_text()
    assert '"mood": "fine"' in page.locator(".record", has_text="weather").inner_text()


def test_the_next_finding_is_a_key_away(page, url):
    conversation(page, url, "anna", e=3)
    page.keyboard.press("f")
    assert "event 19 of 22" in place(page)


def test_two_conversations_are_compared(page, url):
    page.goto(f"{url}#/?intent=search_venues")
    api.expect(page.locator(".sender")).to_have_count(2)
    for key in ("j", "x", "k", "x", "c"):
        page.keyboard.press(key)
    page.wait_for_selector(".pair.chosen")
    assert page.locator(".pair.differs").count() == 2
    assert page.locator(".pair.only-a").count() == 2
    assert "jazz" in page.locator(".final").inner_text()
    assert "rock" in page.locator(".final").inner_text()
    page.keyboard.press("n")
    assert "genre = rock" in page.locator(".pair.chosen").inner_text()
    picture(page, "viewer-compare.png")


def test_two_runs_are_compared(page, url):
    page.goto(f"{url}#/run?name=one")
    page.wait_for_selector("text=an old finding")
    page.locator("select").select_option("two")
    page.wait_for_selector("text=Gone (1)")
    assert "RM302" in page.locator(".record.new").inner_text()
    assert "RM201" in page.locator(".record.gone").inner_text()


def test_news_arrive_by_themselves(page, url, store):
    store.save("newcomer", Turn(events=made.started(0)))
    page.goto(url)
    page.wait_for_selector(".signal.on")
    store.save("latecomer", Turn(events=made.started(0)))
    page.locator(".sender", has_text="latecomer").wait_for()
    conversation(page, url, "newcomer")
    page.wait_for_selector(".signal.on")
    store.save("newcomer", Turn(events=[made.message("hi!", intent="greet", at=9)]))
    page.locator(".bubble.user", has_text="hi!").wait_for()
    assert "event 3 of 3" in place(page)
    page.keyboard.press("Home")
    store.save("newcomer", Turn(events=[made.bot("Hey you.", at=10)]))
    page.locator(".bubble.bot", has_text="Hey you.").wait_for()
    assert place(page) == "before the first event"
    page.keyboard.press("End")
    told = {"kind": "trace", "name": "late", "value": "a word", "lost": True}
    store.save_variables("newcomer", [told], turn=5)
    page.locator(".record-trace", has_text="a word").wait_for()


def test_a_conversation_is_exported(page, url):
    conversation(page, url, "anna")
    texts = {}
    for kind in ("json", "story", "e2e", "pytest", "curl"):
        with page.expect_download() as started:
            page.locator(".export summary").click()
            page.locator(f".export button[data-kind={kind}]").click()
        texts[kind] = Path(started.value.path()).read_text(encoding="utf-8")
    assert len(json.loads(texts["json"])["events"]) == 23
    assert "- intent: search_venues" in texts["story"]
    assert '- user: "find me a concert in Berlin"' in texts["e2e"]
    assert '(19, "action_search_venues")' in texts["pytest"]
    assert texts["curl"].count("curl -s") == 4
    # By keys alone; Escape closes the menu, and does not leave the page.
    page.locator(".export summary").focus()
    for key in ("Enter", "Escape", "Enter", "Tab"):
        page.keyboard.press(key)
    with page.expect_download() as started:
        page.keyboard.press("Enter")
    assert started.value.suggested_filename == "anna.json"
    assert page.locator("h1").inner_text() == "anna"


def test_a_narrow_window_has_room_for_chat_or_events(page, url):
    page.set_viewport_size({"width": 390, "height": 844})
    try:
        page.goto(url)
        page.wait_for_selector("table.list tbody tr")
        assert page.locator("td.id").first.bounding_box()["width"] > 100
        page.goto(f"{url}#/c?id=anna&e=19")
        page.wait_for_selector(".bubble.chosen")
        events, chat = page.locator(".virtual"), page.locator(".chat")
        assert (chat.is_visible(), events.is_visible()) == (True, False)
        page.locator(".tabs button", has_text="Events").click()
        assert (chat.is_visible(), events.is_visible()) == (False, True)
        page.locator(".event.chosen").wait_for()
        assert page.evaluate("document.documentElement.scrollWidth") == 390
    finally:
        page.set_viewport_size(SIZE)


def test_nested_values_can_be_unfolded(page, url, store):
    offers = [{"id": f"BGO-{number}", "price": 120.5} for number in range(9)]
    store.save(
        "nested", Turn(events=[*made.started(0), made.slot("offers", offers, at=1)])
    )
    conversation(page, url, "nested")
    row = state(page, "slot:offers")
    assert row.bounding_box()["height"] < 40
    row.locator("summary").click()
    assert '"id": "BGO-8"' in row.locator("pre").inner_text()


def test_a_conversation_that_is_not_there_is_said(chromium, url):
    page = chromium.new_page()
    page.goto(f"{url}#/c?id=nobody")
    page.wait_for_selector("text=there is nothing of this name: 'nobody'")
    assert not page.locator(".slider").is_visible()
    page.close()


def test_a_stored_script_does_not_run(page, url):
    page.goto(f"{url}#/?search=evil")
    page.locator(".sender", has_text="<script>").click()
    page.wait_for_selector(".event.chosen")
    api.expect(page.locator(".bubble")).to_have_count(2)
    for _ in range(5):
        page.keyboard.press("ArrowLeft")
    assert page.evaluate("window.pwned") is None
    assert page.locator("#app script, #app img").count() == 0
    assert made.SCRIPT in page.locator(".bubble.user p").inner_text()


def test_an_inline_script_is_refused_by_the_policy(chromium, url):
    page = chromium.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.goto(url)
    page.evaluate(
        "const each = document.createElement('script');"
        "each.textContent = 'window.pwned = 3'; document.body.append(each);"
        "document.body.insertAdjacentHTML("
        "'beforeend', '<img src=x onerror=\"window.pwned = 4\">')"
    )
    page.wait_for_timeout(50)
    assert page.evaluate("window.pwned") is None
    assert any("Content Security Policy" in each for each in said)
    page.close()


def test_ten_thousand_events_stay_smooth(page, url):
    conversation(page, url, "long")
    assert "event 9999 of 9999" in place(page)
    assert page.locator(".event").count() < 100
    assert page.locator(".bubble").count() < 200
    page.locator(".slider").fill("5001")
    assert "event 5000 of 9999" in place(page)
    assert page.locator(".event.chosen .at").inner_text() == "5000"
    longest = page.evaluate(
        """async () => {
          let longest = 0;
          for (let step = 0; step < 40; step += 1) {
            const begun = performance.now();
            const key = {key: 'ArrowLeft', bubbles: true};
            document.body.dispatchEvent(new KeyboardEvent('keydown', key));
            document.body.offsetHeight;
            longest = Math.max(longest, performance.now() - begun);
            await new Promise(requestAnimationFrame);
          }
          return longest;
        }"""
    )
    assert "event 4960 of 9999" in place(page)
    # A step that made all rows anew would take seconds; see benchmarks for figures.
    assert longest < 2_000


def test_the_page_speaks_chinese_and_turns_dark(chromium, url):
    context = chromium.new_context(
        viewport=SIZE, locale="zh-CN", color_scheme="dark", timezone_id="UTC"
    )
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector("table.list tbody tr")
    assert page.locator("h1").inner_text() == "对话"
    assert page.evaluate("document.documentElement.lang") == "zh"
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert max(map(int, re.findall(r"\d+", ground))) < 60
    page.goto(f"{url}?lang=en#/c?id=anna&e=21")
    page.wait_for_selector(".event.chosen")
    assert "Changed here" in page.locator(".detail").inner_text()
    picture(page, "viewer-dark.png")
    page.goto(f"{url}?lang=zh#/c?id=anna&e=21")
    page.wait_for_selector(".event.chosen")
    assert "此处的变化" in page.locator(".detail").inner_text()
    context.close()


def test_both_languages_have_the_same_words(page, url):
    page.goto(url)
    english, chinese = page.evaluate(
        "[Object.keys(RM.words.en), Object.keys(RM.words.zh)]"
    )
    assert english == chinese


def test_an_id_that_no_url_can_hold_is_opened(page, url, store):
    odd = "half \ud800 a/b?c#d%"
    store.save(odd, Turn(events=made.started(0)))
    page.goto(f"{url}#/?search=a/b?c")
    page.locator(".sender").first.click()
    page.wait_for_selector(".event.chosen")
    assert "event 2 of 2" in place(page)


@pytest.fixture(scope="module")
def offline(tmp_path_factory):
    """Write an offline page of two conversations and two runs."""
    folder = tmp_path_factory.mktemp("offline")
    first, second, out = (folder / name for name in ("a.json", "b.json", "page.html"))
    evil = [*made.venues_events(), made.message(made.SCRIPT, intent="x", at=20)]
    records = [{"index": r["offset"], **r} for r in made.venues_records()]
    told = {"sender_id": "anna", "events": evil, "variables": records}
    first.write_text(json.dumps(told))
    second.write_text(json.dumps({"sender_id": "b", "events": made.venues_events()}))
    runs = []
    for name, rule in (("old", "RM201"), ("new", "RM302")):
        finding = {"type": "finding", "rule": rule, "severity": "error", "message": "x"}
        runs.append(folder / f"{name}.ndjson")
        runs[-1].write_text(json.dumps(finding) + "\n")
    sources = [str(path) for path in (first, second, *runs)]
    done = CliRunner().invoke(command, [*sources, "--html", str(out)])
    assert done.exit_code == 0, done.output
    return out.as_uri()


def test_the_offline_page_needs_no_server(page, offline):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(offline)
    api.expect(page.locator(".sender")).to_have_count(2)
    page.fill("input[name=finding]", "RM302")
    api.expect(page.locator(".sender")).to_have_count(1)
    page.goto(f"{offline}#/c?id=anna&e=19")
    page.wait_for_selector(".event.chosen")
    assert "Quasimodo" in page.locator(".record-call").inner_text()
    page.keyboard.press("End")
    assert made.SCRIPT in page.locator(".bubble.chosen p").inner_text()
    assert page.evaluate("window.pwned") is None
    with page.expect_download() as started:
        page.locator(".export summary").click()
        page.locator(".export button[data-kind=e2e]").click()
    assert "test_cases" in Path(started.value.path()).read_text(encoding="utf-8")
    page.goto(f"{offline}#/compare?a=anna&b=b")
    page.wait_for_selector(".pair.chosen")
    page.goto(f"{offline}#/runs?a=old.ndjson&b=new.ndjson")
    page.wait_for_selector("text=Gone (1)")
    assert [url for url in asked if not url.startswith(("file:", "blob:"))] == []


def test_an_offline_page_of_one_conversation_opens_it(page, tmp_path):
    source, out = tmp_path / "a.json", tmp_path / "page.html"
    source.write_text(json.dumps({"sender_id": "anna", "events": made.venues_events()}))
    options = [str(source), "--sender", "anna", "--html", str(out)]
    assert CliRunner().invoke(command, options).exit_code == 0
    page.goto(out.as_uri())
    page.wait_for_selector(".event.chosen")
    page.keyboard.press("Escape")
    assert page.locator("td.time").get_attribute("title") == "2023-11-14 22:13:29"


def test_a_token_is_asked_for_once(chromium, store):
    app = viewer_app(Library(store=store), access=Access(token="s3cret"))
    context = chromium.new_context(viewport=SIZE, locale="en-GB")
    page = context.new_page()
    with running(app) as (address, _):
        page.goto(f"{address}/__mock__/#/c?id=anna")
        page.fill("#token", "wrong")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=This is not the token.")
        page.fill("#token", "s3cret")
        page.keyboard.press("Enter")
        page.wait_for_selector(".event.chosen")
        page.reload()
        page.wait_for_selector(".signal.on")
        context.clear_cookies()
        page.goto(f"{address}/__mock__/?token=s3cret#/c?id=anna")
        page.wait_for_selector(".event.chosen")
        assert "s3cret" not in page.url
        assert "s3cret" not in page.evaluate("document.cookie")
        assert "s3cret" not in page.content()
        context.close()


def test_a_large_message_is_shown_at_once_and_cut(page, url, store):
    said = made.message("x" * 5_000_000, intent="greet", at=1)
    store.save("large", Turn(events=[*made.started(0), said]))
    conversation(page, url, "large")
    assert page.evaluate("document.body.innerText.length") < 20_000
    page.locator("summary", has_text="Event").click()
    page.locator("button", has_text="Show all (10.0 MB)").wait_for()
