"""Lines about requests, calls of actions and turns, for whoever watches the log.

No line has a query, a header or a body: that is where tokens are.  Ids of senders are
written so that they cannot be taken for other lines.
"""

from __future__ import annotations

import logging

from rasa_mock.server.observed import CallSeen, RequestSeen, Seen, TurnSeen, shown

LOG = logging.getLogger("rasa_mock.seen")


def log_seen(seen: Seen) -> None:
    """Log what was seen: requests and calls as INFO, what turns logged as DEBUG."""
    if isinstance(seen, RequestSeen):
        request, status = seen.request, seen.answer.status
        path = shown(request.path)
        LOG.info("%s %s: %d in %s", request.method, path, status, _ms(seen.elapsed))
    elif isinstance(seen, CallSeen):
        said = seen.reply.failure or seen.reply.status
        who = shown(seen.command.tracker.sender_id)
        action = seen.command.action
        LOG.info("%s: %s answered %s in %s", who, action, said, _ms(seen.elapsed))
    elif LOG.isEnabledFor(logging.DEBUG):
        LOG.debug("%s: %s", shown(seen.sender_id), ", ".join(_logged(seen)) or "-")


def _logged(seen: TurnSeen) -> list[str]:
    """Name the events that a turn has logged."""
    events = [] if seen.tracker is None else list(seen.tracker.events)[seen.since :]
    return [
        f"{event['event']} {event['name']}" if event.get("name") else event["event"]
        for event in events
    ]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"
