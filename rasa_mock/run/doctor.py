"""What ails an action server: questions asked of it, each answered in plain words.

Each question is a small generator under `QUESTIONS`; it sends what it needs and yields
what it learned and what to do about it.  Only the last ones run an action, just one:
the one asked for, else a validation action, which does nothing without a candidate.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.clients.base import ACTIONS, HEALTH
from rasa_mock.clock import new_uuid, parse_date, system_now
from rasa_mock.core.domain import Domain
from rasa_mock.core.profile import PROFILES, RASA_3_6, Profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.rules.answer import read_answer

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.endpoint import Endpoint
    from rasa_mock.core.wire import ActionRequest, Reply

NOBODY = "action_that_no_server_has"
SENDER = "rasa-mock-doctor"
RASA_SDK = "rasa-sdk"
MISSING_DOMAIN = 449
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not bound to

Connect = Callable[["Endpoint"], "ActionClient"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """One answer.  verdict: `good`, `note` (worth knowing) or `bad`."""

    question: str
    verdict: str
    answer: str
    advice: str = ""


@dataclass(slots=True, kw_only=True)
class Patient:
    """The server under examination, and what is known of it so far.

    `connect` makes a client for an endpoint; `listening` says on which addresses of
    this machine a port is listened on, None where that cannot be told.
    """

    endpoint: Endpoint
    connect: Connect
    domain: Domain | None = None
    action: str | None = None
    listening: Sequence[str] | None = None
    actions: tuple[str, ...] = ()
    stranger: Reply | None = None
    is_sdk: bool = False
    notes: dict[str, Any] = field(default_factory=dict)

    def get(self, path: str) -> Reply:
        """Ask for another path of the server."""
        client = self.connect(self.endpoint)
        try:
            return client.get(path)
        finally:
            client.close()

    def call(
        self,
        action: str,
        *,
        profile: Profile = RASA_3_6,
        compress: bool = False,
        with_domain: bool = True,
    ) -> Reply:
        """Call an action as a Rasa of that profile does in a first message."""
        endpoint = replace(self.endpoint, compress=compress)
        domain = self.domain or _small_domain(action)
        builder = RequestBuilder(endpoint, domain=domain, profile=profile)
        request = builder.build(action, _first_message(domain, profile))
        client = self.connect(endpoint)
        try:
            return client.call(request if with_domain else _without_domain(request))
        finally:
            client.close()

    def chosen(self) -> str | None:
        """Name the action to run: the one asked for, or the most harmless known."""
        listed = self.actions or (self.domain.server_actions if self.domain else ())
        harmless = [name for name in listed if "validate" in name]
        return self.action or next(iter([*harmless, *listed]), None)


def examine(patient: Patient) -> Iterator[Diagnosis]:
    """Ask all questions; stops after the first if the server cannot be reached."""
    for question in QUESTIONS:
        answers = list(question(patient))
        yield from answers
        if question is is_reachable and answers[0].verdict == "bad":
            return


def is_reachable(patient: Patient) -> Iterator[Diagnosis]:
    """Connect, and ask for /health."""
    question = "is it reachable?"
    reply = patient.get(HEALTH)
    if reply.failure is not None:
        yield Diagnosis(
            question=question,
            verdict="bad",
            answer=reply.detail or reply.failure,
            advice="start the server, or give the URL at which it listens",
        )
        return
    yield Diagnosis(question=question, verdict="good", answer="yes, it speaks HTTP")
    if reply.status == 200:
        return
    yield Diagnosis(
        question="has it a /health?",
        verdict="note",
        answer=f"no: status {reply.status}",
        advice="Kubernetes and `rasa test e2e` ask for it; answer 200 there",
    )


def is_action_server(patient: Patient) -> Iterator[Diagnosis]:
    """Call an action that does not exist."""
    question = "is it an action server?"
    reply = patient.stranger = patient.call(NOBODY)
    said = reply.body[:200].decode("utf-8", "replace")
    if reply.failure is not None:
        yield _bad(
            question, f"calls fail: {reply.detail or reply.failure}", advice=URL_ADVICE
        )
        return
    named = _json(reply).get("action_name") == NOBODY
    if reply.status == 404 and named:
        patient.is_sdk = "No registered action found" in said
        yield Diagnosis(question=question, verdict="good", answer="yes")
        return
    if reply.status in (404, 405) or "Requested URL" in said:
        yield _bad(
            question, f"the URL answers {reply.status}: {said!r}", advice=URL_ADVICE
        )
        return
    yield Diagnosis(
        question=question,
        verdict="note",
        answer=f"perhaps: an unknown action gets {reply.status}: {said!r}",
        advice="answer 404 with error and action_name, so that people see the name",
    )


URL_ADVICE = "give the URL of the webhook, such as http://localhost:5055/webhook"


def _bad(question: str, answer: str, *, advice: str) -> Diagnosis:
    return Diagnosis(question=question, verdict="bad", answer=answer, advice=advice)


def which_sdk(patient: Patient) -> Iterator[Diagnosis]:
    """Tell the SDK by its error texts, and its age by what it understands."""
    question = "which SDK is it?"
    if not patient.is_sdk:
        yield Diagnosis(
            question=question, verdict="note", answer="not rasa-sdk, or not its errors"
        )
        return
    lost = patient.get("/rasa-mock-asks-for-nothing")
    age = "2.8.10 or newer" if _json(lost).get("error") else "older than 2.8.10"
    if patient.notes.get("missing_domain"):
        age = "3.9 or newer"
    yield Diagnosis(question=question, verdict="good", answer=f"rasa-sdk, {age}")


def where_it_listens(patient: Patient) -> Iterator[Diagnosis]:
    """Tell on which addresses of this machine the port is open."""
    if not patient.listening:
        return
    question = "where does it listen?"
    open_ones = [each for each in patient.listening if each in EVERYWHERE]
    if open_ones:
        yield Diagnosis(
            question=question,
            verdict="note",
            answer=f"on all addresses of this machine ({', '.join(open_ones)})",
            advice="it asks for no password: set SANIC_HOST=127.0.0.1 for rasa-sdk, or "
            "put it behind a firewall",
        )
        return
    where = ", ".join(patient.listening)
    yield Diagnosis(question=question, verdict="good", answer=f"on {where} only")


def what_it_lists(patient: Patient) -> Iterator[Diagnosis]:
    """Ask for /actions and hold the list against the domain."""
    question = "which actions has it?"
    client = patient.connect(patient.endpoint)
    try:
        listed = client.list_actions()
    finally:
        client.close()
    if listed is None:
        yield Diagnosis(
            question=question,
            verdict="note",
            answer=f"it does not say: no list at {ACTIONS}",
            advice='answer GET /actions with [{"name": "action_x"}, ...]',
        )
        return
    patient.actions = listed
    names = ", ".join(listed) or "none"
    yield Diagnosis(question=question, verdict="good", answer=f"{len(listed)}: {names}")
    if patient.domain is None:
        return
    missing = [name for name in patient.domain.server_actions if name not in listed]
    if missing:
        yield _bad(
            "does it have the domain's actions?",
            f"no: {', '.join(missing)}",
            advice="register them on the server, or take them out of the domain",
        )


def takes_compressed(patient: Patient) -> Iterator[Diagnosis]:
    """Send the same strange call, deflated."""
    question = "does it take compressed requests?"
    reply = patient.call(NOBODY, compress=True)
    plain = patient.stranger
    if plain is not None and reply.status == plain.status:
        yield Diagnosis(question=question, verdict="good", answer="yes")
        return
    yield Diagnosis(
        question=question,
        verdict="note",
        answer=f"no: {reply.failure or f'status {reply.status}'}",
        advice="leave COMPRESS_ACTION_SERVER_REQUEST of Rasa off",
    )


def needs_domain(patient: Patient) -> Iterator[Diagnosis]:
    """Run one action without the domain."""
    question = "does it need the domain?"
    action = patient.chosen()
    if action is None:
        yield Diagnosis(
            question=question,
            verdict="note",
            answer="not tried: no action is known",
            advice="name one with --action, or give the --domain",
        )
        return
    reply = patient.call(action, with_domain=False)
    patient.notes["missing_domain"] = reply.status == MISSING_DOMAIN
    if reply.status == MISSING_DOMAIN:
        yield Diagnosis(
            question=question,
            verdict="note",
            answer=f"yes: without it {action} gets 449",
            advice="leave enable_selective_domain off: Rasa 3.6 takes 449 for an error",
        )
        return
    yield Diagnosis(
        question=question,
        verdict="good",
        answer=f"no: {action} answers without it ({_told(reply)})",
    )


def which_profiles(patient: Patient) -> Iterator[Diagnosis]:
    """Run one action as each Rasa would."""
    action = patient.chosen()
    if action is None:
        return
    for profile in PROFILES.values():
        reply = patient.call(action, profile=profile)
        works = _is_usable(reply)
        yield Diagnosis(
            question=f"does it work with {profile.title}?",
            verdict="good" if works else "bad",
            answer=f"{'yes' if works else 'no'}: {action} gives {_told(reply)}",
            advice=""
            if works
            else f"rasa-mock check --profile {profile.name} says more",
        )


def _is_usable(reply: Reply) -> bool:
    if reply.failure is not None or reply.status is None:
        return False
    if reply.status == 400:
        return bool(_json(reply).get("action_name"))
    return reply.status < 400 and read_answer(reply).trouble is None


def _told(reply: Reply) -> str:
    if reply.failure is not None:
        return reply.detail or reply.failure
    said = _json(reply).get("error")
    return f"status {reply.status}" + (f": {said}" if said else "")


def _json(reply: Reply) -> dict[str, Any]:
    try:
        value = json.loads(reply.body)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _small_domain(action: str) -> Domain:
    return Domain.from_dict(
        {"version": "3.1", "intents": ["greet"], "actions": [action]}
    )


def _without_domain(request: ActionRequest) -> ActionRequest:
    """Take the domain out of a request."""
    payload = {key: value for key, value in request.payload.items() if key != "domain"}
    body = json.dumps(payload).encode("ascii")
    headers = [
        (name, str(len(body)) if name == "Content-Length" else value)
        for name, value in request.headers
    ]
    return replace(request, payload=payload, body=body, headers=tuple(headers))


def _first_message(domain: Domain, profile: Profile) -> Tracker:
    """Return a conversation in which the user has said hello."""
    now = system_now()
    intent = next(iter(domain.intents), "greet")
    parse_data = {"intent": {"name": intent, "confidence": 1.0}, "entities": []}
    events = (
        {"event": "action", "name": "action_session_start", "confidence": 1.0},
        {"event": "session_started"},
        {"event": "action", "name": "action_listen"},
        {"event": "user", "text": "hello", "parse_data": parse_data},
    )
    return Tracker.from_events(
        SENDER,
        events,
        domain=domain,
        now=now,
        new_id=new_uuid,
        parse_date=parse_date,
        profile=profile,
    )


QUESTIONS: Sequence[Callable[[Patient], Iterator[Diagnosis]]] = (
    is_reachable,
    is_action_server,
    what_it_lists,
    where_it_listens,
    takes_compressed,
    needs_domain,
    which_sdk,
    which_profiles,
)
