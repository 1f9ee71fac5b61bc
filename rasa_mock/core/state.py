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

Wire = dict[str, Any]


class Message(dict[str, Any]):
    """A `user` event, with what Rasa remembers of it but does not write.

    `entities` are those of the parse data (the same list, unless that is empty) and
    those added since.  `by_text` says that the bot went by the text, not the intent.
    """

    __slots__ = ("by_text", "entities")
    entities: Any
    by_text: Any


class Sparse(dict[str, Any]):
    """An event with fields that Rasa reads and never writes; see `core.events`."""

    __slots__ = ("unwritten",)
    unwritten: dict[str, Any]


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
    `unknown` has the names that events have tried to set in vain, `shared` those that
    outlive the end of a routing session (Rasa Pro).
    """

    __slots__ = ("converters", "initial", "is_open", "shared", "unknown")

    def __init__(self, slots: Mapping[str, Slot] | None) -> None:
        self.is_open = slots is None
        self.initial: dict[Any, Any] = {}
        self.converters: dict[Any, Callable[[Any], Any]] = {}
        self.unknown: list[Any] = []
        self.shared: set[Any] = set()
        for name, slot in (slots or {}).items():
            if slot.converter is not keep:
                self.converters[name] = slot.convert
            self.initial[name] = slot.reset_value()
            if slot.shared_for_coexistence:
                self.shared.add(name)

    def copy(self, *, is_open: bool | None = None) -> SlotBook:
        """Return an independent book with the same slots, closed or open as asked."""
        twin: SlotBook = SlotBook.__new__(SlotBook)
        twin.is_open = self.is_open if is_open is None else is_open
        twin.initial = dict(self.initial)
        twin.converters = self.converters
        twin.unknown = list(self.unknown)
        twin.shared = self.shared
        return twin


class State:
    """What the events so far have made of the conversation.

    `filled` holds the slots set since the last reset only; all others have their
    initial value.  None stands for "nothing yet": no message, no bot utterance, no
    loop.  `stray` are entities that came before any message.  `stack`, `inactive` and
    `terminated` are Rasa Pro's (`core.pro_events`).  `snapshot` is cheap: the slots are
    copied when one is set after it.
    """

    __slots__ = (
        "action",
        "book",
        "bot",
        "filled",
        "followup",
        "inactive",
        "is_shared",
        "loop",
        "message",
        "paused",
        "stack",
        "stray",
        "terminated",
    )

    def __init__(self, book: SlotBook) -> None:
        self.book = book
        self.clear()

    def clear(self) -> None:
        """Go back to the initial state, as Rasa's `_reset` does."""
        self.filled: dict[Any, Any] = {}
        self.is_shared = False
        self.paused = False
        self.action: Wire = {}
        self.message: Message | None = None
        self.stray: tuple[Any, ...] = ()
        self.bot: Wire | None = None
        self.followup: Any = LISTEN
        self.loop: Loop | None = None
        self.stack: list[Any] = []
        self.inactive = False
        self.terminated = False

    def snapshot(self) -> State:
        """Return a copy that later events do not change."""
        twin: State = State.__new__(State)
        self.is_shared = twin.is_shared = True
        twin.book = self.book
        twin.filled = self.filled
        twin.paused = self.paused
        twin.action = self.action
        twin.message = self.message
        twin.stray = self.stray
        twin.bot = self.bot
        twin.followup = self.followup
        twin.loop = self.loop
        twin.stack = self.stack
        twin.inactive = self.inactive
        twin.terminated = self.terminated
        return twin

    @property
    def action_name(self) -> Any:
        """Name, or text, of the latest action."""
        action = self.action
        return action.get("action_name") or action.get("action_text")


def no_parse_data() -> Wire:
    """Make the parse data that stands for "no message yet"."""
    return {
        "intent": {},
        "entities": [],
        "text": None,
        "message_id": None,
        "metadata": {},
    }


def cannot_apply(error: Exception) -> DataError:
    """Say what Rasa raises where Python itself refuses the operation."""
    kind = type(error).__name__
    return DataError(str(error), rasa_class=kind, phase="apply")


def ignore(_state: State, _event: Wire) -> None:
    """Change nothing."""


def take_message(state: State, event: Wire) -> None:
    """Make a `user` event the latest message, and clear the followup."""
    state.message = event  # type: ignore[assignment]
    state.followup = None


def go_by(state: State, event: Wire) -> None:
    """Note on the latest message whether its text counted, if the bot is listening."""
    if state.message is not None and state.action_name == LISTEN:
        state.message.by_text = event["use_text_for_featurization"]


def add_entities(state: State, event: Wire) -> None:
    """Add the new ones to the latest message, if the bot is listening.

    A message with entities shares one list with its parse data, so that these grow,
    too, for good: neither `undo` nor `rewind` takes the entities back.
    """
    if state.action_name != LISTEN:
        return
    message = state.message
    entities = list(state.stray) if message is None else message.entities
    try:
        for entity in event["entities"]:
            if entity not in entities:
                entities.append(entity)
    except (TypeError, AttributeError, RecursionError) as error:
        raise cannot_apply(error) from error
    finally:
        if message is None:
            state.stray = tuple(entities)


def take_bot(state: State, event: Wire) -> None:
    """Make a `bot` event the latest utterance."""
    state.bot = event


def set_slot(state: State, event: Wire) -> None:
    """Store the value as the slot's type does; unknown slots are only logged."""
    name, value = event["name"], event["value"]
    book = state.book
    try:
        if name not in book.initial:
            if not book.is_open:
                if name not in book.unknown:
                    book.unknown.append(name)
                return
            book.initial[name] = None
    except TypeError as error:
        raise cannot_apply(error) from error
    convert = book.converters.get(name)
    if convert is not None:
        try:
            value = convert(value)
        except Exception as error:  # a user's slot class may raise anything
            raise cannot_apply(error) from error
    if state.is_shared:
        state.filled = dict(state.filled)
        state.is_shared = False
    state.filled[name] = value


def reset_slots(state: State, _event: Wire) -> None:
    """Give every slot its initial value."""
    state.filled = {}
    state.is_shared = False


def start_session(state: State, _event: Wire) -> None:
    """Forget everything."""
    state.clear()


def restart(state: State, _event: Wire) -> None:
    """Forget everything and run `action_session_start` next."""
    state.clear()
    state.followup = SESSION_START


def follow_up(state: State, event: Wire) -> None:
    """Force the next action."""
    state.followup = event["name"]


def pause(state: State, _event: Wire) -> None:
    """Stop answering."""
    state.paused = True


def resume(state: State, _event: Wire) -> None:
    """Answer again."""
    state.paused = False


def take_action(state: State, event: Wire) -> None:
    """Make an `action` the latest one, clear the followup and calm the loop."""
    name = event["name"]
    state.action = (
        {"action_name": name} if name else {"action_text": event["action_text"]}
    )
    state.followup = None
    loop = state.loop
    if loop is None or (loop.is_interrupted is False and not loop.rejected):
        return
    known = loop.known_name
    state.loop = loop._replace(
        is_interrupted=False if known else loop.is_interrupted,
        rejected=loop.rejected and (name or None) != known,
    )


def reject(state: State, event: Wire) -> None:
    """Mark the active loop as rejected when it is the one that refused to run."""
    loop = state.loop
    if loop is not None and event["name"] == loop.known_name:
        state.loop = loop._replace(rejected=True)


def change_loop(state: State, event: Wire) -> None:
    """Activate the named loop, or none; whether the name exists is not checked."""
    name = event["name"]
    if name is None:
        state.loop = None
        return
    message = state.message
    trigger = no_parse_data() if message is None else message["parse_data"]
    state.loop = Loop(name=name, trigger_message=trigger)


def interrupt(state: State, event: Wire) -> None:
    """Mark the active loop as interrupted, or not."""
    loop = state.loop
    if loop is not None:
        state.loop = loop._replace(is_interrupted=event["is_interrupted"])
