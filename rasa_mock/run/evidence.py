"""What reports show of the call behind a finding."""

from __future__ import annotations

from typing import NamedTuple

from rasa_mock.core.wire import ActionRequest
from rasa_mock.rules.base import Exchange
from rasa_mock.run.events import Evidence

# Bytes of an answer that are kept; a report is read by people.
LONGEST = 20_000


class Shown(NamedTuple):
    """The call that shows a mistake, and what came of it."""

    request: ActionRequest
    evidence: Evidence | None = None


def shown_by(exchange: Exchange, *, request: ActionRequest) -> Shown:
    """Keep of a call what reports show."""
    body = exchange.reply.body
    text = body[:LONGEST].decode("utf-8", "replace")
    evidence = Evidence(
        status=exchange.reply.status,
        body=f"{text} ..." if len(body) > LONGEST else text,
        before=exchange.before.current_state("NONE"),
        after=exchange.outcome.tracker.current_state("NONE"),
    )
    return Shown(request=request, evidence=evidence)
