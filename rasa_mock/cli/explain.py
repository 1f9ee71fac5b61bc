"""`rasa-mock explain RULE`: what a rule means, with a wrong and a right example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import click

from rasa_mock.cli.rules_page import rules_page
from rasa_mock.core.findings import Finding
from rasa_mock.core.notes import IN_CONVERSATIONS, NOTES, NoteKind, kind_of
from rasa_mock.rules.base import Example, Rule
from rasa_mock.rules.catalogue import FAMILIES, all_rules, find_rule
from rasa_mock.rules.examples import body_of, judge_example

WIDTH = 80
# Characters of a line of an example; a rule on large answers has a large one.
LONGEST = 600
STYLES = {"error": "red", "warning": "yellow", "info": "cyan"}


@click.command("explain", short_help="explain a rule")
@click.argument("rule_id", required=False, metavar="[RULE]")
@click.option("--markdown", is_flag=True, help="Write all of them as docs/rules.md.")
def command(*, rule_id: str | None, markdown: bool) -> None:
    """Explain a rule of `rasa-mock check`, such as RM203; without one, list all."""
    if markdown:
        lines = rules_page(shown_example)
    else:
        lines = listing() if rule_id is None else explained(rule_id)
    for line in lines:
        click.echo(line)


def listing() -> Iterator[str]:
    """Yield every rule in one line, by family, and what whole conversations show."""
    notes = [(kind.rule, kind.severity, kind.title) for kind in NOTES.values()]
    rows = [(rule.id, rule.severity, rule.title) for rule in all_rules()]
    for prefix, family in FAMILIES.items():
        yield click.style(f"{prefix}xx  {family}", bold=True)
        for rule_id, severity, title in sorted([*rows, *notes]):
            if rule_id.startswith(prefix):
                styled = click.style(f"{severity:<7}", fg=STYLES[severity])
                yield f"  {rule_id}  {styled}  {title}"
        yield ""


def explained(rule_id: str) -> Iterator[str]:
    """Explain a rule, or what a conversation shows (RM651 and up), by its id."""
    kind = kind_of(rule_id)
    return explanation(find_rule(rule_id)) if kind is None else explanation_of(kind)


def explanation_of(kind: NoteKind) -> Iterator[str]:
    """Yield what there is to say about what a whole conversation shows."""
    severity = click.style(kind.severity, fg=STYLES[kind.severity])
    yield f"{click.style(kind.rule, bold=True)}  {severity}  {kind.title}"
    yield from _block("", IN_CONVERSATIONS)
    yield from _block("in Rasa", f"Rasa {kind.rasa}")
    yield from _block("to do", kind.hint)


def explanation(rule: Rule) -> Iterator[str]:
    """Yield what there is to say about one rule; its examples are judged now."""
    (finding,) = judge_example(rule, rule.wrong)
    severity = click.style(rule.severity, fg=STYLES[rule.severity])
    yield f"{click.style(rule.id, bold=True)}  {severity}  {rule.title}"
    yield from _block("", rule.text)
    yield from _block("wrong", *shown_example(rule.wrong))
    yield from _block("found", *_said(finding))
    yield from _block("in Rasa", finding.rasa)
    yield from _block("to do", finding.hint)
    yield from _block("right", *shown_example(rule.right))


def _said(finding: Finding) -> Iterator[str]:
    yield finding.message
    yield f"at {finding.pointer}" if finding.pointer else ""
    yield f"expected {finding.expected}"


def _block(title: str, *lines: str) -> Iterator[str]:
    yield ""
    if title:
        yield click.style(title, bold=True)
    for line in lines:
        if line:
            indent = "  " if title else ""
            yield click.wrap_text(line, WIDTH, indent, indent)


def shown_example(example: Example) -> Iterator[str]:
    """Yield an example's lines, of long ones the beginning."""
    for line in _whole_example(example):
        yield line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _whole_example(example: Example) -> Iterator[str]:
    """Yield what the server answers, or what else it shows."""
    yield from _called(example)
    if example.unknown is not None:
        yield f"a call of an action that does not exist answers {example.unknown}"
    elif example.listed is not None:
        names = [{"name": name} for name in example.listed]
        yield f"GET /actions answers {json.dumps(names)}"
    elif example.observed is not None:
        yield from _observed(example.observed)
    elif example.health is not None:
        yield f"GET /health answers {example.health}"
    elif example.limit is not None:
        yield f"the call takes {example.elapsed} s, the limit is {example.limit} s"
    elif example.failure is not None:
        yield f"no answer: {example.failure}"
    elif example.witness:
        yield from _witnessed(example)
    else:
        if example.status != 200 or example.content_type != "application/json":
            yield f"status {example.status}, Content-Type: {example.content_type}"
        yield body_of(example).decode("utf-8", "replace")


def _called(example: Example) -> Iterator[str]:
    """Yield which action is called and when, where it is not just any."""
    if example.before:
        events = [f"{e['event']} {e.get('name') or ''}".strip() for e in example.before]
        yield f"the tracker ends with: {', '.join(events)}"
    if example.action:
        yield f"{example.action} answers:"


def _observed(observed: Mapping[str, Any]) -> Iterator[str]:
    """Yield what several calls showed, or that they showed nothing."""
    for key, value in observed.items():
        items = value if isinstance(value, list) else [value]
        for item in items:
            yield f"{key}: {json.dumps(asdict(item))}"
        if not items:
            yield f"{key}: none"
    if not observed:
        yield "each call is answered from its own request"


def _witnessed(example: Example) -> Iterator[str]:
    yield f"in the server's process: {json.dumps(dict(example.witness))}"
    yield body_of(example).decode("utf-8", "replace")
