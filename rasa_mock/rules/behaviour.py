"""RM701 to RM708: what only several calls of an action show.

The calls are made by `rasa_mock.run.probes`.  Times, ids and random numbers may differ
from call to call (`rasa_mock.rules.sameness`), and what the bot says may vary.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import Draft, Example, Exchange, rule
from rasa_mock.rules.observed import (
    Behaviour,
    Edge,
    Growth,
    Leak,
    Repeat,
    Told,
    Wait,
)
from rasa_mock.rules.repeats import (
    MOST_NAMED,
    WORTH,
    by_sender,
    differ,
    end_of,
    is_steady,
    once_only,
    words_of,
)
from rasa_mock.rules.sameness import Difference, difference

WORDS = {
    "events": "the same request brings different events: {}",
    "value": "the same request sets {name} to different values: {}",
    "count": "the server counts: the same request sets {name} to {}",
    "order": "the same request brings its events in a different order",
    "number": "the same request brings different numbers for {name}: {}",
}
# Below this share of a slow call another request is not held up by it.
HELD_UP = 0.5
SHORTEST_WAIT = 0.08
# A tracker of a thousand events may cost so many seconds more, its transport aside,
# or so many times its transport: on a busy machine everything takes longer.
FAIR_GROWTH = 0.2
FAIR_TRANSPORT = 2.0
FAIR_FACTOR = 6.0


def _slot(value: Any, *, name: str = "city") -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value}


def _told(*events: Any, kind: str = "applied") -> Told:
    return Told(kind=kind, events=events)


ROME, PARIS = _told(_slot("Rome")), _told(_slot("Paris"))
ORDER = [_told(_slot(f"order {n}71-{n}")) for n in range(1, 4)]
BROKEN = Told(kind="failed", status=500, error="status 500: already booked")


@rule(
    "RM701",
    "warning",
    title="the same request gives different events",
    wrong=Example(
        observed={"repeats": [Repeat(case="turn-1", first=ROME, again=[PARIS, ROME])]}
    ),
    right=Example(
        observed={
            "repeats": [Repeat(case="turn-1", first=ORDER[0], again=ORDER[1:])],
        }
    ),
    each="behaviour",
)
def unsteady(seen: Behaviour) -> Iterator[Draft]:
    """The same request, sent several times, brings different events or slot values.

    Times, ids and numbers in texts do not count, nor does what the bot says.  Chance or
    a state in the server's memory does this; a test of such a bot fails now and then,
    and with two server processes each has a memory of its own.
    """
    for repeat in seen.repeats:
        if len({end_of(told) for told in repeat.again}) == 1 and not once_only(
            repeat, seen
        ):
            answers = [repeat.first, *repeat.again]
            if end_of(repeat.first) != end_of(repeat.again[0]):
                answers = [*repeat.again]
            found = difference([told.events for told in answers], now=seen.now)
            if found is not None:
                yield _unsteady_draft(found, case=repeat.case)
        elif len({end_of(told) for told in repeat.again}) > 1:
            yield _unsteady_end(repeat)


def _unsteady_draft(found: Difference, *, case: str) -> Draft:
    values = " / ".join(
        value if found.what == "events" else shown(value)
        for value in found.values[:MOST_NAMED]
    )
    return Draft(
        message=WORDS[found.what].format(values, name=repr(found.name)),
        severity=WORTH[found.what],
        pointer=found.pointer,
        subject=f"unsteady {found.name}",
        expected="the same events for the same request, but for times and ids",
        got=values or "another order",
        hint="compute events from the tracker alone: keep what the action has to "
        "remember in a slot, not in the class or the module; if chance is meant, "
        "switch this rule off for the action",
        rasa="Rasa takes each answer; which one the user gets is left to chance",
        case=case,
    )


def _unsteady_end(repeat: Repeat) -> Draft:
    ends = list(dict.fromkeys(map(words_of, repeat.again)))
    return Draft(
        message=f"the same request ends differently: {' / '.join(ends)}",
        subject="unsteady end",
        expected="the same outcome for the same request",
        got=" / ".join(ends),
        hint="find out what the action depends on beside the tracker: a service that "
        "fails now and then, chance, a state in the server's memory",
        rasa="Rasa loses the events of the calls that fail and keeps the others",
        case=repeat.case,
    )


@rule(
    "RM702",
    "warning",
    title="a retry changes the outcome",
    wrong=Example(
        observed={
            "repeats": [
                Repeat(
                    case="turn-1",
                    first=ROME,
                    again=[BROKEN, BROKEN],
                    fresh=[ROME, BROKEN],
                )
            ]
        }
    ),
    right=Example(
        observed={"repeats": [Repeat(case="turn-1", first=ROME, again=[ROME, ROME])]}
    ),
    each="behaviour",
)
def not_repeatable(seen: Behaviour) -> Iterator[Draft]:
    """The first call for a user brings one outcome, the same call again another.

    A proxy, a broken connection or a message sent twice makes Rasa's side call again:
    what was done then should be recognised and answered as before.
    """
    for repeat in seen.repeats if is_steady(seen) else ():
        if not once_only(repeat, seen) or not by_sender(repeat, seen):
            continue
        first, again = words_of(repeat.first), words_of(repeat.again[-1])
        yield Draft(
            message=f"first {first}; the same request again {again}",
            subject="retry",
            expected=f"{first}, each time",
            got=again,
            hint="recognise a call that was made before (by what it asks for) and "
            "answer as then",
            rasa="Rasa may have logged neither answer or both: bot and service then "
            "disagree on what was done",
            case=repeat.case,
        )


@rule(
    "RM703",
    "error",
    title="data of one user in the answer to another",
    wrong=Example(
        observed={"leaks": [Leak(owner="sender", what="slot 'city'", case="turn-1")]}
    ),
    right=Example(observed={"leaks": []}),
    each="behaviour",
)
def leaks_between_senders(seen: Behaviour) -> Iterator[Draft]:
    """What one user's request held turns up in the answer to another user.

    A value kept in the class, the module or a shared list outlives the call; the action
    object is one for all users.  Data of one person reaches another.
    """
    for leak in seen.leaks:
        if leak.owner != "sender":
            continue
        when = " while both calls run at once" if leak.at_once else ""
        yield Draft(
            message=f"the answer holds another user's {leak.what}{when}",
            pointer=leak.pointer,
            subject="leak at once" if leak.at_once else "leak",
            expected="only what this request holds or belongs to its sender_id",
            got=f"{leak.what} of another sender_id",
            hint="keep nothing of a call in self, in the class or in the module; "
            "use local variables, slots, or a store keyed by sender_id",
            rasa="Rasa loses nothing and says nothing: it fails to notice, and the "
            "user gets what belongs to another",
            case=leak.case,
        )


@rule(
    "RM704",
    "warning",
    title="an earlier call is remembered",
    wrong=Example(
        observed={"leaks": [Leak(owner="domain", what="a slot", case="turn-1")]}
    ),
    right=Example(observed={}),
    each="behaviour",
)
def remembers_calls(seen: Behaviour) -> Iterator[Draft]:
    """The answer follows the domain or the tracker of an earlier call, not this one's.

    Each request holds all that is current.  A domain that is kept is that of the model
    before the last training; a tracker that is kept is out of date by the next turn.
    """
    for leak in seen.leaks:
        if leak.owner == "sender":
            continue
        kept = "domain" if leak.owner == "domain" else "tracker"
        yield Draft(
            message=f"the answer holds {leak.what} of a {kept} sent earlier",
            pointer=leak.pointer,
            subject=f"kept {kept}",
            expected=f"an answer made from the {kept} of this request",
            got=f"{leak.what} of an earlier request",
            hint=f"use the {kept} that run() is given; keep no copy of it",
            rasa=f"Rasa has another {kept} by now: slots and responses no longer fit",
            case=leak.case,
        )
    for repeat in seen.repeats if is_steady(seen) else ():
        if once_only(repeat, seen) and not by_sender(repeat, seen):
            first, again = words_of(repeat.first), words_of(repeat.again[-1])
            yield Draft(
                message=f"the answer depends on earlier calls: first {first}; "
                f"after other calls {again}",
                subject="kept state",
                expected=f"{first}, whatever was called before",
                got=again,
                hint="keep nothing of a call in self, in the class or in the module",
                rasa="Rasa takes each answer; which one the user gets depends on the "
                "calls of other users",
                case=repeat.case,
            )


@rule(
    "RM705",
    "warning",
    title="a slow call blocks all others",
    wrong=Example(observed={"wait": Wait(slow=0.6, alone=0.002, during=0.55)}),
    right=Example(observed={"wait": Wait(slow=0.6, alone=0.002, during=0.004)}),
    each="behaviour",
)
def blocks_the_loop(seen: Behaviour) -> Iterator[Draft]:
    """While this action waits, the server answers nobody.

    A rasa-sdk server runs all actions in one event loop: time.sleep, requests.get or a
    database driver that is not asynchronous stops it for all users.
    """
    wait = seen.wait
    if wait is None or wait.during < max(SHORTEST_WAIT, HELD_UP * wait.slow):
        return
    yield Draft(
        message=f"while the action ran ({wait.slow:.2f} s) GET /health took "
        f"{wait.during:.2f} s instead of {wait.alone:.3f} s",
        subject="blocked",
        expected="other requests are answered while this one waits",
        got=f"{wait.during:.2f} s",
        hint="make run() asynchronous and await what it waits for (asyncio.sleep, "
        "httpx.AsyncClient), or put it into a thread: await asyncio.to_thread(...)",
        rasa="every other user's action waits as long; with many users Rasa's calls "
        "run into their time limit",
    )


@rule(
    "RM706",
    "warning",
    title="slower with a longer conversation",
    wrong=Example(
        observed={"growth": Growth(few=12, short=0.004, many=1000, long=0.9)}
    ),
    right=Example(
        observed={"growth": Growth(few=12, short=0.004, many=1000, long=0.05)}
    ),
    each="behaviour",
)
def grows(seen: Behaviour) -> Iterator[Draft]:
    """The time for a call grows with the number of events in the tracker.

    Rasa sends all events of a conversation with each call; an action that goes through
    them again for each of them takes seconds after a few days of talking.
    """
    growth = seen.growth
    if growth is None or growth.long < FAIR_FACTOR * growth.short:
        return
    fair = max(FAIR_GROWTH, FAIR_TRANSPORT * growth.transport)
    if growth.long - growth.short - growth.transport < fair:
        return
    yield Draft(
        message=f"{growth.long:.2f} s with {growth.many} events, "
        f"{growth.short:.3f} s with {growth.few}",
        subject="growth",
        expected="about the same time, however long the conversation",
        got=f"{growth.long / max(growth.short, 1e-6):.0f} times as long",
        hint="go through tracker.events once, from the end, and stop early; "
        "keep what is needed later in a slot",
        rasa="Rasa sends every event of the conversation with each call; the longer "
        "a user talks, the longer each answer takes",
    )


@rule(
    "RM707",
    "warning",
    title="slower than the limit",
    wrong=Example(elapsed=2.5, limit=1.0),
    right=Example(elapsed=0.4, limit=1.0),
)
def slower_than_allowed(exchange: Exchange) -> Iterator[Draft]:
    """The call took longer than the limit that was set with --slow."""
    elapsed, limit = exchange.reply.elapsed, exchange.limit
    if elapsed is None or limit is None or elapsed <= limit:
        return
    yield Draft(
        message=f"the call took longer than {limit:g} s",
        subject="slow",
        expected=f"an answer within {limit:g} s",
        got=f"{elapsed:.2f} s",
        hint="give calls to other services a time limit, and keep what they said",
        rasa="the user waits, and the conversation is locked until the answer is there",
    )


@rule(
    "RM708",
    "error",
    title="fails in a legal but unusual state",
    wrong=Example(
        observed={"edges": [Edge(name="a slot is null", case="x-1", error="500")]}
    ),
    right=Example(observed={"edges": [Edge(name="a slot is null", case="x-1")]}),
    each="behaviour",
)
def fails_at_an_edge(seen: Behaviour) -> Iterator[Draft]:
    """The action works in the middle of a conversation and fails in a legal state.

    Slots may be null, empty, 0 or false, texts long, in any script or emoji; a
    sender id is any text; a conversation may have a thousand events or have just begun.
    """
    broken = [edge for edge in seen.edges if edge.error]
    if not broken or not seen.works:
        return
    names = list(dict.fromkeys(edge.name for edge in broken))
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    yield Draft(
        message=f"works in the middle of a conversation, fails where "
        f"{'; '.join(names[:MOST_NAMED])}{more}: {broken[0].error}",
        subject="edge",
        expected="status 200 in every legal state",
        got=broken[0].error,
        hint="check what you read before you use it: a slot may be None or empty, "
        "a list may have no items, an id is any text",
        rasa="Rasa cannot use the answer: all its events and messages are lost, and "
        "nobody tells the user",
        case=broken[0].case,
    )


def differs(repeat: Repeat, *, now: float) -> bool:
    """Tell whether the first answer is unlike those after it, so that more calls tell.

    It is for `rasa_mock.run.probes`, which then asks for a sender of its own.
    """
    if not repeat.again:
        return False
    seen = Behaviour(action="", domain=None, now=now)  # type: ignore[arg-type]
    return differ(repeat.first, repeat.again[0], seen=seen)
