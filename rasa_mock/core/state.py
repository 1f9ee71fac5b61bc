"""The state that events change, and what each type of event does to it.

Imitates the fields of `rasa.shared.core.trackers.DialogueStateTracker` and the
`apply_to` of each class in `rasa.shared.core.events` (Rasa 3.6).  Events are dicts as
`rasa_mock.core.events` writes them.  Which events still count after `undo` and
`rewind` is the business of `rasa_mock.core.applied`, keeping the list that of
`rasa_mock.core.tracker`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rasa_mock.core.slots import Slot, keep
from rasa_mock.errors import DataError

LISTEN = "action_listen"
SESSION_START = "action_session_start"
NO_LOOP = "should_not_be_set"  # a loop of this name counts as none for Rasa


class Event(dict[str, Any]):
    """An event that Rasa remembers more of than it writes.

    `unwritten` is the list of entities of a `user` event, the path of an `export`,
    the selection of a `cancel_reminder`.  All other events are plain dicts.
    """

    __slots__ = ("unwritten",)
    unwritten: Any


class Loop(NamedTuple):
    """The active loop (a form, mostly); `trigger_message` is NLU parse data."""

    name: Any
    is_interrupted: Any = False
    rejected: bool = False
    trigger_message: Any = None

    @property
    def known_name(self) -> Any:
        """The name that Rasa compares actions with."""
        return None if self.name == NO_LOOP else self.name


class SlotBook:
    """The slots that exist: their initial values and how each stores a value.

    Without a domain the book is open: every slot exists as soon as it is set.
    """

    __slots__ = ("converters", "exports", "initial", "is_open")

    def __init__(self, slots: Mapping[str, Slot] | None) -> None:
        self.is_open = slots is None
        self.initial: dict[Any, Any] = {}
        self.converters: dict[Any, Callable[[Any], Any]] = {}
        self.exports: list[str] = []
        for name, slot in (slots or {}).items():
            if slot.converter is not keep:
                self.converters[name] = slot.convert
            self.initial[name] = slot.reset_value()

    def copy(self, *, is_open: bool | None = None) -> SlotBook:
        """Return an independent book with the same slots, closed or open as asked."""
        twin: SlotBook = SlotBook.__new__(SlotBook)
        twin.is_open = self.is_open if is_open is None else is_open
        twin.initial = dict(self.initial)
        twin.converters = self.converters
        twin.exports = list(self.exports)
        return twin


class State:
    """What the events so far have made of the conversation.

    `filled` holds the slots set since the last reset only; all others have their
    initial value.  None stands for "nothing yet": no message, no bot utterance, no
    action.  `snapshot` is cheap: the slots are copied when one is set after it.
    """

    __slots__ = (
        "action",
        "book",
        "bot",
        "filled",
        "followup",
        "is_shared",
        "loop",
        "message",
        "paused",
    )

    def __init__(self, book: SlotBook) -> None:
        self.book = book
        self.clear()

    def clear(self) -> None:
        """Go back to the initial state, as Rasa's `_reset` does."""
        self.filled: dict[Any, Any] = {}
        self.is_shared = False
        self.paused = False
        self.action: dict[str, Any] = {}
        self.message: Event | None = None
        self.bot: dict[str, Any] | None = None
        self.followup: Any = LISTEN
        self.loop: Loop | None = None

    def snapshot(self) -> State:
        """Return a copy that later events do not change."""
        twin: State = State.__new__(State)
        self.is_shared = twin.is_shared = True
        twin.book = self.book
        twin.filled = self.filled
        twin.paused = self.paused
        twin.action = self.action
        twin.message = self.message
        twin.bot = self.bot
        twin.followup = self.followup
        twin.loop = self.loop
        return twin

    @property
    def action_name(self) -> Any:
        """Name, or text, of the latest action."""
        action = self.action
        return action.get("action_name") or action.get("action_text")


def empty_message() -> Event:
    """Make the message that stands for "no message yet"."""
    message = Event(
        event="user",
        text=None,
        parse_data={
            "intent": {},
            "entities": [],
            "text": None,
            "message_id": None,
            "metadata": {},
        },
        input_channel=None,
        message_id=None,
        metadata={},
    )
    message.unwritten = []
    return message


def cannot_apply(error: Exception) -> DataError:
    """Say what Rasa raises where Python itself refuses the operation."""
    kind = type(error).__name__
    return DataError(f"{kind}: {error}", rasa_class=kind, phase="apply")


def ignore(state: State, event: dict[str, Any]) -> None:
    """Change nothing."""


def take_message(state: State, event: dict[str, Any]) -> None:
    """A `user` event is the latest message; it clears the followup."""
    state.message = event  # type: ignore[assignment]
    state.followup = None


def add_entities(state: State, event: dict[str, Any]) -> None:
    """Add the new ones to the latest message, if the bot is listening.

    A message with entities shares one list with its parse data, so that these grow,
    too, for good: neither `undo` nor `rewind` takes the entities back.
    """
    if state.action_name != LISTEN:
        return
    if state.message is None:
        state.message = empty_message()
    entities = state.message.unwritten
    try:
        for entity in event["entities"]:
            if entity not in entities:
                entities.append(entity)
    except (TypeError, AttributeError) as error:
        raise cannot_apply(error) from error


def take_bot(state: State, event: dict[str, Any]) -> None:
    """A `bot` event is the latest utterance."""
    state.bot = event


def set_slot(state: State, event: dict[str, Any]) -> None:
    """Store the value as the slot's type does; unknown slots are only logged."""
    name = event["name"]
    book = state.book
    try:
        if name not in book.initial:
            if not book.is_open:
                return
            book.initial[name] = None
    except TypeError as error:
        raise cannot_apply(error) from error
    value = event["value"]
    convert = book.converters.get(name)
    if convert is not None:
        try:
            value = convert(value)
        except Exception as error:  # noqa: BLE001  a user's slot class: anything
            raise cannot_apply(error) from error
    if state.is_shared:
        state.filled = dict(state.filled)
        state.is_shared = False
    state.filled[name] = value


def reset_slots(state: State, event: dict[str, Any]) -> None:
    """Give every slot its initial value."""
    state.filled = {}
    state.is_shared = False


def start_session(state: State, event: dict[str, Any]) -> None:
    """Forget everything."""
    state.clear()


def restart(state: State, event: dict[str, Any]) -> None:
    """Forget everything and run `action_session_start` next."""
    state.clear()
    state.followup = SESSION_START


def follow_up(state: State, event: dict[str, Any]) -> None:
    """Force the next action."""
    state.followup = event["name"]


def pause(state: State, event: dict[str, Any]) -> None:
    """Stop answering."""
    state.paused = True


def resume(state: State, event: dict[str, Any]) -> None:
    """Answer again."""
    state.paused = False


def take_action(state: State, event: dict[str, Any]) -> None:
    """An `action` is the latest one; it clears the followup and calms the loop."""
    name = event["name"]
    state.action = (
        {"action_name": name} if name else {"action_text": event["action_text"]}
    )
    state.followup = None
    loop = state.loop
    if loop is None or not (loop.is_interrupted or loop.rejected):
        return
    known = loop.known_name
    interrupted = False if known else loop.is_interrupted
    rejected = loop.rejected and (name or None) != known
    state.loop = Loop(loop.name, interrupted, rejected, loop.trigger_message)


def reject(state: State, event: dict[str, Any]) -> None:
    """Mark the active loop as rejected when it is the one that refused to run."""
    loop = state.loop
    if loop is not None and event["name"] == loop.known_name:
        state.loop = loop._replace(rejected=True)


def change_loop(state: State, event: dict[str, Any]) -> None:
    """Activate the named loop, or none; whether the name exists is not checked."""
    name = event["name"]
    if name is None:
        state.loop = None
        return
    message = state.message or empty_message()
    state.loop = Loop(name, False, False, message["parse_data"])


def interrupt(state: State, event: dict[str, Any]) -> None:
    """Mark the active loop as interrupted, or not."""
    loop = state.loop
    if loop is not None:
        state.loop = loop._replace(is_interrupted=event["is_interrupted"])


def export(state: State, event: dict[str, Any]) -> None:
    """Note the file that Rasa would write; nothing is written here."""
    path = event.unwritten if isinstance(event, Event) else None
    if not path:
        return
    if not isinstance(path, (str, int)):
        kind = type(path).__name__
        raise cannot_apply(
            TypeError(
                "stat: path should be string, bytes, os.PathLike or integer, not "
                + kind
            )
        )
    if path not in state.book.exports:
        state.book.exports.append(path)
