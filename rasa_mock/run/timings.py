"""Take times so that a busy machine is not taken for a slow action.

One measurement proves nothing: what looks suspicious is measured again, in turns with
what it is compared to, and the quickest of the suspect's times counts.  Whoever calls
sees to it that nobody else calls the server meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median
from typing import TYPE_CHECKING

from rasa_mock.clients.base import HEALTH
from rasa_mock.rules.observed import Growth, Wait

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.wire import ActionRequest

# Only a call of so many seconds can hold up another one; above the second no repeats.
SLOW_ENOUGH = 0.1
TOO_SLOW = 1.0
# So many seconds more for a thousand events make it worth a second look.
SUSPICIOUS = 0.06
ROUNDS = 5
# Seconds after which the rounds so far have to do; two are made in any case.
PATIENCE = 4.0
FEWEST = 2
TRIES = 3


@dataclass(slots=True, kw_only=True)
class Stopwatch:
    """Calls and takes the time; counts its `calls`."""

    client: ActionClient
    calls: int = 0

    def seconds(self, request: ActionRequest) -> float:
        """Return how long a call took."""
        self.calls += 1
        return self.client.call(request).elapsed or 0.0

    def growth(
        self,
        *,
        short: ActionRequest,
        long: ActionRequest,
        carried: Callable[[], ActionRequest],
        first: Growth,
    ) -> Growth:
        """Measure again what `first` gave reason to, and return what is left of it.

        `carried` makes the request that brings the long tracker to an action that does
        not exist: what the server answers to that, it has read all of it.
        """
        if first.long - first.short <= SUSPICIOUS:
            return first
        request, rounds, end = carried(), Rounds(), time.monotonic() + PATIENCE
        rounds.long.append(first.long)
        rounds.short.append(first.short)
        for number in range(ROUNDS):
            rounds.carried.append(self.seconds(request))
            rounds.short.append(self.seconds(short))
            rounds.long.append(self.seconds(long))
            settled = min(rounds.long) - median(rounds.short) <= SUSPICIOUS
            if settled or (number + 1 >= FEWEST and time.monotonic() > end):
                break
        return Growth(
            few=first.few,
            short=median(rounds.short),
            many=first.many,
            long=min(rounds.long),
            transport=median(rounds.carried),
        )

    def wait(self, request: ActionRequest) -> Wait | None:
        """Ask for /health while a call is under way, again while it seems held up.

        Returns the least of the waits; None where no call was slow enough to tell.
        """
        least: Wait | None = None
        for _ in range(TRIES):
            found = self._wait_once(request)
            if found is None:
                continue
            least = min(least or found, found, key=lambda wait: wait.during)
            slow = max(found.slow, found.during) > TOO_SLOW
            if least.during < least.slow / 2 or slow:
                break
        return least

    def _wait_once(self, request: ActionRequest) -> Wait | None:
        client, done = self.client, []
        alone = client.get(HEALTH).elapsed or 0.0
        thread = threading.Thread(
            target=lambda: done.append(client.call(request)), daemon=True
        )
        began = time.monotonic()
        thread.start()
        time.sleep(min(0.03, SLOW_ENOUGH / 3))
        asked = time.monotonic() - began
        during = client.get(HEALTH).elapsed or 0.0
        thread.join()
        self.calls += 1
        took = done[0].elapsed or 0.0
        if done[0].failure is not None or took < SLOW_ENOUGH:
            return None
        if during < took / 2 and asked > took / 2:
            return None  # asked too late to be held up
        return Wait(slow=took, alone=alone, during=during)


@dataclass(slots=True, kw_only=True)
class Rounds:
    """The times that were taken in turns, in seconds."""

    short: list[float] = field(default_factory=list)
    long: list[float] = field(default_factory=list)
    carried: list[float] = field(default_factory=list)
