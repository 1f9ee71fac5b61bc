"""Find out what a recording holds, and check its cases one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

from rasa_mock.core.bot import Bot
from rasa_mock.core.diff import Difference
from rasa_mock.errors import DataError, UsageError
from rasa_mock.run.conformance import actions, conversations, events, protocol
from rasa_mock.run.conformance.base import CaseResult, Json, Tools

# What playing a case can end with, other than what Rasa itself raises.
STUMBLES = (
    *(LookupError, TypeError, AttributeError, ValueError),
    *(ArithmeticError, RecursionError, UsageError),
)


class Case(NamedTuple):
    """One recorded case, ready to be checked."""

    id: str
    family: str
    check: Callable[[], Iterator[Difference]]


def cases_of(document: Any, *, tools: Tools) -> list[Case]:
    """Return the cases of a recording; raise DataError if it is none."""
    if isinstance(document, dict) and {"requests", "responses"} <= document.keys():
        return list(_protocol_cases(document, tools))
    if isinstance(document, dict) and "steps" in document:
        return [_conversation(document, tools)]
    if isinstance(document, dict) and {"intents", "actions"} <= document.keys():
        bot = _need_bot(tools)
        check_it = partial(conversations.check_domain, document, bot=bot)
        return [Case("domain", "domain", check_it)]
    cases = document if isinstance(document, list) else [document]
    if not cases:
        raise DataError("expected recorded cases, got an empty list")
    return [_case(case, tools, index=index) for index, case in enumerate(cases)]


def check(cases: Iterable[Case]) -> Iterator[CaseResult]:
    """Check the cases, one result each."""
    for case in cases:
        yield CaseResult(
            id=case.id, family=case.family, differences=tuple(_differences(case))
        )


def _conversation(document: Json, tools: Tools) -> Case:
    """Make the case of a whole conversation."""
    name = str(document.get("name", "conversation"))
    steps = document["steps"]
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise DataError("expected a list of recorded steps", pointer="/steps")
    play = partial(conversations.check_conversation, document, bot=_need_bot(tools))
    return Case(name, "conversations", play)


def _need_bot(tools: Tools) -> Bot:
    if tools.bot is None:
        raise UsageError(
            "a recording of whole conversations: say with --bot where the bot's folder "
            "is, with its domain, training data and config"
        )
    return tools.bot


def _case(case: Any, tools: Tools, *, index: int) -> Case:
    """Tell by its members what a case is: with an answer, or with events only."""
    if not isinstance(case, dict) or not {"events", "expected"} <= case.keys():
        raise DataError(
            "not a recorded case: expected an object with domain, events and expected "
            "(or a file with requests and responses)",
            pointer=f"/{index}",
        )
    kind = actions if "answer" in case else events
    name = str(case.get("id", f"case {index}"))
    return Case(
        name, str(case.get("family", "")), partial(kind.check_case, case, tools)
    )


def _protocol_cases(document: Json, tools: Tools) -> Iterator[Case]:
    yield Case("setup", "setup", partial(protocol.check_setup, document))
    for case in _listed(document, "requests"):
        name = str(case.get("id", "request"))
        yield Case(name, "requests", partial(protocol.check_request, case, tools))
    setup = document.get("response_setup") or {}
    for case in _listed(document, "responses"):
        name = str(case.get("id", "response"))
        run = partial(protocol.check_answer, case, setup=setup, tools=tools)
        yield Case(name, "responses", run)


def _listed(document: Json, name: str) -> list[Json]:
    cases = document[name]
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise DataError("expected a list of recorded cases", pointer=f"/{name}")
    return cases


def _differences(case: Case) -> Iterator[Difference]:
    """Run a check; where it stumbles, that is a difference, too.

    Raises DataError for a case that lacks what every case has.
    """
    try:
        yield from case.check()
    except DataError as error:
        if error.rasa_class is None:
            raise
        got = f"{error.rasa_class} ({error.phase}): {error}"
        yield Difference(pointer="", expected="no such error", got=got)
    except STUMBLES as error:
        got = f"{type(error).__name__}: {error}"
        yield Difference(pointer="", expected="a case that can be played", got=got)
