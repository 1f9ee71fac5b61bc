"""Building an action request, byte for byte as Rasa writes it."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks.harness import Figure, seconds_each
from benchmarks.payloads import domain, tracker
from rasa_mock.core.wire import Endpoint, build_request

SIZES = (10, 50, 1000)


def figures() -> Iterator[Figure]:
    """Yield microseconds for a request whose tracker holds 10, 50, 1,000 events."""
    endpoint, known = Endpoint(url="http://localhost:5055/webhook"), domain()
    held = {size: tracker(size) for size in SIZES}
    taken = seconds_each(
        {
            str(size): lambda size=size: build_request(
                endpoint,
                action="action_tell_weather",
                tracker=held[size],
                domain=known,
            )
            for size in SIZES
        }
    )
    for size in SIZES:
        yield Figure(
            name=f"build a request of {size:,} events",
            value=taken[str(size)] * 1_000_000,
            unit="µs",
            rasa="200 to 400" if size == 50 else "",
        )
