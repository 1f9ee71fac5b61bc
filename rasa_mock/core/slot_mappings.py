"""The mappings that fill slots from messages: which are well formed.

Imitates the checks of `rasa.shared.core.slot_mappings` (Rasa 3.6) at loading time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.core.refusals import pointer_token, reading, refuse

DOCS = "https://rasa.com/docs/rasa/domain#slots"

# Type of mapping -> keys that must be there and not null.
MAPPING_TYPES: Mapping[str, tuple[str, ...]] = {
    "from_entity": ("entity",),
    "from_intent": ("value",),
    "from_trigger_intent": ("value",),
    "from_text": (),
    "custom": (),
}
# Rasa Pro has these as well, and a slot may go without any.
CALM_MAPPING_TYPES: Mapping[str, tuple[str, ...]] = {
    **MAPPING_TYPES,
    "from_llm": (),
    "controlled": (),
}


def check_all_mappings(
    slots: Mapping[str, Any],
    *,
    types: Mapping[str, tuple[str, ...]] = MAPPING_TYPES,
    may_lack: bool = False,
) -> None:
    """Raise DataError for the first slot whose mappings Rasa refuses.

    `types` are the mappings that there are; with `may_lack` a slot needs none.
    """
    with reading("/slots", expected="a mapping of slot names to settings", got=slots):
        entries = list(slots.items())
    for name, settings in entries:
        pointer = f"/slots/{pointer_token(name)}"
        with reading(
            pointer, expected="a mapping with a slot's settings", got=settings
        ):
            mappings = settings.get("mappings")
        if mappings is None and may_lack:
            continue
        pointer += "/mappings"
        with reading(pointer, expected="a list of slot mappings", got=mappings):
            for index, mapping in enumerate(mappings):
                check_mapping(name, mapping, pointer=f"{pointer}/{index}", types=types)


def check_mapping(
    slot: str,
    mapping: Any,
    *,
    pointer: str,
    types: Mapping[str, tuple[str, ...]] = MAPPING_TYPES,
) -> None:
    """Raise DataError (`InvalidDomain`) unless the one mapping is well formed."""
    if not isinstance(mapping, dict):
        raise refuse(
            "InvalidDomain",
            f"Please make sure that the slot mappings for slot '{slot}' in your domain "
            f"are valid dictionaries. Please see {DOCS} for more information.",
            pointer=pointer,
        )
    kind = mapping.get("type")
    if not isinstance(kind, str) or kind not in types:
        raise refuse(
            "InvalidDomain",
            f"Your domain uses an invalid slot mapping of type '{kind}' for slot "
            f"'{slot}'. Please see {DOCS} for more information.",
            pointer=pointer,
        )
    for key in types[kind]:
        if mapping.get(key) is None:
            raise refuse(
                "InvalidDomain",
                f"You need to specify a value for the key '{key}' in the slot mapping "
                f"of type '{kind}' for slot '{slot}'. Please see {DOCS} for more "
                "information.",
                pointer=pointer,
            )
