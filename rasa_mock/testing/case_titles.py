"""What the kinds of case are called in the ids of tests: words instead of codes.

`action_tell_weather[fresh session]`.  The table follows `rasa_mock.generate.kinds`; a
kind that it does not know is called as it is.
"""

from __future__ import annotations

from collections.abc import Iterable

from rasa_mock.generate.kinds import OPENINGS

TITLES = {
    "activation": "form activation",
    "activation-again": "form activation, second call",
    "asked-for": "session asked for",
    "channel-none": "without a channel",
    "empty": "slots emptied",
    "entity": "message with an entity",
    "filled": "all slots filled",
    "first": "first message",
    "followup": "after other actions",
    "form-done": "form done",
    "form-interrupted": "form interrupted",
    "fresh": "fresh session",
    "intent-message": "intent message",
    "long-history": "long history",
    "metadata": "message with metadata",
    "new": "new conversation",
    "new-metadata": "new conversation with metadata",
    "no-events": "no events at all",
    "out-of-the-blue": "out of the blue",
    "prefilled": "form with filled slots",
    "rare-events": "rare events",
    "reminder": "reminder fires",
    "restart": "after a restart",
    "session": "second session",
    "stray": "stray slots",
    "turn": "mid-conversation",
    "unrecognised": "no intent recognised",
    "wrong-types": "slots of wrong types",
}
# Tried in this order; what follows the beginning takes the place of {}.
BEGINNINGS = (
    ("activation-", "activation of {}"),
    ("step-", "form step {}"),
    ("unanswered-", "{} unanswered"),
    ("returning-", "back to {}"),
    ("answer-", "answer {}"),
    ("ask-again-", "asking for {} again"),
    ("ask-back-", "asking back for {}"),
    ("ask-", "asking for {}"),
    ("channel-", "channel {}"),
    ("slots-", "slots {}"),
    ("text-", "text {}"),
)
# These are put before another kind.
BEFORE = (
    *(name for name, _ in OPENINGS),
    *("expired", "asked-for"),
)


def title(kind: str) -> str:
    """Return what a kind of case is called."""
    if kind in TITLES:
        return TITLES[kind]
    for opening in BEFORE:
        rest = kind.removeprefix(f"{opening}-")
        if rest != kind and _is_kind(rest):
            return f"{title(opening)}, {title(rest)}"
    for beginning, words in BEGINNINGS:
        if kind.startswith(beginning):
            return words.format(kind.removeprefix(beginning))
    return kind


def _is_kind(name: str) -> bool:
    return name in TITLES or name.startswith(
        tuple(beginning for beginning, _ in BEGINNINGS)
    )


def titles(kinds: Iterable[str]) -> dict[str, str]:
    """Return the titles of different kinds; where two are alike, with the code."""
    found: dict[str, str] = {}
    for kind in dict.fromkeys(kinds):
        words = title(kind)
        found[kind] = f"{words} ({kind})" if words in found.values() else words
    return found
