"""What a turn notes of what Rasa only logs, hides, or never gets over: as findings.

One row a kind of `Note`.  Ids RM651 and up are about whole conversations; those below
belong to the rules for single answers (`rasa_mock.rules`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from rasa_mock.core.commands import Note
from rasa_mock.core.findings import Finding


class NoteKind(NamedTuple):
    """What a kind of note means."""

    rule: str
    severity: str
    title: str
    rasa: str
    hint: str


NOTES: Mapping[str, NoteKind] = {
    "endless": NoteKind(
        "RM651",
        "error",
        "the turn never ends",
        "goes on for ever: it counts the actions since the bot last listened, and "
        "these events take the count back; the user waits, nothing is saved",
        "do not return undo, an action event named action_listen, or the rejection of "
        "another action",
    ),
    "too_many_predictions": NoteKind(
        "RM652",
        "warning",
        "too many actions in one turn",
        "stops after 10 actions without listening (MAX_NUMBER_OF_PREDICTIONS); the "
        "next message is taken as if the bot had listened",
        "let rules, stories and followups come to action_listen",
    ),
    "unknown_followup": NoteKind(
        "RM653",
        "error",
        "the followup action does not exist",
        "logs an error, and lets the policies predict",
        "name an action of the domain",
    ),
    "action_failed": NoteKind(
        "RM654",
        "error",
        "the action failed",
        "logs an exception and the action as if it had returned nothing; the "
        "conversation goes on",
        "see the answer of the action server",
    ),
    "slot_action_failed": NoteKind(
        "RM655",
        "error",
        "the action that fills or validates slots failed",
        "logs a warning and goes on: nothing is filled by it, all candidates stay",
        "see the answer of the action server",
    ),
    "no_response": NoteKind(
        "RM656",
        "warning",
        "the response has no suitable variation",
        "logs an error; the action is logged, and the user gets nothing",
        "add a variation without channel and condition",
    ),
    "needs_training": NoteKind(
        "RM657",
        "info",
        "a trained policy would decide here",
        "asks TEDPolicy, which has learned from the stories and may choose another "
        "action",
        "write a rule or story for it, or script the next action in the test",
    ),
    "turn_lost": NoteKind(
        "RM658",
        "error",
        "the turn is lost",
        "raises an exception and saves nothing of the turn, the message included; "
        "what was said before has reached the user",
        "see what the action returned",
    ),
    "unanswered": NoteKind(
        "RM659",
        "info",
        "no action server and no stub for the action",
        "would call the action server; here the action returns nothing",
        "give a stub for the action, or an action server",
    ),
}


IN_CONVERSATIONS = (
    "Found in conversations (rasa-mock shell, rasa-mock test, the pytest plugin), not "
    "by rasa-mock check: it takes a whole turn to see it."
)


def kind_of(rule_id: str) -> NoteKind | None:
    """Return the kind of note with a rule's id, in any case; None if there is none."""
    wanted = rule_id.strip().upper()
    return next((kind for kind in NOTES.values() if kind.rule == wanted), None)


def finding_of(note: Note) -> Finding:
    """Make the finding that a note is."""
    kind = NOTES[note.kind]
    action = note.action or ""
    return Finding(
        rule=kind.rule,
        severity=kind.severity,
        title=kind.title,
        action=action,
        subject=action,
        message=note.message,
        rasa=kind.rasa,
        hint=kind.hint,
    )
