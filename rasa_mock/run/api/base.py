"""What the routes of Rasa's API have in common: request, answer, refusal, desk.

A route is a function of a desk, a request and what its path names.  It gives effects
(`rasa_mock.core.commands`) whose result is the answer, so a server, a replay of
recordings and a test drive the same routes, each in its own way.  Sockets and the
waiting for one's turn are not known here.

Imitates rasa/server.py and rasa/utils/endpoints.py of Rasa 3.6.21, on Sanic 21.12.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from rasa_mock.core import channel
from rasa_mock.core.bot import Bot
from rasa_mock.core.commands import Command, Deliver, Effects, Note, SaveTracker
from rasa_mock.core.domain import Domain
from rasa_mock.core.nlu import Example
from rasa_mock.core.policies.training import Conversation
from rasa_mock.core.processor import Processor
from rasa_mock.core.profile import RASA_3_6, Profile
from rasa_mock.core.tracker import Tracker
from rasa_mock.errors import DataError

Json = dict[str, Any]
T = TypeVar("T")

REFUSED = "ErrorResponse"
"""Rasa's class of refusals."""
NO_TEXT = "'NoneType' object has no attribute 'strip'"
"""Over what Rasa falls where a text is missing."""
ENDLESS = "endless"
"""The kind of note that a turn makes that is cut off (`rasa_mock.core.notes`)."""

JSON_TYPE = "application/json"
TEXT_TYPE = "text/plain; charset=utf-8"
DOCS = "https://rasa.com/docs/rasa"
TRUE = "true"
LATEST = "latest"


class Refusal(Exception):
    """What Rasa's API answers with instead of a result: `ErrorResponse` there."""

    def __init__(
        self,
        status: int,
        reason: str,
        *,
        message: str,
        details: Mapping[str, Any] | None = None,
        help_url: str | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.details = dict(details or {})
        self.help_url = help_url

    def body(self, version: str) -> Json:
        """Return the JSON that a client gets."""
        return {
            "version": version,
            "status": "failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "help": self.help_url,
            "code": self.status,
        }


class FrameworkError(Exception):
    """What Rasa's web framework answers by itself; its page depends on the request."""

    def __init__(self, status: int, message: str, *, allowed: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.allowed = allowed


INTERNAL = "The server encountered an internal error and cannot complete your request."


def crash() -> FrameworkError:
    """Return the answer to a request over which Rasa's own code falls."""
    return FrameworkError(500, INTERNAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request as it came: `path` is not decoded, of `params` the first of each.

    `named` is what the path names: the id of a conversation, or of a user.
    """

    method: str
    path: str
    named: str = ""
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Parse the body; an empty one is None."""
        if not self.body:
            return None
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise FrameworkError(400, "Failed when parsing body as json") from None

    def json_object(self) -> Json:
        """Return the body; over what is no object Rasa falls."""
        value = self.json()
        if not isinstance(value, dict):
            raise crash()
        return value

    def flag(self, name: str) -> bool:
        """Return a parameter that is a yes or no."""
        return self.params.get(name, "").lower() == TRUE

    def number(self, name: str) -> float | None:
        """Return a parameter that is a number, None if it is none."""
        try:
            return float(self.params[name])
        except (KeyError, ValueError):
            return None

    def need_body(self, message: str) -> None:
        """Refuse a request without a body."""
        if not self.body:
            raise bad_request(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a client gets: `body` is JSON, or text if `content_type` says so."""

    status: int = 200
    body: Any = None
    content_type: str = JSON_TYPE
    headers: Mapping[str, str] = field(default_factory=dict)


def bad_request(
    message: str, *, parameter: str | None = None, place: str = "body"
) -> Refusal:
    """Make a refusal with status 400."""
    details = {} if parameter is None else {"parameter": parameter, "in": place}
    return Refusal(400, "BadRequest", message=message, details=details)


def check_types(desk: Desk, body: Json, *, types: Mapping[str, type]) -> None:
    """Refuse values of a wrong type; Rasa goes on with them, until something fails."""
    if desk.is_odd("wrong_types_crash"):
        return
    for name, wanted in types.items():
        value = body.get(name)
        if value is not None and not isinstance(value, wanted):
            message = f"expected {TYPES[wanted]} as {name}, got {type(value).__name__}"
            raise bad_request(message, parameter=name)


TYPES: Mapping[type, str] = {str: "a text", dict: "an object", list: "a list"}


def unexpected(error: BaseException, reason: str, *, status: int = 500) -> Refusal:
    """Make the refusal that Rasa makes of any exception."""
    # Rasa's own refusal says nothing where it is taken for an accident.
    is_refusal = getattr(error, "rasa_class", None) == REFUSED
    said = "" if is_refusal or isinstance(error, Refusal) else str(error)
    message = f"An unexpected error occurred. Error: {said}"
    return Refusal(status, reason, message=message)


@dataclass(slots=True, kw_only=True)
class Model:
    """The model that is loaded; it can be put away, and replaced."""

    file: str = "model.tar.gz"
    id: str = ""
    is_loaded: bool = True
    training_jobs: int = 0


class Trained(NamedTuple):
    """A model that was made: what it is called, and the bytes of its file."""

    file: str
    content: bytes


class Workshop(Protocol):
    """What works with files: training data, models, and what is written as YAML."""

    def train(self, request: Request) -> Trained:
        """Train with the data in a request; raise Refusal if it cannot be used."""
        ...

    def load(self, name: str) -> Bot | None:
        """Load a model, None if there is none of that name."""
        ...

    def dump(self, value: Any) -> str:
        """Write a value as YAML, as Rasa does."""
        ...

    def stories(self, request: Request, *, domain: Domain) -> list[Conversation]:
        """Read the stories in a request."""
        ...

    def examples(self, request: Request) -> Mapping[str, Example]:
        """Read the NLU examples in a request, by their text."""
        ...


@dataclass(slots=True, kw_only=True)
class Desk:
    """Where requests are answered.

    `pushing` are the names of channels that can speak of their own accord, `odd` those
    of Rasa's odd habits that are kept (`rasa_mock.run.api.oddities`).
    """

    processor: Processor
    profile: Profile = RASA_3_6
    pushing: Collection[str] = ()
    odd: Collection[str] = ()
    model: Model = field(default_factory=Model)
    workshop: Workshop | None = None

    @property
    def version(self) -> str:
        """The version that it says it has."""
        return self.profile.version

    def is_odd(self, name: str) -> bool:
        """Tell whether one of Rasa's odd habits is kept."""
        return name in self.odd


Handler = Callable[..., Effects[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row: where, what answers, and what has to be so before.

    `auth`: a token is needed, if there is one.  `model`: a model has to be loaded.
    `turn`: it changes a conversation, one at a time.  `exists`: the conversation has
    to be there already.  `profiles`: the Rasas that have it; none means all.
    `params`: query parameters that it reads.
    """

    method: str
    path: str
    answer: Handler
    title: str
    auth: bool = True
    model: bool = True
    turn: bool = False
    exists: bool = False
    profiles: tuple[str, ...] = ()
    params: tuple[str, ...] = ()
    notes: str = ""


class Outlet:
    """Where a turn that a request asked for is heard: here, or on a channel.

    Called with the conversation it names the output channel (`output_channel` of the
    query); what nobody pushes is collected in `messages`.
    """

    def __init__(self, desk: Desk, request: Request) -> None:
        self._desk = desk
        self._wanted = request.params.get("output_channel")
        self.name = channel.NAME
        self.messages: list[Json] = []

    def __call__(self, tracker: Tracker) -> str:
        wanted = self._wanted
        if wanted == LATEST:
            wanted = tracker.latest_input_channel
        self.name = str(wanted) if wanted in self._desk.pushing else channel.NAME
        return self.name

    def body(self, state: Json) -> Json:
        """Return a tracker with the messages, if they were collected."""
        if self.name != channel.NAME:
            return {"tracker": state}
        return {"tracker": state, "messages": self.messages}


def collected(effects: Effects[T], messages: list[Json]) -> Effects[T]:
    """Pass effects on, but gather what is said where nobody else hears it."""

    def take(command: Command) -> bool:
        if isinstance(command, Deliver) and command.channel == channel.NAME:
            messages.extend(command.messages)
            return True
        return False

    return passed_on(effects, take)


def gathered(effects: Effects[T], messages: list[Json]) -> Effects[T]:
    """Pass effects on, but gather all that is said."""

    def take(command: Command) -> bool:
        if isinstance(command, Deliver):
            messages.extend(command.messages)
        return isinstance(command, Deliver)

    return passed_on(effects, take)


def lost_if_endless(effects: Effects[T]) -> Effects[T]:
    """Pass effects on; nothing is saved of a turn of which Rasa finds no end."""
    endless: list[Note] = []

    def take(command: Command) -> bool:
        if isinstance(command, Note) and command.kind == ENDLESS:
            endless.append(command)
        elif endless and isinstance(command, SaveTracker):
            raise DataError(endless[0].message, rasa_class="Endless", phase="processor")
        return False

    return passed_on(effects, take)


def passed_on(effects: Effects[T], take: Callable[[Command], bool]) -> Effects[T]:
    """Pass effects on to whoever drives them, but for those that `take` has taken."""
    result: Any = None
    error: Exception | None = None
    while True:
        try:
            command = effects.send(result) if error is None else effects.throw(error)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        result = error = None
        if take(command):
            continue
        try:
            result = yield command
        except Exception as failure:  # noqa: BLE001  it is for the effects to judge
            error = failure
