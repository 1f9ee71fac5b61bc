"""Words that occur nowhere else, put into requests to see where they turn up again.

A marker is made of letters alone, so that it survives being quoted, titled or put into
upper case.  Whoever finds one in the answer to a request that did not hold it knows
that the server kept it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from rasa_mock.core.layouts import laid_out
from rasa_mock.core.profile import RASA_3_6, Named, find_profile

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.generate.cases import Case

PREFIX = "qzx"
LETTERS = "bcdfghjklmnprtvw"
LENGTH = 6
MARKER = re.compile(rf"{PREFIX}[{LETTERS}]{{{LENGTH}}}", re.IGNORECASE)
SHORTEST_VALUE = 3
# So many markers may be made for each action before they are those of the next.
PER_ACTION = 4096
FREE_TYPES = ("text", "any", "list")
RASAS_SLOTS = ("requested_slot", "session_started_metadata")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """What a marker stands for: whose data, what of it, sent in which call."""

    word: str
    what: str
    sender: str
    call: int


@dataclass(slots=True, kw_only=True)
class Markers:
    """All markers of a run, each made once.

    Those of an action begin at a `first` of its own, so that they are the same whatever
    other actions are called beside it; all are found in all answers.
    """

    made: dict[str, Mark] = field(default_factory=dict)
    calls: int = 0
    first: int = 0
    count: int = 0

    def for_action(self, number: int) -> Markers:
        """Return the markers of the action with this number."""
        return Markers(made=self.made, first=(number + 1) * PER_ACTION)

    def call(self) -> int:
        """Return the number of the next marked call."""
        self.calls += 1
        return self.calls

    def new(self, what: str, *, sender: str, call: int) -> str:
        """Make a marker."""
        number, word = (self.first + self.count) * 7919 + 104_729, PREFIX
        self.count += 1
        for _ in range(LENGTH):
            number, letter = divmod(number, len(LETTERS))
            word += LETTERS[letter]
        self.made[word] = Mark(word=word, what=what, sender=sender, call=call)
        return word

    def found(self, text: bytes) -> list[Mark]:
        """Return the marks that occur in a text, each once."""
        if PREFIX.encode() not in text.lower():
            return []
        words = MARKER.findall(text.decode("utf-8", "replace"))
        seen = dict.fromkeys(word.lower() for word in words)
        return [self.made[word] for word in seen if word in self.made]


def marked_case(
    case: Case, *, domain: Domain, markers: Markers, sender: str | None = None
) -> Case:
    """Put markers in the place of a case's own texts, and give it a sender of its own.

    The values of free text slots are replaced wherever they occur, so that slot, text
    and entity still agree; the sender id becomes a marker, too.
    """
    call = markers.call()
    own = sender or markers.new("sender id", sender="", call=call)
    if sender is None:
        markers.made[own] = replace(markers.made[own], sender=own)
    words = {
        value: markers.new(what, sender=own, call=call)
        for value, what in _texts(case, domain).items()
    }
    events = [_replaced(event, words) for event in case.events]
    return replace(case, events=events, sender_id=own)


def _texts(case: Case, domain: Domain) -> dict[str, str]:
    """Return the texts of a case that may be any text, and what each one is."""
    found: dict[str, str] = {}
    for event in case.events:
        value, name = event.get("value"), event.get("name")
        slot = domain.slots.get(name) if isinstance(name, str) else None
        if event["event"] == "slot" and slot is not None and _is_free(slot.type, name):
            for text in value if isinstance(value, list) else [value]:
                if isinstance(text, str) and len(text) >= SHORTEST_VALUE:
                    found.setdefault(text, f"slot {name!r}")
    return found


def _is_free(kind: str, name: Any) -> bool:
    short = kind.rpartition(".")[2].lower().removesuffix("slot")
    return short in FREE_TYPES and name not in RASAS_SLOTS


def _replaced(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str):
        return words.get(value, value)
    if isinstance(value, list):
        return [_replaced(item, words) for item in value]
    if isinstance(value, dict):
        return {
            key: _marked_part(key, part, words=words) for key, part in value.items()
        }
    return value


def _marked_part(key: str, part: Any, *, words: Mapping[str, str]) -> Any:
    """Replace in a part of an event; names and types of events stay."""
    if key in ("event", "name", "timestamp", "policy", "entity", "extractor"):
        return part
    if key == "text" and isinstance(part, str) and not part.startswith("/"):
        for text, word in words.items():
            part = part.replace(text, word)
        return part
    return _replaced(part, words)


class MarkedDomain:
    """A domain with a marked name in each section and a mark in each response."""

    def __init__(
        self, domain: Domain, *, markers: Markers, profile: Named = RASA_3_6
    ) -> None:
        self.word = markers.new("a name", sender="domain", call=0)
        self._domain = domain
        self._marked = _with_names(
            laid_out(domain, layout=find_profile(profile).domain_layout), self.word
        )

    @property
    def send_domain_actions(self) -> frozenset[str]:
        return self._domain.send_domain_actions

    def as_dict(self) -> dict[str, Any]:
        """Return it as Rasa sends it."""
        return self._marked


def _with_names(domain: dict[str, Any], word: str) -> dict[str, Any]:
    marked = deepcopy(domain)
    for key in ("intents", "entities", "actions"):
        names = marked.get(key)
        if isinstance(names, list):
            names.append(_like(names[0] if names else word, word))
    slots = marked.get("slots")
    if isinstance(slots, dict):
        slots[word] = {"type": "text", "mappings": [{"type": "custom"}]}
    responses = marked.get("responses")
    if isinstance(responses, dict):
        for variations in responses.values():
            for variation in variations if isinstance(variations, list) else ():
                if isinstance(variation, dict) and isinstance(
                    variation.get("text"), str
                ):
                    variation["text"] += f" {word}"
        responses[f"utter_{word}"] = [{"text": word}]
    return marked


def _like(sample: Any, word: str) -> Any:
    """Write a name in the way in which its neighbours are written."""
    if isinstance(sample, dict) and len(sample) == 1:
        return {word: deepcopy(next(iter(sample.values())))}
    return word


def place_of(document: Any, is_it: Callable[[str], bool]) -> str:
    """Return the JSON pointer of the first text in which something stands."""
    waiting = [("", document)]
    while waiting:
        pointer, value = waiting.pop(0)
        if isinstance(value, str) and is_it(value):
            return pointer
        if isinstance(value, dict):
            waiting += [
                (f"{pointer}/{str(k).replace('~', '~0').replace('/', '~1')}", part)
                for k, part in value.items()
            ]
        elif isinstance(value, list):
            waiting += [(f"{pointer}/{n}", part) for n, part in enumerate(value)]
    return ""
