"""Documents to check schemas with: examples, recordings, conversations, corpora."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from rasa_mock.schema.registry import Registry

ROOT = Path(__file__).resolve().parents[2]
CONFORMANCE = ROOT / "fixtures" / "conformance"


class Sample(NamedTuple):
    """A document, what kind it is, and where it is from."""

    kind: str
    document: Any
    source: str


def read(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def protocol_requests() -> Iterator[Sample]:
    for case in read(CONFORMANCE / "action_protocol.json")["requests"]:
        if case["http"] is not None:  # one is refused before anything is sent
            yield Sample("action_request", case["http"]["body"], case["id"])


def protocol_answers() -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield the answers with status 2xx whose body is JSON that Rasa could read."""
    for case in read(CONFORMANCE / "action_protocol.json")["responses"]:
        text = case.get("body_text")
        if text is not None and 200 <= (case.get("status") or 0) < 300:
            try:
                yield case, json.loads(text)
            except ValueError:
                continue


@cache
def conversation_requests() -> tuple[Sample, ...]:
    folder = CONFORMANCE / "conversations"
    domain = read(folder / "_domain.json")
    found = []
    for path in sorted(folder.glob("[0-9]*.json")):
        for number, step in enumerate(read(path)["steps"]):
            for call in step.get("action_calls") or ():
                if "request" in call:
                    request = dict(call["request"])
                    if isinstance(request.get("domain"), str):
                        request["domain"] = domain
                    found.append(
                        Sample("action_request", request, f"{path.name}:{number}")
                    )
    return tuple(found)


@cache
def corpus_states() -> tuple[tuple[str, Any], ...]:
    """Return family and final state of every case of the corpus that has one."""
    with gzip.open(CONFORMANCE / "corpus_public.jsonl.gz", "rt") as lines:
        cases = [json.loads(line) for line in lines]
    return tuple(
        (case["family"], case["expected"]["state"])
        for case in cases
        if case["expected"].get("state")
    )


@cache
def corpus_answers() -> tuple[Any, ...]:
    """Return every case of the corpus of answers."""
    with gzip.open(CONFORMANCE / "corpus_actions_public.jsonl.gz", "rt") as lines:
        return tuple(json.loads(line) for line in lines)


@cache
def examples() -> tuple[Sample, ...]:
    """Return every example of the profile, right and wrong."""
    registry = Registry.load()
    found = []
    for name in registry.names():
        document = registry.document(name)
        found += [Sample(name, each, name) for each in document["examples"]]
        found += [
            Sample(kind_of_wrong(name, wrong), wrong["example"], name)
            for wrong in document["x-rasa"]["wrong"]
        ]
    return tuple(found)


def kind_of_wrong(name: str, wrong: dict[str, Any]) -> str:
    if not name.startswith("events/"):
        return name
    return "tracked_event" if wrong.get("form") == "tracked" else "event"


class Recorded(NamedTuple):
    """One exchange with a real action server."""

    file: str
    id: str
    status: int
    request: Any
    answer: Any


def recorded(folder: Path) -> Iterator[Recorded]:
    """Yield the recorded calls of actions; the domain that a line names is put in."""
    for path in sorted(folder.glob("recordings/*.jsonl")):
        if path.stem.endswith(".applied"):
            continue
        for line in path.read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["id"] in NO_ACTION:
                continue
            request = row.get("request")
            if isinstance(request, dict) and isinstance(request.get("domain"), str):
                domain = read(path.parent / request["domain"].removeprefix("@"))
                request = {**request, "domain": domain}
            answer = row.get("response", MISSING)
            yield Recorded(path.stem, row["id"], row["status"], request, answer)


#: probes of other paths, or with a body that is not JSON
NO_ACTION = ("p_health", "p_actions", "p_no_body", "p_bad_json", "p_get_webhook")
MISSING = object()
