"""Live answers in a conversation are judged by the rules, as in `rasa-mock check`."""

from __future__ import annotations

import json

import pytest

from rasa_mock.core.wire import Reply
from tests.run.bots import talk_to, write_bot

DOMAIN = """
version: "3.1"
intents: [go]
slots:
  size: {type: text, mappings: [{type: custom}]}
responses:
  utter_hi: [{text: "hi"}]
actions: [action_go]
"""
RULES = """
version: "3.1"
rules:
  - rule: go
    steps: [{intent: go}, {action: action_go}]
"""
RIGHT = {"events": [], "responses": [{"text": "ok"}]}


class Server:
    """Answers every call with the same document."""

    def __init__(self, document):
        self.body = json.dumps(document).encode()

    def call(self, _request):
        headers = {"Content-Type": "application/json"}
        return Reply(status=200, headers=headers, body=self.body, elapsed=0.001)


@pytest.fixture
def bot(tmp_path):
    return write_bot(tmp_path, domain=DOMAIN, rules=RULES)


WRONG = {
    "an event of no type": ({**RIGHT, "events": [{"event": "slott"}]}, "RM2"),
    "an unknown slot": (
        {**RIGHT, "events": [{"event": "slot", "name": "sice", "value": 1}]},
        "RM3",
    ),
    "an unknown response": ({**RIGHT, "responses": [{"response": "utter_ho"}]}, "RM5"),
}


@pytest.mark.parametrize(("document", "family"), WRONG.values(), ids=WRONG)
def test_a_wrong_live_answer_is_a_finding_of_its_turn(bot, document, family):
    turn = talk_to(bot, action_client=Server(document)).send("/go")
    assert [each.action for each in turn.findings if each.rule.startswith(family)]


def test_a_right_live_answer_has_no_finding(bot):
    chat = talk_to(bot, action_client=Server(RIGHT))
    assert chat.send("/go").texts == ["ok"]
    assert chat.findings == []


def test_findings_belong_to_their_turn_and_add_up_in_the_conversation(bot):
    wrong, _ = WRONG["an unknown slot"]
    chat = talk_to(bot, action_client=Server(wrong))
    first, second = chat.send("/go"), chat.send("/go")
    assert len(chat.findings) == len(first.findings) + len(second.findings)


def test_stubs_are_not_judged(bot):
    wrong, _ = WRONG["an unknown slot"]
    assert talk_to(bot, stubs={"action_go": wrong}).send("/go").findings == []
