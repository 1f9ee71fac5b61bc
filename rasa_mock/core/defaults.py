"""What Rasa 3.6 adds to every domain: actions, intents, slots, session settings.

Imitates `rasa.shared.core.constants` and `rasa.shared.constants`.
"""

from __future__ import annotations

# The order counts: it is the order of the action names that Rasa prints and predicts.
DEFAULT_ACTIONS = (
    "action_listen",
    "action_restart",
    "action_session_start",
    "action_default_fallback",
    "action_deactivate_loop",
    "action_revert_fallback_events",
    "action_default_ask_affirmation",
    "action_default_ask_rephrase",
    "action_two_stage_fallback",
    "action_unlikely_intent",
    "action_back",
    "...",
    "action_extract_slots",
)

DEFAULT_INTENTS = ("restart", "back", "out_of_scope", "session_start", "nlu_fallback")

REQUESTED_SLOT = "requested_slot"
SESSION_START_METADATA_SLOT = "session_started_metadata"
KNOWLEDGE_BASE_SLOTS = (
    "knowledge_base_listed_objects",
    "knowledge_base_last_object",
    "knowledge_base_last_object_type",
)
KNOWLEDGE_BASE_ACTION = "action_query_knowledge_base"

# What Rasa Pro adds to the slots of a bot with flows: those of its built-in patterns.
PATTERN_SLOTS = {
    "confirm_correction": "any",
    "silence_timeout": "any",
    "consecutive_silence_timeouts": "any",
    "interrupted_flow_to_continue": "any",
    "continue_interrupted_flow_confirmation": "any",
    "max_clarification_options": "any",
    "continue_conversation": "any",
    "csat_score": "any",
}

# Slots that extraction from messages never fills.
AUTOMATIC_SLOTS = (REQUESTED_SLOT, SESSION_START_METADATA_SLOT, *KNOWLEDGE_BASE_SLOTS)

# Hidden value that a categorical slot's unlisted values count as.
OTHER_CATEGORY = "__other__"

UTTER_PREFIX = "utter_"
VALIDATE_PREFIX = "validate_"

FORMAT_VERSION = "3.1"
SESSION_EXPIRATION_MINUTES = 60
CARRY_OVER_SLOTS = True
