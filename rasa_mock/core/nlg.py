"""Turn the `responses` of an answer into bot events, with the texts of the domain.

An item is sent as it is, or names a response of the domain: then one variation of that
is chosen, its placeholders are filled, and the item's own keys are laid over it.

Imitates `RemoteAction._utter_responses` and `create_bot_utterance`
(rasa/core/actions/action.py), rasa/core/nlg/response.py, generator.py and
interpolator.py.  Rasa chooses among equal variations at random; here `choose` does.
What Rasa stumbles over (`buttons: 5`, a lone brace) raises the same exception here.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.core import channel
from rasa_mock.core.predicates import holds
from rasa_mock.core.profile import RASA_3_6, Profile

Variation = Mapping[str, Any]
Responses = Mapping[str, Sequence[Variation]]
Choose = Callable[[Sequence[Variation]], Variation]

INTERPOLATED = ("text", "image", "custom", "buttons", "attachment", "quick_replies")
"""The keys of a variation whose placeholders are filled; `elements` is not one."""

DATA_KEYS = ("elements", "quick_replies", "buttons", "attachment", "image", "custom")
"""What a bot event's `data` consists of; all else but the text becomes metadata."""

GENERATOR = "TemplatedNaturalLanguageGenerator"
TAKEN_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "generate": ("self", "utter_action", "tracker", "output_channel"),
    "generate_from_slots": ("self", "utter_action", "filled_slots", "output_channel"),
}
"""Parameters of Rasa's generator: a key of an item with such a name collides."""

NO_CHANNEL = "'NoneType' object has no attribute 'name'"
"""What Rasa stumbles over where a session starts with nobody to speak to."""

PLACEHOLDER = re.compile(r"{([^\n{}]+?)}")


def first(variations: Sequence[Variation]) -> Variation:
    """Choose the variation that stands first in the domain."""
    return variations[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A response that has to be worded, with an item's other keys as arguments."""

    name: Any
    arguments: Mapping[str, Any]


Uttering = Generator[Wanted, "dict[str, Any] | None", "list[dict[str, Any]]"]
"""Yields what has to be worded, is sent its draft, and returns bot events."""


def utter(
    items: Iterable[Mapping[str, Any]],
    *,
    responses: Responses,
    slots: Mapping[str, Any],
    now: float,
    output_channel: str | None = channel.NAME,
    choose: Choose = first,
    profile: Profile = RASA_3_6,
    action: str | None = None,
) -> list[dict[str, Any]]:
    """Make the bot events of an answer's `responses`, on the wire's form.

    An item that names a response without a suitable variation is left out.  Raises
    what Rasa raises (TypeError, AttributeError, ValueError, ...) for an item that it
    cannot use; Rasa then loses the whole answer.
    """
    steps = uttering(
        items, responses=responses, now=now, profile=profile, action=action
    )
    return worded(
        steps,
        lambda wanted: generate(
            wanted.name,
            responses=responses,
            slots=slots,
            arguments=wanted.arguments,
            output_channel=output_channel,
            choose=choose,
        ),
    )


def worded(
    steps: Uttering, word: Callable[[Wanted], dict[str, Any] | None]
) -> list[dict[str, Any]]:
    """Let `word` draft what has to be worded."""
    try:
        wanted = next(steps)
        while True:
            wanted = steps.send(word(wanted))
    except StopIteration as end:
        events: list[dict[str, Any]] = end.value
        return events


def uttering(
    items: Iterable[Mapping[str, Any]],
    *,
    responses: Responses,
    now: float,
    profile: Profile = RASA_3_6,
    action: str | None = None,
    keeps_empty: bool = False,
) -> Uttering:
    """Make the bot events of items, and let others word the responses that they name.

    An item without a draft is left out; one with an empty draft stays if `keeps_empty`.
    """
    events = []
    for item in items:
        arguments = {key: value for key, value in item.items() if key != "response"}
        name = item.get("response")
        if profile.reads_template:
            name = name or arguments.pop("template", None)
        draft: dict[str, Any] = {}
        if name or (profile.named_if_not_null and name is not None):
            found = yield Wanted(name=name, arguments=arguments)
            if not found and profile.last_resort and name in responses:
                found = _last_resort(profile.last_resort, responses)
            if found is None or (not found and not keeps_empty):
                continue
            draft = {**found, "utter_action": name}
        laid = _laid_over(draft, arguments, item_wins=profile.item_wins)
        if profile.marks_success and action is not None:
            laid["utter_source"] = action
        events.append(bot_event(laid, now=now))
    return events


LAST_WORDS = "Sorry, I am having trouble with that. Please try again in a few minutes."


def _last_resort(name: str, responses: Responses) -> dict[str, Any]:
    """Give what Rasa Pro says where no variation is suitable."""
    variations = responses.get(name) or ({"text": LAST_WORDS},)
    return dict(copy.deepcopy(variations[0]))


def _laid_over(
    draft: dict[str, Any], arguments: dict[str, Any], *, item_wins: bool
) -> dict[str, Any]:
    """Let the item's keys win over the draft's, but not where they are falsy.

    Without `item_wins` the draft's keys win.  Buttons are the exception: they are added
    to those of the draft.
    """
    buttons = arguments.pop("buttons", None)
    if buttons:
        draft.setdefault("buttons", []).extend(buttons)
    given = {key: value for key, value in arguments.items() if value}
    return {**draft, **given} if item_wins else {**given, **draft}


def bot_event(draft: dict[str, Any], *, now: float) -> dict[str, Any]:
    """Sort a draft's keys into the text, data and metadata of a bot event."""
    text = draft.pop("text", None)
    data = {key: draft.pop(key, None) for key in DATA_KEYS}
    data["attachment"] = data["attachment"] or data["image"]
    event: dict[str, Any] = {"event": "bot", "timestamp": now}
    if draft:
        event["metadata"] = draft
    return {**event, "text": text, "data": data, "metadata": draft}


def generate(
    name: Any,
    *,
    responses: Responses,
    slots: Mapping[str, Any],
    arguments: Mapping[str, Any],
    output_channel: str | None = channel.NAME,
    choose: Choose = first,
) -> dict[str, Any] | None:
    """Fill a variation of the response `name`; None if there is no suitable one.

    Placeholders take the item's `arguments` before the slots.
    """
    check_arguments(arguments)
    if output_channel is None:
        raise AttributeError(NO_CHANNEL)
    if name not in responses:
        return None
    suitable = suitable_variations(
        responses[name], slots=slots, output_channel=output_channel
    )
    if not suitable:
        return None
    chosen = choose(suitable)
    conditions = chosen.get("condition")
    for condition in conditions if isinstance(conditions, list) else ():
        # Rasa writes it to its debug log, and stumbles where it has no type
        condition["type"]
    draft = dict(copy.deepcopy(chosen))
    values = {**slots, **arguments}
    for key in INTERPOLATED if values else ():
        if key in draft:
            draft[key] = interpolate(draft[key], values)
    return draft


def check_arguments(
    arguments: Mapping[str, Any],
    methods: Mapping[str, tuple[str, ...]] = TAKEN_ARGUMENTS,
) -> None:
    """Stumble as Rasa does over an argument that has the name of a parameter."""
    for method, taken in methods.items():
        for key in arguments:
            if key in taken:
                msg = f"{GENERATOR}.{method}() got multiple values for argument {key!r}"
                raise TypeError(msg)


def suitable_variations(
    variations: Sequence[Variation],
    *,
    slots: Mapping[str, Any],
    output_channel: str | None = channel.NAME,
) -> list[Variation]:
    """Return the variations among which Rasa chooses; it has no preference in them.

    Conditional ones for this channel go first, then those without condition for this
    channel, then conditional ones for every channel, then the others for every one.
    """
    conditional = [
        each
        for each in variations
        if each.get("condition") and _holds(each["condition"], slots)
    ]
    default = [each for each in variations if each.get("condition") is None]
    for wanted in (output_channel, None):
        for group in (conditional, default):
            found = [each for each in group if each.get("channel") == wanted]
            if found:
                return found
    return []


def _holds(
    condition: Iterable[Mapping[str, Any]] | str, slots: Mapping[str, Any]
) -> bool:
    if isinstance(condition, str):
        return holds(condition, {"slots": slots})
    return all(_equal(slots.get(each["name"]), each["value"]) for each in condition)


def _equal(value: Any, wanted: Any) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return value.casefold() == wanted.casefold()
    return bool(value == wanted)


def interpolate(template: Any, values: Mapping[str, Any]) -> Any:
    """Fill the placeholders of all strings in a JSON value; keys of objects stay."""
    if isinstance(template, str):
        return interpolate_text(template, values)
    if isinstance(template, dict):
        return {key: interpolate(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [interpolate(value, values) for value in template]
    return template


def interpolate_text(template: str, values: Mapping[str, Any]) -> str:
    """Replace every `{name}` by `str()` of its value; `{{` and `}}` mean braces.

    If one name has no value the whole text stays as it is.  Rasa hands the text to
    `str.format`, which gives odd texts odd results and raises for a lone brace
    (ValueError).
    """
    try:
        filled = PLACEHOLDER.sub(r"{0[\1]}", template).format(values)
        if "0[" in filled:
            # Rasa takes this for an escaped placeholder, wherever it comes from
            return template.format({})
    except KeyError:
        return template
    return filled
