"""A rasa-sdk server that says what its actions really did.

`python -m rasa_mock.clients.witness --actions PACKAGE -p PORT` is `python -m rasa_sdk`
with one thing more: each answer has a header with what rasa-sdk hides from Rasa.  What
`run` returned (None, a string), which items of it were dropped, which slots were
changed in `tracker.slots` and never returned, which exception was raised where.  Body
and status of the answer stay as they are.

It holds on to two joints that rasa-sdk has had from 2.0 to 3.21: `register_function`
of the executor and `create_app` of the endpoint.  Where one is missing, the header is.
Validation actions change the tracker by design, so their changes are not noted.
"""

from __future__ import annotations

import functools
import inspect
import json
import traceback
from collections.abc import Callable
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import Any

from rasa_mock.clients import single

HEADER = "X-Rasa-Mock-Witness"
MOST_ITEMS = 20
LONGEST_TEXT = 160
# These tell Rasa something and are no failures of the action.
TOLD = ("ActionExecutionRejection", "ActionNotFoundException")
# After one of these events no slot is what it was.
RESETS = ("reset_slots", "restart", "session_started")

_note: ContextVar[dict[str, Any] | None] = ContextVar("note", default=None)


class Watched:
    """An action's function, watched; `run` stands in for it.

    An object with a method instead of a closure, for rasa-sdk pickles what it runs.
    """

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        """Run the action and note what it did; awaits nothing."""
        before = self.before(tracker)
        try:
            result = self.function(dispatcher, tracker, domain)
        except Exception as error:
            _note.set(raised(error))
            raise
        if inspect.isawaitable(result):
            return self.awaited(result, before, tracker)
        _note.set(seen(result, before=before, tracker=tracker))
        return result

    async def awaited(self, result: Any, before: Any, tracker: Any) -> Any:
        """Wait for what an asynchronous action returns, and note it."""
        try:
            value = await result
        except Exception as error:
            _note.set(raised(error))
            raise
        _note.set(seen(value, before=before, tracker=tracker))
        return value

    def before(self, tracker: Any) -> Any:
        """Remember the tracker's slots and events, None for a validation action."""
        owner = getattr(self.function, "__self__", None)
        kinds = {kind.__name__ for kind in type(owner).__mro__}
        if kinds & {"ValidationAction", "FormValidationAction", "FormAction"}:
            return None
        return slots_of(tracker), len(tracker.events)


class WatchedCoroutine(Watched):
    """The same for a coroutine function, which older versions ask for."""

    async def run(self, dispatcher: Any, tracker: Any, domain: Any) -> Any:
        """Run the action and note what it did."""
        before = self.before(tracker)
        result = self.function(dispatcher, tracker, domain)
        return await self.awaited(result, before, tracker)


def slots_of(tracker: Any) -> dict[str, str]:
    """Return the slots' values as text, so that a change inside one shows."""
    return {name: as_text(value) for name, value in tracker.slots.items()}


def as_text(value: Any) -> str:
    """Write any value down; equal values give equal texts."""
    try:
        return json.dumps(value, ensure_ascii=False, default=repr)
    except (TypeError, ValueError, RecursionError):
        return repr(value)


def cut(text: str) -> str:
    """Shorten a text for a header."""
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 3] + "..."


def raised(error: Exception) -> dict[str, Any]:
    """Say which exception an action raised, and in which line of its own code."""
    if type(error).__name__ in TOLD:
        return {}
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename != __file__]
    last = next((f for f in reversed(own) if "site-packages" not in f.filename), None)
    where = f"{Path(last.filename).name}:{last.lineno} in {last.name}" if last else ""
    message = cut(str(error))
    return {
        "raised": {"type": type(error).__name__, "message": message, "where": where}
    }


def seen(result: Any, *, before: Any, tracker: Any) -> dict[str, Any]:
    """Say what `run` returned and what it did to the tracker beside."""
    note: dict[str, Any] = {"returned": type(result).__name__}
    items = list(result) if isinstance(result, list | tuple) else []
    if not isinstance(result, list | tuple):
        note.update(shown=cut(repr(result)), empty=not result)
    dropped = [
        {"index": index, "type": type(item).__name__, "shown": cut(repr(item))}
        for index, item in enumerate(items)
        if not isinstance(item, dict) or not item.get("event")
    ]
    if dropped:
        note["dropped"] = dropped[:MOST_ITEMS]
    changed = {} if before is None else changes(items, before=before, tracker=tracker)
    if changed:
        note["changed"] = changed
    return note


def changes(items: list[Any], *, before: Any, tracker: Any) -> dict[str, Any]:
    """Return what was changed in the tracker and stands in no returned event."""
    slots, count = before
    events = [item for item in items if isinstance(item, dict)]
    found: dict[str, Any] = {}
    if not any(event.get("event") in RESETS for event in events):
        told = {event.get("name") for event in events if event.get("event") == "slot"}
        now = slots_of(tracker)
        found["slots"] = {
            str(name): cut(text)
            for name, text in now.items()
            if slots.get(name) != text and name not in told
        }
    added = [event for event in tracker.events[count:] if event not in events]
    found["events"] = [str(kind_of(event)) for event in added[:MOST_ITEMS]]
    return {key: value for key, value in found.items() if value}


def kind_of(event: Any) -> Any:
    """Return the type of an event, however it was made."""
    return event.get("event") if isinstance(event, dict) else type(event).__name__


def install() -> None:
    """Take hold of rasa-sdk, in this process and in those that it starts."""
    from rasa_sdk import endpoint
    from rasa_sdk.executor import ActionExecutor

    register = getattr(ActionExecutor, "register_function", None)
    create = getattr(endpoint, "create_app", None)
    if register is None or create is None:
        return

    @functools.wraps(register)
    def register_watched(self: Any, action_name: str, f: Callable[..., Any]) -> None:
        register(self, action_name, f)
        kind = WatchedCoroutine if inspect.iscoroutinefunction(f) else Watched
        self.actions[action_name] = kind(f).run

    @functools.wraps(create)
    def create_telling(*args: Any, **kwargs: Any) -> Any:
        app = create(*args, **kwargs)
        app.register_middleware(tell, "response")
        return app

    ActionExecutor.register_function = register_watched
    endpoint.create_app = create_telling


def tell(_request: Any, response: Any) -> None:
    """Put the note about this request's action into the answer's header."""
    note = _note.get()
    _note.set(None)
    if note:
        response.headers[HEADER] = json.dumps(note)


# Sanic's workers import the main module anew, under the second of these names.  What
# they unpickle has this module's own name, under which it has to be imported once more.
if __name__ in ("__main__", "__mp_main__"):
    import_module("rasa_mock.clients.witness").install()
if __name__ == "__main__":
    single.install()
    single.main()
