"""The detector next to a generic API fuzzer: Schemathesis, on the same server.

26 actions in a real rasa-sdk, 24 with one mistake each and two that are right.  The
fuzzer is given our exported OpenAPI, with the action's name written into it, one run an
action: it would never guess a name.  It is installed by `pip` into an environment of
its own, kept in the user's cache between runs.  Seconds are CPU time of the command and
of what it starts; the server's own is not counted for either.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.harness import Figure, at_least
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.schema.openapi import openapi
from rasa_mock.schema.registry import Registry

BOT = Path(__file__).resolve().parent.parent / "tests" / "servers" / "wrong_actions"
RIGHT = ("action_good", "action_rejects")
FUZZER = "schemathesis"
EXAMPLES = 20
# What a fuzzer can say of an answer; that it takes odd methods or requests, too, is
# said of every action of rasa-sdk alike, the right ones included.
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
LEAST = 20.0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a tool says: actions that it accuses, and seconds of CPU and clock."""

    accused: frozenset[str]
    cpu: float
    wall: float

    @property
    def found(self) -> int:
        """Wrong actions that it accuses."""
        return len(self.accused - set(RIGHT))

    @property
    def alarms(self) -> int:
        """Right actions that it accuses."""
        return len(self.accused & set(RIGHT))


def figures() -> Iterator[Figure]:
    """Yield found, false alarms and seconds of both, and how they compare."""
    names = _actions()
    with ActionServerProcess("actions", cwd=BOT) as server:
        ours = _ours(server.url)
        theirs = _theirs(server.url, names)
    for name, verdict in (("rasa-mock check", ours), (FUZZER, theirs)):
        yield from _of(name, verdict, wrong=len(names) - len(RIGHT))
    each = [one.cpu / max(one.found, 1) for one in (ours, theirs)]
    yield Figure(
        name="times fewer seconds per mistake found",
        value=each[1] / each[0],
        unit="times",
        bar=at_least(LEAST),
    )


def _of(name: str, verdict: Verdict, *, wrong: int) -> Iterator[Figure]:
    yield Figure(name=f"{name}: found of {wrong}", value=verdict.found, unit="actions")
    yield Figure(name="  false alarms", value=verdict.alarms, unit="actions")
    yield Figure(name="  seconds of CPU", value=verdict.cpu, unit="s")
    yield Figure(name="  by the clock on the wall", value=verdict.wall, unit="s")
    each = verdict.cpu / max(verdict.found, 1)
    yield Figure(name="  for each mistake found", value=each, unit="s")


def _actions() -> list[str]:
    text = (BOT / "domain.yml").read_text("utf-8")
    return re.findall(r"^  - (action_\w+)$", text, flags=re.MULTILINE)


def _ours(url: str) -> Verdict:
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.ndjson")
        command = [sys.executable, "-m", "rasa_mock", "check", url, "--domain"]
        command += [str(BOT / "domain.yml"), "--report", f"ndjson={report}"]
        cpu, wall, _ = _timed(command)
        lines = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
    accused = {line["action"] for line in lines if line["type"] == "finding"}
    # From outside some mistakes show only as silence, which is told as `info`.
    return Verdict(accused=frozenset(accused - {""}), cpu=cpu, wall=wall)


def _theirs(url: str, names: Sequence[str]) -> Verdict:
    program = _installed()
    cpu = wall = 0.0
    accused = set()
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            document = Path(folder, f"{name}.json")
            document.write_text(json.dumps(described(name)), "utf-8")
            command = [str(program), "run", str(document), "--seed", "1"]
            command += ["--url", url.removesuffix("/webhook"), "--no-color"]
            command += ["--max-examples", str(EXAMPLES), "--mode", "positive"]
            command += ["--checks", ",".join(CHECKS)]
            used, took, code = _timed(command, cwd=folder)
            cpu, wall = cpu + used, wall + took
            if code not in (0, 1):
                raise AssertionError(f"{FUZZER} ended with {code} on {name}")
            if code == 1:
                accused.add(name)
    return Verdict(accused=frozenset(accused), cpu=cpu, wall=wall)


def described(action: str) -> dict[str, Any]:
    """Return our OpenAPI with the webhook alone, and one action's name in it."""
    document: dict[str, Any] = deepcopy(dict(openapi(Registry.load())))
    document["paths"] = {"/webhook": document["paths"]["/webhook"]}
    # Given the header for compressed bodies, it sends that without compressing, and
    # takes the server's answer for a mistake of the action.
    document["paths"]["/webhook"]["post"].pop("parameters", None)
    schemas = document["components"]["schemas"]
    request = schemas["action_request"]
    request["properties"]["next_action"] = {"const": action}
    return document


def _installed() -> Path:
    """Return the fuzzer's program, in an environment of its own."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    place = cache / "rasa-mock" / FUZZER
    program = place / "bin" / FUZZER
    if not program.exists():
        venv.create(place, with_pip=True)
        subprocess.run(
            [str(place / "bin" / "python"), "-m", "pip", "install", "-q", FUZZER],
            check=True,
        )
    return program


def _timed(
    command: Sequence[str], *, cwd: str | None = None
) -> tuple[float, float, int]:
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=cwd, check=False, capture_output=True)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, wall, done.returncode
