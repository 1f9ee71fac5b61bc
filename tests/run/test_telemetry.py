"""Spans of OpenTelemetry: a turn's, its predictions', its calls', and none without."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import rasa_mock
from rasa_mock import Conversation
from rasa_mock.mock_rasa import MockRasa
from tests.run.bots import write_bot
from tests.servers.stub import stub

__all__ = ["stub"]

DOMAIN = """
version: "3.1"
intents: [go]
actions: [action_go]
"""
RULES = """
version: "3.1"
rules:
- rule: go
  steps: [{intent: go}, {action: action_go}]
"""


@pytest.fixture(scope="module")
def bot(tmp_path_factory):
    return write_bot(tmp_path_factory.mktemp("bot"), domain=DOMAIN, rules=RULES)


@pytest.fixture
def spans(monkeypatch):
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
    yield lambda: {span.name: span for span in exporter.get_finished_spans()}
    provider.shutdown()


def say_go(bot, stub):
    chat = Conversation(bot, action_client=stub.url)
    chat.send("/go")
    chat.setup.action_client.close()


def test_a_conversation_has_a_span_for_turn_predictions_and_call(bot, spans):
    def go(_request):
        rasa_mock.trace("seen", 1)
        return []

    Conversation(bot, stubs={"action_go": go}).send("/go")
    found = spans()
    assert set(found) == {"rasa_mock.turn", "rasa_mock.predict", "rasa_mock.action"}
    turn, call = found["rasa_mock.turn"], found["rasa_mock.action"]
    assert turn.attributes["rasa_mock.steps"] == 2
    assert turn.attributes["rasa_mock.intent"] == "go"
    assert call.parent.span_id == turn.context.span_id
    assert call.attributes["rasa_mock.action"] == "action_go"
    assert call.attributes["http.response.status_code"] == 200
    assert found["rasa_mock.predict"].attributes["rasa_mock.policy"] == "RulePolicy"
    assert [event.name for event in call.events] == ["seen"]


@pytest.mark.parametrize("server", [True, False], ids=["serve", "conversation"])
def test_the_action_server_is_told_of_the_call(bot, spans, stub, server):
    stub.answer = lambda _request: (500, b"{}")
    if server:
        with MockRasa(bot, action_server=stub.url) as mock:
            mock.send("/go")
    else:
        say_go(bot, stub)
    [sent] = stub.headers
    carrier = {name.lower(): value for name, value in sent.items()}
    read = TraceContextTextMapPropagator().extract(carrier)
    call = spans()["rasa_mock.action"]
    told = trace.get_current_span(read).get_span_context()
    assert told.span_id == call.context.span_id
    assert told.trace_id == spans()["rasa_mock.turn"].context.trace_id
    assert call.attributes["error.type"] == "status 500"
    assert not call.status.is_ok


def test_a_turn_that_is_lost_has_ended_all_its_spans(bot, spans):
    rejected = [{"event": "action_execution_rejected", "name": "action_nobody"}]
    turn = Conversation(bot, stubs={"action_go": rejected}).send("/go")
    assert turn.error is not None
    assert spans()["rasa_mock.turn"].attributes["error.type"] == "DataError"


def test_without_a_provider_nothing_is_sent(bot, stub):
    say_go(bot, stub)
    [sent] = stub.headers
    assert "traceparent" not in {name.lower() for name in sent}
