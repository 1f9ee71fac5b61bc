"""What Duckling finds: its dimensions, and the names that sound like them."""

from __future__ import annotations

from collections.abc import Mapping

DUCKLING = frozenset(
    {
        "amount-of-money",
        "credit-card-number",
        "distance",
        "duration",
        "email",
        "number",
        "ordinal",
        "phone-number",
        "quantity",
        "temperature",
        "time",
        "url",
        "volume",
    }
)
# What Duckling calls the kinds of value that it knows; see `dimension_of`.
DIMENSIONS: Mapping[str, str] = {
    "amount": "amount-of-money",
    "date": "time",
    "datetime": "time",
    "number": "number",
    "temperature": "temperature",
    "time": "time",
}


def dimension_of(name: str, *, kind: str) -> str | None:
    """Say in which of Duckling's dimensions an entity of this name would be found."""
    return "duration" if "duration" in name.lower() else DIMENSIONS.get(kind)
