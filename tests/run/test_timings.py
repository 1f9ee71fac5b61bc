"""Times are taken again until they prove something; the clock here is a script."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from rasa_mock.core.wire import Reply
from rasa_mock.rules.behaviour import grows
from rasa_mock.rules.observed import Behaviour, Growth
from rasa_mock.run.timings import ROUNDS, Stopwatch


@dataclass
class Scripted:
    """A client whose calls take the seconds that the script has for them, in turn."""

    script: dict[str, list[float]]
    made: list[str] = field(default_factory=list)

    def call(self, request):
        self.made.append(request)
        times = self.script[request]
        elapsed = times.pop(0) if len(times) > 1 else times[0]
        return Reply(status=200, elapsed=elapsed)

    def get(self, _path):
        return Reply(status=200, elapsed=0.001)


def measured(first: float, *, short=(0.004,), long, carried=(0.02,)):
    client = Scripted(
        {"short": list(short), "long": list(long), "carried": list(carried)}
    )
    watch = Stopwatch(client=client)
    growth = watch.growth(
        short="short",
        long="long",
        carried=lambda: "carried",
        first=Growth(few=12, short=0.004, many=1000, long=first),
    )
    seen = Behaviour(action="a", domain=None, growth=growth)
    return [*grows.check(seen)], client.made, watch.calls


def test_a_quick_call_is_not_looked_at_again() -> None:
    assert measured(0.03, long=[9.0]) == ([], [], 0)


@pytest.mark.parametrize(
    "long", [[0.02], [3.0, 3.0, 0.05], [0.9, 0.9, 0.9, 0.9, 0.06]], ids=str
)
def test_a_machine_that_was_busy_for_a_while_is_no_finding(long) -> None:
    found, made, _ = measured(3.0, long=long)
    assert found == []
    assert made.count("long") == len(long)


def test_a_machine_that_is_busy_all_the_time_is_no_finding() -> None:
    found, made, _ = measured(0.9, short=[0.3], long=[0.9], carried=[0.5])
    assert found == []
    assert made.count("long") == ROUNDS


def test_growth_is_found_in_spite_of_single_quick_comparisons() -> None:
    found, made, calls = measured(
        0.9, short=[0.004, 0.8, 0.004], long=[0.7, 0.9], carried=[0.02, 0.6, 0.02]
    )
    assert [draft.subject for draft in found] == ["growth"]
    assert calls == len(made) == 3 * ROUNDS


def test_a_call_that_is_quick_when_it_counts_holds_up_nobody() -> None:
    client = Scripted({"slow": [0.05]})
    assert Stopwatch(client=client).wait("slow") is None
    assert set(client.made) == {"slow"}
