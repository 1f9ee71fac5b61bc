"""All rules, in the order of their ids, and how some of them are chosen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from rasa_mock.errors import UsageError
from rasa_mock.rules import (
    agreement,
    behaviour,
    buttons,
    disclosure,
    effects,
    envelope,
    event_contents,
    event_keys,
    events,
    expected,
    form_names,
    messages,
    reminders,
    responses,
    server,
    sessions,
    silence,
    slot_effects,
    slots,
    texts,
    transport,
    unfilled,
    validation,
)
from rasa_mock.rules.base import Rule

FAMILIES = {
    "RM1": "transport and envelope",
    "RM2": "events",
    "RM3": "slots",
    "RM4": "forms and validation actions",
    "RM5": "responses (messages)",
    "RM6": "effects once applied",
    "RM7": "behaviour over several calls",
    "RM8": "server and domain disagree",
}
MODULES = (
    transport,
    envelope,
    disclosure,
    server,
    expected,
    events,
    event_contents,
    event_keys,
    reminders,
    silence,
    slots,
    slot_effects,
    validation,
    form_names,
    responses,
    messages,
    texts,
    buttons,
    unfilled,
    effects,
    sessions,
    behaviour,
    agreement,
)


def all_rules() -> tuple[Rule, ...]:
    """Return every rule, ordered by id."""
    found = [
        value
        for module in MODULES
        for value in vars(module).values()
        if isinstance(value, Rule)
    ]
    return tuple(sorted(found, key=lambda rule: rule.id))


def find_rule(rule_id: str) -> Rule:
    """Return the rule of an id, in any case; raises UsageError with the nearest id."""
    rules = {rule.id: rule for rule in all_rules()}
    wanted = rule_id.strip().upper()
    if wanted in rules:
        return rules[wanted]
    near = get_close_matches(wanted, rules, n=1, cutoff=0)
    raise UsageError(
        f"there is no rule {rule_id!r}; the nearest is {near[0]}. "
        "`rasa-mock explain` lists all of them"
    )


def selected(*, select: Sequence[str] = (), ignore: Sequence[str] = ()) -> list[Rule]:
    """Return the rules whose id begins with one of `select`, and none of `ignore`.

    An empty `select` stands for all.  Raises UsageError for what names no rule.
    """
    rules = all_rules()
    for prefix in (*select, *ignore):
        if not any(rule.id.startswith(prefix.upper()) for rule in rules):
            find_rule(prefix)
    return [
        rule
        for rule in rules
        if (not select or _begins(rule.id, select)) and not _begins(rule.id, ignore)
    ]


def _begins(rule_id: str, prefixes: Iterable[str]) -> bool:
    return any(rule_id.startswith(prefix.upper()) for prefix in prefixes)
