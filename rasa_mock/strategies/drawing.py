"""Hypothesis in the place of a seed: each choice of the generator is drawn.

Choices that decide what happens are drawn one by one, the simplest first, so a failing
example shrinks.  What only tells things apart (ids, times, confidences) comes from a
stream of its own, seeded by one draw when it is first needed: it would cost much and
shrink to nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st

from rasa_mock.generate.rng import Rng

T = TypeVar("T")
Draw = Callable[[st.SearchStrategy[Any]], Any]
# Chances are drawn in steps of so much.
STEPS = 20
NOISES = 1 << 16


@cache
def below(bound: int) -> st.SearchStrategy[int]:
    """Return the strategy for integers from 0 to bound - 1."""
    return st.integers(0, bound - 1)


class DrawnRng(Rng):
    """Choices that Hypothesis makes; 0, False and the first of a list are simplest."""

    __slots__ = ("draw",)

    def __init__(self, draw: Draw) -> None:
        self.draw = draw
        self.random = self._first_random
        self.bits = self._first_bits

    def _first_random(self) -> float:
        self._start_noise()
        return self.random()

    def _first_bits(self, digits: int) -> int:
        self._start_noise()
        return self.bits(digits)

    def _start_noise(self) -> None:
        noise = Random(self.draw(below(NOISES)))  # noqa: S311 - seeded on purpose
        self.random = noise.random
        self.bits = noise.getrandbits

    def below(self, bound: int) -> int:
        return self.draw(below(bound)) if bound > 1 else 0

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)

    def pick(self, options: Sequence[T]) -> T:
        return options[self.below(len(options))]

    def chance(self, probability: float) -> bool:
        rare = round(STEPS * (1 - probability))
        return bool(self.draw(below(STEPS)) >= rare)
