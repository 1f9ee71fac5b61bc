"""The two validators behind one face: jsonschema always, jsonschema-rs if installed.

jsonschema (portable) finds the faults and says where they are.  jsonschema-rs (fast)
only answers yes or no, and does so before jsonschema is asked at all: a right document
costs microseconds.  Both get the same self-contained schemas, with `$ref`s only within
the document, because jsonschema 4.17 and 4.26 resolve anything else differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from math import isfinite
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from jsonschema.validators import extend

from rasa_mock.errors import DataError, UsageError

Schema = dict[str, Any]

#: "auto" takes the fast one if it is installed
ENGINES = ("auto", "fast", "portable")


def _is_number(_checker: Any, value: Any) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _is_array(_checker: Any, value: Any) -> bool:
    return isinstance(value, (list, tuple))


def _type(validator: Any, types: Any, value: Any, _schema: Any) -> Iterator[Any]:
    """Check `type` without printing the value, which may be as long as the document."""
    wanted = [types] if isinstance(types, str) else types
    if not any(validator.is_type(value, one) for one in wanted):
        yield ValidationError("type")


def _properties(
    validator: Any, properties: Any, value: Any, _schema: Any
) -> Iterator[Any]:
    """Check `properties`; those which only have a right type cost next to nothing."""
    if not validator.is_type(value, "object"):
        return
    for name, schema in properties.items():
        if name in value and not _is_of_type(validator, schema, value[name]):
            yield from validator.descend(
                value[name], schema, path=name, schema_path=name
            )


def _is_of_type(validator: Any, schema: Any, value: Any) -> bool:
    """Say whether a schema asks for a type and nothing else, and the value has it."""
    if schema == {}:
        return True
    types = (
        schema.get("type") if isinstance(schema, dict) and len(schema) == 1 else None
    )
    wanted = [types] if isinstance(types, str) else types or ()
    return any(validator.is_type(value, one) for one in wanted)


def _required(validator: Any, names: Any, value: Any, _schema: Any) -> Iterator[Any]:
    """Check `required`; the message is just the missing name."""
    if validator.is_type(value, "object"):
        yield from (ValidationError(name) for name in names if name not in value)


def _dependent_required(
    validator: Any, needs: Any, value: Any, _schema: Any
) -> Iterator[Any]:
    """Check `dependentRequired`; the message is just the missing name."""
    if validator.is_type(value, "object"):
        present = [name for name in needs if name in value]
        for name in present:
            missing = [other for other in needs[name] if other not in value]
            yield from (ValidationError(other) for other in missing)


def _pattern(validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[Any]:
    """Check `pattern` with `$` as in ECMA-262: the end, not before a last newline."""
    if validator.is_type(value, "string") and not _compiled(pattern).search(value):
        yield ValidationError("pattern")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    at_end = pattern.endswith("$") and not pattern.endswith("\\$")
    return re.compile(pattern[:-1] + r"\Z" if at_end else pattern)


PortableValidator: Any = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator,
    validators={
        "type": _type,
        "properties": _properties,
        "required": _required,
        "dependentRequired": _dependent_required,
        "pattern": _pattern,
    },
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine_many(
        {"number": _is_number, "array": _is_array}
    ),
)


def portable(schema: Schema) -> Any:
    """Return a jsonschema validator for a self-contained schema."""
    return PortableValidator(schema)


def fast(schema: Schema, *, engine: str = "auto") -> Callable[[Any], bool] | None:
    """Return the yes-or-no check of jsonschema-rs, None for the portable engine.

    Raises UsageError if the fast engine is asked for by name and not installed.
    """
    if engine not in ENGINES:
        expected = ", ".join(ENGINES)
        raise UsageError(f"unknown engine {engine!r}, expected one of {expected}")
    if engine == "portable":
        return None
    try:
        import jsonschema_rs
    except ImportError:
        if engine == "auto":
            return None
        raise UsageError(
            "the engine 'fast' needs jsonschema-rs, which is not installed; "
            "run: pip install 'rasa-mock[fast]'"
        ) from None
    check: Callable[[Any], bool] = jsonschema_rs.Draft202012Validator(schema).is_valid
    return check


def passes(check: Callable[[Any], bool], document: Any) -> bool:
    """Say whether the fast engine finds a document right; False if it cannot tell."""
    try:
        return check(document)
    except ValueError:  # half a surrogate pair; older releases: nested too deep
        return False


def check_schema(document: Schema, *, path: str) -> None:
    """Raise DataError unless a document is a schema of draft 2020-12."""
    try:
        Draft202012Validator.check_schema(document)
    except SchemaError as error:
        worst = best_match(error.context) if error.context else error
        where = "".join(f"/{token}" for token in worst.absolute_path)
        message = f"not a JSON Schema of draft 2020-12: {worst.message:.200}"
        raise DataError(message, path=path, pointer=where) from None
