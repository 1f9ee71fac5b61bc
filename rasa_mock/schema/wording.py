"""Say in words what a validator found: where, what was expected, what was there.

One row of `_SAY` for each keyword of JSON Schema; the rest is describing a value in a
few words, however large it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

#: names of JSON's types as they stand in a sentence
_TYPES = {
    "array": "an array",
    "boolean": "a boolean",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a string",
}
_LONGEST = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaIssue:
    """One fault of a document.

    `pointer` is a JSON pointer (RFC 6901) into the document, "" for all of it; `branch`
    the event type whose schema was applied, if the fault is in an event; `keyword` the
    keyword of JSON Schema that failed, or "json" for what JSON cannot say and "depth"
    for what is nested too deep.
    """

    pointer: str
    message: str
    expected: str
    got: str
    branch: str | None
    keyword: str

    def __str__(self) -> str:
        branch = f" ({self.branch} event)" if self.branch else ""
        return f"{self.pointer or 'the document'}{branch}: {self.message}"


def to_pointer(path: Iterable[str | int]) -> str:
    """Return the JSON pointer of a path of keys and indexes."""
    tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in path)
    return "".join(f"/{token}" for token in tokens)


def issue(
    path: Iterable[str | int],
    *,
    expected: str,
    got: str,
    branch: str | None,
    keyword: str,
) -> SchemaIssue:
    """Return an issue with the usual message: expected this, got that."""
    return SchemaIssue(
        pointer=to_pointer(path),
        message=f"expected {expected}, got {got}",
        expected=expected,
        got=got,
        branch=branch,
        keyword=keyword,
    )


def from_error(
    error: Any, *, prefix: tuple[str | int, ...], branch: str | None
) -> SchemaIssue:
    """Return the issue for an error of jsonschema below `prefix` of the document."""
    keyword = error.validator or "not"
    say = _SAY.get(keyword, _anything_else)
    expected, got = say(error)
    if "propertyNames" in error.absolute_schema_path:
        got = f"a field called {got}"
    return issue(
        (*prefix, *error.absolute_path),
        expected=_own_words(error) or expected,
        got=got,
        branch=branch,
        keyword=keyword,
    )


def _own_words(error: Any) -> str | None:
    """Return what the schema's author wants a right value to be called."""
    schema = error.schema if isinstance(error.schema, dict) else {}
    if error.validator in ("type", "required", "dependentRequired"):
        return None
    words = schema.get("x-rasa", {}).get("expected")
    return words if isinstance(words, str) else None


def describe(value: Any) -> str:
    """Return a value in a few words: short ones as JSON writes them, long ones cut."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return _of_size("object", value) if value else "an empty object"
    if isinstance(value, (list, tuple)):
        return f"an array of {len(value)}" if value else "an empty array"
    if isinstance(value, str):
        return f"{cut(value)!r} (a string)"
    return _cut_number(value)


def _cut_number(value: Any) -> str:
    if isinstance(value, int) and value.bit_length() > 4 * _LONGEST:
        return "a very large number"  # Python refuses to print the longest ones
    return repr(value)


def cut(text: str) -> str:
    """Return a text, or its beginning if it is long."""
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _of_size(name: str, value: dict[Any, Any]) -> str:
    names = [repr(cut(key)) if isinstance(key, str) else repr(key) for key in value]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return f"an {name} with {', '.join(names[:3])}{more}"


def any_of(words: Iterable[str]) -> str:
    """Join alternatives: `a, b or c`."""
    *most, last = words
    return f"{', '.join(most)} or {last}" if most else last


def _type(error: Any) -> tuple[str, str]:
    types = error.validator_value
    names = [types] if isinstance(types, str) else types
    return any_of(_TYPES.get(name, name) for name in names), describe(error.instance)


def _required(error: Any) -> tuple[str, str]:
    return f"a field {error.message!r}", describe(error.instance)


def _dependent(error: Any) -> tuple[str, str]:
    return f"a field {error.message!r} beside the others", describe(error.instance)


def _enum(error: Any) -> tuple[str, str]:
    known = [describe(each) for each in error.validator_value]
    short = [word.removesuffix(" (a string)") for word in known]
    return any_of(short), describe(error.instance)


def _const(error: Any) -> tuple[str, str]:
    return describe(error.validator_value), describe(error.instance)


def _no_extra(error: Any) -> tuple[str, str]:
    schema = error.schema if isinstance(error.schema, dict) else {}
    known = sorted(schema.get("properties", {}))
    only = f"no fields but {any_of(map(repr, known))}" if known else "no fields"
    return only, describe(error.instance)


def _limit(words: str) -> Callable[[Any], tuple[str, str]]:
    def say(error: Any) -> tuple[str, str]:
        return words.format(error.validator_value), describe(error.instance)

    return say


def _length(words: str, unit: str) -> Callable[[Any], tuple[str, str]]:
    def say(error: Any) -> tuple[str, str]:
        limit = error.validator_value
        if error.validator.startswith("min") and limit == 1:
            return f"{words} that is not empty", describe(error.instance)
        side = "at least" if error.validator.startswith("min") else "at most"
        units = unit if limit == 1 else f"{unit}s"
        return f"{words} of {side} {limit} {units}", describe(error.instance)

    return say


def _not(error: Any) -> tuple[str, str]:
    if error.validator_value == {}:
        return "no such field", describe(error.instance)
    return _anything_else(error)


def _anything_else(error: Any) -> tuple[str, str]:
    value = error.validator_value
    titles = value if isinstance(value, list) else []
    named = [each["title"] for each in titles if _has_title(each)]
    if named and len(named) == len(titles):
        return any_of(named), describe(error.instance)
    return f"what its schema says under {error.validator!r}", describe(error.instance)


def _has_title(schema: Any) -> bool:
    return isinstance(schema, dict) and isinstance(schema.get("title"), str)


_SAY: dict[str, Callable[[Any], tuple[str, str]]] = {
    "additionalProperties": _no_extra,
    "const": _const,
    "dependentRequired": _dependent,
    "enum": _enum,
    "exclusiveMaximum": _limit("a number below {}"),
    "exclusiveMinimum": _limit("a number above {}"),
    "maxItems": _length("an array", "item"),
    "maxLength": _length("a string", "character"),
    "maxProperties": _length("an object", "field"),
    "maximum": _limit("a number of at most {}"),
    "minItems": _length("an array", "item"),
    "minLength": _length("a string", "character"),
    "minProperties": _length("an object", "field"),
    "minimum": _limit("a number of at least {}"),
    "multipleOf": _limit("a multiple of {}"),
    "not": _not,
    "pattern": _limit("text that matches {}"),
    "required": _required,
    "type": _type,
    "unevaluatedProperties": _no_extra,
}
