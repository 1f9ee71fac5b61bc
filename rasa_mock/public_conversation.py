"""What `from rasa_mock import Conversation` gives; apart, since it costs to import.

A thin face over `rasa_mock.run.conversation`, with the clock, fresh ids, the reader of
dates and of folders, and the HTTP client filled in.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rasa_mock import clock
from rasa_mock.core import nlg
from rasa_mock.core.bot import Bot
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.traced import ASKS
from rasa_mock.files.bot import load_bot
from rasa_mock.run import conversation
from rasa_mock.run.redaction import Redaction
from rasa_mock.run.variables import Recording
from rasa_mock.similar import similar

if TYPE_CHECKING:
    from rasa_mock.clients.base import ActionClient
    from rasa_mock.core.events import DateParser
    from rasa_mock.core.tracker import Now
    from rasa_mock.run.answers import Stub
    from rasa_mock.run.conversation import Observer


class Conversation(conversation.Conversation):
    """A conversation with a bot: `send`, `trigger`, `advance`, `inject`, `fork`."""

    def __init__(
        self,
        bot: Bot | Path | str,
        *,
        action_client: ActionClient | str | None = None,
        stubs: Mapping[str, Stub] | None = None,
        nlu_overrides: Mapping[str, Any] | None = None,
        sender_id: str = "default",
        input_channel: str = "rest",
        store: str = "memory",
        now: Now = clock.system_now,
        new_id: Callable[[], str] = clock.new_uuid,
        parse_date: DateParser = clock.parse_date,
        choose: nlg.Choose = nlg.first,
        observers: Sequence[Observer] = (),
        record: bool = False,
        redact: Sequence[str] = (),
    ) -> None:
        """Start one.

        `bot` is a folder, or a bot that was loaded.  `action_client` is the URL of an
        action server, or a client; `stubs` answer single actions by name and go first:
        a function of the request, or `{"events": [...], "responses": [...]}`, or a list
        of events.  Without both an action returns nothing.  `nlu_overrides` maps texts
        to parse data; `now` is seconds since the epoch, or a callable that gives them.
        `observers` are told of each turn and each call of the action server.  With
        `record` what each turn computes is in its `variables`, less what `redact` says
        (docs/variables.md).
        """
        # Requests are written for where the client sends them, if it says where.
        local = Endpoint(url=conversation.LOCAL_SERVER)
        endpoint: Endpoint = getattr(action_client, "endpoint", local)
        functions = [stub for stub in (stubs or {}).values() if callable(stub)]
        runs_here = action_client is not None or bool(functions)
        if isinstance(action_client, str):
            # Whoever talks to stubs only does not pay for the HTTP client.
            from rasa_mock.clients.http import HttpClient

            asks = {ASKS: "1"} if record else {}
            endpoint = Endpoint(url=action_client, headers=asks)
            action_client, runs_here = HttpClient(endpoint), False
        loaded = bot if isinstance(bot, Bot) else load_bot(bot, similar=similar)
        setup = conversation.Setup(
            bot=loaded,
            now=now,
            new_id=new_id,
            parse_date=parse_date,
            new_message_id=clock.new_message_id if new_id is clock.new_uuid else None,
            action_client=action_client,
            endpoint=endpoint,
            stubs=stubs or {},
            nlu_overrides=nlu_overrides or {},
            sender_id=sender_id,
            input_channel=input_channel,
            store=store,
            choose=choose,
            observers=observers,
            recording=_recording(loaded, redact=redact, in_process=runs_here)
            if record
            else None,
        )
        super().__init__(setup)


def _recording(bot: Bot, *, redact: Sequence[str], in_process: bool) -> Recording:
    redaction = Redaction.of(redact)
    redaction.check(bot.domain.slots)
    return Recording(
        now=clock.system_now,
        clock=time.perf_counter,
        places=bot.ensemble.places,
        redaction=redaction,
        in_process=in_process,
    )
