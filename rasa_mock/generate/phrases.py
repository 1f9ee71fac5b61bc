"""Who says what in a domain: intents as users utter them, responses that fit anywhere.

What does not live here: slots, entities and forms (see `cast`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from rasa_mock.core import nlg
from rasa_mock.core.defaults import DEFAULT_INTENTS
from rasa_mock.core.domain import Domain

# Intents with such a name come from reminders and other systems, not from users.
EXTERNAL_MARK = "EXT"
# How many intents a ranking names, and in how many orders.
RANKED = 10
ORDERS = 8
SENT_BY_DEFAULT = ("utter_restart", "utter_back", "utter_default")
STEM = 4
NO_STEMS = ("action", "form", "validate", "utter", "ask")


def spoken_intents(domain: Domain) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split the intents into those that users say and those that reminders send.

    Sorted, as Rasa sends them: their order in the file makes no difference.
    """
    names = sorted(name for name in domain.intents if name not in DEFAULT_INTENTS)
    external = [name for name in names if name.upper().startswith(EXTERNAL_MARK)]
    spoken = [name for name in names if name not in external]
    return tuple(spoken or names), tuple(external)


def small_talk(domain: Domain) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the responses that no form asks with and no default action sends."""
    asking = {
        name
        for form in domain.forms.values()
        for slot in form.required_slots
        for name in ask_names(form.name, slot)
    }
    for name, variations in domain.responses.items():
        if name.startswith("utter_") and "/" not in name:
            if name in asking or name in SENT_BY_DEFAULT:
                continue
            needed = nlg.PLACEHOLDER.findall(json.dumps(variations, default=str))
            yield name, tuple(n for n in needed if n in domain.slots)


def plain_texts(domain: Domain) -> dict[str, tuple[str, ...]]:
    """Pick the responses that are texts and nothing else, always the same."""
    return {
        name: tuple(item["text"] for item in variations)
        for name, variations in domain.responses.items()
        if variations and all(map(_is_plain_text, variations))
    }


def _is_plain_text(item: Any) -> bool:
    if not isinstance(item, dict) or list(item) != ["text"]:
        return False
    text = item["text"]
    return isinstance(text, str) and "{" not in text and "}" not in text


class Button(NamedTuple):
    """A button that sends an intent: the whole payload, and what it says."""

    payload: str
    intent: str
    values: dict[str, Any]


def buttons_of(domain: Domain) -> dict[str, tuple[Button, ...]]:
    """Read the buttons of each response that send an intent of the domain."""
    found = {}
    for name, variations in domain.responses.items():
        items = [item for item in variations or () if isinstance(item, dict)]
        pressed = [
            button
            for item in items
            for raw in (item.get("buttons") or ())
            if isinstance(raw, dict)
            for button in _read_payload(raw.get("payload"), domain)
        ]
        if pressed:
            found[name] = tuple(pressed)
    return found


def _read_payload(payload: Any, domain: Domain) -> Iterator[Button]:
    """Yield the one button of a payload `/intent{...}`, its braces maybe doubled."""
    if not isinstance(payload, str) or not payload.startswith("/"):
        return
    sent = payload.replace("{{", "{").replace("}}", "}")
    intent, _, rest = sent[1:].partition("{")
    try:
        values = json.loads("{" + rest) if rest else {}
    except ValueError:
        return
    if intent in domain.intents and values.keys() <= domain.entities.keys():
        yield Button(sent, intent, values)


def button_values(
    buttons: Mapping[str, Sequence[Button]],
) -> dict[str, tuple[str, ...]]:
    """List the texts that the buttons of a bot send for each entity."""
    found: dict[str, list[str]] = {}
    for pressed in buttons.values():
        for button in pressed:
            for entity, value in button.values.items():
                if isinstance(value, str) and value:
                    found.setdefault(entity, []).append(value)
    return {entity: tuple(dict.fromkeys(values)) for entity, values in found.items()}


def retrieval_keys(domain: Domain) -> dict[str, tuple[str, ...]]:
    """Map retrieval intents (faq) to their keys (faq/ask_name)."""
    found: dict[str, list[str]] = {}
    for name in domain.responses:
        key = name.removeprefix("utter_")
        if "/" in key:
            found.setdefault(key.split("/", 1)[0], []).append(key)
    return {intent: tuple(keys) for intent, keys in found.items()}


def rankings(first: str, intents: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return a few orders of the intents, at most ten names each, `first` in front."""
    others = [name for name in intents if name != first]
    starts = range(0, max(len(others), 1), max(len(others) // ORDERS, 1))
    return tuple(
        (first, *[*others[start:], *others[:start]][: RANKED - 1]) for start in starts
    )


def ask_names(form: str, slot: str) -> tuple[str, ...]:
    """List what may ask for a form's slot, the first that exists is taken."""
    return (
        f"action_ask_{form}_{slot}",
        f"utter_ask_{form}_{slot}",
        f"action_ask_{slot}",
        f"utter_ask_{slot}",
    )


@lru_cache(maxsize=1024)
def related_intents(intents: tuple[str, ...], name: str) -> tuple[str, ...]:
    """Return the intents that share most words with an action's name; none if none do.

    `search_concerts` is likely what leads to `action_search_concerts`.
    """
    stems = set(_stems(name))
    shared = [(len(stems.intersection(_stems(intent))), intent) for intent in intents]
    best = max((count for count, _ in shared), default=0)
    return tuple(intent for count, intent in shared if best and count == best)


def _stems(name: str) -> list[str]:
    words = name.lower().replace("-", "_").split("_")
    return [word[:STEM] for word in words if word and word not in NO_STEMS]
