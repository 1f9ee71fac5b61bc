"""RM119 and RM120: what the server as a whole answers."""

from __future__ import annotations

from collections.abc import Iterator

from rasa_mock.rules.base import Draft, Example, ServerRecord, rule

# How many actions a domain lists whose server has to tell them apart.
SEVERAL = 2


@rule(
    "RM119",
    "warning",
    title="unknown action not answered with 404",
    wrong=Example(unknown=200, listed=["action_example"]),
    right=Example(unknown=404),
    each="server",
)
def unknown_action(record: ServerRecord) -> Iterator[Draft]:
    """The server was asked for an action that does not exist and did not answer 404.

    With 404 Rasa says which action is missing.  With 200 a misspelt name in the domain
    looks like an action that has nothing to say; with 500 it looks like a bug in one.
    """
    reply = record.unknown
    if reply is None or reply.status == 404:
        return
    got = f"status {reply.status}" if reply.status else f"no answer ({reply.failure})"
    # A server that does not list its actions may be made for one action only.
    alone = record.listed is None and len(record.domain.server_actions) < SEVERAL
    yield Draft(
        severity="info" if alone and reply.status == 200 else None,
        message=f"a call of an action that does not exist was answered with {got}",
        subject="unknown action",
        expected='status 404 and {"error": "...", "action_name": "..."}',
        got=got,
        hint="compare next_action with the names of your actions and answer 404 for "
        "any other",
        rasa="Rasa takes a 200 for an action with nothing to say: nobody learns that "
        "the name is wrong"
        if reply.status == 200
        else "Rasa logs an error of the action instead of its missing",
    )


@rule(
    "RM120",
    "info",
    title="no /health",
    wrong=Example(health=404),
    right=Example(health=200),
    each="server",
)
def no_health(record: ServerRecord) -> Iterator[Draft]:
    """GET /health is not answered with 200, as rasa-sdk's server does.

    Rasa itself never asks; containers, load balancers and this check do, to know when
    the server is ready and whether it still is.
    """
    reply = record.health
    if reply is None or reply.status == 200:
        return
    got = f"status {reply.status}" if reply.status else f"no answer ({reply.failure})"
    yield Draft(
        message=f"GET /health is answered with {got}",
        subject="health",
        expected='status 200 and {"status": "ok"}',
        got=got,
        hint="add a route /health; point your container's probes at it",
        rasa="Rasa never asks for it",
    )
