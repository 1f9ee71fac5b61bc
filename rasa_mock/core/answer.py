"""Read the JSON of an action server's reply as Rasa does, or say why it has none.

Imitates `RemoteAction.run` (rasa/core/actions/action.py) up to the schema, with
`EndpointConfig.request` (rasa/utils/endpoints.py) and `ClientResponse.json` of aiohttp
3.9.5, which decides by content type and charset.  What the JSON means is the business
of core.outcome.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Collection
from typing import Any

from rasa_mock.core import accepts
from rasa_mock.core.profile import RASA_3_6, Profile
from rasa_mock.core.wire import FAILURES, Reply
from rasa_mock.errors import DataError, UsageError

PHASE = "run"
REJECTION = "ActionExecutionRejection"
"""The exception that makes Rasa predict another action; all others it shrugs off."""

NEEDS_DOMAIN = 449
MISSING_DOMAIN = {"missing_domain": True}
"""What Rasa Pro's HTTP client makes of a 449; a server can answer with it, too."""
NO_DOMAIN = "DomainNotFound"
"""The exception of Rasa Pro for a server that asks for the domain a second time."""

JSON_TYPE = re.compile(r"application/(?:[\w.+-]+?\+)?json")
DEFAULT_CHARSET = "utf-8"

DEEPEST_JSON = 950
"""About how many arrays and objects within each other Rasa's JSON parser takes.

Python 3.10 stops at 1000 levels, of which Rasa has some 50 in use when it gets here.
Later Pythons would go on; the limit here makes all of them give the same answer."""

SUGGESTION = (
    "Failed to validate Action server response from API, make sure your response from "
    "the Action endpoint is valid. For more information about the format visit "
    "https://rasa.com/docs/rasa/custom-actions"
)


def read_answer(
    reply: Reply,
    *,
    action: str,
    known_events: Collection[str] = (),
    profile: Profile = RASA_3_6,
) -> dict[str, Any]:
    """Return the JSON object in a reply, checked by the schema of the profile's Rasa.

    `known_events` names event types besides Rasa's own, which pass unseen.  Raises
    DataError, phase `run`, with Rasa's exception in `rasa_class` where Rasa cannot use
    the reply; a rejection of the action is one of those.
    """
    if reply.failure is not None:
        raise _no_reply(reply, action=action)
    if reply.status is None:
        raise UsageError("expected a reply with a status or a failure, got neither")
    if profile.domain_digest and reply.status == NEEDS_DOMAIN:
        raise failed(NO_DOMAIN, _NO_DOMAIN_TEXT)
    if reply.status >= 400:
        raise _error_reply(reply, action=action)
    try:
        body = {} if _is_other(reply, profile) else _json_of(reply)
        shapes = profile.shapes
        alternatives = accepts.alternatives_with(known_events, shapes=shapes)
        refused = accepts.reported(body, alternatives=alternatives)
        message = f"{refused.message}. {SUGGESTION}" if refused else ""
    except STUMBLES as error:
        raise stumbled(error) from error
    if profile.domain_digest and body == MISSING_DOMAIN:
        raise failed(NO_DOMAIN, _NO_DOMAIN_TEXT)
    if refused is not None:
        pointer = json_pointer(refused.path)
        raise failed("ValidationError", message, pointer=pointer)
    checked: dict[str, Any] = body
    return checked


def _is_other(reply: Reply, profile: Profile) -> bool:
    """Tell whether Rasa Pro takes the body, which is not declared as JSON, for `{}`."""
    content_type = reply.headers.get("content-type", "").lower()
    return profile.other_content_is_empty and not JSON_TYPE.match(content_type)


def failed(rasa_class: str, message: str, *, pointer: str | None = None) -> DataError:
    """Make the error for an action that Rasa could not run."""
    return DataError(message, rasa_class=rasa_class, phase=PHASE, pointer=pointer)


def json_pointer(path: accepts.Path) -> str:
    """Write a path as a JSON pointer (RFC 6901)."""
    tokens = (str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return "".join(f"/{token}" for token in tokens)


def _no_reply(reply: Reply, *, action: str) -> DataError:
    kind = FAILURES.get(reply.failure or "")
    if kind is None:
        expected = ", ".join(FAILURES)
        raise UsageError(
            f"unknown failure {reply.failure!r}: expected one of {expected}"
        )
    detail = reply.detail or kind.text
    if kind.error == "connection":
        return failed("RasaException", _CONNECTION_TEXT.format(action, detail))
    if kind.error == "status":
        return failed("RasaException", _STATUS_TEXT.format(action, kind.status, detail))
    return failed(kind.error, detail)


_NO_DOMAIN_TEXT = (
    "The action server asked for the domain, which it is sent once per action"
)
_CONNECTION_TEXT = (
    "Failed to execute custom action '{}'. Couldn't connect to the server: {}"
)
_STATUS_TEXT = (
    "Failed to run custom action '{}'. Action server responded with a non 200 status "
    "code of {}. Make sure your action server properly runs actions and returns a 200 "
    "once the action is executed. Error: {}"
)


def _error_reply(reply: Reply, *, action: str) -> DataError:
    if reply.status != 400:
        return failed("RasaException", f"Failed to execute custom action '{action}'")
    try:
        data = _loaded(reply.body)
        rejected = data["action_name"]
        reason = data.get("error") or f"Custom action '{rejected}' rejected to run"
    except STUMBLES as error:
        return stumbled(error)
    return failed(REJECTION, str(reason))


def _json_of(reply: Reply) -> Any:
    """Parse a body that says it is JSON; None if it does not, or if it is empty."""
    content_type = reply.headers.get("content-type", "").lower()
    stripped = reply.body.strip()
    if not JSON_TYPE.match(content_type) or not stripped:
        return None
    return _loaded(stripped.decode(_charset(content_type)))


STUMBLES = (TypeError, AttributeError, LookupError, ValueError, RecursionError)
"""What wrong bytes and shapes make Python raise inside Rasa."""


def stumbled(error: Exception) -> DataError:
    """Tell an exception over a wrong shape as the failure that it is in Rasa."""
    return DataError(str(error), rasa_class=type(error).__name__, phase=PHASE)


def _charset(content_type: str) -> str:
    """Return the codec that a content type names; UTF-8 if there is none of it."""
    for parameter in content_type.split(";")[1:]:
        name, _, value = parameter.partition("=")
        charset = value.strip(' "')
        if name.strip() == "charset":
            try:
                return codecs.lookup(charset).name if charset else DEFAULT_CHARSET
            except LookupError:
                return DEFAULT_CHARSET
    return DEFAULT_CHARSET


def _loaded(text: str | bytes) -> Any:
    value = json.loads(text)
    if nests_deeper(value, text=text, than=DEEPEST_JSON):
        raise RecursionError("maximum recursion depth exceeded while decoding JSON")
    return value


def nests_deeper(value: Any, *, text: str | bytes, than: int) -> bool:
    """Tell whether arrays and objects lie deeper within each other than a limit.

    `text` is the JSON that the value comes from: most have too few brackets for it.
    """
    if _count_brackets(text) <= than:
        return False
    level = [value]
    for _ in range(than + 1):
        level = [item for each in level for item in _inside(each)]
        if not level:
            return False
    return True


def _count_brackets(text: str | bytes) -> int:
    if isinstance(text, str):
        return text.count("[") + text.count("{")
    return text.count(b"[") + text.count(b"{")


def _inside(value: Any) -> Any:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
