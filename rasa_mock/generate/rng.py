"""Choices from a seed, the same on every machine and Python version.

Only `random()` and `getrandbits()` of the standard generator are used: their output
for a given seed is fixed, while that of `choice`, `sample` or `randint` has changed
between versions.  Seeds are derived with BLAKE2, because `hash()` of a text differs
from process to process.  What does not live here: words and names (see `provider`).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from random import Random
from typing import TypeVar

T = TypeVar("T")


def derive(*key: object) -> int:
    """Return a 64-bit seed that depends on every part of the key and its order."""
    text = "\x1f".join(str(part) for part in key)
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")


class Rng:
    """A seeded source of choices; `Rng(seed, "action_x", "form-2")` is one stream."""

    __slots__ = ("bits", "random")

    def __init__(self, *key: object) -> None:
        source = Random(derive(*key))
        self.random = source.random
        self.bits = source.getrandbits

    def below(self, bound: int) -> int:
        """Return an integer from 0 to bound - 1."""
        return int(self.random() * bound)

    def between(self, low: int, high: int) -> int:
        """Return an integer from low to high, both included."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options, which must not be empty."""
        return options[int(self.random() * len(options))]

    def detail(self, options: Sequence[T]) -> T:
        """Return one of the options, where it matters to nothing else which."""
        return options[int(self.random() * len(options))]

    def chance(self, probability: float) -> bool:
        """Return True with the given probability."""
        return self.random() < probability

    def hex(self, digits: int = 32) -> str:
        """Return that many hexadecimal digits, as in a uuid4's `hex`."""
        return f"{self.bits(digits * 4):0{digits}x}"

    def sample(self, options: Sequence[T], count: int) -> list[T]:
        """Return up to `count` different options in random order."""
        rest = list(options)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]
