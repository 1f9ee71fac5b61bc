"""What `from rasa_mock import Domain, Tracker, Reply, interpret` gives.

Thin faces over `core`, with what only the outer edge knows filled in: the clock, fresh
ids, the reader of dates, reading files.  Nothing inside the package imports this.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock import clock
from rasa_mock.core import domain as core_domain
from rasa_mock.core import nlg
from rasa_mock.core import outcome as core_outcome
from rasa_mock.core import tracker as core_tracker
from rasa_mock.core.events import DateParser
from rasa_mock.core.outcome import Outcome
from rasa_mock.core.profile import RASA_3_6, Named
from rasa_mock.core.tracker import Now
from rasa_mock.core.wire import Reply

if TYPE_CHECKING:
    from typing_extensions import Self  # in typing from Python 3.11 on

__all__ = ["Domain", "Outcome", "Reply", "Tracker", "interpret"]

SlotTypes = Mapping[str, Callable[[Any], Any]]


class Domain(core_domain.Domain):
    """The domain of a bot: from a file or folder (`load`), from an object."""

    __slots__ = ()

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        slot_types: SlotTypes | None = None,
        profile: Named = RASA_3_6,
    ) -> Domain:
        """Load a domain from a file or folder, as the profile's Rasa merges them.

        `slot_types` maps the path of each custom slot class to what setting a value
        stores.  Raises DataError with path, line and `rasa_class`.
        """
        from rasa_mock.files.domain import load_domain  # YAML is for files only

        loaded = load_domain(path, slot_types=slot_types, profile=profile)
        return cls(**{part.name: getattr(loaded, part.name) for part in fields(loaded)})


class Tracker(core_tracker.Tracker):
    """One conversation; `from_events` folds events, `update` adds one."""

    def __init__(
        self,
        sender_id: str,
        *,
        domain: core_domain.Domain | None = None,
        now: Now = clock.system_now,
        new_id: Callable[[], str] = clock.new_uuid,
        parse_date: DateParser = clock.parse_date,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> None:
        super().__init__(
            sender_id,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
            known_events=known_events,
            profile=profile,
        )

    @classmethod
    def from_events(
        cls,
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: core_domain.Domain | None = None,
        now: Now = clock.system_now,
        new_id: Callable[[], str] = clock.new_uuid,
        parse_date: DateParser = clock.parse_date,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> Self:
        """Fold wire events into a new tracker.

        `now` is seconds since the epoch, or a callable that gives them; `new_id` names
        nameless reminders; `known_events` are event types besides those of `profile`.
        Raises DataError where Rasa fails, with `rasa_class`, `phase`, the event's
        `index` and the `tracker` as it was then.
        """
        return super().from_events(
            sender_id,
            events,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
            known_events=known_events,
            profile=profile,
        )

    @classmethod
    def from_store(
        cls,
        sender_id: str,
        events: Iterable[Mapping[str, Any]],
        *,
        domain: core_domain.Domain | None = None,
        now: Now = clock.system_now,
        new_id: Callable[[], str] = clock.new_uuid,
        parse_date: DateParser = clock.parse_date,
        max_event_history: int | None = None,
        known_events: Collection[str] = (),
        profile: Named = RASA_3_6,
    ) -> Self:
        """Make the tracker that a store of Rasa makes of the events it kept."""
        return super().from_store(
            sender_id,
            events,
            domain=domain,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            max_event_history=max_event_history,
            known_events=known_events,
            profile=profile,
        )


def interpret(
    reply: Reply,
    *,
    action: str,
    tracker: core_tracker.Tracker,
    domain: core_domain.Domain | None = None,
    policy: str | None = "RulePolicy",
    confidence: float | None = 1.0,
    hide_rule_turn: bool = False,
    now: Now = clock.system_now,
    new_id: Callable[[], str] = clock.new_uuid,
    parse_date: DateParser = clock.parse_date,
    choose: nlg.Choose = nlg.first,
    profile: Named | None = None,
) -> Outcome:
    """Return what Rasa makes of an action server's reply; see `Outcome`.

    `tracker` is the one that was sent and stays as it is; `domain`, the tracker's if
    None, has the responses.  `policy`, `confidence` and `hide_rule_turn` are the
    prediction that Rasa logs with the action.  `choose` picks one of several equally
    suitable variations of a response, where Rasa takes a random one.  `profile` names
    the Rasa that gets the reply; it is the tracker's if None.
    """
    return core_outcome.interpret(
        reply,
        action=action,
        tracker=tracker,
        domain=domain,
        policy=policy,
        confidence=confidence,
        hide_rule_turn=hide_rule_turn,
        now=now,
        new_id=new_id,
        parse_date=parse_date,
        choose=choose,
        profile=profile,
    )
