"""Which events still count: `applied_events` of Rasa, kept up to date as a stack.

Rasa walks over all events each time it needs the answer and then applies what is left
from the start.  Both are done here step by step, at a cost that grows with what is new.

The walk.  `positions` is the stack of events that count.  `restart` and
`session_started` empty it; `undo` takes off everything down to the last `action`;
`rewind` down to the last `user` and then down to the `action` before it; none of these
four is put on it.  A run of a loop that goes on happily (see `_continues`) is not put
on it either: it takes the `action`, `user` and `user_featurization` events after the
previous run out of the stack and leaves the rest.  Everything else is put on it.  To
find the last of a kind in one step, each kind has a stack of heights of its own, cut
together with the main one.  Every event is put on and taken off at most once for each
happy run it belongs to, so the cost is linear.

A name counts as a loop's if any `active_loop` event has it, even one that comes later
than the action.  So a new name can change the past; the stack is then built anew, but
only if an action of that name ran twice before.

The state.  `replayed` applies the stack in order.  It keeps a snapshot of the state
before each event that can be taken off, and after a cut goes on from there.

Imitates `DialogueStateTracker.applied_events` and `replay_events` of Rasa 3.6.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from rasa_mock.core.events import EFFECTS
from rasa_mock.core.state import SlotBook, State

# Kinds of events that a happy run of a loop takes out.
_REMOVABLE = frozenset({"action", "user", "user_featurization"})


class Applied:
    """The stack of events that count, over a list of events that only grows."""

    __slots__ = (
        "_actions",
        "_barriers",
        "_events",
        "_folded",
        "_loops",
        "_marks",
        "_rejections",
        "_removable",
        "_repeated",
        "_runs",
        "_seen",
        "_state",
        "_users",
        "positions",
    )

    def __init__(self, events: Sequence[dict[str, Any]], *, book: SlotBook) -> None:
        self._events = events
        self._loops: set[Any] = set()
        self._repeated: set[Any] = set()
        self._state = State(book)
        self._start()

    def _start(self) -> None:
        self._seen = 0
        self._empty()

    def _empty(self) -> None:
        self.positions: list[int] = []
        self._actions: list[int] = []
        self._users: list[int] = []
        self._removable: list[int] = []
        self._runs: dict[Any, list[int]] = {}
        self._rejections: dict[Any, list[int]] = {}
        self._barriers: list[tuple[int, int]] = []
        self._marks: list[tuple[int, State]] = []
        self._folded = 0
        self._state = State(self._state.book)

    def follow(self) -> list[int]:
        """Take in the events added since the last call; return `positions`."""
        events = self._events
        new = events[self._seen :]
        if self._learn_loops(new):
            self._start()
            new = events
        steps = _STEPS
        position = self._seen
        for event in new:
            steps[event["event"]](self, position, event)
            position += 1
        self._seen = position
        return self.positions

    def replayed(self) -> State:
        """Return the state after applying, from the start, the events that count."""
        events = self._events
        positions = self.follow()
        state = self._state
        for height in range(self._folded, len(positions)):
            event = events[positions[height]]
            kind = event["event"]
            if kind in _REMOVABLE:
                self._marks.append((height, state.snapshot()))
            self._folded = height
            effect = EFFECTS[kind]
            if effect is not None:
                effect(state, event)
        self._folded = len(positions)
        return state.snapshot()

    def reached(self) -> State:
        """Return the state that a replay which failed has got to."""
        return self._state.snapshot()

    def _learn_loops(self, new: Sequence[dict[str, Any]]) -> bool:
        """Note new names of loops; tell whether one changes what was decided."""
        names = [e["name"] for e in new if e["event"] == "active_loop" and e["name"]]
        changed = False
        for name in map(_key, names):
            if name not in self._loops:
                self._loops.add(name)
                changed = changed or name in self._repeated
        return changed

    # Steps: one a kind of event.

    def _put(self, position: int, event: dict[str, Any]) -> None:
        self.positions.append(position)

    def _put_user(self, position: int, event: dict[str, Any]) -> None:
        self._users.append(len(self.positions))
        self._put_removable(position, event)

    def _put_removable(self, position: int, event: dict[str, Any]) -> None:
        self._removable.append(len(self.positions))
        self.positions.append(position)

    def _put_rejection(self, position: int, event: dict[str, Any]) -> None:
        heights = self._rejections.setdefault(_key(event["name"]), [])
        heights.append(len(self.positions))
        self.positions.append(position)

    def _put_loop(self, position: int, event: dict[str, Any]) -> None:
        height = len(self.positions)
        if event["name"] is None:
            self._bar(height, owner=height)
        self.positions.append(position)

    def _put_action(self, position: int, event: dict[str, Any]) -> None:
        name = _key(event["name"])
        if name in self._loops:
            if self._continues(name):
                self._merge(name)
                return
        elif name in self._runs:
            self._repeated.add(name)
        height = len(self.positions)
        previous = self._actions[-1] if self._actions else -1
        if name is not None and self._users and self._users[-1] > previous:
            self._bar(self._users[-1], owner=height)
        self._actions.append(height)
        self._runs.setdefault(name, []).append(height)
        self._put_removable(position, event)

    def _undo(self, position: int, event: dict[str, Any]) -> None:
        self._cut(self._actions[-1] if self._actions else 0)

    def _rewind(self, position: int, event: dict[str, Any]) -> None:
        self._cut(self._users[-1] if self._users else 0)
        self._cut(self._actions[-1] if self._actions else 0)

    def _clear(self, position: int, event: dict[str, Any]) -> None:
        self._empty()

    # Loops.

    def _bar(self, height: int, *, owner: int) -> None:
        """Note that a loop run after `height` is a first run or on an unhappy path.

        That holds for the end of a loop and for a user message after which something
        else ran; it is forgotten together with the event at height `owner`.
        """
        highest = self._barriers[-1][1] if self._barriers else -1
        self._barriers.append((owner, max(height, highest)))

    def _continues(self, name: Any) -> bool:
        """Tell whether a run of the loop just goes on after its previous one."""
        runs = self._runs.get(name)
        if not runs:
            return False
        rejections = self._rejections.get(name)
        barrier = self._barriers[-1][1] if self._barriers else -1
        return runs[-1] > max(barrier, rejections[-1] if rejections else -1)

    def _merge(self, name: Any) -> None:
        """Take out what stands between the loop's previous run and its next one."""
        removable = self._removable
        first = bisect_right(removable, self._runs[name][-1])
        if first == len(removable):
            return
        height = removable[first]
        tail = self.positions[height:]
        self._cut(height)
        for position in tail:
            event = self._events[position]
            if event["event"] not in _REMOVABLE:
                _STEPS[event["event"]](self, position, event)

    def _cut(self, height: int) -> None:
        """Take everything from `height` on off the stack."""
        positions = self.positions
        events = self._events
        for position in reversed(positions[height:]):
            event = events[position]
            kind = event["event"]
            if kind == "action":
                self._actions.pop()
                self._drop(self._runs, event)
            elif kind == "user":
                self._users.pop()
            elif kind == "action_execution_rejected":
                self._drop(self._rejections, event)
        del positions[height:]
        while self._removable and self._removable[-1] >= height:
            self._removable.pop()
        while self._barriers and self._barriers[-1][0] >= height:
            self._barriers.pop()
        if height < self._folded:
            self._go_back(height)

    @staticmethod
    def _drop(heights: dict[Any, list[int]], event: dict[str, Any]) -> None:
        name = _key(event["name"])
        heights[name].pop()
        if not heights[name]:
            del heights[name]

    def _go_back(self, height: int) -> None:
        """Restore the last snapshot that is not above `height`."""
        while self._marks:
            self._folded, self._state = self._marks.pop()
            if self._folded <= height:
                return
        self._folded, self._state = 0, State(self._state.book)


_STEPS = {
    **dict.fromkeys(EFFECTS, Applied._put),
    "action": Applied._put_action,
    "action_execution_rejected": Applied._put_rejection,
    "active_loop": Applied._put_loop,
    "restart": Applied._clear,
    "rewind": Applied._rewind,
    "session_started": Applied._clear,
    "undo": Applied._undo,
    "user": Applied._put_user,
    "user_featurization": Applied._put_removable,
}


def _key(name: Any) -> Any:
    """Make a name hashable such that equal names stay equal."""
    if isinstance(name, list):
        return ("list", *map(_key, name))
    if isinstance(name, dict):
        return ("dict", frozenset((key, _key(value)) for key, value in name.items()))
    return name
