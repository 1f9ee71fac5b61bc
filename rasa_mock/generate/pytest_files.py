"""Test files that come with generated fixtures (`--format pytest`).

Each needs pytest and rasa_mock, no plugin and no extra, and lies beside the fixtures
that it reads.  It is meant to be extended: the place is marked.
"""

from __future__ import annotations

from collections.abc import Mapping

HEAD = '''"""{title}, made by `rasa-mock generate {kind} --format pytest`.

Which domain, seed and versions they were made with stands in {manifest}.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

{imports}

HERE = Path(__file__).parent
MANIFEST = json.loads((HERE / "{manifest}").read_text(encoding="utf-8"))
MADE = MANIFEST["sets"]["{name}"]
IDS = MADE["files"]["{file}"]["ids"]
TEXT = (HERE / "{file}").read_text(encoding="utf-8")
DOCUMENTS = [json.loads(line) for line in TEXT.split("\\n") if line]
DOMAIN = Domain.from_dict(MADE["domain"], profile=MADE["profile"])
{more}
every = pytest.mark.parametrize("document", DOCUMENTS, ids=IDS)
'''
SCHEMA = """

@every
def test_it_is_right_by_the_schema(document):
    found = validate("{schema}", document, registry=REGISTRY)
    assert [issue for issue in found if not issue.pointer.startswith("/domain")] == []
"""
FOLD = """

@every
def test_its_events_add_up_to_its_state(document):
    state = {state}
    tracker = Tracker.from_events(
        state["sender_id"],
        state["events"],
        domain=DOMAIN,
        now=MADE["now"],
        known_events=tuple(REGISTRY.event_types),
        profile=MADE["profile"],
    )
    assert tracker.current_state() == state
"""
TODO = """

# Your own tests of {what} go here: `document` is one of them.
"""
RESPONSES = """

@every
def test_rasa_takes_it(document):
    body = json.dumps(document).encode()
    headers = {"Content-Type": "application/json"}
    outcome = interpret(
        Reply(status=200, headers=headers, body=body),
        action="action_example",
        tracker=Tracker.from_events("sender", [], domain=DOMAIN),
        domain=DOMAIN,
    )
    assert outcome.kind == "applied"
"""
WRONG = """

@every
def test_it_breaks_the_rule_that_it_is_labelled_with(document):
    how = {"domain": DOMAIN, "registry": REGISTRY, "now": MADE["now"]}
    assert still_wrong(document, **how)
"""
CONVERSATIONS = """

@every
def test_its_events_can_be_folded(document):
    tracker = Tracker.from_events(
        document["sender_id"],
        document["events"],
        domain=DOMAIN,
        now=MADE["now"],
        known_events=tuple(REGISTRY.event_types),
        profile=MADE["profile"],
    )
    assert len(tracker.events) == len(document["events"])
    assert not tracker.unknown_slots
"""
_REGISTRY = 'REGISTRY = Registry.load(MADE["profile"])'
_FOLDED = SCHEMA + FOLD
_TESTS: Mapping[str, str] = {
    "requests": _FOLDED.replace("{schema}", "action_request").replace(
        "{state}", 'document["tracker"]'
    ),
    "trackers": _FOLDED.replace("{schema}", "tracker").replace("{state}", "document"),
    "events": SCHEMA.replace("{schema}", "tracked_event"),
    "responses": SCHEMA.replace("{schema}", "action_response") + RESPONSES,
    "conversations": CONVERSATIONS,
    "wrong_responses": WRONG,
}
_IMPORTS: Mapping[str, tuple[str, ...]] = {
    "requests": ("Tracker", "registry", "validate"),
    "trackers": ("Tracker", "registry", "validate"),
    "events": ("registry", "validate"),
    "responses": ("Reply", "Tracker", "interpret", "registry", "validate"),
    "conversations": ("Tracker", "registry"),
    "wrong_responses": ("wrong", "registry"),
}
_MODULES: Mapping[str, str] = {
    "wrong": "from rasa_mock.run.wrong_items import still_wrong",
    "registry": "from rasa_mock.schema.registry import Registry",
    "validate": "from rasa_mock.schema.validate import validate",
}


def file_of_tests(name: str, *, kind: str, file: str, manifest: str) -> str:
    """Return the text of the test file for a set of fixtures, one document a line."""
    wanted = _IMPORTS[name]
    public = ", ".join(sorted({"Domain", *(n for n in wanted if n not in _MODULES)}))
    imports = [f"from rasa_mock import {public}"]
    imports += [line for key, line in _MODULES.items() if key in wanted]
    head = HEAD.format(
        title=f"Tests of generated {name.replace('_', ' ')}",
        kind=kind,
        name=name,
        file=file,
        manifest=manifest,
        imports="\n".join(imports),
        more=_REGISTRY,
    )
    return head + _TESTS[name] + TODO.format(what=name.replace("_", " "))
