"""How the answers to a repeated request compare, for RM701, RM702 and RM704."""

from __future__ import annotations

from itertools import pairwise

from rasa_mock.rules.observed import Behaviour, Repeat, Told
from rasa_mock.rules.sameness import Difference, difference

# What a difference is worth: a drawn number or another order is hardly a mistake.
WORTH = {
    "events": "warning",
    "value": "warning",
    "count": "warning",
    "order": "info",
    "number": "info",
}
MOST_NAMED = 4


def end_of(told: Told) -> tuple[str, int | None]:
    """Return how a call ended: kind and status."""
    return told.kind, told.status


def words_of(told: Told) -> str:
    """Say in a few words how a call ended."""
    if told.error:
        return told.error
    kinds = [
        f"{event.get('event')} {event.get('name') or ''}".strip()
        if isinstance(event, dict)
        else "no event"
        for event in told.events
    ]
    more = ", ..." if len(kinds) > MOST_NAMED else ""
    return ", ".join(kinds[:MOST_NAMED]) + more if kinds else f"{told.kind}, no events"


def is_steady(seen: Behaviour) -> bool:
    """Tell whether no repetition differs from the next: then it is no matter of chance.

    With chance at work, the first answer differs from the others now and then, too.
    """
    return not any(
        differ(one, other, seen=seen)
        for repeat in seen.repeats
        for one, other in pairwise([*repeat.again, *repeat.fresh[1:]])
    )


def once_only(repeat: Repeat, seen: Behaviour) -> bool:
    """Tell whether the first answer differs from all that followed, which agree."""
    if len({end_of(told) for told in repeat.again}) > 1 or len(repeat.again) < 2:
        return False
    later = [told.events for told in repeat.again]
    if _serious(difference(later, now=seen.now)):
        return False
    return len(repeat.fresh) == 2 and differ(repeat.first, repeat.again[0], seen=seen)


def by_sender(repeat: Repeat, seen: Behaviour) -> bool:
    """Tell whether a sender of whom the server never heard gets the first answer."""
    first, second = repeat.fresh
    return not differ(first, repeat.first, seen=seen) and differ(
        first, second, seen=seen
    )


def differ(one: Told, other: Told, *, seen: Behaviour) -> bool:
    """Tell whether two answers to one request differ by more than chance or order."""
    if end_of(one) != end_of(other):
        return True
    return _serious(difference([one.events, other.events], now=seen.now))


def _serious(found: Difference | None) -> bool:
    return found is not None and WORTH[found.what] == "warning"
