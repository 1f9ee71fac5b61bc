"""Which events still count: `applied_events` of Rasa, kept up to date as a stack.

Rasa walks over all events whenever it needs the answer, and `undo` and `rewind` then
apply what is left from the start.  Here both go on from where they were, so that the
cost grows with what is new.

The walk.  `positions` is the stack of events that count.  `restart` and
`session_started` empty it; `undo` takes off everything down to the last `action`;
`rewind` down to the last `user` and then down to the `action` before it; none of these
four is put on it.  A run of a loop that just goes on (`_goes_on`) is not put on it
either: it takes the `action`, `user` and `user_featurization` events after the loop's
previous run out of the stack and leaves the rest.  Everything else is put on.  Stacks
of heights find the last event of a kind in one step and are cut together with the main
one.  An event is moved again only by a run that also takes one out below it, so the
cost is linear.

A name is a loop's name if any `active_loop` event has it, even one that comes after
the action.  So a new name can change the past: if an action of that name was put on
more than once before, the stack is built anew.

The state.  `replayed` applies the stack in order.  It keeps snapshots of the state on
the way, and after a cut goes on from the last one that still holds.

Imitates `DialogueStateTracker.applied_events` and `replay_events` of Rasa 3.6.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rasa_mock.core.events import OPEN_SOURCE, Effect
from rasa_mock.core.state import SlotBook, State, Wire, ignore

# Where an event stands: its height in the stack and its position in the list.  The
# entry has gone stale if the stack does not hold that position at that height.
Place = tuple[int, int]

# The events that can be taken out of the middle, or at which the stack is cut.
REMOVABLE = frozenset({"action", "user", "user_featurization"})
# A snapshot of at most every so many events: after a cut so many are applied again.
STRIDE = 8


class Applied:
    """The stack of the events that count, over a list of events that only grows."""

    def __init__(
        self,
        events: Sequence[Wire],
        *,
        book: SlotBook,
        effects: Mapping[str, Effect | None] = OPEN_SOURCE.effects,
    ) -> None:
        self._effects = effects
        self.positions: list[int] = []
        # The heights at which the stack was ever cut: who keeps something of it for
        # each height sees here how much of that is still good.
        self.cuts: list[int] = []
        self._events = events
        self._book = book
        self._loops: set[Any] = set()
        self._start()

    def _start(self) -> None:
        self._seen = 0
        self._is_outdated = False
        self._repeated: set[Any] = set()
        self._empty()

    def _empty(self) -> None:
        self.positions.clear()
        self.cuts.append(0)
        self._actions: list[int] = []
        self._users: list[int] = []
        self._removable: list[int] = []
        self._barriers: list[tuple[int, int]] = []
        self._runs: dict[Any, list[Place]] = {}
        self._rejections: dict[Any, list[Place]] = {}
        self._snapshots: list[tuple[int, State]] = []
        self._state = State(self._book)
        self._folded = 0

    def follow(self) -> list[int]:
        """Take in the events added since the last call; return `positions`."""
        self._walk()
        if self._is_outdated:
            self._start()
            self._walk()
        return self.positions

    def _walk(self) -> None:
        events = self._events
        put = self.positions.append
        for position in range(self._seen, len(events)):
            event = events[position]
            step = _STEPS.get(event["event"])
            if step is None:
                put(position)
            else:
                step(self, position, event)
        self._seen = len(events)

    def replayed(self) -> State:
        """Return the state after a reset and then all events that count, in order.

        Raises DataError (phase `apply`) as the first of them that cannot be applied;
        `reached` is then the state that Rasa is left with.
        """
        positions = self.follow()
        events, state, snapshots = self._events, self._state, self._snapshots
        due = snapshots[-1][0] + STRIDE if snapshots else 0
        for height in range(self._folded, len(positions)):
            self._folded = height
            event = events[positions[height]]
            kind = event["event"]
            if height >= due and kind in REMOVABLE:
                snapshots.append((height, state.snapshot()))
                due = height + STRIDE
            effect = self._effects.get(kind, ignore)
            if effect is not None:
                effect(state, event)
        self._folded = len(positions)
        return state.snapshot()

    def reached(self) -> State:
        """Return the state that the last replay has got to."""
        return self._state.snapshot()

    # One step for each kind of event that is not simply put on the stack.

    def put_user(self, position: int, event: Wire) -> None:
        """Put on a `user` event."""
        height = len(self.positions)
        self._users.append(height)
        self._removable.append(height)
        self.positions.append(position)

    def put_featurization(self, position: int, event: Wire) -> None:
        """Put on an event that a run of a loop can take out."""
        self._removable.append(len(self.positions))
        self.positions.append(position)

    def put_rejection(self, position: int, event: Wire) -> None:
        """Put on an `action_execution_rejected`."""
        places = self._rejections.setdefault(_key(event["name"]), [])
        places.append((len(self.positions), position))
        self.positions.append(position)

    def put_loop(self, position: int, event: Wire) -> None:
        """Put on an `active_loop`: it ends a loop, or makes its name a loop's name."""
        height = len(self.positions)
        name = _key(event["name"])
        if name is None:
            self._bar(height, owner=height)
        elif name and name not in self._loops:
            self._loops.add(name)
            self._is_outdated = self._is_outdated or name in self._repeated
        self.positions.append(position)

    def put_action(self, position: int, event: Wire) -> None:
        """Put on an `action`, unless it is a run of a loop that just goes on."""
        name = event["name"]
        if name.__class__ is not str:
            name = _key(name)
        height = len(self.positions)
        runs = self._runs.get(name)
        if runs is None:
            self._runs[name] = [(height, position)]
        elif name not in self._loops:
            self._repeated.add(name)
        else:
            previous = self._last(runs)
            if self._goes_on(name, previous):
                self._merge(previous)
                return
            runs.append((height, position))
        if name is not None and self._users:
            self._bar_user(height)
        self._actions.append(height)
        self._removable.append(height)
        self.positions.append(position)

    def undo(self, position: int, event: Wire) -> None:
        """Take off everything down to the last action."""
        self._cut(self._actions[-1] if self._actions else 0)

    def rewind(self, position: int, event: Wire) -> None:
        """Take off everything down to the last message and the action before it."""
        self._cut(self._users[-1] if self._users else 0)
        self._cut(self._actions[-1] if self._actions else 0)

    def clear(self, position: int, event: Wire) -> None:
        """Take off everything."""
        self._empty()

    # Loops.  A barrier is a height: a run of any loop that comes after it, with no
    # earlier run of that loop in between, is its first or follows an unhappy path.

    def _bar(self, height: int, *, owner: int) -> None:
        """Note a barrier; it goes when the event at height `owner` goes."""
        highest = self._barriers[-1][1] if self._barriers else -1
        self._barriers.append((owner, max(height, highest)))

    def _bar_user(self, height: int) -> None:
        """Note a message after which a named action ran as the first: this one."""
        user = self._users[-1]
        if not self._actions or user > self._actions[-1]:
            self._bar(user, owner=height)

    def _goes_on(self, name: Any, previous: int) -> bool:
        """Tell whether a run of the loop just goes on after its previous one."""
        barrier = self._barriers[-1][1] if self._barriers else -1
        rejection = self._last(self._rejections.get(name, []))
        return previous > barrier and previous > rejection

    def _last(self, places: list[Place]) -> int:
        """Return the height of the last place that is not stale, or -1."""
        positions = self.positions
        while places:
            height, position = places[-1]
            if height < len(positions) and positions[height] == position:
                return height
            places.pop()
        return -1

    def _merge(self, previous: int) -> None:
        """Take out what stands between the loop's previous run and its next one."""
        removable = self._removable
        first = bisect_right(removable, previous)
        if first == len(removable):
            return
        height = removable[first]
        tail = self.positions[height:]
        self._cut(height)
        for position in tail:
            event = self._events[position]
            kind = event["event"]
            if kind not in REMOVABLE:
                _STEPS.get(kind, Applied.put)(self, position, event)

    def put(self, position: int, event: Wire) -> None:
        """Put on any other event."""
        self.positions.append(position)

    def _cut(self, height: int) -> None:
        """Take everything from `height` on off the stack."""
        self.cuts.append(height)
        del self.positions[height:]
        for heights in (self._actions, self._users, self._removable):
            del heights[bisect_left(heights, height) :]
        barriers = self._barriers
        while barriers and barriers[-1][0] >= height:
            barriers.pop()
        if height < self._folded:
            self._go_back(height)

    def _go_back(self, height: int) -> None:
        """Restore the last snapshot that is not above `height`."""
        while self._snapshots:
            self._folded, self._state = self._snapshots.pop()
            if self._folded <= height:
                return
        self._folded, self._state = 0, State(self._book)


_STEPS: Mapping[str, Callable[[Applied, int, Wire], None]] = {
    "action": Applied.put_action,
    "action_execution_rejected": Applied.put_rejection,
    "active_loop": Applied.put_loop,
    "restart": Applied.clear,
    "rewind": Applied.rewind,
    "session_started": Applied.clear,
    "undo": Applied.undo,
    "user": Applied.put_user,
    "user_featurization": Applied.put_featurization,
}


def _key(name: Any) -> Any:
    """Make a name hashable such that equal names stay equal."""
    if isinstance(name, list):
        return ("list", *map(_key, name))
    if isinstance(name, dict):
        return ("dict", frozenset((key, _key(value)) for key, value in name.items()))
    return name
