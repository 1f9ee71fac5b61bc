"""Whatever stands where in an answer: no rule fails on it, and what Rasa loses is said.

The examples of the rules are taken apart, and each part in turn is replaced by a value
of another kind or left out.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from rasa_mock.rules.base import ActionRecord, Example
from rasa_mock.rules.catalogue import all_rules
from rasa_mock.rules.examples import exchange_of
from rasa_mock.rules.judge import answered, judge, judge_action, rule_set

RULES = rule_set(all_rules())
ODD: tuple[Any, ...] = (None, True, -1, "", "/x", [], {}, [[]], {"a": 1}, [None])
ABSENT = object()
EVERY = 7


def examples() -> list[Example]:
    both = [example for rule in all_rules() for example in (rule.wrong, rule.right)]
    return [e for e in both if e.body is None and (e.events or e.responses)]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if len(path) > 1:
        yield path
    items = value.items() if isinstance(value, dict) else ()
    for key, part in enumerate(value) if isinstance(value, list) else items:
        yield from places(part, (*path, key))


def changed(document: Any, path: tuple[Any, ...], *, to: Any) -> Any:
    twin = copy.deepcopy(document)
    *way, last = path
    holder = twin
    for key in way:
        holder = holder[key]
    if to is ABSENT:
        del holder[last]
    else:
        holder[last] = to
    return twin


def odd_answers() -> Iterator[Example]:
    for example in examples():
        document = {
            "events": copy.deepcopy(list(example.events)),
            "responses": copy.deepcopy(list(example.responses)),
        }
        for path in places(document):
            for value in (*ODD, ABSENT):
                yield replace(example, **changed(document, path, to=value))


@pytest.mark.parametrize("part", range(3))
def test_an_odd_answer_is_judged(part) -> None:
    # A share of them, of every rule and kind: all of them take a minute.
    for example in [*odd_answers()][part :: 3 * EVERY]:
        exchange = exchange_of(example)
        found = judge(exchange, rules=RULES)
        calls = [answered(exchange)]
        record = ActionRecord(
            action=exchange.action, domain=exchange.domain, calls=calls
        )
        judge_action(record, rules=RULES)
        if exchange.outcome.error is not None:
            assert "error" in {finding.severity for finding in found}, example


def test_true_is_no_list_of_buttons() -> None:
    exchange = exchange_of(Example(responses=[{"text": "?", "buttons": True}]))
    record = ActionRecord(
        action=exchange.action, domain=exchange.domain, calls=[answered(exchange)]
    )
    assert judge_action(record, rules=RULES) == []
    assert "RM507" in {finding.rule for finding in judge(exchange, rules=RULES)}
