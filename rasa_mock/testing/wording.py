"""What a failed test says: the findings, the request, the answer, how to see it again.

Plain lines, read in a terminal or in a CI's page.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from rasa_mock.core.findings import Finding
from rasa_mock.core.outcome import Outcome
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import ActionRequest, Reply
from rasa_mock.testing.differences import event_name, shown
from rasa_mock.testing.result import ActionResult

LONGEST_ANSWER = 2_000
LAST_EVENTS = 5
LABELS = ("pointer", "expected", "got", "rasa", "hint")
WORDS = {"pointer": "where", "rasa": "Rasa", "hint": "do"}


def finding_lines(finding: Finding) -> list[str]:
    """Say what a finding says, a line for each part that it has."""
    lines = [f"{finding.severity} {finding.rule}: {finding.message}"]
    for label in LABELS:
        value = getattr(finding, label)
        if value:
            lines.append(f"  {WORDS.get(label, label) + ':':<10}{value}")
    return lines


def request_lines(request: ActionRequest, tracker: Tracker) -> list[str]:
    """Say in which state the action was called."""
    message = tracker.latest_message
    intent = (message.get("intent") or {}).get("name")
    set_slots = {name: tracker.slots[name] for name in tracker.slots_set}
    last = [event_name(event) for event in tracker.events[-LAST_EVENTS:]]
    lines = [
        f"request:  {request.payload.get('next_action')} for {tracker.sender_id!r}",
        f"  slots:    {shown(set_slots)}",
        f"  message:  {shown(message.get('text'))}, intent {shown(intent)}",
    ]
    if tracker.active_loop_name:
        asked = tracker.requested_slot
        lines.append(f"  form:     {tracker.active_loop_name}, asking for {asked}")
    count = len(tracker.events)
    return [*lines, f"  events:   {count}, the last are {', '.join(last)}"]


def answer_lines(reply: Reply) -> list[str]:
    """Say what came back."""
    if reply.failure is not None:
        return [f"answer:   none ({reply.failure}): {reply.detail}"]
    text = reply.body.decode("utf-8", "replace")
    return [f"answer:   status {reply.status}", f"  {in_short(text)}"]


def in_short(text: str) -> str:
    """Cut a long answer, and leave out the request, which rasa-sdk's errors repeat."""
    try:
        document = json.loads(text)
    except ValueError:
        document = None
    if isinstance(document, dict) and "request_body" in document:
        text = json.dumps({**document, "request_body": "..."}, ensure_ascii=False)
    return text if len(text) <= LONGEST_ANSWER else f"{text[:LONGEST_ANSWER]} ..."


def outcome_line(outcome: Outcome) -> str:
    """Say what Rasa makes of the answer."""
    if outcome.error is None:
        return f"Rasa:     {outcome.kind}"
    error = outcome.error
    return f"Rasa:     {outcome.kind}: {error.rasa_class}: {error.message}"


def request_document(request: ActionRequest) -> str:
    """Return a request as JSON, without the domain, which is long and known."""
    payload: dict[str, Any] = {**request.payload}
    if "domain" in payload:
        payload["domain"] = "..."
    return json.dumps(payload, ensure_ascii=False, indent=1)


def explained(findings: Iterable[Finding]) -> str:
    """Return the command that says more of the rules."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    return "; ".join(f"rasa-mock explain {rule}" for rule in rules)


def paragraph(*parts: Sequence[str]) -> str:
    """Join parts of several lines."""
    return "\n".join(line for part in parts for line in part)


def headline(findings: Iterable[Finding], *, place: str) -> str:
    """Say which rules are broken and where: what pytest's summary has room for."""
    rules = dict.fromkeys(finding.rule for finding in findings)
    return f"{', '.join(rules)} in {place}"


def failure(result: ActionResult, findings: Sequence[Finding], *, again: str) -> str:
    """Say what is wrong with an answer, and what led to it."""
    told = [f"  {line}" for each in findings for line in finding_lines(each)]
    return paragraph(
        [headline(findings, place=f"the answer of {result.action}")],
        told,
        request_lines(result.request, result.before),
        answer_lines(result.reply),
        [outcome_line(result.outcome)],
        [f"again:    {again}"] if again else [],
        [f"more:     {explained(findings)}"],
    )
