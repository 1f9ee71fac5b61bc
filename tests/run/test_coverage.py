"""What counts as exercised, call by call and turn by turn; adding up and showing it."""

from __future__ import annotations

import json

import pytest

from rasa_mock.clock import new_uuid, parse_date
from rasa_mock.core.wire import Reply
from rasa_mock.files.bot import load_bot
from rasa_mock.reports.coverage import page, table
from rasa_mock.run.conversation import Conversation, Setup
from rasa_mock.run.coverage import Coverage
from rasa_mock.run.coverage_watch import Call, ConversationWatch, Watch
from rasa_mock.similar import similar
from tests.run.e2e.pizza import write_pizza_bot


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    folder = write_pizza_bot(tmp_path_factory.mktemp("pizza"))
    return load_bot(folder, similar=similar)


def reply(body=None, *, status=200, failure=None):
    return Reply(
        status=None if failure else status,
        headers={"Content-Type": "application/json"},
        body=json.dumps(body or {"events": [], "responses": []}).encode(),
        failure=failure,
    )


def call(action, answer=None, *, loop=None, requested=None, events=(), responses=()):
    return Call(
        action=action,
        reply=answer or reply(),
        loop=loop,
        requested=requested,
        events=events,
        responses=responses,
    )


def counted(*calls):
    watch = Watch(coverage=Coverage())
    for each in calls:
        watch.call(each)
    return {kind: hits for kind, hits in watch.coverage.hits.items() if hits}


def slot(name, value):
    return {"event": "slot", "name": name, "value": value}


def test_a_call_counts_for_its_action_events_slots_and_responses():
    events = [slot("price", 5), slot("size", None), {"event": "followup"}, 5]
    said = [{"response": "utter_price"}, {"text": "hi"}, None]
    assert counted(call("action_price", events=events, responses=said)) == {
        "actions": {"action_price": 1},
        "slots": {"price": 1},
        "responses": {"utter_price": 1},
        "events": {"slot": 2, "followup": 1},
    }


TROUBLES = {
    "rejects": (reply({"error": "no", "action_name": "action_x"}, status=400), True),
    "status 500": (reply(status=500), True),
    "timeout": (reply(failure="timeout"), False),
    "status 404": (reply(status=404), False),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_error_paths_are_told_apart_and_only_what_ran_was_called(trouble):
    answer, ran = TROUBLES[trouble]
    hits = counted(call("action_x", answer, events=[slot("price", 5)]))
    assert hits.pop("error_paths") == {f"action_x: {trouble}": 1}
    assert hits == ({"actions": {"action_x": 1}} if ran else {})


def test_a_validation_exercises_its_step_and_refusing_is_an_error_path():
    asked = {"loop": "pizza_form", "requested": "size"}
    hits = counted(
        call("validate_pizza_form", events=[slot("size", None)], **asked),
        call("validate_other_form", **asked),
    )
    assert hits["form_steps"] == {"pizza_form: size": 1}
    assert hits["error_paths"] == {"validate_pizza_form: refuses size": 1}


class Server:
    """An action server that answers with a price."""

    def call(self, request):
        wanted = request.payload["next_action"] == "action_price"
        events = [slot("price", 3)] if wanted else []
        return reply({"events": events, "responses": []})


def talk(bot, *texts, is_fake=False, **setup):
    coverage = Coverage()
    observer = ConversationWatch(watch=Watch(coverage=coverage), is_fake=is_fake)
    chat = Conversation(
        Setup(
            bot=bot,
            now=1_700_000_000.0,
            new_id=new_uuid,
            parse_date=parse_date,
            observers=[observer],
            **setup,
        )
    )
    for text in texts:
        chat.send(text)
    return coverage


def test_a_conversation_exercises_slots_responses_and_steps(bot):
    coverage = talk(bot, "pizza", "small", action_client=Server())
    assert coverage.covered("actions") == ["action_price", "validate_pizza_form"]
    assert coverage.covered("slots") == ["size", "price"]
    assert coverage.covered("responses") == ["utter_ask_size", "utter_price"]
    assert coverage.covered("form_steps") == ["pizza_form: size"]
    assert coverage.hits["events"] == {"slot": 1}


def test_what_a_stub_answers_or_nobody_was_not_called(bot):
    stubs = {"action_price": [slot("price", 1)]}
    coverage = talk(bot, "pizza", "small", stubs=stubs)
    assert coverage.covered("actions") == []
    assert coverage.only_stubbed == ["action_price"]
    fake = talk(bot, "pizza", "small", action_client=Server(), is_fake=True)
    assert fake.covered("actions") == []
    assert fake.only_stubbed == ["validate_pizza_form", "action_price"]


def test_counts_survive_json_and_are_added_up(bot):
    one = talk(bot, "pizza", action_client=Server())
    two = talk(bot, "hi")
    total = Coverage()
    for each in (one, two, one):
        total.add(Coverage.from_dict(json.loads(json.dumps(each.as_dict()))))
    assert total.hits["responses"] == {"utter_ask_size": 2, "utter_greet": 1}
    assert total.known == one.known
    assert total.percent("responses") == 50.0


def test_nothing_is_not_everything():
    assert Coverage().percent() == 0.0
    assert "all                  0     0        -" in [*table(Coverage())]


def test_the_table_and_the_page_name_what_is_missing(bot):
    coverage = talk(bot, "pizza", "small", action_client=Server())
    text = "\n".join(table(coverage))
    assert "actions never called: action_never" in text
    assert "slots never set: member" in text
    assert max(map(len, table(coverage, width=40))) <= 44
    html = page(coverage)
    assert "<li><code>action_never</code></li>" in html
    assert "<script" not in html


def test_a_name_on_the_page_is_text(bot):
    coverage = Coverage()
    coverage.known["actions"]["<b>"] = None
    assert "<b>" not in page(coverage)
    assert "&lt;b&gt;" in page(coverage)
