"""A bot that sells pizza, in four small files; and its action server, in one."""

from __future__ import annotations

import textwrap
from pathlib import Path

FILES = {
    "domain.yml": """
        version: "3.1"
        intents: [greet, order, inform, thank]
        entities: [size]
        slots:
          size: {type: text, mappings: [{type: from_entity, entity: size}]}
          price: {type: float, mappings: [{type: custom}]}
          member: {type: bool, mappings: [{type: custom}]}
        forms:
          pizza_form: {required_slots: [size]}
        actions: [action_price, validate_pizza_form, action_never]
        responses:
          utter_greet: [{text: "Hello!"}]
          utter_ask_size:
          - text: "Which size?"
            buttons: [{title: small, payload: "/inform"}, {title: large, payload: "/x"}]
          utter_price: [{text: "That is {price}"}]
          utter_unused: [{text: "never"}]
        """,
    "config.yml": """
        assistant_id: pizza
        pipeline:
        - name: WhitespaceTokenizer
        - name: KeywordIntentClassifier
        - name: RegexEntityExtractor
        policies:
        - name: MemoizationPolicy
        - name: RulePolicy
        """,
    "data/nlu.yml": """
        nlu:
        - intent: greet
          examples: |
            - hello
            - hi
        - intent: order
          examples: |
            - pizza
        - intent: inform
          examples: |
            - a [large](size) one
            - [small](size)
        - lookup: size
          examples: |
            - large
            - small
        """,
    "data/rules.yml": """
        rules:
        - rule: greet
          steps:
          - intent: greet
          - action: utter_greet
        - rule: start
          steps:
          - intent: order
          - action: pizza_form
          - active_loop: pizza_form
        - rule: end
          condition: [{active_loop: pizza_form}]
          steps:
          - action: pizza_form
          - active_loop: null
          - slot_was_set: [{requested_slot: null}]
          - action: action_price
          - action: utter_price
        """,
}

ACTIONS = """
from rasa_sdk import Action, FormValidationAction
from rasa_sdk.events import SlotSet


class Price(Action):
    def name(self):
        return "action_price"

    def run(self, dispatcher, tracker, domain):
        price = {"small": 7.5}.get(tracker.get_slot("size"), 9.5)
        return [SlotSet("price", price)]


class Never(Action):
    def name(self):
        return "action_never"

    def run(self, dispatcher, tracker, domain):
        return []


class Validate(FormValidationAction):
    def name(self):
        return "validate_pizza_form"

    def validate_size(self, value, dispatcher, tracker, domain):
        return {"size": value if value in ("small", "large") else None}
"""

STUBS = """
stub_custom_actions:
  action_price:
    events: [{event: slot, name: price, value: 9.5}]
    responses: [{text: "priced"}]
  validate_pizza_form: {events: []}
"""


def write_pizza_bot(folder: Path) -> Path:
    """Write the bot and its actions into a folder."""
    for name, text in {**FILES, "actions.py": ACTIONS}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return folder


def write_tests(folder: Path, text: str, *, name: str = "e2e.yml") -> Path:
    """Write a file of tests beside the bot."""
    path = folder / "tests" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return path
