"""Building an action request, byte for byte as Rasa writes it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from benchmarks.harness import Figure, seconds_each
from benchmarks.payloads import domain, tracker
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import RequestBuilder, build_request

SIZES = (10, 50, 1000)
ACTION = "action_tell_weather"


def figures() -> Iterator[Figure]:
    """Yield microseconds for a request whose tracker holds 10, 50, 1,000 events."""
    endpoint, known = Endpoint(url="http://localhost:5055/webhook"), domain()
    builder = RequestBuilder(endpoint, domain=known)
    growing = RequestBuilder(endpoint, domain=known, reuse_events=True)
    for size in SIZES:
        held = tracker(size)
        taken = seconds_each(
            {
                "by itself": partial(
                    build_request, endpoint, action=ACTION, tracker=held, domain=known
                ),
                "one of many": partial(builder.build, ACTION, held),
                "tracker sent before": partial(growing.build, ACTION, held),
            }
        )
        for name, value in taken.items():
            yield Figure(
                name=f"a request of {size:,} events, {name}",
                value=value * 1_000_000,
                unit="µs",
                rasa="200 to 400" if size == 50 else "",
            )
