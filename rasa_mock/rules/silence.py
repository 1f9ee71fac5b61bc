"""RM218 to RM220: an action from which nothing comes.

rasa-sdk hides from Rasa what `run` really returned; where we own its process, the
witness in it tells (rasa_mock.clients.witness).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rasa_mock.rules.base import ActionRecord, Draft, Example, Exchange, rule

NO_LIST = ("str", "dict", "bytes", "int", "bool")
VALIDATES = ("validate_", "action_validate_slot_mappings")


@rule(
    "RM218",
    "info",
    title="run returned None",
    wrong=Example(witness={"returned": "NoneType"}),
    right=Example(witness={"returned": "list"}),
)
def returned_none(exchange: Exchange) -> Iterator[Draft]:
    """`run` returned None; often a `return []` or the events were forgotten.

    rasa-sdk takes it as an empty list.  Only seen with --actions, where we look into
    the server's process.
    """
    if _returned_nothing(exchange.witness):
        got = str(exchange.witness.get("shown", "None"))
        yield Draft(
            message=f"run returned {got} instead of a list of events",
            subject="None",
            expected="a list of events, which may be empty",
            got=got,
            hint="end run with `return []`, and return the events that it made",
            rasa="rasa-sdk makes an empty list of it, so no event reaches Rasa",
        )


@rule(
    "RM219",
    "error",
    title="run returned something other than a list",
    wrong=Example(witness={"returned": "str", "dropped": [], "shown": "'slot'"}),
    right=Example(witness={"returned": "tuple"}),
)
def returned_no_list(exchange: Exchange) -> Iterator[Draft]:
    """`run` returned a string, an object or one event instead of a list of events.

    rasa-sdk goes through it item by item, through a string letter by letter and
    through an object key by key, and drops every one.  Only seen with --actions.
    """
    returned = exchange.witness.get("returned")
    if returned not in NO_LIST or exchange.witness.get("empty"):
        return
    got = str(exchange.witness.get("shown", returned))
    yield Draft(
        message=f"run returned {got} instead of a list of events",
        subject=returned,
        expected="a list of events",
        got=got,
        hint="put the event into a list: return [SlotSet(...)]",
        rasa="rasa-sdk drops all of it, so no event reaches Rasa",
    )


@rule(
    "RM220",
    "info",
    title="action that never answers anything",
    wrong=Example(),
    right=Example(responses=[{"text": "Hello"}]),
    each="action",
)
def never_says_anything(record: ActionRecord) -> Iterator[Draft]:
    """No call of the action brought an event or a message.

    That is legal: an action may work behind the scenes.  But it is also what four
    mistakes look like from outside, because rasa-sdk hides them: run returns None;
    the events are strings or a list in a list, which rasa-sdk drops; tracker.slots was
    changed in place; the messages were never handed to the dispatcher.  With --actions
    the check looks into the server's process and tells them apart.
    """
    answered = [call for call in record.calls if call.usable]
    if not answered or record.action.startswith(VALIDATES):
        return
    if any(call.events or call.responses or call.rejected for call in record.calls):
        return
    if any(_explained(call.witness) for call in answered):
        return
    yield Draft(
        message=f"no event and no message in any of {len(answered)} calls",
        subject="silence",
        expected="an event or a message, unless it only works behind the scenes",
        got='{"events": [], "responses": []} each time',
        hint="if it should set a slot or say something: return the events as a flat "
        "list of event objects, change no slot in tracker.slots, and check with "
        "--actions PACKAGE to see what run really returns",
        rasa="Rasa logs the action and goes on",
        action=record.action,
    )


def _returned_nothing(witness: Mapping[str, Any]) -> bool:
    """Tell whether `run` returned None, or something false that counts as much."""
    returned = witness.get("returned")
    return returned == "NoneType" or (
        returned in NO_LIST and witness.get("empty", False)
    )


def _explained(witness: Mapping[str, Any]) -> bool:
    """Tell whether the witness in the process saw why nothing came."""
    return bool(
        witness.get("dropped")
        or witness.get("changed")
        or witness.get("returned")
        in ("NoneType", "str", "dict", "bytes", "int", "bool")
    )
