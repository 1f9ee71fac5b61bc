"""Wrong answers as fixtures: one for each rule, or as many as are asked for."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import find_profile
from rasa_mock.core.wire import Reply
from rasa_mock.generate.cases import Case
from rasa_mock.generate.corpus import Item, Recipe, called
from rasa_mock.rules.base import Rule
from rasa_mock.rules.catalogue import find_rule, selected
from rasa_mock.run.wrong import Forger, Wrong, breaks
from rasa_mock.schema.registry import Registry

Json = dict[str, Any]


class Skipped(NamedTuple):
    """A rule for which there is no wrong answer, and why."""

    rule: str
    reason: str


def wrong_items(
    recipe: Recipe,
    *,
    rules: Sequence[str] = (),
    count: int | None = None,
    skipped: Callable[[Skipped], None],
) -> Iterator[Item]:
    """Yield wrong answers, `count` of them or one for each rule.

    `rules` are ids or their beginnings, none for all.  `skipped` is told of the rules
    that nothing breaks.  Raises UsageError for a rule that does not exist.
    """
    chosen = selected(select=rules)
    called(recipe)
    forger = Forger(
        domain=recipe.domain,
        registry=recipe.registry,
        seed=recipe.seed,
        locale=recipe.locale,
        now=recipe.now,
        material=recipe.material,
        actions=recipe.actions,
    )
    turn, left = 0, count
    while chosen and (left is None or left > 0):
        able: list[Rule] = []
        for rule in _spread(chosen, count=left):
            wrong = forger.forge(rule, turn=turn)
            if isinstance(wrong, str):
                if turn == 0:
                    skipped(Skipped(rule.id, wrong))
                continue
            able.append(rule)
            yield _item(wrong, turn=turn)
            if left is not None:
                left -= 1
                if left == 0:
                    return
        if left is None:
            return
        chosen = able
        turn += 1


def _spread(rules: Sequence[Rule], *, count: int | None) -> list[Rule]:
    """Order the rules so that the first few are of all families."""
    if count is None or count >= len(rules):
        return list(rules)
    families: dict[str, list[Rule]] = {}
    for rule in rules:
        families.setdefault(rule.id[:3], []).append(rule)
    ordered: list[Rule] = []
    for place in range(max(map(len, families.values()))):
        ordered += [of[place] for of in families.values() if place < len(of)]
    return ordered


def _item(wrong: Wrong, *, turn: int) -> Item:
    rule = wrong.rule.id
    name = f"{rule}-{turn + 1}/{wrong.case.action}/{wrong.case.id}"
    return Item(id=name, document=labelled(wrong))


def labelled(wrong: Wrong) -> Json:
    """Return a wrong answer with its label, as a fixture.

    `answer` is the body where that is JSON, else `body` is its text, or `body_base64`.
    """
    return {
        "rule": wrong.rule.id,
        "severity": wrong.finding.severity,
        "title": wrong.rule.title,
        "message": wrong.finding.message,
        "pointer": wrong.finding.pointer,
        "rasa": wrong.finding.rasa,
        "also": list(wrong.also),
        "action": wrong.case.action,
        "case": wrong.case.id,
        "status": wrong.reply.status,
        "content_type": wrong.reply.headers.get("content-type", ""),
        **_body(wrong),
        "sender_id": wrong.case.sender_id,
        "tracker_events": wrong.case.events,
    }


def _body(wrong: Wrong) -> Json:
    document = wrong.document()
    if document is not None:
        return {"answer": document}
    try:
        return {"body": wrong.reply.body.decode("utf-8")}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(wrong.reply.body).decode()}


def still_wrong(
    document: Mapping[str, Any], *, domain: Domain, registry: Registry, now: float
) -> bool:
    """Tell whether the rule that a fixture is labelled with finds something in it.

    `now` is when the fixture's conversation takes place.  Raises UsageError for a rule
    that does not exist.
    """
    case = Case(
        id=document["case"],
        action=document["action"],
        kind="",
        index=0,
        events=document["tracker_events"],
        reachable=True,
        seed=0,
        channel=None,
        sender_id=document["sender_id"],
        now=now,
        known_events=tuple(registry.event_types),
        profile=find_profile(registry.profile),
    )
    reply = Reply(
        status=document["status"],
        headers={"Content-Type": document["content_type"]},
        body=_bytes(document),
    )
    rule = find_rule(document["rule"])
    return breaks(rule, case, reply=reply, domain=domain, registry=registry)


def _bytes(document: Mapping[str, Any]) -> bytes:
    if "answer" in document:
        return json.dumps(document["answer"]).encode()
    if "body" in document:
        return str(document["body"]).encode()
    return b64decode(document["body_base64"])
