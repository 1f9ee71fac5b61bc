"""Long trackers in quantity, for load and benchmarks.

The same conversations as in `cases`, without a table of kinds: turn after turn until
there are enough events.
"""

from __future__ import annotations

from typing import Any

from rasa_mock.core.domain import Domain
from rasa_mock.generate import history
from rasa_mock.generate.cast import cast_of
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.generate.provider import DEFAULT_LOCALE
from rasa_mock.generate.rng import Rng

DEFAULT_NOW = 1_700_000_000.0


def tracker_events(
    domain: Domain,
    rng: Rng,
    *,
    n: int = 50,
    locale: str = DEFAULT_LOCALE,
    now: float = DEFAULT_NOW,
    material: Material = NOTHING,
) -> list[dict[str, Any]]:
    """Return the first `n` events of a conversation; it stops at `now` (seconds).

    Those of several conversations may share their tokens and rankings: only read them.
    """
    conversation = Conversation(cast_of(domain, locale, material=material), rng)
    conversation.start_session()
    while len(conversation.events) < n:
        history.turns(conversation, 1)
    del conversation.events[n:]
    return conversation.timed(now)
