"""Rasa's odd habits: each one a switch, all on in `exact`, all off in `sane`.

`exact` is what Rasa 3.6.21 was measured to do; `sane` is what its documentation says,
or, where that is silent, what a client would expect.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from rasa_mock.errors import UsageError

EXACT = "exact"
SANE = "sane"


class Oddity(NamedTuple):
    """One habit: what Rasa does, and what happens without it."""

    name: str
    where: str
    exact: str
    sane: str


ODDITIES: tuple[Oddity, ...] = (
    Oddity(
        "ids_stay_encoded",
        "/conversations/{id}/...",
        "an id is taken from the path as it is: %2F stays %2F",
        "it is decoded",
    ),
    Oddity(
        "empty_events_crash",
        "POST /conversations/{id}/tracker/events",
        "an empty list: 500 ConversationError with an empty message",
        "400 BadRequest",
    ),
    Oddity(
        "one_event_crashes",
        "PUT /conversations/{id}/tracker/events",
        "an object instead of a list: 500 ConversationError",
        "it is taken as a list of one",
    ),
    Oddity(
        "tracker_before_execute",
        "POST /conversations/{id}/execute",
        "the tracker in the answer is the one before the action",
        "it is the one after",
    ),
    Oddity(
        "intent_as_function",
        "POST /conversations/{id}/trigger_intent",
        "the message about an unknown intent quotes a Python function",
        "it quotes the intent",
    ),
    Oddity(
        "no_text_crashes",
        "POST /conversations/{id}/messages, POST /model/parse",
        "a missing text: 500",
        "400 BadRequest",
    ),
    Oddity(
        "wrong_types_crash",
        "POST /conversations/{id}/messages, execute, trigger_intent, POST "
        "/model/parse, and the metadata of the REST channel",
        "a value of the wrong type: 500 once something fails over it",
        "400 BadRequest",
    ),
    Oddity(
        "no_object_crashes",
        "every route with an object in its body, and the REST channel",
        "a body that is empty or no object: 500 of the web framework",
        "400 BadRequest",
    ),
    Oddity(
        "any_type_refused",
        "GET /domain",
        "Accept: */* gets 406",
        "it gets JSON",
    ),
    Oddity(
        "bad_until_ignored",
        "GET /conversations/{id}/tracker, GET /conversations/{id}/story",
        "an `until` that is no number is ignored",
        "400 BadRequest",
    ),
    Oddity(
        "failures_are_silent",
        "POST /webhooks/rest/webhook",
        "a message that is no text, or a turn that fails: 200 with what was said so "
        "far, perhaps []",
        "400 BadRequest, 500 ConversationError",
    ),
    Oddity(
        "errors_as_pages",
        "errors of the web framework (no such route, wrong method, no JSON)",
        "HTML, text or JSON, by Accept, Content-Type and body; only JSON has no Allow",
        "always JSON, with Allow",
    ),
    Oddity(
        "slashes_escaped",
        "all JSON",
        "written as ujson does: / as \\/, and everything beyond ASCII escaped",
        "as UTF-8",
    ),
    Oddity(
        "cors_headers_always",
        "every answer but errors of the API",
        "Access-Control-Expose-Headers and Access-Control-Allow-Credentials, CORS or "
        "not",
        "only with --cors",
    ),
    Oddity(
        "head_refused",
        "HEAD",
        "405",
        "answered as GET, without a body",
    ),
)

FIDELITIES: Mapping[str, frozenset[str]] = {
    EXACT: frozenset(oddity.name for oddity in ODDITIES),
    SANE: frozenset(),
}


def odd_habits(fidelity: str, *, without: Iterable[str] = ()) -> frozenset[str]:
    """Return the habits that are kept at a fidelity, but for some."""
    if fidelity not in FIDELITIES:
        expected = " or ".join(FIDELITIES)
        raise UsageError(f"unknown fidelity {fidelity!r}: expected {expected}")
    unknown = set(without) - FIDELITIES[EXACT]
    if unknown:
        raise UsageError(f"no such habit: {', '.join(sorted(unknown))}")
    return FIDELITIES[fidelity] - set(without)
