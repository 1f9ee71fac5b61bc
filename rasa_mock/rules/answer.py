"""The body of a reply, read once for all rules.

What Rasa makes of the same body is `core.outcome`'s business; here is what a rule needs
to point at the place: the parsed object, or why there is none.
"""

from __future__ import annotations

import codecs
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rasa_mock.core.answer import DEEPEST_JSON, JSON_TYPE, nests_deeper

if TYPE_CHECKING:
    from rasa_mock.core.wire import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A parsed body, or the `trouble` that kept it from being one.

    `trouble` is None, "transport", "content_type", "empty", "not_utf8", "not_json",
    "too_deep" or "not_object"; `detail` says it in words.  `document` is the parsed
    body also where the status is an error and where it is no object.
    """

    document: Any = None
    trouble: str | None = None
    detail: str = ""

    @property
    def events(self) -> Sequence[Any]:
        """Return the list of events, empty if there is none."""
        return self._list("events")

    @property
    def responses(self) -> Sequence[Any]:
        """Return the list of messages, empty if there is none."""
        return self._list("responses")

    def get(self, key: str) -> Any:
        """Return a key of the body, None if it is no object or lacks the key."""
        return self.document.get(key) if isinstance(self.document, dict) else None

    def _list(self, key: str) -> Sequence[Any]:
        value = self.get(key)
        return value if isinstance(value, list) else ()


def read_answer(reply: Reply) -> Answer:
    """Parse a reply's body; never raises.

    Where the status is an error Rasa reads the body whatever its type.
    """
    if reply.failure is not None:
        return Answer(trouble="transport", detail=reply.detail)
    content_type = content_type_of(reply)
    if (reply.status or 0) < 400 and not JSON_TYPE.match(content_type.lower()):
        return Answer(trouble="content_type", detail=content_type or "none")
    if not reply.body.strip():
        return Answer(trouble="empty", detail="the body is empty")
    return _parse(reply.body, charset=_charset(reply))


def content_type_of(reply: Reply) -> str:
    """Return the media type without its parameters, as the server wrote it."""
    return str(reply.headers.get("content-type", "")).partition(";")[0].strip()


def _charset(reply: Reply) -> str:
    found = re.search(
        r"charset=[\"']?([\w.:-]+)", reply.headers.get("content-type", "")
    )
    try:
        return codecs.lookup(found[1]).name if found else "utf-8"
    except LookupError:
        return "utf-8"


def _parse(body: bytes, *, charset: str) -> Answer:
    try:
        document = json.loads(body.decode(charset))
    except UnicodeDecodeError as error:
        return Answer(trouble="not_utf8", detail=str(error))
    except ValueError as error:
        return Answer(trouble="not_json", detail=str(error))
    except RecursionError:
        return Answer(trouble="too_deep", detail="nested too deeply to be read")
    if nests_deeper(document, text=body, than=DEEPEST_JSON):
        return Answer(trouble="too_deep", detail=f"nested deeper than {DEEPEST_JSON}")
    if not isinstance(document, dict):
        return Answer(
            document=document, trouble="not_object", detail=json_type(document)
        )
    return Answer(document=document)


def not_finite(value: Any, pointer: str) -> Iterator[tuple[str, float]]:
    """Yield pointer and value of each NaN and Infinity, which JSON does not know."""
    waiting = [(pointer, value)]
    while waiting:
        place, found = waiting.pop()
        if isinstance(found, float) and not math.isfinite(found):
            yield place, found
        elif isinstance(found, dict):
            waiting += [
                (f"{place}/{escaped(key)}", part) for key, part in found.items()
            ]
        elif isinstance(found, list):
            waiting += [(f"{place}/{index}", part) for index, part in enumerate(found)]


def escaped(key: str) -> str:
    """Write an object's key as a part of a JSON pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


TYPE_NAMES = (
    (type(None), "null"),
    (bool, "a boolean"),
    (int, "a number"),
    (float, "a number"),
    (str, "a string"),
    (list, "a list"),
    (dict, "an object"),
)


def json_type(value: Any) -> str:
    """Name the JSON type of a value, with its article."""
    return next(name for kind, name in TYPE_NAMES if isinstance(value, kind))


def shown(value: Any, *, limit: int = 60) -> str:
    """Write a value as JSON for a message, cut to a length."""
    text = value if isinstance(value, bytes) else _as_json(value)
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    return text if len(text) <= limit else text[: limit - 3] + "..."


def _as_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        return f"{json_type(value)} that cannot be shown"
