"""What a response of the domain comes to, or that it comes to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_mock.core import nlg
from rasa_mock.core.domain import Domain


def drafted(
    name: str,
    *,
    domain: Domain,
    slots: Mapping[str, Any],
    arguments: Mapping[str, Any],
    channel: str = "",
    choose: nlg.Choose = nlg.first,
) -> dict[str, Any] | None:
    """Return the message that Rasa makes of a response; None if it would lose it."""
    try:
        return nlg.generate(
            name,
            responses=domain.responses,
            slots=slots,
            arguments=arguments,
            output_channel=channel,
            choose=choose,
        )
    except (TypeError, ValueError, AttributeError, LookupError):
        return None
