"""Hypothesis strategies for action servers and bots.

They come with the extra: `pip install "rasa-mock[strategies]"`.

    from rasa_mock.strategies import action_requests

    @given(action_requests("domain.yml", action="action_tell_weather"))
    def test_it_always_answers(request): ...

What is drawn is what `rasa_mock.generate` makes from a seed, with Hypothesis making the
choices: so a failing example shrinks to a few events.  This package is the only user of
Hypothesis.
"""

from __future__ import annotations

from importlib.util import find_spec

from rasa_mock.errors import NotInstalled

if find_spec("hypothesis") is None:
    raise NotInstalled("hypothesis", extra="strategies")

from rasa_mock.strategies.machine import ConversationMachine
from rasa_mock.strategies.payloads import (
    action_requests,
    action_responses,
    events,
    trackers,
    wrong_responses,
)
from rasa_mock.strategies.schemas import from_schema
from rasa_mock.strategies.talks import Held, Step, conversations, steps

__all__ = [
    "ConversationMachine",
    "Held",
    "Step",
    "action_requests",
    "action_responses",
    "conversations",
    "events",
    "from_schema",
    "steps",
    "trackers",
    "wrong_responses",
]
