"""What running an action gives: the events that its answer stands for, not yet logged.

The responses that an answer names are worded by the domain (`run_reply`), or by whoever
drives `replying`.  What becomes of the events is the business of `core.outcome`, and of
`core.turns` in a whole conversation.

Imitates `RemoteAction.run` of rasa/core/actions/action.py (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rasa_mock.core import channel, nlg
from rasa_mock.core.answer import STUMBLES, read_answer, stumbled
from rasa_mock.core.events import Source, read_event
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import Reply
from rasa_mock.errors import DataError

Json = dict[str, Any]


def run_reply(
    reply: Reply,
    *,
    action: str,
    tracker: Tracker,
    source: Source,
    responses: nlg.Responses,
    choose: nlg.Choose = nlg.first,
    output_channel: str | None = channel.NAME,
) -> list[Json]:
    """Return the events that running `action` gives (rule 1); the bot's go first.

    Raises DataError, phase `run`, where Rasa fails, and for a rejection.
    """
    steps = replying(
        reply, action=action, tracker=tracker, source=source, responses=responses
    )
    slots: Json | None = None

    def word(wanted: nlg.Wanted) -> Json | None:
        nonlocal slots
        slots = _slots_seen(tracker, source) if slots is None else slots
        return nlg.generate(
            wanted.name,
            responses=responses,
            slots=slots,
            arguments=wanted.arguments,
            output_channel=output_channel,
            choose=choose,
        )

    try:
        return nlg.worded(steps, word)
    except STUMBLES as error:
        raise stumbled(error) from error


def replying(
    reply: Reply,
    *,
    action: str,
    tracker: Tracker,
    source: Source,
    responses: nlg.Responses,
) -> nlg.Uttering:
    """Do the same, and let others word the responses that the reply names."""
    profile = tracker.profile
    answer = read_answer(
        reply, action=action, known_events=source.known, profile=profile
    )
    said: list[Json] = []
    if answer.get("responses"):
        try:
            said = yield from nlg.uttering(
                answer["responses"],
                responses=responses,
                now=source.now(),
                profile=profile,
                action=action,
            )
        except STUMBLES as error:
            raise stumbled(error) from error
    skipped = SKIPPED if profile.skips_bad_events else ()
    return said + _read_all(answer.get("events", ()), source=source, skipped=skipped)


SKIPPED = ("KeyError", "ValueError")
"""Events over which Rasa Pro raises one of these are left out with a warning."""


def _read_all(
    events: Iterable[Any], *, source: Source, skipped: tuple[str, ...]
) -> list[Json]:
    found = []
    for raw in events:
        try:
            event = read_event(raw, source)
        except DataError as error:
            if error.rasa_class not in skipped:
                raise
            continue
        if event is not None:
            found.append(event)
    return found


def _slots_seen(tracker: Tracker, source: Source) -> Json:
    """Return the slots that fill responses: those of the copy that Rasa runs it on.

    Rasa copies a tracker by applying its events again.  If the tracker has forgotten
    the oldest ones, the copy does not have the slots that they set.
    """
    if tracker.max_event_history is None:
        return tracker.slots
    copied = Tracker.from_events(
        tracker.sender_id,
        tracker.events,
        domain=tracker.domain,
        now=source.now,
        new_id=source.new_id,
        parse_date=source.parse_date,
        known_events=source.known,
        profile=tracker.profile,
    )
    return copied.slots
