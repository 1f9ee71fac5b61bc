"""The REST channel: what of a body counts, and how the answer looks."""

from __future__ import annotations

import json

import pytest

from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.answers import reply_of
from rasa_mock.server import create_app
from rasa_mock.similar import similar
from tests.server.asking import Asking

WEBHOOK = "/webhooks/rest/webhook"
LONG = "one\n\ntwo"
ANSWER = {
    "responses": [
        {"text": LONG, "buttons": []},
        {"text": "choose", "buttons": [{"title": "A", "payload": "/a"}]},
        {"image": "http://x/3.png"},
        {"custom": {"any": ["thing"]}},
    ]
}


@pytest.fixture(scope="module")
def bot():
    return load_bot(fixture_folder() / "conformance" / "bot", similar=similar)


@pytest.fixture
def ask(bot):
    async def answers(command):
        return reply_of(ANSWER if command.action == "action_search_venues" else None)

    return Asking(create_app(bot, answers=answers))


def say(ask, body, **options):
    return ask("POST", WEBHOOK, json=body, **options)


@pytest.mark.parametrize(
    ("sender", "recipient"),
    [(None, "default"), (7, "7"), ("", ""), (True, "True"), (["a"], "['a']")],
)
def test_a_sender_becomes_a_text(ask, sender, recipient):
    answer = say(ask, {"sender": sender, "message": "/greet"})
    assert [each["recipient_id"] for each in answer.json()] == [recipient]


def test_without_a_sender_it_is_the_default(ask):
    assert say(ask, {"message": "/greet"}).json()[0]["recipient_id"] == "default"


@pytest.mark.parametrize("message", [None, 5, ["/greet"], {"text": "/greet"}, False])
def test_what_is_no_text_is_answered_with_nothing(ask, message):
    answer = say(ask, {"sender": "me", "message": message})
    assert (answer.status_code, answer.json()) == (200, [])


def test_what_is_called_text_is_no_message(ask):
    assert say(ask, {"sender": "me", "text": "/greet"}).json() == []


def test_blanks_around_a_message_do_not_count(ask):
    assert ask.say("  /greet ") == ["Hey there!"]


def test_metadata_that_is_no_object_loses_the_turn_and_keeps_the_session(ask):
    answer = say(ask, {"sender": "me", "message": "/greet", "metadata": "text"})
    assert (answer.status_code, answer.json()) == (200, [])
    tracker = ask.agent.shelf.load("me", everything=True)
    assert tracker is not None
    assert "user" not in {event["event"] for event in tracker.events}


@pytest.mark.parametrize(
    ("given", "name"), [({}, "rest"), ({"input_channel": "app"}, "app")]
)
def test_the_channel_is_kept_with_the_message(ask, given, name):
    say(ask, {"sender": "me", "message": "/greet", "metadata": {"a": 1}, **given})
    user = ask.agent.shelf.load("me", everything=True).latest_user_event
    assert (user["input_channel"], user["metadata"]["a"]) == (name, 1)


def wanted(sender):
    spoken = [
        {"text": "one"},
        {"text": "two"},
        {"text": "choose", "buttons": [{"title": "A", "payload": "/a"}]},
        {"image": "http://x/3.png"},
        {"custom": {"any": ["thing"]}},
    ]
    return [{"recipient_id": sender, **each} for each in spoken]


def search(ask, sender, query=""):
    return say(ask, {"sender": sender, "message": "/search_venues"}, params=query)


def test_messages_are_split_and_shaped_as_by_rasa(ask):
    answer = search(ask, "me")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == wanted("me")
    assert b'"http:\\/\\/x\\/3.png"' in answer.content


def test_a_stream_has_a_message_on_each_line(ask):
    answer = search(ask, "me", {"stream": "true"})
    assert answer.headers["content-type"] == "text/event-stream"
    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == wanted("me")


@pytest.mark.parametrize("word", ["1", "yes", "", "false"])
def test_only_true_makes_a_stream(ask, word):
    answer = search(ask, "me", {"stream": word})
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("path", ["/webhooks/rest", "/webhooks/rest/"])
def test_the_channel_tells_that_it_is_there(ask, path):
    assert ask("GET", path).json() == {"status": "ok"}
    assert ask("POST", path, json={}).status_code == 405
