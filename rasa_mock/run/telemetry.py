"""Spans of OpenTelemetry: of a turn, of each prediction, of each call of an action.

Where OpenTelemetry is not loaded, or no tracer provider is configured, nothing happens
and nothing is imported.  Names and attributes stand in docs/variables.md; texts and
values of slots are in none of them.  An action server gets the `traceparent` of its
call in a header, as rasa-sdk reads it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rasa_mock.core.commands import CallAction, Computed, Note
from rasa_mock.core.wire import Reply

if TYPE_CHECKING:
    from rasa_mock.run.drivers import Answered

NAME = "rasa_mock"
TURN, PREDICT, ACTION = "rasa_mock.turn", "rasa_mock.predict", "rasa_mock.action"


def _api() -> Any:
    """Return OpenTelemetry's API, if somebody has configured it."""
    api = sys.modules.get("opentelemetry.trace")
    if api is None or isinstance(api.get_tracer_provider(), api.ProxyTracerProvider):
        return None
    return api


def is_configured() -> bool:
    """Tell whether spans go anywhere."""
    return _api() is not None


def headers() -> tuple[tuple[str, str], ...]:
    """Return the headers that tell another server of the span that is current."""
    if _api() is None:
        return ()
    from opentelemetry.propagate import inject

    carrier: dict[str, str] = {}
    inject(carrier)
    return tuple(carrier.items())


def turn_spans() -> TurnSpans | None:
    """Return what makes the spans of one turn; None if they go nowhere."""
    api = _api()
    return None if api is None else TurnSpans(api)


class TurnSpans:
    """The spans of one turn; looks on (`run.drivers.Watcher`)."""

    def __init__(self, api: Any) -> None:
        self._api = api
        self._tracer = api.get_tracer(NAME)
        self._turn: Any = None
        self._prediction: Any = None
        self._steps = 0

    def computed(self, command: Computed) -> None:
        """Begin or end a span."""
        if command.kind == "begun" and self._turn is None:
            attributes = {"rasa_mock.sender_id": command.tracker.sender_id}
            self._turn = self._tracer.start_span(TURN, attributes=attributes)
        elif command.kind == "parsed" and self._turn is not None:
            intent = (command.data["parse_data"].get("intent") or {}).get("name")
            _set(self._turn, intent=intent)
        elif command.kind == "predicting":
            self._prediction = self._started(PREDICT)
        elif command.kind == "predicted":
            self._predicted(command.data["choice"])

    def _predicted(self, choice: Any) -> None:
        self._steps += 1
        span, self._prediction = self._prediction, None
        if span is not None:
            _set(
                span,
                action=choice.action,
                policy=choice.policy,
                confidence=choice.confidence,
            )
            span.end()

    def _started(self, name: str) -> Any:
        """Start a span inside that of the turn."""
        context = None
        if self._turn is not None:
            context = self._api.set_span_in_context(self._turn)
        return self._tracer.start_span(name, context=context)

    @contextmanager
    def calling(self, command: CallAction) -> Iterator[Answered]:
        """Be the current span while an action is called."""
        span = self._started(ACTION)
        _set(span, action=command.action)
        with self._api.use_span(span, end_on_exit=True):

            def answered(reply: Reply) -> None:
                if reply.status is not None:
                    span.set_attribute("http.response.status_code", reply.status)
                if reply.failure is not None or (reply.status or 0) >= 400:
                    self._fail(span, reply.failure or f"status {reply.status}")

            yield answered

    def noted(self, note: Note) -> None:
        """Tell of it as an event of the turn."""
        if self._turn is not None:
            action = {"action": note.action} if note.action else {}
            self._turn.add_event(note.kind, action)

    def ended(self, error: BaseException | None) -> None:
        """End all spans that are open."""
        for span in (self._prediction, self._turn):
            if span is None:
                continue
            if error is not None:
                self._fail(span, type(error).__name__)
            if span is self._turn:
                _set(span, steps=self._steps)
            span.end()
        self._turn = self._prediction = None

    def _fail(self, span: Any, what: str) -> None:
        span.set_attribute("error.type", what)
        span.set_status(self._api.Status(self._api.StatusCode.ERROR, what))


def _set(span: Any, **attributes: Any) -> None:
    for name, value in attributes.items():
        if value is not None:
            span.set_attribute(f"{NAME}.{name}", value)
