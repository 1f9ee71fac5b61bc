"""Two conversations, or two runs, beside each other.

Events are paired by what they are (type, name, text), as a text comparison pairs lines;
of a pair there is said where it differs.  Times and ids of messages are no difference.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from rasa_mock.core.diff import ABSENT, differences

Json = dict[str, Any]
Row = tuple[int | None, int | None]

VOLATILE = frozenset(
    {"timestamp", "message_id", "model_id", "assistant_id", "sender_id"}
)
"""What differs between any two conversations."""

MOST_MATCHED = 3_000
"""Events of a side, but for a common start and end, that are paired by content."""

MOST_DIFFERENCES = 50


def compare_conversations(one: Json, other: Json) -> Json:
    """Return the pairs of events of two pages of `viewer.pages`, and what differs."""
    left, right = one["events"], other["events"]
    rows = [
        {"a": a, "b": b, "differences": _differences(left, right, (a, b))}
        for a, b in pairs([_label(e) for e in left], [_label(e) for e in right])
    ]
    return {
        "a": _side(one),
        "b": _side(other),
        "rows": rows,
        "state": _state_differences(one, other),
    }


def _side(page: Json) -> Json:
    return {key: page[key] for key in ("sender_id", "first", "events")}


def pairs(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    """Pair the indexes of equal labels; what has no partner stands alone."""
    start = 0
    while start < min(len(left), len(right)) and left[start] == right[start]:
        yield start, start
        start += 1
    end = 0
    most = min(len(left), len(right)) - start
    while end < most and left[-1 - end] == right[-1 - end]:
        end += 1
    ends = len(left) - end, len(right) - end
    for a, b in _middle(left[start : ends[0]], right[start : ends[1]]):
        yield (
            None if a is None else a + start,
            None if b is None else b + start,
        )
    yield from zip(range(ends[0], len(left)), range(ends[1], len(right)), strict=True)


def _middle(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    if max(len(left), len(right)) > MOST_MATCHED:
        longest = max(len(left), len(right))
        for index in range(longest):
            yield (
                index if index < len(left) else None,
                index if index < len(right) else None,
            )
        return
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for _, a, a_end, b, b_end in matcher.get_opcodes():
        if left[a:a_end] == right[b:b_end]:
            yield from zip(range(a, a_end), range(b, b_end), strict=True)
            continue
        yield from _unlike(left, right, (a, a_end, b, b_end))


def _unlike(
    left: Sequence[str], right: Sequence[str], span: tuple[int, int, int, int]
) -> Iterator[Row]:
    """Pair events of one type that differ in the rest, where they stand in line."""
    a, a_end, b, b_end = span
    while a < a_end and b < b_end:
        if left[a].split("\n")[0] == right[b].split("\n")[0]:
            yield a, b
            a, b = a + 1, b + 1
        elif a_end - a >= b_end - b:
            yield a, None
            a += 1
        else:
            yield None, b
            b += 1
    yield from ((index, None) for index in range(a, a_end))
    yield from ((None, index) for index in range(b, b_end))


def _label(event: Mapping[str, Any]) -> str:
    """Return what an event is known by; its type is the first line."""
    return "\n".join(
        str(event[key])
        for key in ("event", "name", "text", "value")
        if event.get(key) is not None
    )


def _differences(left: list[Json], right: list[Json], row: Row) -> list[Json] | None:
    a, b = row
    if a is None or b is None:
        return None
    found = differences(lasting(left[a]), lasting(right[b]))
    return [_difference(each) for each, _ in zip(found, range(MOST_DIFFERENCES))]  # noqa: B905  the shorter one ends it


def _difference(each: Any) -> Json:
    return {
        "pointer": each.pointer,
        **({} if each.expected is ABSENT else {"a": each.expected}),
        **({} if each.got is ABSENT else {"b": each.got}),
    }


def lasting(value: Any) -> Any:
    """Return a value without what differs between any two conversations."""
    if isinstance(value, Mapping):
        return {
            key: lasting(item) for key, item in value.items() if key not in VOLATILE
        }
    return [lasting(item) for item in value] if isinstance(value, list) else value


def state_at_end(page: Json) -> Json:
    """Put together the state after a page's last event."""
    state = dict(page["initial"])
    for changes in page["changes"]:
        state.update(changes)
    return state


def _state_differences(one: Json, other: Json) -> list[Json]:
    states = []
    for page in (one, other):
        state = state_at_end(page)
        state.pop("latest_message", None)
        states.append(state)
    return [_difference(each) for each in differences(states[0], states[1])]


def compare_runs(one: Json, other: Json) -> Json:
    """Return the findings that are new, gone or the same in the second run."""
    left = {_key(each): each for each in one["findings"]}
    right = {_key(each): each for each in other["findings"]}
    return {
        "new": [each for key, each in right.items() if key not in left],
        "gone": [each for key, each in left.items() if key not in right],
        "same": [each for key, each in right.items() if key in left],
    }


def _key(finding: Json) -> tuple[Any, ...]:
    return tuple(str(finding.get(k)) for k in ("rule", "action", "pointer", "message"))
