"""Which action a name stands for.

Imitates `action_for_name_or_text` of rasa/core/actions/action.py (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Mapping

from rasa_mock.core import actions, forms, two_stage
from rasa_mock.core.actions import Run
from rasa_mock.core.defaults import UTTER_PREFIX
from rasa_mock.core.domain import Domain
from rasa_mock.core.state import LISTEN

OWN: Mapping[str, Run] = {
    LISTEN: actions.nothing,
    "action_restart": actions.with_response("utter_restart", "restart"),
    "action_session_start": actions.start_session,
    "action_default_fallback": actions.with_response("utter_default", "rewind"),
    "action_deactivate_loop": actions.deactivate,
    "action_revert_fallback_events": two_stage.revert_fallback,
    "action_default_ask_affirmation": actions.ask_affirmation,
    "action_default_ask_rephrase": actions.with_response("utter_ask_rephrase"),
    "action_two_stage_fallback": two_stage.two_stage_fallback,
    "action_unlikely_intent": actions.nothing,
    "action_back": actions.with_response("utter_back", "rewind", "rewind"),
    "action_extract_slots": actions.extract_slots,
}
"""Rasa's own actions; the 13th, `...`, is only for rules, and would be called."""


def is_plain(name: str, domain: Domain) -> bool:
    """Tell whether an action neither changes a tracker nor shows it to anyone.

    That is `action_listen` and every response: they look at the slots at most.
    """
    if name == LISTEN:
        return name not in domain.actions and name not in domain.forms
    return name.startswith(UTTER_PREFIX)


def find(domain: Domain, name: str) -> Run:
    """Return what runs the action `name`; a name listed in the domain overrides Rasa's.

    What is neither Rasa's own, a response, nor a form is on the action server.
    """
    if name in OWN and name not in domain.actions and name not in domain.forms:
        return OWN[name]
    if name.startswith(UTTER_PREFIX):
        return lambda stage, tracker: actions.respond(stage, tracker, name=name)
    if name in domain.forms and name not in domain.actions:
        return forms.form(domain.forms[name])
    return lambda stage, tracker: actions.call(stage, tracker, name=name)
