"""Checked calls a second, next to the bare client: what checking costs beside calling.

The server is a real rasa-sdk with one trivial action.  The bare client is one
long-lived `httpx.Client` that posts the same bodies and reads the answers.  Rounds of
the two alternate, by the clock on the wall.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import httpx

from benchmarks.harness import Figure, at_least
from benchmarks.payloads import DOMAIN
from rasa_mock import Domain
from rasa_mock.cli.check import seldom_collected
from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import ActionServerProcess
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.rules.catalogue import selected
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.events import RunFinished
from rasa_mock.run.harness import check
from rasa_mock.run.plan import Plan, cases_of, prepare
from rasa_mock.schema.registry import Registry

ACTION = "action_trivial"
CASES = 400
ROUNDS = 5
JSON = {"Content-Type": "application/json"}


def figures() -> Iterator[Figure]:
    """Yield calls a second of both, and the share that checking leaves."""
    with ExitStack() as stack, seldom_collected():
        server = stack.enter_context(
            ActionServerProcess("trivial_actions", cwd=Path(__file__).parent)
        )
        endpoint = Endpoint(url=server.url)
        client = stack.enter_context(HttpClient(endpoint))
        bare = stack.enter_context(httpx.Client(trust_env=False))
        plan = _plan(endpoint, client=client)
        bodies = [
            prepared.request.body
            for prepared in prepare(plan, ACTION, cases=cases_of(plan, ACTION).made)
        ]
        rates = _alternate(
            lambda: _post(bare, server.url, bodies=bodies),
            lambda: _check(plan),
        )
    size = statistics.fmean(map(len, bodies))
    shares = [checked / plain for plain, checked in rates]
    plain, checked = (statistics.median(column) for column in zip(*rates, strict=True))
    yield Figure(
        name=f"bare httpx client ({size / 1000:.0f} kB a call)",
        value=plain,
        unit="calls/s",
    )
    yield Figure(
        name="checked: made, called, applied, judged",
        value=checked,
        unit="calls/s",
        rasa="24 to 37",
    )
    yield Figure(
        name="checked calls, share of the bare client's",
        value=statistics.median(shares) * 100,
        unit="%",
        bar=at_least(60),
    )


def _plan(endpoint: Endpoint, *, client: HttpClient) -> Plan:
    return Plan(
        client=client,
        endpoint=endpoint,
        domain=Domain.from_dict({**DOMAIN, "actions": [ACTION]}),
        registry=Registry.load(),
        rules=rule_set(selected()),
        actions=[ACTION],
        cases=CASES,
    )


def _post(client: httpx.Client, url: str, *, bodies: Sequence[bytes]) -> int:
    for body in bodies:
        client.post(url, content=body, headers=JSON).raise_for_status()
    return len(bodies)


def _check(plan: Plan) -> int:
    *_, finished = check(plan)
    if not isinstance(finished, RunFinished) or finished.counts["error"]:
        raise AssertionError(f"expected a clean run of the trivial action: {finished}")
    return finished.calls


def _alternate(*functions: Callable[[], int]) -> list[list[float]]:
    """Return, for each round, the calls a second of each function."""
    for function in functions:
        function()
    return [[_rate(function) for function in functions] for _ in range(ROUNDS)]


def _rate(function: Callable[[], int]) -> float:
    started = time.perf_counter()
    return function() / (time.perf_counter() - started)
