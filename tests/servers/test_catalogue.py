"""More than 120 wrong and 60 right actions: each mistake found, and no false alarm.

The harness checks them as it checks a server; only the wire is left out.  A sample is
served by a real rasa-sdk in test_catalogue_served.py.
"""

from __future__ import annotations

import json
from collections import defaultdict
from functools import cache

import pytest

from rasa_mock.core.domain import Domain
from rasa_mock.core.wire import Endpoint, Reply
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.events import FindingRaised
from rasa_mock.run.harness import check
from rasa_mock.run.plan import Plan
from rasa_mock.schema.registry import Registry
from tests.servers.catalogue.bot import domain_of
from tests.servers.catalogue.right import RIGHT
from tests.servers.catalogue.wrong import WRONG

BEHAVIOUR = "RM7"


class Catalogue:
    """An action server without the wire: its rows answer."""

    def __init__(self, rows) -> None:
        self.rows = {row.name: row for row in rows}

    def call(self, request):
        row = self.rows.get(request.payload["next_action"])
        if row is None:
            body = b'{"error": "no such action", "action_name": "?"}'
            return Reply(status=404, headers={}, body=body, elapsed=0.0)
        try:
            said = row.say(request.payload["tracker"])
        except (TypeError, ValueError, AttributeError) as error:
            body = json.dumps({"error": str(error)}).encode()
            return Reply(status=500, headers={}, body=body, elapsed=0.0)
        headers = {"Content-Type": said.content_type}
        return Reply(
            status=said.status, headers=headers, body=said.written(), elapsed=0.0
        )

    def get(self, path):
        ok = path == "/health"
        return Reply(status=200 if ok else 404, headers={}, body=b"{}", elapsed=0.0)

    def list_actions(self):
        return tuple(self.rows)

    def close(self) -> None:
        pass


@cache
def found(rows):
    """Check all rows at once; return the findings by action."""
    plan = Plan(
        client=Catalogue(rows),
        endpoint=Endpoint(url="http://127.0.0.1:1/webhook"),
        domain=Domain.from_dict(domain_of(rows)),
        registry=Registry.load(),
        rules=rule_set(r for r in all_rules() if not r.id.startswith(BEHAVIOUR)),
    )
    findings = defaultdict(list)
    for event in check(plan):
        if isinstance(event, FindingRaised):
            findings[event.finding.action].append(event.finding)
    return findings


def test_there_are_enough() -> None:
    assert len(WRONG) >= 120
    assert len(RIGHT) >= 60
    assert len({row.name for row in WRONG}) == len(WRONG)
    assert len({row.name for row in RIGHT}) == len(RIGHT)


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row.name)
def test_a_wrong_action_is_found(row) -> None:
    rules = [f.rule for f in found(WRONG)[row.name] if f.severity != "info"]
    assert row.rule in rules


@pytest.mark.parametrize("row", RIGHT, ids=lambda row: row.name)
def test_a_right_action_is_left_alone(row) -> None:
    alarms = [f for f in found(RIGHT)[row.name] if f.severity != "info"]
    assert [(f.rule, f.message) for f in alarms] == []
