"""Apply a JSON Patch (RFC 6902): the form in which Rasa Pro writes changes of a stack.

Pure: the document stays as it is, a changed copy comes back.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from typing import Any

Operation = Mapping[str, Any]


class PatchError(ValueError):
    """A patch that is none, or that does not fit the document."""


def apply_patch(document: Any, patch: str) -> Any:
    """Return the document after a patch, which is the text of a JSON list.

    Raises PatchError for what is no patch, points nowhere or fails its own test.
    """
    try:
        operations = json.loads(patch)
    except (TypeError, ValueError) as error:
        raise PatchError(f"expected the text of a JSON list, got {patch!r}") from error
    if not isinstance(operations, list):
        raise PatchError(f"expected a list of operations, got {operations!r}")
    changed = copy.deepcopy(document)
    for operation in operations:
        name = operation.get("op") if isinstance(operation, dict) else None
        if not isinstance(name, str) or name not in OPERATIONS:
            expected = ", ".join(OPERATIONS)
            raise PatchError(f"expected op to be one of {expected}, got {operation!r}")
        try:
            changed = OPERATIONS[name](changed, operation)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
            raise PatchError(f"cannot apply {operation!r}: {error}") from error
    return changed


def _tokens(pointer: str) -> list[str]:
    if pointer and not pointer.startswith("/"):
        raise PatchError(f"expected a JSON pointer, got {pointer!r}")
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")][
        1:
    ]


def _index(written: str, *, length: int) -> int:
    """Read the place of an item; `length` is the last one allowed."""
    if not written.isdecimal() or (written != "0" and written.startswith("0")):
        raise PatchError(f"expected the index of an item, got {written!r}")
    if int(written) > length:
        raise PatchError(f"there is no item {written}")
    return int(written)


def _at(document: Any, tokens: list[str]) -> Any:
    for token in tokens:
        if isinstance(document, list):
            document = document[_index(token, length=len(document) - 1)]
        else:
            document = document[token]
    return document


def _add(document: Any, operation: Operation) -> Any:
    tokens = _tokens(operation["path"])
    value = operation["value"]
    if not tokens:
        return value
    *way, last = tokens
    parent = _at(document, way)
    if isinstance(parent, list):
        place = len(parent) if last == "-" else _index(last, length=len(parent))
        parent.insert(place, value)
    else:
        parent[last] = value
    return document


def _remove(document: Any, operation: Operation) -> Any:
    tokens = _tokens(operation["path"])
    if not tokens:
        return None
    *way, last = tokens
    parent = _at(document, way)
    if isinstance(parent, list):
        del parent[_index(last, length=len(parent) - 1)]
    else:
        del parent[last]
    return document


def _replace(document: Any, operation: Operation) -> Any:
    tokens = _tokens(operation["path"])
    if not tokens:
        return operation["value"]
    *way, last = tokens
    parent = _at(document, way)
    _at(parent, [last])
    if isinstance(parent, list):
        parent[int(last)] = operation["value"]
    else:
        parent[last] = operation["value"]
    return document


def _copy(document: Any, operation: Operation) -> Any:
    value = copy.deepcopy(_at(document, _tokens(operation["from"])))
    return _add(document, {"path": operation["path"], "value": value})


def _move(document: Any, operation: Operation) -> Any:
    value = _at(document, _tokens(operation["from"]))
    document = _remove(document, {"path": operation["from"]})
    return _add(document, {"path": operation["path"], "value": value})


def _test(document: Any, operation: Operation) -> Any:
    found = _at(document, _tokens(operation["path"]))
    if found != operation["value"]:
        raise PatchError(f"expected {operation['value']!r}, got {found!r}")
    return document


OPERATIONS: Mapping[str, Callable[[Any, Operation], Any]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}
