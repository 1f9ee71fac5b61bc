"""jsonschema and jsonschema-rs give the same verdicts, and the same places."""

from __future__ import annotations

import copy
import datetime as dt
import math
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rasa_mock.errors import UsageError
from rasa_mock.schema import engines
from rasa_mock.schema.compose import DEFS, definition
from rasa_mock.schema.registry import Registry
from rasa_mock.schema.validate import validate
from rasa_mock.schema.values import Purity, purity
from rasa_mock.schema.wording import to_pointer
from tests.schema.samples import (
    Sample,
    conversation_requests,
    corpus_answers,
    corpus_states,
    examples,
    protocol_answers,
    protocol_requests,
)

jsonschema_rs = pytest.importorskip("jsonschema_rs")

REGISTRY = Registry.load()


def everything() -> Iterator[Sample]:
    """Yield examples, answers, requests, and a third of the states of the corpus.

    The states are long, the portable engine is slow, and each family has dozens.  Of
    a conversation it is the last request, which holds the events of those before.
    """
    yield from examples()
    yield from protocol_requests()
    last = {each.source.partition(":")[0]: each for each in conversation_requests()}
    yield from last.values()
    for case, document in protocol_answers():
        yield Sample("action_response", document, case["id"])
    for case in corpus_answers():
        if "body" in case["answer"]:
            yield Sample("action_response", case["answer"]["body"], case["id"])
    for family, state in corpus_states()[::3]:
        yield Sample("tracker", state, family)


def libraries_disagree(sample: Sample) -> str | None:
    """Compare both libraries, each on its own, on the published schema."""
    schema = {
        "$ref": f"{DEFS}{definition(sample.kind)}",
        "$defs": dict(REGISTRY.compiled),
    }
    key = sample.kind
    if key not in _BUILT:
        _BUILT[key] = (
            engines.portable(schema),
            jsonschema_rs.Draft202012Validator(schema),
        )
    ours, rust = _BUILT[key]
    left = {to_pointer(e.absolute_path) for e in ours.iter_errors(sample.document)}
    right = {to_pointer(e.instance_path) for e in rust.iter_errors(sample.document)}
    return None if left == right else f"{sample.source}: {left} != {right}"


_BUILT: dict[str, Any] = {}


@pytest.mark.slow
def test_both_engines_find_the_same_in_conformance_data():
    count = wrong = 0
    for sample in everything():
        fast = validate(sample.kind, sample.document, engine="fast")
        portable = validate(sample.kind, sample.document, engine="portable")
        assert fast == portable, sample.source
        plain = purity(sample.document) is Purity.PLAIN
        if plain and (fast or count % 10 == 0):  # the whole schema takes long
            assert libraries_disagree(sample) is None
        count += 1
        wrong += bool(fast)
    assert count > 1_300
    assert wrong > 200


def test_a_fault_lies_where_the_published_schema_has_it():
    """Taking a document apart by event type finds what the whole schema finds."""
    for sample in examples():
        if purity(sample.document) is not Purity.PLAIN:
            continue
        schema = REGISTRY.bundle(sample.kind)
        whole = jsonschema_rs.Draft202012Validator(schema).iter_errors(sample.document)
        places = {to_pointer(error.instance_path) for error in whole}
        apart = {issue.pointer for issue in validate(sample.kind, sample.document)}
        assert apart == places, sample.source


SCALARS = [
    *(
        None,
        True,
        False,
        0,
        1,
        -1,
        1.0,
        -0.0,
        0.5,
        1e300,
        10**18,
        2**63,
        2**64,
        10**400,
    ),
    *("", "x", "slot", "user", "1", "é", "\U0001f600", "\ud800", "a\n", "2026-01-01\n"),
]
CONTAINERS = [[], {}, [None], [[]], {"a": 1}, {"event": "slot"}, [{"event": "restart"}]]
NOT_JSON = [
    *(math.nan, math.inf, -math.inf, {1, 2}, b"x", 1j, {1: 2}, {None: 3}, object()),
    dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc),
]
ODD = [(), (1, 2), ({"event": "restart"},)]
ANYTHING = [*SCALARS, *CONTAINERS, *NOT_JSON, *ODD]

POOL = [
    *examples(),
    *protocol_requests(),
    *conversation_requests()[::200],
    *(Sample("action_response", body, case["id"]) for case, body in protocol_answers()),
]


def places(document: Any) -> list[tuple[Any, Any]]:
    """Return every (container, key) of a document."""
    found: list[tuple[Any, Any]] = []
    todo = [document]
    while todo:
        value = todo.pop()
        keys = list(value) if isinstance(value, dict) else range(len(value))
        for key in keys:
            found.append((value, key))
            if isinstance(value[key], (dict, list)):
                todo.append(value[key])
    return found


def mutate(document: Any, *, draw: random.Random) -> Any:
    """Return a copy of a document with one to three things changed."""
    box = [copy.deepcopy(document)]
    for _ in range(draw.randint(1, 3)):
        container, key = draw.choice(places(box))
        what = draw.randrange(4)
        if what == 0 and container is not box:
            del container[key]
        elif what == 1 and isinstance(container, dict):
            name = draw.choice(["extra", "event", "name", "value", "timestamp"])
            container[name] = copy.deepcopy(draw.choice(ANYTHING))
        elif what == 2 and isinstance(container, list):
            container.append(copy.deepcopy(draw.choice(ANYTHING)))
        else:
            container[key] = copy.deepcopy(draw.choice(ANYTHING))
    return box[0]


@settings(max_examples=600)
@given(sample=st.sampled_from(POOL), seed=st.integers(min_value=0, max_value=2**32))
def test_both_engines_find_the_same_in_changed_documents(sample: Sample, seed: int):
    document = mutate(sample.document, draw=random.Random(seed))
    fast = validate(sample.kind, document, engine="fast")
    assert fast == validate(sample.kind, document, engine="portable")
    if purity(document) is Purity.PLAIN and not has_surrogate(document):
        changed = Sample(sample.kind, document, sample.source)
        assert libraries_disagree(changed) is None


def has_surrogate(document: Any) -> bool:
    return "\\ud800" in ascii(document)


def test_auto_takes_the_fast_engine_if_it_is_there():
    assert engines.fast({}, engine="auto") is not None


def test_the_portable_engine_needs_no_fast_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(__import__("sys").modules, "jsonschema_rs", None)
    assert engines.fast({}, engine="auto") is None
    with pytest.raises(UsageError, match=r"pip install 'rasa-mock\[fast\]'"):
        engines.fast({}, engine="fast")


def test_an_unknown_engine_is_a_usage_error():
    with pytest.raises(UsageError, match="unknown engine 'slow', expected one of auto"):
        engines.fast({}, engine="slow")
