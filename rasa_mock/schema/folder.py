"""Read a profile's folder of JSON Schemas into plain documents, by name.

A document's name is its path in the folder without `.json`: `tracker`, `events/slot`.
What the documents mean together is `schema.compose`'s business.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rasa_mock.errors import DataError

Document = dict[str, Any]

#: files that `rasa-mock schema export` may have written beside the schemas
NOT_SCHEMAS = ("openapi.json", "*.bundle.json", "profile.json")
#: says which profile a folder extends: {"extends": "rasa-3.6", "without": [...]}
PROFILE = "profile.json"
#: under `x-rasa` of a file: it is laid over the one of the same name that is extended
OVERLAY = "overlay"
EVENTS = "events/"
MAX_BYTES = 4 * 2**20


def read_folder(folder: Path) -> dict[str, Document]:
    """Return every schema of a folder, event types last, each group sorted.

    Raises DataError if the folder or a file of it cannot be used.
    """
    if not folder.is_dir():
        raise DataError(
            f"expected a folder of schemas, got {_kind_of(folder)}; copy one of "
            "rasa_mock's profiles and change it",
            path=str(folder),
        )
    files = [*sorted(folder.glob("*.json")), *sorted(folder.glob("events/*.json"))]
    documents = {
        path.relative_to(folder).with_suffix("").as_posix(): read_document(path)
        for path in files
        if not any(path.match(pattern) for pattern in NOT_SCHEMAS)
    }
    for name, document in documents.items():
        if name.startswith(EVENTS):
            _check_event_type(name, document, path=folder / f"{name}.json")
    return documents


def overlaid(base: Any, over: Any, *, key: str = "") -> Any:
    """Lay one schema over another: objects meet, `required` adds up, else it replaces.

    A null under `properties` or `$defs` takes the entry of that name away.
    """
    if isinstance(base, dict) and isinstance(over, dict):
        both = {
            name: overlaid(base[name], over[name], key=name)
            if name in base and name in over
            else over.get(name, base.get(name))
            for name in (*base, *(name for name in over if name not in base))
        }
        return {
            name: value
            for name, value in both.items()
            if value is not None or key in DATA_KEYS
        }
    if key == "required" and isinstance(base, list) and isinstance(over, list):
        return [*base, *(name for name in over if name not in base)]
    return over


#: keywords under which a null is a value like any other
DATA_KEYS = ("const", "default", "enum", "example", "examples", "wrong")


def read_document(path: Path) -> Document:
    """Return the JSON object in a file; raise DataError if it is not one."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(
                f"a schema of more than {MAX_BYTES // 2**20} MiB", path=str(path)
            )
        document = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}", path=str(path)) from None
    except UnicodeDecodeError as error:
        message = f"not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        raise DataError(message, path=str(path)) from None
    except json.JSONDecodeError as error:
        raise DataError(
            f"not JSON: {error.msg.lower()}",
            path=str(path),
            line=error.lineno,
            column=error.colno,
        ) from None
    except RecursionError:
        raise DataError("nested too deep for a schema", path=str(path)) from None
    if not isinstance(document, dict):
        message = f"expected a schema, a JSON object, got {type(document).__name__}"
        raise DataError(message, path=str(path))
    return document


def _check_event_type(name: str, document: Document, *, path: Path) -> None:
    """Raise DataError unless the file states the event type that it is named after."""
    expected = name.removeprefix(EVENTS)
    properties = document.get("properties")
    event = properties.get("event") if isinstance(properties, dict) else None
    event = event if isinstance(event, dict) else {}
    got = event.get("const", event.get("enum"))
    if got not in (expected, [expected]):
        raise DataError(
            f'expected "const": "{expected}", the name of the file, got {got!r}',
            path=str(path),
            pointer="/properties/event",
        )


def _kind_of(path: Path) -> str:
    return "a file" if path.exists() else "nothing"
