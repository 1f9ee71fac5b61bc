"""What a rule is, what it looks at, and what it says.

A rule is a generator function under the `rule` decorator, which holds its id, severity
and documentation beside it.  The function looks at an `Exchange` (one call and what
came of it) and yields a `Draft` for each mistake; `rasa_mock.rules.judge` turns drafts
into findings and adds what real Rasa makes of the answer.

`each` says what a rule is given:

    answer     the exchange, once a call
    event      the exchange and one `Place`, for each event that is an object (of the
               types in `of`, or of any)
    slot       the exchange and one `Setting`, for each slot that is set to something
               other than null (of the slot types in `of`, or of any)
    response   the exchange and one `Place`, for each message that is an object
    message    the same, and for each bot event what a message would hold
    action     an `ActionRecord`, once all calls of the action were made
    server     a `ServerRecord`, once before the first call
    behaviour  a `Behaviour` (rasa_mock.rules.observed), once its calls were made

Ids never change meaning: RM1xx transport and envelope, RM2xx events, RM3xx slots,
RM4xx forms and validation, RM5xx responses, RM6xx effects once applied, RM7xx
behaviour over several calls, RM8xx server and domain disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rasa_mock.core.domain import Domain
    from rasa_mock.core.outcome import Outcome
    from rasa_mock.core.slots import Slot
    from rasa_mock.core.tracker import Tracker
    from rasa_mock.core.wire import Reply
    from rasa_mock.rules.answer import Answer
    from rasa_mock.schema.wording import SchemaIssue

EACH = (
    *("answer", "event", "slot", "response", "message"),
    *("action", "server", "behaviour"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One call of one action: what was sent, what came back, what Rasa makes of it.

    `before` is the tracker that was sent, `outcome.tracker` the one after.  `issues`
    are the violations of the documented contract (schemas/), `known_events` the types
    that the profile has beside Rasa's own, `unknown_events` how serious others are
    where the project says so.  `witness` is what was
    seen inside the server's process, where we own it (rasa_mock.clients.witness).
    `limit` is how many seconds the user allows for a call.
    """

    action: str
    domain: Domain
    before: Tracker
    reply: Reply
    answer: Answer
    outcome: Outcome
    issues: Sequence[SchemaIssue] = ()
    known_events: Collection[str] = frozenset()
    unknown_events: str | None = None
    witness: Mapping[str, Any] = field(default_factory=dict)
    case: str | None = None
    seed: int | None = None
    reachable: bool = True
    size: int = 0
    limit: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One item of the answer: the object, its index and its JSON pointer."""

    value: Mapping[str, Any]
    index: int
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One slot event: the slot of the domain, the value it is set to, and where."""

    slot: Slot
    value: Any
    pointer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What is kept of a call for the rules that look at all calls of an action.

    `usable` says whether the answer was one that Rasa can use.
    """

    case: str | None
    usable: bool
    events: int
    responses: int
    rejected: bool
    witness: Mapping[str, Any] = field(default_factory=dict)
    exchange: Exchange | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """All calls of one action in a run.

    `rejects` says in which cases the user expects a rejection: how the cases' names
    begin, "" for any.
    """

    action: str
    domain: Domain
    calls: Sequence[Answered]
    rejects: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerRecord:
    """What the server said about itself; `listed` is None if it does not say.

    `health` is the answer to GET /health, `unknown` that to a call of an action which
    does not exist; None where it was not asked.
    """

    domain: Domain
    listed: Sequence[str] | None
    health: Reply | None = None
    unknown: Reply | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a rule says; the judge adds the action, the case and Rasa's reaction.

    `rasa` says what follows if Rasa takes the answer; `severity` replaces the rule's.
    """

    message: str
    pointer: str = ""
    subject: str = ""
    expected: str = ""
    got: str = ""
    hint: str = ""
    rasa: str = ""
    action: str = ""
    case: str = ""
    severity: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An answer that shows a rule; the tests judge it, `explain` prints it.

    It is called as `action`, after the events of `before`.
    Without `body` the answer is the JSON object of `events` and `responses`.
    `failure` is a transport failure's kind; `listed` what GET /actions names; `health`
    and `unknown` the status of GET /health and of a call of no known action.
    `observed` are the fields of a `Behaviour`, `elapsed` and `limit` seconds; `rejects`
    the cases in which the user expects a rejection.
    """

    action: str = ""
    before: Sequence[Mapping[str, Any]] = ()
    events: Sequence[Any] = ()
    responses: Sequence[Any] = ()
    body: bytes | None = None
    status: int | None = 200
    content_type: str = "application/json"
    failure: str | None = None
    witness: Mapping[str, Any] = field(default_factory=dict)
    listed: Sequence[str] | None = None
    health: int | None = None
    unknown: int | None = None
    observed: Mapping[str, Any] | None = None
    elapsed: float | None = None
    limit: float | None = None
    rejects: Sequence[str] = ()


Check = Callable[..., Iterator[Draft]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule with its documentation; `title` is the finding's headline."""

    id: str
    severity: str
    title: str
    text: str
    wrong: Example
    right: Example
    check: Check
    each: str = "answer"
    of: tuple[str, ...] = ()


def rule(
    rule_id: str,
    severity: str,
    *,
    title: str,
    wrong: Example,
    right: Example,
    each: str = "answer",
    of: tuple[str, ...] = (),
) -> Callable[[Check], Rule]:
    """Make a rule of a generator function; its docstring is the explanation."""

    def decorate(check: Check) -> Rule:
        return Rule(
            id=rule_id,
            severity=severity,
            title=title,
            text=" ".join((check.__doc__ or "").split()),
            wrong=wrong,
            right=right,
            check=check,
            each=each,
            of=of,
        )

    return decorate
