"""All 67 recorded conversations, 456 steps, held again with the recorded answers.

The same bot folder, the same requests to the action server in the same order, with the
same tracker in each, the same messages, the same tracker at the end.  And the same in
every way of driving a turn.
"""

from __future__ import annotations

import asyncio
import copy
import json
from functools import cache
from typing import Any

import pytest

from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import CallAction
from rasa_mock.core.wire import Reply
from rasa_mock.files.bot import load_bot
from rasa_mock.resources import fixture_folder
from rasa_mock.run.conformance.aside import comparable
from rasa_mock.run.conformance.conversations import (
    Replay,
    check_conversation,
    check_domain,
)
from rasa_mock.run.drivers import drive, drive_async
from rasa_mock.similar import similar

CONFORMANCE = fixture_folder() / "conformance"
FOLDER = CONFORMANCE / "conversations"
RECORDINGS = sorted(FOLDER.glob("[0-9]*.json"))


@cache
def the_bot() -> Bot:
    return load_bot(CONFORMANCE / "bot", similar=similar)


def read(path: Any) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return recorded


def test_all_of_them_are_here():
    recordings = [read(path) for path in RECORDINGS]
    assert len(recordings) == 67
    assert sum(len(recording["steps"]) for recording in recordings) == 456


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_a_conversation_goes_as_it_went(path):
    assert list(check_conversation(read(path), bot=the_bot())) == []


def test_the_domain_is_the_one_that_rasa_sent():
    document = read(FOLDER / "_domain.json")
    assert list(check_domain(document, bot=the_bot())) == []


# A replay that cannot fail proves nothing: each change must be found, where it is.


def changed(recording: dict[str, Any], step: int, change: Any) -> list[str]:
    twin = copy.deepcopy(recording)
    change(twin["steps"][step])
    return [found.pointer for found in check_conversation(twin, bot=the_bot())]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        (
            lambda step: step["response"][0].update(text="other"),
            "/steps/0/response/0/text",
        ),
        (
            lambda step: step["action_calls"].append(step["action_calls"][0]),
            "/steps/0/action_calls",
        ),
        (
            lambda step: step["action_calls"][0]["request"]["tracker"]["slots"].update(
                location="Oslo"
            ),
            "/steps/0/action_calls/0/request/tracker/slots/location",
        ),
        (
            lambda step: step["action_calls"][0]["response"]["events"].clear(),
            "/steps/0/action_calls/1/request/tracker/slots/last_context",
        ),
    ],
    ids=["message", "one call more", "slot in a request", "another answer"],
)
def test_every_change_of_a_recording_is_found(change, pointer):
    recording = read(FOLDER / "01_search_venues.json")
    found = changed(recording, 0, change)
    assert any(place.startswith(pointer) for place in found)


# One brain, three drivers.


def asynchronous(effects, *, stage, answer):
    async def answer_later(command: CallAction) -> Reply:
        await asyncio.sleep(0)
        return answer(command)

    return asyncio.run(drive_async(effects, stage=stage, answer=answer_later))


class OnTape:
    """Plays what another run has recorded; the answers of the file are not asked."""

    def __init__(self) -> None:
        self.tape: list[tuple[str, Reply]] = []
        self.position = 0

    def record(self, effects, *, stage, answer):
        def answer_and_keep(command: CallAction) -> Reply:
            reply = answer(command)
            self.tape.append((command.action, reply))
            return reply

        return drive(effects, stage=stage, answer=answer_and_keep)

    def play(self, effects, *, stage, answer):
        def from_tape(command: CallAction) -> Reply:
            action, reply = self.tape[self.position]
            self.position += 1
            assert action == command.action
            return reply

        return drive(effects, stage=stage, answer=from_tape)


def outcome(recording: dict[str, Any], drive_with: Any) -> dict[str, Any]:
    """Hold a conversation; return what came of it, for every sender."""
    replay = Replay.start(recording, bot=the_bot(), drive_with=drive_with)
    for index, step in enumerate(recording["steps"]):
        list(replay.play(step, pointer=f"/{index}"))
    shelf = replay.stage.shelf
    trackers = {
        name: comparable(shelf.load(name, everything=True).current_state())
        for name in sorted(getattr(shelf, "entries", {}))
    }
    notes = [(note.kind, note.action) for note in replay.stage.notes]
    return {"trackers": trackers, "calls": replay.stage.calls, "notes": notes}


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
def test_all_ways_of_driving_come_to_the_same(path):
    recording = read(path)
    tape = OnTape()
    plain = outcome(recording, drive)
    assert outcome(recording, asynchronous) == plain
    assert outcome(recording, tape.record) == plain
    assert outcome(recording, tape.play) == plain
    assert tape.position == len(tape.tape)
