"""Behaviour over several calls, in a real rasa-sdk server: found, and none made up.

Each wrong action has one mistake that no single call shows.  Each right one does what a
naive check takes for such a mistake.
"""

from __future__ import annotations

from collections import defaultdict
from contextlib import closing
from pathlib import Path

import pytest

from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.files.domain import load_domain
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.events import FindingRaised, RunFinished
from rasa_mock.run.harness import check
from rasa_mock.run.plan import Plan
from rasa_mock.schema.registry import Registry

FOLDER = Path(__file__).resolve().parent.parent / "servers" / "behaviour"
WRONG = {
    "action_by_chance": "RM701",
    "action_chance_of_events": "RM701",
    "action_counts": "RM701",
    "action_books_once": "RM702",
    "action_fails_again": "RM702",
    "action_keeps_name": "RM703",
    "action_keeps_list": "RM703",
    "action_mixes_users": "RM703",
    "action_keeps_domain": "RM704",
    "action_keeps_slots": "RM704",
    "action_flag": "RM704",
    "action_blocks": "RM705",
    "action_quadratic": "RM706",
    "action_sender_as_path": "RM708",
    "action_recent_events": "RM708",
    "action_null_slot": "RM708",
}
# Computing without end blocks the others, too, where the machine is slow enough.
TRUE_AS_WELL = {"action_quadratic": {"RM705"}}
RIGHT = [
    "right_stamps",
    "right_words",
    "right_waits",
    "right_thread",
    "right_long",
    "right_memory",
    "right_orders",
    "right_cached",
    "right_echo",
]


@pytest.fixture(scope="module")
def found():
    """Check all actions once; return rule and severity of the findings by action."""
    findings = defaultdict(list)
    with ActionServerProcess("actions", cwd=FOLDER) as server:
        endpoint = Endpoint(url=server.url, timeout=10.0)
        with closing(HttpClient(endpoint)) as client:
            plan = Plan(
                client=client,
                endpoint=endpoint,
                domain=load_domain(FOLDER / "domain.yml"),
                registry=Registry.load(),
                rules=rule_set(all_rules()),
                behaviour=True,
            )
            for event in check(plan):
                if isinstance(event, FindingRaised):
                    findings[event.finding.action].append(event.finding)
                elif isinstance(event, RunFinished):
                    assert event.lost is None
    return findings


@pytest.mark.parametrize(("action", "rule"), WRONG.items(), ids=str)
def test_the_mistake_is_found(found, action, rule) -> None:
    serious = [f for f in found[action] if f.severity != "info"]
    assert rule in [finding.rule for finding in serious], serious


@pytest.mark.parametrize("action", RIGHT)
def test_what_is_right_is_left_alone(found, action) -> None:
    assert [f for f in found[action] if f.severity != "info"] == []


def test_only_the_mistake_itself_is_named(found) -> None:
    alone = [a for a, rule in WRONG.items() if rule not in ("RM702", "RM708")]
    for action in alone:
        # What is leaked may be odd in itself: the text of another call, with markup.
        rules = {f.rule for f in found[action] if f.severity != "info"} - {"RM518"}
        rules -= TRUE_AS_WELL.get(action, set())
        assert rules <= {WRONG[action]}, found[action]
