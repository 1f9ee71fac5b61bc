"""What a run is to do: whom to call, with what, how often; and the cases made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from rasa_mock.config import ActionConfig
from rasa_mock.core.findings import Finding
from rasa_mock.core.tracker import Tracker
from rasa_mock.core.wire import RequestBuilder
from rasa_mock.errors import UsageError
from rasa_mock.generate.cases import Case, case_for, studio_for, tracker_for
from rasa_mock.generate.material import NOTHING, Material
from rasa_mock.rules.judge import (
    RuleSet,
)
from rasa_mock.run.dress import Dress

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.wire import ActionRequest, Endpoint
    from rasa_mock.schema.registry import Registry


def never(_finding: Finding) -> bool:
    """Know no finding."""
    return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to check and how.

    `actions` (None: all) and `case` (None: all) choose; `seed`, `cases`, `locale` and
    `now` make the same cases again.  `witness_header` names the header in which a
    server that we started says what its actions did.  `behaviour` asks for the calls
    of `rasa_mock.run.probes`, too; `shrink` makes the cases of findings
    small; `slow` is how many seconds a call may take.
    The run ends after `max_time` seconds, or `stop_after` findings of the severity
    `fail_on` that are not `known`.  `per_action` is from the configuration; `workers`
    is how many actions are called side by side.
    """

    client: ActionClient
    endpoint: Endpoint
    domain: Domain
    registry: Registry
    rules: RuleSet
    actions: Sequence[str] | None = None
    case: str | None = None
    seed: int = 0
    cases: int = 20
    material: Material = NOTHING
    locale: str = "en_US"
    now: float = 1_700_000_000.0
    behaviour: bool = False
    shrink: bool = False
    slow: float | None = None
    max_time: float | None = None
    stop_after: int | None = None
    fail_on: str = "warning"
    workers: int = 1
    per_action: Mapping[str, ActionConfig] = field(default_factory=dict)
    known: Callable[[Finding], bool] = never
    witness_header: str | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def chosen_actions(plan: Plan, *, listed: Sequence[str] | None) -> tuple[str, ...]:
    """Return the names to check: the domain's, then those that only the server has."""
    everything = dict.fromkeys([*plan.domain.server_actions, *(listed or ())])
    for name in plan.per_action:
        if name not in everything:
            raise UsageError(_no_action(name, tuple(everything), where="configuration"))
    skipped = {name for name, own in plan.per_action.items() if own.skip}
    known = tuple(
        name
        for name in everything
        if name not in skipped or name in (plan.actions or ())
    )
    if plan.actions is None:
        if not known:
            raise UsageError(
                "nothing to check: the domain lists no action, and the server does not "
                "say which it has; add them under actions: in the domain"
            )
        return known
    for name in plan.actions:
        if name not in known:
            raise UsageError(_no_action(name, known))
    return tuple(name for name in known if name in plan.actions)


def _no_action(name: str, known: Sequence[str], *, where: str = "") -> str:
    near = get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else "add it to the domain"
    place = f" ([action.{name}] in the {where})" if where else ""
    return f"neither the domain nor the server has an action {name!r}{place}; {hint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One case, ready to be sent."""

    case: Case
    tracker: Tracker
    request: ActionRequest


def prepare(plan: Plan, action: str, *, cases: Iterable[Case]) -> Iterator[Prepared]:
    """Yield each case of an action with its tracker and its request."""
    builder = RequestBuilder(
        plan.endpoint, domain=plan.domain, profile=plan.registry.profile
    )
    for case in cases:
        tracker = tracker_for(case, plan.domain)
        request = builder.build(action, tracker)
        yield Prepared(case=case, tracker=tracker, request=request)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """The cases of one action: how many, and each made when it is its turn."""

    count: int
    made: Iterator[Case]


def cases_of(plan: Plan, action: str) -> Cases:
    """Plan the cases to call an action with."""
    how: dict[str, Any] = {
        "domain": plan.domain,
        "registry": plan.registry,
        "seed": plan.seed,
        "locale": plan.locale,
        "now": plan.now,
        "material": plan.material,
    }
    dress = Dress(slots=own_settings(plan, action).slots)
    if plan.case is not None:
        case = case_for(action, plan.case, **how)
        return Cases(count=1, made=iter([dress.put_on(case, domain=plan.domain)]))
    studio = studio_for(action, **how)
    planned = list(studio.planned(plan.cases))
    made = (
        dress.put_on(studio.make(kind, n), domain=plan.domain) for kind, n in planned
    )
    return Cases(count=len(planned), made=made)


def own_settings(plan: Plan, action: str) -> ActionConfig:
    """Return what the configuration says of one action."""
    return plan.per_action.get(action) or ActionConfig()
