"""What users import from the package itself."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

import rasa_mock
from rasa_mock import DataError, Domain, Reply, Tracker, UsageError, interpret
from rasa_mock.core import domain as core_domain

SLOT = {"event": "slot", "name": "city", "value": "Rome"}
DOMAIN = {"slots": {"city": {"type": "text", "mappings": [{"type": "custom"}]}}}
UPPER = {"slots": {"city": {"type": "m.Upper", "mappings": [{"type": "custom"}]}}}


def test_every_name_is_there():
    for name in rasa_mock.__all__:
        assert getattr(rasa_mock, name).__name__ == name
        assert name in dir(rasa_mock)


def test_an_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'Nope'"):
        _ = rasa_mock.Nope


@pytest.mark.parametrize(
    "program",
    [
        "from rasa_mock import MockRasa",
        "from rasa_mock.cli.main import main; sys.argv[1:] = ['serve', '.']; main()",
    ],
    ids=["import", "command"],
)
def test_without_the_extra_it_says_what_to_install(root, program):
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['uvicorn'] = None; {program}"],
        capture_output=True,
        text=True,
        cwd=root / "examples/pizza",
        check=False,
    )
    assert done.returncode != 0
    last = done.stderr.splitlines()[-1]
    assert last.endswith("uvicorn is not installed: pip install 'rasa-mock[server]'")
    assert ("Traceback" in done.stderr) != ("'serve'" in program)


def test_importing_the_package_imports_nothing_else(root):
    program = "import rasa_mock, sys; print(*sorted(m for m in sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=root,
        check=True,
    )
    modules = done.stdout.split()
    assert [name for name in modules if name.startswith("rasa_mock")] == ["rasa_mock"]
    assert not {"httpx", "jsonschema", "faker", "dateutil"} & set(modules)


def test_a_domain_is_loaded_from_a_file_or_a_folder(tmp_path):
    whole = tmp_path / "domain.yml"
    whole.write_text(json.dumps(DOMAIN), encoding="utf-8")
    for path in (whole, str(whole), tmp_path):
        domain = Domain.load(path)
        assert isinstance(domain, Domain)
        assert domain.user_slots == ("city",)


def test_a_domain_is_refused_with_its_place(tmp_path):
    with pytest.raises(DataError, match="no such file") as caught:
        Domain.load(tmp_path / "nope.yml")
    assert str(tmp_path) in str(caught.value)


def test_slot_classes_of_ones_own(tmp_path):
    path = tmp_path / "domain.yml"
    path.write_text(json.dumps(UPPER), encoding="utf-8")
    types = {"m.Upper": str.upper}
    for domain in (
        Domain.load(path, slot_types=types),
        Domain.from_dict(UPPER, slot_types=types),
    ):
        assert domain.slots["city"].convert("Rome") == "ROME"
    with pytest.raises(DataError) as caught:
        Domain.from_dict(UPPER)
    assert caught.value.rasa_class == "InvalidSlotTypeException"


def test_a_tracker_takes_its_time_from_the_clock():
    before = time.time()
    tracker = Tracker.from_events("ann", [SLOT])
    assert before <= tracker.events[0]["timestamp"] <= time.time()


def test_a_tracker_takes_its_time_and_ids_from_arguments():
    tracker = Tracker.from_events(
        "ann",
        [{"event": "reminder", "date_time": "10:00"}],
        domain=Domain.from_dict(DOMAIN),
        now=1700000000.125,
        new_id=lambda: "mine",
        max_event_history=5,
    )
    reminder = tracker.events[0]
    assert reminder["timestamp"] == 1700000000.125
    assert reminder["name"] == "mine"
    assert reminder["date_time"].endswith("T10:00:00")


def test_a_nameless_reminder_gets_a_uuid():
    tracker = Tracker.from_events("a", [{"event": "reminder", "date_time": "10:00"}])
    assert len(tracker.events[0]["name"]) == 36


def test_a_tracker_does_what_the_design_says():
    domain = Domain.from_dict(DOMAIN)
    tracker = Tracker.from_events("ann", [SLOT], domain=domain, now=1.5)
    assert tracker.update({"event": "active_loop", "name": "f"}) is True
    assert tracker.update({"event": "topic"}) is False
    assert tracker.slots["city"] == "Rome"
    assert tracker.active_loop_name == "f"
    assert tracker.applied_events() == tracker.events
    assert tracker.current_state(verbosity="NONE")["events"] is None
    assert isinstance(tracker.copy(), Tracker)


def test_a_stored_tracker_comes_back():
    tracker = Tracker.from_store("ann", [SLOT, {"event": "undo"}], now=1.5)
    assert isinstance(tracker, Tracker)
    assert tracker.slots == {}
    assert len(tracker.events) == 2


def test_an_error_carries_the_tracker_before_it():
    with pytest.raises(DataError) as caught:
        Tracker.from_events("ann", [SLOT, {"event": "nope"}])
    assert caught.value.index == 1
    assert caught.value.tracker.slots == {"city": "Rome"}


def test_a_tracker_refuses_an_unknown_verbosity():
    with pytest.raises(UsageError):
        Tracker.from_events("ann", []).current_state(verbosity="LOUD")


def test_an_answer_is_interpreted():
    domain = Domain.from_dict({**DOMAIN, "actions": ["action_x"]})
    tracker = Tracker.from_events("ann", [], domain=domain)
    reply = Reply(
        status=200,
        headers={"Content-Type": "application/json"},
        body=json.dumps({"events": [SLOT], "responses": [{"text": "hi"}]}).encode(),
    )
    outcome = interpret(reply, action="action_x", tracker=tracker, now=1.5)
    assert outcome.kind == "applied"
    assert [event["event"] for event in outcome.events] == ["action", "bot", "slot"]
    assert outcome.messages == [{"recipient_id": "ann", "text": "hi"}]
    assert outcome.tracker.slots["city"] == "Rome"
    assert tracker.events == []


def test_the_public_domain_is_a_domain():
    assert issubclass(Domain, core_domain.Domain)
