"""Put together what `rasa-mock check` runs: domain, server, client, rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from rasa_mock.cli.check_options import CheckOptions
from rasa_mock.clients import witness
from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import SDK, ActionServerProcess
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.files.any_domain import load_any_domain
from rasa_mock.files.nlu import read_metadata, read_nlu
from rasa_mock.generate.material import Material
from rasa_mock.generate.provider import pool
from rasa_mock.rules.catalogue import selected
from rasa_mock.rules.judge import rule_set
from rasa_mock.run.baseline import read_baseline
from rasa_mock.run.plan import Plan, cases_of, never, prepare
from rasa_mock.schema.registry import Registry

if TYPE_CHECKING:
    from rasa_mock.core.findings import Finding

# Of this kind of value a few are made before the run, to see whether the locale exists.
LOCALE_PROBE = "first_name"
WATCHED_SDK = "rasa_mock.clients.witness"


@contextmanager
def opened_plan(options: CheckOptions) -> Iterator[Plan]:
    """Give the plan of a run, with its server started; both end with the block.

    Raises DataError for a bad file, UsageError for what does not exist, and
    ActionServerError where the package's server does not come up.
    """
    plan = make_plan(options)
    if options.actions is None:
        with closing(plan.client):
            yield plan
        return
    module = WATCHED_SDK if options.observe else SDK
    with ActionServerProcess(options.actions, module=module) as server:
        endpoint = replace(plan.endpoint, url=server.url)
        with closing(HttpClient(endpoint)) as client:
            header = witness.HEADER if options.observe else None
            yield replace(plan, endpoint=endpoint, client=client, witness_header=header)


def make_plan(options: CheckOptions) -> Plan:
    """Read the files, choose the rules, and make a client that has not called yet."""
    notes = skip_notes(options)
    pool(options.locale, LOCALE_PROBE)
    endpoint = Endpoint(
        url=options.webhook,
        headers=options.read_headers(),
        token=options.token,
        timeout=options.timeout,
        active_form=options.active_form,
    )
    return Plan(
        client=HttpClient(endpoint),
        endpoint=endpoint,
        domain=load_any_domain(options.domain, notes=notes, profile=options.profile),
        registry=Registry.load(options.profile, folders=options.schemas),
        rules=rule_set(selected(select=options.select, ignore=options.ignore)),
        actions=options.names or None,
        case=options.case,
        seed=options.seed,
        cases=options.cases,
        locale=options.locale,
        material=read_material(options, notes=notes),
        # One case is one call: to be seen again, or to be looked at in a debugger.
        behaviour=options.behaviour and options.case is None,
        shrink=options.shrink and options.case is None,
        slow=options.slow,
        max_time=options.max_time,
        stop_after=options.stop_after,
        fail_on=options.fail_on,
        workers=options.workers,
        per_action=options.per_action,
        known=known_findings(options),
        notes=notes,
    )


def read_material(options: CheckOptions, *, notes: list[str]) -> Material:
    """Read what the user knows better than the generator."""
    return Material(
        nlu=read_nlu(options.nlu, tell=notes.append) if options.nlu else None,
        metadata=read_metadata(options.metadata) if options.metadata else (),
        channels=tuple(options.channels),
        sender_ids=options.own_sender_ids,
    )


def skip_notes(options: CheckOptions) -> list[str]:
    """Say which actions the configuration leaves out; checks its rules, too."""
    for own in options.per_action.values():
        selected(ignore=own.ignore)
    return [
        f"{name} is not checked: {own.reason or 'the configuration skips it'}"
        for name, own in options.per_action.items()
        if own.skip and name not in options.names
    ]


def known_findings(options: CheckOptions) -> Callable[[Finding], bool]:
    """Return what tells whether a finding is in the baseline."""
    if options.baseline is None or options.update_baseline:
        return never
    return read_baseline(options.baseline).knows


def request_body(options: CheckOptions) -> bytes:
    """Return the body of the request of one action and case; calls nothing."""
    plan = make_plan(options)
    (action,) = options.names
    (prepared,) = prepare(plan, action, cases=cases_of(plan, action).made)
    return prepared.request.body
