"""RM604: sessions that are started and leave the bot unusable."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rasa_mock.rules.base import Draft, Example, Exchange, rule
from rasa_mock.rules.effects import LISTENING, ROME
from rasa_mock.rules.roles import LISTEN, SESSION_START, event_names, took_effect


@rule(
    "RM604",
    "warning",
    title="session that is started without listening",
    wrong=Example(action=SESSION_START, events=[{"event": "session_started"}]),
    right=Example(
        action=SESSION_START, events=[{"event": "session_started"}, ROME, LISTENING]
    ),
)
def session_without_listen(exchange: Exchange) -> Iterator[Draft]:
    """A session is started or restarted, and nothing makes the bot listen again.

    A custom action_session_start has to return session_started first and an `action`
    event of action_listen last; it is run outside of the prediction of actions, so
    nobody else adds them.  Elsewhere session_started throws away all slots; restart is
    the event that also starts the session properly.
    """
    names = event_names(exchange)
    if not took_effect(exchange):
        return
    if exchange.action == SESSION_START:
        yield from _session_start(exchange, names)
    elif "session_started" in names and not _goes_on(exchange, names):
        yield _no_listen(
            f"{exchange.action} starts a session and does not say how it goes on",
            rasa="all slots are lost, and the conversation stops after this action",
        )
    elif "restart" in names and _is_stuck(exchange):
        yield _no_listen(
            f"{exchange.action} restarts, and a later event undoes the session start",
            rasa="no session is started, and the policies predict from nothing",
        )


def _session_start(exchange: Exchange, names: list[Any]) -> Iterator[Draft]:
    if "session_started" not in names:
        yield _no_listen(
            "action_session_start does not return session_started",
            rasa="the old session goes on, with all that was said in it",
        )
    elif exchange.outcome.tracker.latest_action_name != LISTEN:
        yield _no_listen(
            "action_session_start does not end with action_listen",
            rasa="nothing is predicted after it; the user's first message is not "
            "understood and gets the fallback",
        )


def _goes_on(exchange: Exchange, names: list[Any]) -> bool:
    """Tell whether something after session_started says what comes next."""
    after = names[names.index("session_started") :]
    return any(name in after for name in ("action", "followup", "user", "restart"))


def _is_stuck(exchange: Exchange) -> bool:
    after = exchange.outcome.tracker
    return after.followup_action is None and not after.latest_message.get("intent")


def _no_listen(message: str, *, rasa: str) -> Draft:
    return Draft(
        message=message,
        pointer="/events",
        subject="session",
        expected="session_started, the slots to keep, an action event of action_listen",
        got="a session without them",
        hint='return [SessionStarted(), ..., ActionExecuted("action_listen")]',
        rasa=rasa,
    )
