"""The catalogue as a package of rasa-sdk: a class for each row that it can say.

rasa-sdk pickles the classes, so each has to be a name of this module.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action

from tests.servers.catalogue.right import RIGHT
from tests.servers.catalogue.rows import Row
from tests.servers.catalogue.wrong import WRONG

# rasa-sdk drops what is no object before it answers.
DROPPED = ("RM201", "RM202")
# What some answers look at: enough to see whether a server of rasa-sdk could give them.
ANY_STATE = {
    "sender_id": "anna",
    "slots": {},
    "events": [],
    "latest_message": {},
    "latest_event_time": 1.0,
}


class Served:
    """What an action of a row does; the tracker's state is handed on as it came."""

    row: Row

    def name(self) -> str:
        return self.row.name

    async def run(self, dispatcher: Any, tracker: Any, _domain: Any) -> Any:
        last = tracker.events[-1]["timestamp"] if tracker.events else None
        state = {**tracker.current_state(), "latest_event_time": last}
        said = self.row.say(state)
        dispatcher.messages.extend(said.responses)
        return list(said.events)


def served(rows: tuple[Row, ...], *, besides: tuple[Row, ...]) -> tuple[Row, ...]:
    """Return the rows that an action of rasa-sdk can say, each name once."""
    taken = {row.name for row in besides}
    return tuple(
        row
        for row in rows
        if row.name not in taken
        and row.rule not in DROPPED
        and row.say(ANY_STATE).is_plain
    )


SERVED_WRONG = served(WRONG, besides=RIGHT)
SERVED_RIGHT = served(RIGHT, besides=())

for _row in (*SERVED_WRONG, *SERVED_RIGHT):
    globals()[_row.name] = type(
        _row.name, (Served, Action), {"row": _row, "__module__": __name__}
    )
