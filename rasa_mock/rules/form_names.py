"""RM401 and RM409: actions that a form finds by their names."""

from __future__ import annotations

from collections.abc import Iterator

from rasa_mock.core.defaults import VALIDATE_PREFIX
from rasa_mock.rules.base import ActionRecord, Draft, Example, Exchange, rule
from rasa_mock.rules.names import meant, nearest
from rasa_mock.rules.roles import event_names
from rasa_mock.rules.validation import GOOD


@rule(
    "RM401",
    "warning",
    title="validation of a form that the domain lacks",
    wrong=Example(action="validate_tripp_form"),
    right=GOOD,
    each="action",
)
def no_such_form(record: ActionRecord) -> Iterator[Draft]:
    """An action is called validate_<form>, and the domain has no such form.

    Rasa finds a form's validation by its name alone.
    """
    form = record.action.removeprefix(VALIDATE_PREFIX)
    forms = record.domain.forms
    if form == record.action or form in forms:
        return
    if not (form.endswith("form") or nearest(form, forms)):
        return
    yield Draft(
        message=f"{record.action} validates {form!r}, which is no form of the domain",
        subject=form,
        expected="validate_ and the name of a form of the domain",
        got=record.action,
        hint=meant(form, forms, otherwise="add the form to the domain"),
        rasa="it is never called to validate anything",
        action=record.action,
    )


@rule(
    "RM409",
    "warning",
    title="question that is never asked",
    wrong=Example(action="action_ask_city"),
    right=Example(action="action_ask_city", responses=[{"text": "Which city?"}]),
    each="action",
)
def silent_question(record: ActionRecord) -> Iterator[Draft]:
    """action_ask_<slot> brings no message in any call.

    It is all that the form says when it asks for the slot.
    """
    asked = record.action.removeprefix("action_ask_")
    if asked == record.action or not _is_question(asked, record):
        return
    usable = [call for call in record.calls if call.usable and call.exchange]
    if not usable or any(call.responses or _says(call.exchange) for call in usable):
        return
    yield Draft(
        message=f"no message in any of {len(usable)} calls: the question is not asked",
        pointer="/responses",
        subject=asked,
        expected="the question, as a message",
        got="no message",
        hint="dispatcher.utter_message(text=...), or leave the action to a response "
        f"utter_ask_{asked}",
        rasa="the form waits for an answer to a question that the user never saw",
        action=record.action,
    )


def _is_question(asked: str, record: ActionRecord) -> bool:
    names = {
        name
        for form in record.domain.forms.values()
        for slot in form.required_slots
        for name in (slot, f"{form.name}_{slot}")
    }
    return asked in names


def _says(exchange: Exchange | None) -> bool:
    return exchange is not None and "bot" in event_names(exchange)
