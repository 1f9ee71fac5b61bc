"""Validating requests and answers, with jsonschema-rs (fast) and without (portable)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from benchmarks.harness import Bar, Figure, at_most, seconds_each
from benchmarks.payloads import answer, domain, tracker
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.wire import build_request
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate

BARS: dict[tuple[str, str], Bar] = {
    ("fast", "an answer with 100 events"): at_most(0.5),
    ("portable", "an answer with 100 events"): at_most(20),
}
RASA = {
    "an answer with 0 events": "20",
    "an answer with 100 events": "61 to 76",
}


def figures() -> Iterator[Figure]:
    """Yield milliseconds for right documents; the validators are built once."""
    documents = _documents()
    for engine in ("fast", "portable"):
        calls = {
            name: partial(_must_pass, kind, document, engine=engine)
            for name, (kind, document) in documents.items()
        }
        for name, taken in seconds_each(calls).items():
            yield Figure(
                name=f"{name}, {engine}",
                value=taken * 1000,
                unit="ms",
                bar=BARS.get((engine, name)),
                rasa=RASA.get(name, ""),
            )


def _must_pass(kind: str, document: Any, *, engine: str) -> None:
    issues = validate(kind, document, registry=Registry.load(), engine=engine)
    if issues:
        raise AssertionError(f"the benchmark's {kind} is wrong: {issues[0]}")


def _documents() -> dict[str, tuple[str, Any]]:
    request = build_request(
        Endpoint(url="http://localhost:5055/webhook"),
        action="action_tell_weather",
        tracker=tracker(50),
        domain=domain(),
    )
    answers = {
        f"an answer with {number} events": ("action_response", answer(number))
        for number in (0, 1, 10, 100)
    }
    return {**answers, "a request of 50 events": ("action_request", request.payload)}
