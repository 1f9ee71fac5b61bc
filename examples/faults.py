"""Three mistakes that real Rasa tells no user about, planted into the weather bot.

Each is a bit of `weather/actions/actions.py`, wrong as people write it wrong.
"""

from __future__ import annotations

import difflib
import shutil
from dataclasses import dataclass
from pathlib import Path

WEATHER = Path(__file__).resolve().parent / "weather"
ACTIONS = Path("actions", "actions.py")


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A bit of code, right and wrong; the action it breaks; the rule that finds it."""

    title: str
    action: str
    rule: str
    right: str
    wrong: str


FAULTS = (
    Fault(
        title="a float slot gets a text",
        action="action_tell_weather",
        rule="RM303",
        right='SlotSet("temperature", weather.temperature)',
        wrong='SlotSet("temperature", f"{weather.temperature} °C")',
    ),
    Fault(
        title="an entity is taken for granted: StopIteration where there is none",
        action="action_show_sky",
        rule="RM105",
        right='next(tracker.get_latest_entity_values("location"), None)',
        wrong='next(tracker.get_latest_entity_values("location"))',
    ),
    Fault(
        title="a response's name is misspelt, so the bot stays silent",
        action="action_warn_of_storm",
        rule="RM502",
        right='"utter_storm_warning" if stormy else "utter_no_storm"',
        wrong='"utter_storm_warning" if stormy else "utter_nostorm"',
    ),
)


def plant(target: Path) -> str:
    """Copy the weather bot to `target` with the faults in it; return the difference."""
    shutil.copytree(WEATHER, target, ignore=shutil.ignore_patterns("__pycache__"))
    right = (target / ACTIONS).read_text(encoding="utf-8")
    wrong = right
    for fault in FAULTS:
        if wrong.count(fault.right) != 1:
            raise LookupError(f"expected {fault.right!r} once in {ACTIONS}")
        wrong = wrong.replace(fault.right, fault.wrong)
    (target / ACTIONS).write_text(wrong, encoding="utf-8")
    return "".join(
        difflib.unified_diff(
            right.splitlines(keepends=True),
            wrong.splitlines(keepends=True),
            fromfile=f"weather/{ACTIONS.as_posix()}",
            tofile=f"weather_faulty/{ACTIONS.as_posix()}",
            n=0,
        )
    )
