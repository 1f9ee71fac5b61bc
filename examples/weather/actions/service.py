"""Stands where a real bot would call a weather service.

It needs no network and no key: a place's weather is worked out from its name, so the
same place always has the same weather and every test can be repeated.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

SKIES = ("clear", "cloudy", "rainy", "snowy", "stormy")
COLDEST, WARMEST = -8.0, 34.0  # degrees Celsius
SNOW_BELOW = 3.0


@dataclass(frozen=True)
class Weather:
    """The weather of one place: degrees Celsius, and one of `SKIES`."""

    temperature: float
    sky: str

    @property
    def stormy(self) -> bool:
        """Tell whether one should stay at home."""
        return self.sky == "stormy"


def is_place(value: Any) -> bool:
    """Tell whether this can be the name of a place: a line of text with letters."""
    return isinstance(value, str) and any(map(str.isalpha, value)) and "\n" not in value


def weather_in(place: str) -> Weather:
    """Return the weather of a place; letter case and outer blanks do not matter."""
    number = zlib.crc32(place.strip().casefold().encode("utf-8", "replace"))
    share, number = number % 1000 / 999, number // 1000
    temperature = round(COLDEST + share * (WARMEST - COLDEST), 1)
    sky = SKIES[number % len(SKIES)]
    if sky == "snowy" and temperature > SNOW_BELOW:
        sky = "rainy"
    return Weather(temperature=temperature, sky=sky)
