"""What the rules say of a live call in a conversation: as `rasa-mock check` would.

Only what one answer shows: RM1xx to RM5xx, and that the server lacks the action.  What
it does to the conversation needs no guess here: the conversation goes on with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from rasa_mock.clock import parse_date
from rasa_mock.core.outcome import interpret
from rasa_mock.rules.answer import read_answer
from rasa_mock.rules.base import Exchange
from rasa_mock.rules.catalogue import selected
from rasa_mock.rules.judge import RuleSet, judge, rule_set
from rasa_mock.run.judged import reminder_id, twin_for
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

if TYPE_CHECKING:
    from rasa_mock.core.commands import CallAction
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.findings import Finding
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.core.wire import Reply

OF_ONE_ANSWER = ("RM1", "RM2", "RM3", "RM4", "RM5", "RM801")


@cache
def _rules() -> RuleSet:
    return rule_set(rule for rule in selected() if rule.id.startswith(OF_ONE_ANSWER))


@dataclass(frozen=True, slots=True, kw_only=True)
class Referee:
    """Judges answers by a domain and a profile's schemas."""

    domain: Domain
    registry: Registry

    @classmethod
    def of(cls, domain: Domain, *, profile: str) -> Referee:
        """Make one; the schemas of a profile are read once."""
        return cls(domain=domain, registry=Registry.load(profile))

    def judge(self, command: CallAction, reply: Reply) -> list[Finding]:
        """Return what is wrong with the answer to a call."""
        answer = read_answer(reply)
        is_readable = (
            answer.trouble is None and reply.status is not None and reply.status < 400
        )
        tracker = command.tracker
        exchange = Exchange(
            action=command.action,
            domain=self.domain,
            before=tracker,
            reply=reply,
            answer=answer,
            outcome=cast(
                "Outcome", Later(lambda: self._interpreted(command, reply=reply))
            ),
            issues=validate("action_response", answer.document, registry=self.registry)
            if is_readable
            else (),
            known_events=self.registry.event_types,
            unknown_events=self.registry.unknown_events,
            size=len(tracker.events),
        )
        return judge(exchange, rules=_rules())

    def _interpreted(self, command: CallAction, *, reply: Reply) -> Outcome:
        tracker = command.tracker
        return interpret(
            reply,
            action=command.action,
            tracker=tracker,
            domain=self.domain,
            now=tracker.source.now,
            new_id=reminder_id,
            parse_date=parse_date,
            twin=twin_for(reply),
        )


class Later:
    """Stands for an outcome, and works it out only if a rule looks at it.

    That costs as much as all the rules together, and more in long conversations.
    """

    def __init__(self, make: Callable[[], Outcome]) -> None:
        self._make = make
        self._made: Outcome | None = None

    def __getattr__(self, name: str) -> Any:
        """Return what the outcome has under that name."""
        if self._made is None:
            self._made = self._make()
        return getattr(self._made, name)
