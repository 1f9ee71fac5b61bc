"""Every key of the configuration has its effect: seen in what is sent and reported."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from rasa_mock.cli.check import command
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = {
    "version": "3.1",
    "intents": ["greet", "inform"],
    "entities": ["city"],
    "slots": {
        "city": {"type": "text", "mappings": [{"type": "custom"}]},
        "seats": {"type": "float", "mappings": [{"type": "custom"}]},
    },
    "responses": {"utter_greet": [{"text": "hi"}]},
    "actions": ["action_a", "action_b"],
}
NLU = """\
version: "3.1"
nlu:
  - intent: greet
    examples: |
      - salutations to you
"""
SLOT = {"event": "slot", "name": "city", "value": "Rome"}
UNKNOWN_SLOT = {"event": "slot", "name": "town", "value": "Rome"}
OWN_EVENT = {"event": "payment", "amount": 3}
OWN_SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$id": "https://example.com/events/payment.json",
    "title": "PaymentMade",
    "type": "object",
    "required": ["event", "amount"],
    "properties": {"event": {"const": "payment"}, "amount": {"type": "number"}},
    "x-rasa": {"tracked": True, "returned": True},
}
REJECTED = (400, b'{"error": "not now", "action_name": "action_a"}')


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "domain.yml").write_text(json.dumps(DOMAIN))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def run(bot: Path, stub):
    """Run the command with a configuration; return exit code, output and findings."""
    stub.answer = lambda _request: {"events": [SLOT], "responses": []}

    def check(config: str, *words: str):
        head = f'url = "{stub.url}"\ndomain = "domain.yml"\nbehaviour = false\n'
        (bot / "rasa_mock.toml").write_text(head + config)
        report = bot / "report.ndjson"
        done = CliRunner().invoke(command, [*words, "--report", f"ndjson={report}"])
        lines = report.read_text().splitlines() if report.exists() else []
        found = [json.loads(line) for line in lines]
        return done, [line for line in found if line["type"] == "finding"]

    return check


def trackers(stub, action: str = "action_a"):
    """Return what was sent, but for the state without events, which no dialogue has."""
    sent = [call["tracker"] for call in stub.calls if call["next_action"] == action]
    return [tracker for tracker in sent if tracker["events"]]


# --- one action


def test_slots_that_an_action_may_count_on_are_set_in_every_state(run, stub) -> None:
    run('[action.action_a.slots]\ncity = "Rome"\nseats = 2\n')
    own = [tracker["slots"] for tracker in trackers(stub)]
    assert len(own) >= 20
    assert [slots for slots in own if slots["city"] is None] == []
    assert [slots for slots in own if slots["seats"] is None] == []
    others = [tracker["slots"] for tracker in trackers(stub, "action_b")]
    assert [slots for slots in others if slots["city"] is None]


def test_slots_may_be_named_alone(run, stub) -> None:
    run('[action.action_a]\nslots = ["city", "seats"]\n', "--behaviour")
    own = [tracker["slots"] for tracker in trackers(stub)]
    assert [slots for slots in own if None in (slots["city"], slots["seats"])] == []


def test_what_an_action_may_count_on_is_not_shrunk_away(run, stub) -> None:
    stub.answer = lambda _request: {"events": [UNKNOWN_SLOT], "responses": []}
    run('[action.action_a.slots]\ncity = "Rome"\n')
    assert [one for one in trackers(stub) if one["slots"]["city"] is None] == []


def test_rules_are_off_for_one_action(run, stub) -> None:
    stub.answer = lambda _request: {"events": [UNKNOWN_SLOT], "responses": []}
    _, found = run('[action.action_a]\nignore = ["RM301"]\n')
    assert {one["action"] for one in found if one["rule"] == "RM301"} == {"action_b"}


def test_an_action_that_is_skipped_is_not_called(run, stub) -> None:
    run("[action.action_a]\nskip = true\n")
    assert trackers(stub) == []
    assert trackers(stub, "action_b")


@pytest.mark.parametrize(
    ("rejects", "rejected", "rules"),
    [
        ("true", "", []),
        ("true", "nowhere", ["RM121"]),
        ("false", "", []),
        ('"slots-null"', "slots-null", []),
        ('["slots-null", "first"]', "slots-null", ["RM121"]),
        ('["slots-null"]', "nowhere", ["RM121"]),
    ],
)
def test_an_expected_rejection(run, stub, rejects, rejected, rules) -> None:
    """The case of a call is read from the number of calls, in the order of the run."""
    plain, _ = run("", "--verbose", "--action", "action_a", "--no-shrink")
    cases = [line.split()[1] for line in plain.output.splitlines() if " 200" in line]
    calls = iter(cases)

    def answer(request):
        case = next(calls) if request["next_action"] == "action_a" else None
        if case is None or not case.startswith(rejected):
            return {"events": [SLOT], "responses": []}
        return REJECTED

    stub.answer = answer
    config = f"shrink = false\n[action.action_a]\nrejects = {rejects}\n"
    done, found = run(config)
    assert cases
    assert [one["rule"] for one in found] == rules
    assert done.exit_code == (1 if rules else 0)


# --- what is sent


def test_channels_senders_and_metadata_of_the_user(run, bot, stub) -> None:
    (bot / "meta.json").write_text('{"tenant": "acme"}')
    run(
        'channels = ["telegram"]\nsender-ids = ["ann", "bob"]\nmetadata = "meta.json"\n'
    )
    every = trackers(stub)
    assert {tracker["sender_id"] for tracker in every} == {"ann", "bob"}
    channels = {one["latest_input_channel"] for one in every}
    assert channels - {None} == {"telegram"}
    said = [e for one in every for e in one["events"] if e["event"] == "user"]
    assert any(event["metadata"].get("tenant") == "acme" for event in said)


def test_texts_of_the_training_data(run, bot, stub) -> None:
    (bot / "nlu.yml").write_text(NLU)
    run('nlu = "nlu.yml"\n')
    assert any("salutations to you" in json.dumps(one) for one in trackers(stub))


def test_a_locale(run, stub) -> None:
    run('locale = "zh_CN"\n')
    values = {str(tracker["slots"]["city"]) for tracker in trackers(stub)}
    chinese = [v for v in values if any("一" <= sign <= "鿿" for sign in v)]
    assert len(chinese) > 3


def test_own_event_types(run, bot, stub) -> None:
    (bot / "own" / "events").mkdir(parents=True)
    (bot / "own" / "events" / "payment.json").write_text(json.dumps(OWN_SCHEMA))
    stub.answer = lambda _request: {"events": [OWN_EVENT], "responses": []}
    _, unknown = run("")
    _, known = run('schemas = "own"\n')
    assert {one["rule"] for one in unknown} == {"RM203"}
    assert known == []
    stub.answer = lambda _: {"events": [{**OWN_EVENT, "amount": "x"}], "responses": []}
    _, wrong = run('schemas = ["own"]\n')
    assert {one["rule"] for one in wrong} == {"RM209"}


def test_seed_and_number_of_cases(run, stub) -> None:
    run("cases = 60\nseed = 1\n")
    first = list(stub.bodies)
    stub.bodies.clear()
    run("cases = 60\nseed = 1\n")
    assert stub.bodies == first
    assert len(trackers(stub)) >= 120
    stub.bodies.clear()
    run("cases = 60\nseed = 2\n")
    assert stub.bodies != first


def test_headers_and_token(run, stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOT_TOKEN", "s3cret")
    run('token = "t0ken"\n[headers]\nAuthorization = "Bearer ${BOT_TOKEN}"\n')
    assert stub.headers[-1]["Authorization"] == "Bearer s3cret"
    assert stub.paths[-1] == "/webhook?token=t0ken"


# --- what is found and told


@pytest.mark.parametrize(
    ("config", "rules", "code"),
    [
        ("", {"RM301", "RM503"}, 1),
        ('select = ["RM5"]\n', {"RM503"}, 1),
        ('ignore = ["RM5", "RM301"]\n', set(), 0),
        ('fail-on = "never"\n', {"RM301", "RM503"}, 0),
        ('select = "RM503"\nfail-on = "error"\n', {"RM503"}, 0),
    ],
)
def test_rules_and_threshold(run, stub, config, rules, code) -> None:
    answer = {"events": [UNKNOWN_SLOT], "responses": [{"text": ""}]}
    stub.answer = lambda _request: answer
    done, found = run(config)
    assert {one["rule"] for one in found} == rules
    assert done.exit_code == code


def test_a_limit_for_one_call(run) -> None:
    done, found = run("slow = 0.0000001\n")
    assert {one["rule"] for one in found} == {"RM707"}
    assert done.exit_code == 1


def test_the_run_ends_when_its_time_is_over(run, stub) -> None:
    done, _ = run("max-time = 0.0000001\n")
    assert "--max-time 1e-07 is over: 2 actions were not checked" in _text(done)
    assert stub.calls == []


def test_the_run_ends_after_so_many_findings(run, stub) -> None:
    stub.answer = lambda _request: {"events": [UNKNOWN_SLOT], "responses": []}
    done, found = run("stop-after = 1\nworkers = 2\n")
    assert "--stop-after 1 is reached: 1 action was not checked" in _text(done)
    assert {one["action"] for one in found} == {"action_a"}


def test_quiet_and_verbose(run) -> None:
    quiet, _ = run("quiet = true\n")
    plain, _ = run("")
    loud, _ = run("", "--verbose")
    assert "Checking" not in quiet.output
    assert len(quiet.output.split("\n\n")) == 1
    assert len(loud.output.splitlines()) >= len(plain.output.splitlines()) + 40


def test_each_smallest_case_is_told_with_how_often_it_shows(run, stub) -> None:
    def answer(request):
        wrong = request["tracker"]["slots"]["city"] is not None
        return {"events": [UNKNOWN_SLOT] if wrong else [SLOT], "responses": []}

    stub.answer = answer
    _, (one, _) = run("")
    assert 0 < one["count"] < one["calls"]
    assert "slots needed: city" in one["shrunk"]
    set_ = [one for one in trackers(stub) if one["slots"]["city"] is not None]
    assert one["size"] == min(len(tracker["events"]) for tracker in set_)
    whole, (other, _) = run("shrink = false\n")
    assert other["shrunk"] == ""
    assert f"{one['count']} of {one['calls']}" in _text(whole)


def _text(done) -> str:
    return " ".join(done.output.split())
