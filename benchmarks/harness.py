"""How a figure is measured and what it is held against.

Times are this process's CPU time, which a neighbour's load hardly moves; only what
waits for a server (`calls`) is measured by the clock on the wall.
"""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 7
ROUND_SECONDS = 0.15  # each round repeats a quick function until about this has passed


@dataclass(frozen=True, kw_only=True)
class Bar:
    """What a figure should clear: at least, or at most, this much."""

    value: float
    least: bool

    def __str__(self) -> str:
        return f"{'>=' if self.least else '<='} {compact(self.value)}"

    def cleared_by(self, value: float) -> bool:
        """Tell whether a figure is on the right side."""
        return value >= self.value if self.least else value <= self.value


def at_least(value: float) -> Bar:
    """Return a bar for figures of which more is better."""
    return Bar(value=value, least=True)


def at_most(value: float) -> Bar:
    """Return a bar for figures of which less is better."""
    return Bar(value=value, least=False)


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table; `rasa` is what real Rasa 3.6.21 was measured at."""

    name: str
    value: float
    unit: str
    bar: Bar | None = None
    rasa: str = ""


def seconds_each(
    functions: Mapping[str, Callable[[], object]], *, rounds: int = ROUNDS
) -> dict[str, float]:
    """Return the median seconds of one call of each function.

    The rounds of the functions alternate, so a neighbour's load hits all alike and the
    ratios between them stay true.
    """
    loops = {name: _loops(function) for name, function in functions.items()}
    taken: dict[str, list[float]] = {name: [] for name in functions}
    for _ in range(rounds):
        for name, function in functions.items():
            gc.collect()
            taken[name].append(_timed(function, loops[name]) / loops[name])
    return {name: statistics.median(values) for name, values in taken.items()}


def seconds(function: Callable[[], object], *, rounds: int = ROUNDS) -> float:
    """Return the median seconds of one call."""
    return seconds_each({"it": function}, rounds=rounds)["it"]


def compact(value: float) -> str:
    """Write a number with three digits that matter: 0.0123, 12.3, 1,230,000."""
    if value >= 1000:
        digits = len(str(int(value))) - 3
        return f"{round(value, -digits):,.0f}"
    return f"{value:.3g}"


def _loops(function: Callable[[], object]) -> int:
    """Warm the function up, and say how often a round should call it."""
    function()
    once = max(_timed(function, 1), 1e-7)
    return max(1, round(ROUND_SECONDS / once))


def _timed(function: Callable[[], object], loops: int) -> float:
    started = time.process_time()
    for _ in range(loops):
        function()
    return time.process_time() - started
