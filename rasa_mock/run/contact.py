"""The first contact with an action server: is it there, and what it offers.

A server that cannot be used at all is an exception here (exit code 3); everything that
a usable server does wrong is a finding, and not for this module.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rasa_mock.clients.base import HEALTH, raise_for_failure
from rasa_mock.errors import UsageError

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.wire import Reply

# After one of these nothing can be said about any action.
HOPELESS = (
    *("bad_url", "bad_request", "refused", "unknown_host", "unreachable", "tls"),
    "not_http",
)
# One such answer proves nothing; if the webhook answers so too, the server is unusable.
DOUBTFUL = ("timeout", "disconnected", "redirect_loop", "bad_redirect")
# Seconds between the questions whether a server that is gone is back.
COMES_BACK = (0.2, 0.5, 0.8)
GONE = ("refused", "unreachable", "unknown_host", "disconnected", "timeout", "not_http")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """What the server said before the first call.

    `listed` are the names of GET /actions, None if it does not say; `doubt` is the
    failure of GET /health where that alone proves nothing, `health` its answer.
    """

    listed: tuple[str, ...] | None
    doubt: str | None = None
    health: Reply | None = None


def make_contact(client: ActionClient) -> Contact:
    """Ask for /health and /actions; neither has to exist.

    Raises UsageError for a URL that cannot be called, Unreachable, TimedOut or BadReply
    where nothing can be said about any action.
    """
    health = client.get(HEALTH)
    if health.failure in HOPELESS:
        raise_for_failure(health)
    if health.failure is not None:
        return Contact(listed=None, doubt=health.failure, health=health)
    return Contact(listed=client.list_actions(), health=health)


def check_first_call(reply: Reply, *, contact: Contact) -> None:
    """Raise where the first call of the webhook fails as /health did, or wholly.

    A server that has answered before and no longer listens went away: no matter of
    the first call.
    """
    went_away = contact.doubt is None and reply.failure in ("refused", "unreachable")
    if reply.failure in HOPELESS and not went_away:
        raise_for_failure(reply)
    if contact.doubt is not None and reply.failure in DOUBTFUL:
        raise_for_failure(reply)
    said = reply.body[:400].decode("utf-8", "replace")
    if (reply.status or 0) >= 400 and "Requested URL" in said and "not found" in said:
        raise UsageError(
            f"the server answers {reply.status} to POST on this URL: {said!r}; "
            "a rasa-sdk server listens on /webhook"
        )


def is_gone(client: ActionClient) -> bool:
    """Tell, after a call that failed, whether the server as a whole is gone.

    A server that starts anew is given a moment to come back.
    """
    for pause in COMES_BACK:
        if client.get(HEALTH).failure not in GONE:
            return False
        time.sleep(pause)
    return client.get(HEALTH).failure in GONE
