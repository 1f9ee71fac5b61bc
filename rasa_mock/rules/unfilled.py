"""RM521: a text with a placeholder in it, which nobody fills."""

from __future__ import annotations

import re
from collections.abc import Iterator

from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import Draft, Example, Exchange, Place, rule

# A name in single braces; two of them stand for the brace itself.
PLACEHOLDER = re.compile(r"(?<![{$])\{([A-Za-z_]\w*)\}(?!\})")


@rule(
    "RM521",
    "info",
    title="placeholder in a text",
    wrong=Example(responses=[{"text": "The weather in {city} is fine"}]),
    right=Example(responses=[{"response": "utter_weather", "degrees": 3}]),
    each="message",
)
def placeholder_in_text(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A text holds a slot's name in braces: the f of an f-string was forgotten.

    Rasa fills placeholders in the responses of the domain, never in a text that an
    action sends.  It may be meant: a text about templates has braces in it.
    """
    text = place.value.get("text")
    if not isinstance(text, str) or place.value.get("response"):
        return
    said = exchange.before.latest_message.get("text")
    if isinstance(said, str) and said and said in text:
        return
    known = {*exchange.domain.slots, *exchange.domain.entities}
    for name in dict.fromkeys(PLACEHOLDER.findall(text)):
        if name in known:
            yield Draft(
                message=f"a text says {{{name}}}: {shown(text)}",
                pointer=f"{place.pointer}/text",
                subject=name,
                expected=f"the value of {name!r}, or a response of the domain",
                got=shown(text),
                hint=f"fill it in the action: tracker.get_slot({name!r}); or make a "
                "response of it and send its name",
                rasa="the user reads the braces",
            )
