"""A bot for strategies: greets, books a table by a form, saves by an action."""

from __future__ import annotations

import textwrap

import pytest

FILES = {
    "domain.yml": """
        version: "3.1"
        intents: [greet, inform, book, stop]
        entities: [city, number]
        slots:
          city: {type: text, mappings: [{type: from_entity, entity: city}]}
          guests: {type: float, mappings: [{type: from_entity, entity: number}]}
          note: {type: text, mappings: [{type: custom}]}
        forms:
          book_form: {required_slots: [city, guests]}
        responses:
          utter_greet: [{text: "hi"}]
          utter_ask_city: [{text: "where?"}]
          utter_ask_guests: [{text: "how many?"}]
        actions: [action_save]
        """,
    "data/rules.yml": """
        version: "3.1"
        rules:
        - rule: greet
          steps:
          - intent: greet
          - action: utter_greet
        - rule: start
          steps:
          - intent: book
          - action: book_form
          - active_loop: book_form
        - rule: end
          condition:
          - active_loop: book_form
          steps:
          - action: book_form
          - active_loop: null
          - slot_was_set: [{requested_slot: null}]
          - action: action_save
        """,
    "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: greet
          examples: |
            - hello
        - intent: inform
          examples: |
            - in [Rome](city)
        """,
    "config.yml": """
        assistant_id: strategies
        pipeline:
          - name: WhitespaceTokenizer
          - name: KeywordIntentClassifier
        policies:
          - name: MemoizationPolicy
          - name: RulePolicy
        """,
}


@pytest.fixture(scope="session")
def bot(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bot")
    (folder / "data").mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder
