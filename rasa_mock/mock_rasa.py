"""`MockRasa`: a mock Rasa for tests, on a free port or in process, and its steering.

The server is that of `rasa-mock serve`, in a thread; what a test says to it goes to the
same controls as the admin API (`rasa_mock.server.admin`).
"""

from __future__ import annotations

import asyncio
import secrets
import tempfile
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from rasa_mock.assembly import Wanted, make_application, read_parts
from rasa_mock.core.bot import Bot
from rasa_mock.errors import UsageError
from rasa_mock.server.admin.control import Control
from rasa_mock.server.admin.stubs import ActionStub, read_stub
from rasa_mock.server.background import Background
from rasa_mock.server.inside import Told, ask

if TYPE_CHECKING:
    from typing_extensions import Self

    from rasa_mock.run.answers import Stub

T = TypeVar("T")
Json = dict[str, Any]
REST = "/webhooks/rest/webhook"
FILES = ("endpoints", "credentials", "model", "spill")
# What `MockRasa` sees to itself.
OWN = ("bot", "action_server", "stubs", "admin", "admin_token")


class MockRasa:
    """A mock Rasa around a bot.

    Use it as a context manager, and `url` is a real server on a free port; or give
    `asgi` to `httpx.ASGITransport`, and no socket is opened.
    """

    def __init__(
        self,
        bot: Bot | Path | str | None = None,
        *,
        action_server: str | None = None,
        stubs: Mapping[str, Stub] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
        admin_token: str | None = None,
        **options: Any,
    ) -> None:
        """Read a bot's folder, or take a bot that was read; None knows nothing at all.

        `action_server` is a URL, `stubs` answer single actions by name and go first.
        `options` are those of `rasa-mock serve`, such as `endpoints`, `credentials`,
        `auth_token`, `fidelity`, `profile`, `cors`.
        """
        # Whoever has no token cannot steer it over HTTP, though it is there.
        self.admin_token = admin_token or secrets.token_urlsafe(16)
        _check_options(options)
        given: dict[str, Any] = {
            name: _path(name, value) if name in FILES else value
            for name, value in options.items()
        }
        if not isinstance(stubs, Mapping | None):
            raise UsageError(f"expected stubs by the names of actions, got {stubs!r}")
        token = given.get("auth_token")
        self._token = {} if token is None else {"token": str(token)}
        wanted = Wanted(
            bot=_bot_of(bot),
            action_server=action_server,
            stubs=stubs or {},
            admin=True,
            admin_token=self.admin_token,
            **given,
        )
        self.asgi = make_application(wanted, read_parts(wanted))
        self.control: Control = self.asgi.state.control
        self._place = (host, port)
        self._served: Background | None = None
        # Where it works while it is not started.
        self._loop: asyncio.AbstractEventLoop | None = None

    # The server.

    @property
    def url(self) -> str:
        """Where it is; raises UsageError while it is not started."""
        if self._served is None:
            raise UsageError("it is not started: use it with `with`, or call start()")
        return self._served.address

    def start(self) -> Self:
        """Listen; it is ready when this returns."""
        if self._served is None:
            host, port = self._place
            served = Background(self.asgi, host=host, port=port)
            served.start()
            self._served = served
        return self

    def stop(self) -> None:
        """Let what is under way end, and stop listening."""
        served, self._served = self._served, None
        if served is not None:
            served.stop()
        if self._loop is not None:
            self._loop.run_until_complete(self.control.agent.close())
            self._loop.close()
            self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Talking to it.

    def send(self, text: str, *, sender: str = "default", **more: Any) -> list[Json]:
        """Say something on the REST channel; return the messages that come back.

        `more` is what else the body may have: `metadata`, `input_channel`.
        """
        body = {"sender": sender, "message": text, **more}
        messages: list[Json] = self.request("POST", REST, body=body).json()
        return messages

    def trigger(
        self, intent: str, entities: Any = (), *, sender: str = "default"
    ) -> Any:
        """Let an intent come from outside; return what the API answers."""
        # A quoted id would stay so with Rasa, and be another conversation.
        as_it_is = self.control.agent.desk.is_odd("ids_stay_encoded")
        named = sender if as_it_is else quote(sender, safe="")
        told = self._wait(
            lambda: ask(
                self.asgi,
                "POST",
                path=f"/conversations/{named}/trigger_intent",
                body={"name": intent, "entities": entities or []},
                params=self._token,
                literal=as_it_is,
            )
        )
        return told.json()

    def tracker(self, sender: str = "default", *, verbosity: str = "ALL") -> Json:
        """Return the state of a conversation; one that is new starts a session."""
        agent = self.control.agent

        async def look() -> Json:
            tracker = await agent.perform(agent.processor.look(sender))
            return tracker.current_state(verbosity=verbosity)

        return self._wait(look)

    def slots(self, sender: str = "default") -> Json:
        """Return the value of every slot of a conversation."""
        slots: Json = self.tracker(sender)["slots"]
        return slots

    def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
    ) -> Told:
        """Send a request past the socket."""
        return self._wait(
            lambda: ask(self.asgi, method, path=path, params=params, body=body)
        )

    # Steering it.

    def stub(
        self,
        action: str,
        *answers: Any,
        sender: str | None = None,
        times: int | None = None,
        **spec: Any,
    ) -> None:
        """Say what an action answers.

        `answers` are used up one after the other, the last one stays: objects as in the
        admin API, lists of events, or functions of the request.  Without any, `spec` is
        the answer: `events`, `responses`, `status`, `body`, `delay`, `fault`.
        """
        given = [*answers] or [spec]
        made = []
        for place, answer in enumerate(given, 1):
            often = times if place == len(given) else 1
            made.append(_stub(answer, sender=sender, times=often, more=spec))
        self._do(lambda: self.control.stubs.put(action, made))

    def unstub(self, action: str | None = None) -> None:
        """Forget the stubs of an action, or all."""
        self._do(lambda: self.control.stubs.remove(action))

    def script(self, *turns: Any, sender: str | None = None) -> None:
        """Say what the bot does in the next turns, one argument a turn.

        A turn is a list of actions, or an object with `responses` and `events`.
        """
        self._do(lambda: self.control.script(turns, sender_id=sender))

    def understand(
        self, text: str, intent: str | None = None, **parse_data: Any
    ) -> None:
        """Say what a text means."""
        if intent is not None:
            parse_data["intent"] = {"name": intent, "confidence": 1.0}
        self._do(lambda: self.control.understand(text, parse_data or None))

    def seed(self, seed: Any) -> None:
        """Choose among equal variations by chance from a seed; None: the first."""
        self._do(lambda: self.control.set_seed(seed))

    def freeze(self, now: float | None = None) -> None:
        """Stop the clock, at a time in seconds since the epoch if one is given."""
        self._do(lambda: self.control.set_time(now=now, frozen=True))

    def run_clock(self) -> None:
        """Let the clock go on from the time that it shows."""
        self._do(lambda: self.control.set_time(frozen=False))

    @property
    def now(self) -> float:
        """What the clock shows."""
        return self.control.clock()

    def advance(self, seconds: float) -> list[str]:
        """Let time pass; return the names of the reminders that fired on the way."""
        return self._wait(lambda: self.control.advance(seconds))

    def reset(self, sender: str | None = None) -> None:
        """Forget one conversation, or be as at the start."""
        if sender is None:
            self._wait(self.control.reset)
        else:
            self._wait(lambda: self.control.forget(sender))

    def snapshot(self) -> Json:
        """Return the whole state as one JSON object."""
        return self._wait(self.control.snapshot)

    def restore(self, snapshot: Json) -> None:
        """Be as at a snapshot."""
        self._wait(lambda: self.control.restore(snapshot))

    # What it has seen.

    def journal(self, **pattern: Any) -> list[Json]:
        """Return requests and calls of actions that fit a pattern."""
        return self.control.journal.entries(pattern)

    def calls(self, action: str | None = None, **pattern: Any) -> list[Json]:
        """Return the calls of actions, or of one."""
        named = {} if action is None else {"action": action}
        return self.journal(kind="call", **named, **pattern)

    @property
    def findings(self) -> list[Json]:
        """What went wrong so far."""
        return self.control.findings()

    def verify(self, **pattern: Any) -> None:
        """Raise AssertionError unless something arrived as often as expected.

        `mock.verify(action="action_x", sender="me", times=1)`, or `kind="request",
        path=..., body={...}`; `only=True`: and nothing else of its kind.
        """
        told = self.control.journal.verify(pattern)
        if not told["ok"]:
            raise AssertionError(explain(pattern, told))

    # How.

    def _do(self, work: Callable[[], T]) -> T:
        """Do something where the server is not in the middle of anything."""

        async def do() -> T:
            return work()

        return work() if self._served is None else self._wait(do)

    def _wait(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Wait for something that the server does."""
        if self._served is not None:
            future = asyncio.run_coroutine_threadsafe(work(), self._served.loop)
            return future.result()
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
            return self._loop.run_until_complete(work())
        raise UsageError(
            "an event loop is running: start() the server, or ask it with an "
            "asynchronous client, or await the methods of its `control`"
        )


def _check_options(given: Mapping[str, Any]) -> None:
    known = [each.name for each in fields(Wanted) if each.name not in OWN]
    for name in given:
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]!r}?" if close else ""
            expected = hint or f"expected one of {', '.join(known)}"
            raise UsageError(f"MockRasa has no option {name!r}; {expected}")


def _path(name: str, value: Any) -> Path | None:
    if not isinstance(value, str | Path | None):
        kind = type(value).__name__
        raise UsageError(f"expected the path of a file as {name}, got {kind}")
    return None if value is None else Path(value)


def _bot_of(bot: Bot | Path | str | None) -> Bot | Path:
    """Return a bot, or its folder; without either a bot that only does as it is told.

    It has neither intents nor actions: texts get meanings, and turns their actions, by
    `script` and `understand`.
    """
    if bot is not None:
        return bot if isinstance(bot, Bot) else Path(bot)
    with tempfile.TemporaryDirectory(prefix="rasa_mock-") as folder:
        path = Path(folder)
        for name, text in NOTHING_KNOWN.items():
            (path / name).write_text(text, encoding="utf-8")
        wanted = Wanted(bot=path)
        return read_parts(wanted).bot


NOTHING_KNOWN: Mapping[str, str] = {
    "domain.yml": 'version: "3.1"\n',
    "config.yml": "pipeline: [{name: WhitespaceTokenizer}]\n"
    "policies: [{name: RulePolicy}]\n",
}
"""The files of a bot that knows nothing."""


def _stub(
    answer: Any, *, sender: str | None, times: int | None, more: Mapping[str, Any]
) -> ActionStub:
    own = {} if times is None else {"times": times}
    if callable(answer):
        return ActionStub(make=answer, sender=sender, times=times)
    given = {"events": answer} if isinstance(answer, list) else answer
    whose = {} if sender is None else {"sender": sender}
    return read_stub({**own, **whose, **more, **given})


def explain(pattern: Mapping[str, Any], told: Json) -> str:
    """Say what was expected, what came, and what came nearest."""
    wanted = ", ".join(
        f"{key}={value!r}" for key, value in pattern.items() if key != "times"
    )
    lines = [f"expected {_often(told['expected'])}, got {told['count']}: {wanted}"]
    for miss in told.get("near_misses", ()):
        what = "; ".join(
            f"{each['field']} was {each['got']!r}" for each in miss["differences"]
        )
        lines.append(f"  near miss {_named(miss['entry'])}: {what}")
    if told.get("not_expected"):
        lines += [f"  not expected: {_named(each)}" for each in told["not_expected"]]
    if len(lines) == 1 and not told["count"]:
        lines.append("  nothing of that kind arrived")
    return "\n".join(lines)


def _often(bounds: Json) -> str:
    least, most = bounds["at_least"], bounds["at_most"]
    if least == most:
        return f"{least} times"
    return f"at least {least}" if most is None else f"{least} to {most} times"


def _named(entry: Json) -> str:
    what = entry.get("action") or f"{entry.get('method')} {entry.get('path')}"
    return f"#{entry['id']} {what}"
