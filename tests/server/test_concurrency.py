"""One turn at a time for each conversation; all else goes on meanwhile."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from datetime import datetime, timezone
from pathlib import Path

import pytest

from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.wire import Reply
from rasa_mock.files.bot import load_bot
from rasa_mock.run.answers import reply_of
from rasa_mock.server import create_app
from rasa_mock.server.locks import LockError, TicketLocks
from rasa_mock.similar import similar
from tests.server.asking import Asking
from tests.server.served import PATIENCE, Served

DOMAIN = """
version: "3.1"
intents: [greet, look_back, tell_other, tell_self, wait_for_self, remind]
slots: {seen: {type: any, mappings: [{type: custom}]}}
responses: {utter_greet: [{text: "Hey there!"}]}
actions: [action_look_back, action_tell_other, action_tell_self, action_wait_for_self,
          action_remind]
"""
RULES = """
version: "3.1"
rules:
"""
INTENTS = ("look_back", "tell_other", "tell_self", "wait_for_self", "remind")
WEBHOOK = "/webhooks/rest/webhook"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    rule = "- rule: {0}\n  steps: [{{intent: {0}}}, {{action: {1}}}]\n"
    rules = [rule.format(name, f"action_{name}") for name in INTENTS]
    rules.append(rule.format("greet", "utter_greet"))
    (folder / "domain.yml").write_text(DOMAIN)
    (folder / "data").mkdir()
    (folder / "data" / "rules.yml").write_text(RULES + "".join(rules))
    (folder / "config.yml").write_text("pipeline: []\npolicies: [{name: RulePolicy}]\n")
    return folder


@pytest.fixture(scope="module")
def bot(folder):
    return load_bot(folder, similar=similar)


@pytest.fixture(scope="module")
def rasa(folder, tmp_path_factory):
    """A mock Rasa in a process of its own, and a real rasa-sdk server behind it."""
    with ActionServerProcess(str(Path(__file__).parent / "callers")) as actions:
        where = tmp_path_factory.mktemp("served")
        endpoints = where / "endpoints.yml"
        endpoints.write_text(f"action_endpoint: {{url: {actions.url}}}\n")
        options = ("--enable-api", "--endpoints", endpoints)
        with Served(folder, *options, folder=where) as served:
            yield served


def say(rasa, sender, text):
    body = {"sender": sender, "message": text, "metadata": {"rasa": rasa.url}}
    answer = rasa.client.post(WEBHOOK, json=body)
    return [message["text"] for message in answer.json()]


def texts(rasa, sender):
    path = f"/conversations/{sender}/tracker?include_events=ALL"
    events = rasa.client.get(path).json()["events"]
    return [event["text"] for event in events if event["event"] in ("user", "bot")]


# An action that calls back.


def test_an_action_may_look_at_its_own_conversation_while_it_runs(rasa):
    assert say(rasa, "looker", "/look_back") == []
    state = rasa.client.get("/conversations/looker/tracker").json()
    # The turn under way is not saved yet: it sees what a session starts with.
    assert state["slots"]["seen"] == 3
    say(rasa, "looker", "/look_back")
    state = rasa.client.get("/conversations/looker/tracker").json()
    assert state["slots"]["seen"] > 3


def test_an_action_may_trigger_an_intent_of_another_conversation(rasa):
    assert say(rasa, "teller", "/tell_other") == ["other heard: Hey there!"]
    assert texts(rasa, "other") == ["EXTERNAL: greet", "Hey there!"]


def test_an_intent_of_its_own_conversation_waits_until_the_turn_is_over(rasa):
    assert say(rasa, "self", "/tell_self") == ["first this"]
    wanted = ["/tell_self", "first this", "EXTERNAL: greet", "Hey there!"]
    end = time.monotonic() + PATIENCE
    while texts(rasa, "self") != wanted and time.monotonic() < end:
        time.sleep(0.02)
    assert texts(rasa, "self") == wanted


def test_who_waits_for_an_intent_of_its_own_conversation_waits_in_vain(rasa):
    assert say(rasa, "waiter", "/wait_for_self") == ["it does not come"]


def test_a_reminder_that_an_action_has_set_fires(rasa):
    assert say(rasa, "late", "/remind") == []
    end = time.monotonic() + PATIENCE
    while len(texts(rasa, "late")) < 3 and time.monotonic() < end:
        time.sleep(0.02)
    assert texts(rasa, "late") == ["/remind", "EXTERNAL: greet", "Hey there!"]


# Turns in process, with an action that does what the test wants.


class Slow:
    """Answers actions when it is let go on; keeps who was asked, in order."""

    def __init__(self):
        self.asked = []
        self.go_on = asyncio.Event()
        self.running = 0
        self.most = 0

    async def __call__(self, command):
        sender = command.tracker.sender_id
        text = command.tracker.latest_message["metadata"].get("number")
        self.asked.append((sender, text))
        self.running += 1
        self.most = max(self.most, self.running)
        await self.go_on.wait()
        self.running -= 1
        return reply_of({"responses": [{"text": f"{sender} {text}"}]})


def message(sender, number):
    return {
        "sender": sender,
        "message": "/look_back",
        "metadata": {"number": number},
    }


async def until(true):
    """Let others run until something is so."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0)


def test_messages_of_one_sender_are_answered_one_by_one_in_their_order(bot):
    async def run():
        slow = Slow()
        ask = Asking(create_app(bot, answers=slow))
        posts = []
        for number in range(5):
            said = message("me", number)
            posts.append(asyncio.create_task(ask.ask("POST", WEBHOOK, json=said)))
            await until(lambda: ask.agent.locks.waiting("me") == len(posts))
        await until(lambda: slow.asked)
        assert slow.asked == [("me", 0)]
        slow.go_on.set()
        answers = [(await post).json()[0]["text"] for post in posts]
        assert answers == [f"me {number}" for number in range(5)]
        assert slow.asked == [("me", number) for number in range(5)]
        assert slow.most == 1
        assert ask.agent.locks.waiting("me") == 0

    asyncio.run(run())


def test_senders_do_not_wait_for_each_other(bot):
    async def run():
        slow = Slow()
        ask = Asking(create_app(bot, answers=slow))
        posts = [
            asyncio.create_task(ask.ask("POST", WEBHOOK, json=message(str(number), 0)))
            for number in range(20)
        ]
        await until(lambda: slow.running == 20)
        # The API answers meanwhile, about a conversation with a turn under way, too.
        state = await ask.ask("GET", "/conversations/3/tracker")
        assert state.json()["sender_id"] == "3"
        assert (await ask.ask("GET", "/status")).status_code == 200
        slow.go_on.set()
        answers = [(await post).json()[0]["recipient_id"] for post in posts]
        assert answers == [str(number) for number in range(20)]

    asyncio.run(run())


def test_of_a_hundred_messages_at_once_none_is_lost(bot):
    async def quick(_command):
        await asyncio.sleep(0)
        return reply_of(None)

    async def run():
        ask = Asking(create_app(bot, answers=quick))
        said = [message(str(number % 4), number) for number in range(100)]
        await asyncio.gather(*(ask.ask("POST", WEBHOOK, json=each) for each in said))
        for sender in "0123":
            tracker = ask.agent.shelf.load(sender, everything=True)
            users = [event for event in tracker.events if event["event"] == "user"]
            numbers = [event["metadata"]["number"] for event in users]
            assert sorted(numbers) == list(range(int(sender), 100, 4))

    asyncio.run(run())


def test_a_turn_that_outlives_its_ticket_lets_the_next_one_in(bot):
    async def run():
        slow = Slow()
        ask = Asking(create_app(bot, answers=slow))
        ask.agent.locks.lifetime = 0.5
        first = asyncio.create_task(ask.ask("POST", WEBHOOK, json=message("me", 0)))
        await until(lambda: len(slow.asked) == 1)
        await asyncio.sleep(0.4)
        second = asyncio.create_task(ask.ask("POST", WEBHOOK, json=message("me", 1)))
        await until(lambda: len(slow.asked) == 2)
        assert slow.most == 2
        slow.go_on.set()
        assert [(await each).json()[0]["text"] for each in (first, second)] == [
            *("me 0", "me 1")
        ]

    asyncio.run(run())


def test_a_ticket_that_is_never_served_is_refused():
    async def run():
        locks = TicketLocks(lifetime=0.05)
        first = await locks.enter("me")
        second = asyncio.create_task(locks.enter("me"))
        third = asyncio.create_task(locks.enter("me"))
        await until(lambda: locks.waiting("me") == 3)
        # Nobody else runs until all tickets are too old.
        time.sleep(0.1)  # noqa: ASYNC251 - that is the point
        done, _ = await asyncio.wait({second, third})
        assert all(isinstance(each.exception(), LockError) for each in done)
        locks.leave("me", first)
        assert locks.waiting("me") == 0

    asyncio.run(run())


def test_who_gives_up_waiting_leaves_its_place(bot):
    async def run():
        locks = TicketLocks()
        first = await locks.enter("me")
        second = asyncio.create_task(locks.enter("me"))
        third = asyncio.create_task(locks.enter("me"))
        await until(lambda: locks.waiting("me") == 3)
        second.cancel()
        await until(lambda: locks.waiting("me") == 2)
        locks.leave("me", first)
        locks.leave("me", await third)
        assert locks.waiting("me") == 0

    asyncio.run(run())


# Stores that wait, and stores that fail.


class Blocking:
    """A shelf whose calls take their time, and a thread."""

    blocking = True

    def __init__(self, shelf):
        self.shelf = shelf
        self.threads = set()
        self.fails = False

    def load(self, sender_id, *, everything):
        self.threads.add(threading.current_thread().name)
        if self.fails:
            raise OSError("the database has gone")
        return self.shelf.load(sender_id, everything=everything)

    def save(self, tracker):
        self.threads.add(threading.current_thread().name)
        self.shelf.save(tracker)


def test_a_shelf_that_blocks_is_asked_in_a_thread(bot):
    ask = Asking(create_app(bot))
    ask.agent.shelf = shelf = Blocking(ask.agent.shelf)
    assert ask.say("/greet") == ["Hey there!"]
    assert threading.main_thread().name not in shelf.threads
    assert shelf.threads


def test_a_store_that_fails_is_an_error_of_the_api_and_silence_on_rest(bot):
    ask = Asking(create_app(bot))
    ask.agent.shelf = shelf = Blocking(ask.agent.shelf)
    shelf.fails = True
    assert ask.say("/greet") == []
    answer = ask("GET", "/conversations/me/tracker")
    assert answer.status_code == 500
    assert "the database has gone" in answer.json()["message"]


def test_an_action_that_cannot_be_asked_loses_nothing_but_its_events(bot):
    async def broken(_command):
        return Reply(failure="refused", detail="nothing listens there")

    ask = Asking(create_app(bot, answers=broken))
    assert ask.say("/look_back") == []
    tracker = ask.agent.shelf.load("me", everything=True)
    names = [event["name"] for event in tracker.events if event["event"] == "action"]
    assert names[-2:] == ["action_look_back", "action_listen"]


def test_messages_stream_while_the_turn_runs(bot):
    async def run():
        slow = Slow()
        ask = Asking(create_app(bot, answers=slow))
        slow.go_on.set()
        path = f"{WEBHOOK}?stream=true"
        answer = await ask.ask("POST", path, json=message("me", 7))
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = [json.loads(line) for line in answer.text.splitlines()]
        assert lines == [{"recipient_id": "me", "text": "me 7"}]

    asyncio.run(run())


def test_reminders_outlive_the_loop_in_which_they_were_set(bot):
    """In process each request may have a loop of its own."""
    ask = Asking(create_app(bot, clock=lambda: time.time() + ahead[0]))
    ahead = [0.0]
    for number in range(2):
        soon = datetime.fromtimestamp(ask.agent.now() + 5, tz=timezone.utc)
        reminder = {
            "event": "reminder",
            "intent": "greet",
            "name": f"r{number}",
            "date_time": soon.isoformat(),
        }
        path = "/conversations/me/tracker/events?execute_side_effects=true"
        assert ask("POST", path, json=reminder).status_code == 200
        ahead[0] += 6
        asyncio.run(ask.agent.settle())
    tracker = ask.agent.shelf.load("me", everything=True)
    texts = [event["text"] for event in tracker.events if event["event"] == "user"]
    assert texts == ["EXTERNAL: greet"] * 2
