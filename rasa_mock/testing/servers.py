"""The action server that tests call: in this process, in one of its own, or elsewhere.

One value, three ways to get it; a test does not see which it is.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa_mock.clients import witness
from rasa_mock.clients.base import ActionClient
from rasa_mock.clients.http import HttpClient
from rasa_mock.clients.process import ActionServerProcess, find_package
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.urls import with_webhook
from rasa_mock.errors import ActionServerError, UsageError
from rasa_mock.run.contact import make_contact
from rasa_mock.testing.settings import IN_PROCESS, SUBPROCESS, URL, Settings

# Nothing is sent there.
IN_HERE = "http://localhost:5055/webhook"
WATCHED = "rasa_mock.clients.witness"


def nothing() -> None:
    """Stop nothing."""


@dataclass(slots=True, kw_only=True)
class ActionServer:
    """An action server that can be called; `mode` says how it is run.

    `url` is None where it runs in this process.  `witness_header` names the header in
    which it says what its actions really did, where we started it.
    """

    mode: str
    client: ActionClient
    endpoint: Endpoint
    witness_header: str | None = None
    stop: Callable[[], None] = nothing

    @property
    def url(self) -> str | None:
        """Where it is called over HTTP."""
        return None if self.mode == IN_PROCESS else self.endpoint.url

    @property
    def actions(self) -> tuple[str, ...] | None:
        """The names that it reports, None if it does not say."""
        return self.client.list_actions()

    def close(self) -> None:
        """Close connections, and stop what was started."""
        self.client.close()
        self.stop()


def open_server(settings: Settings) -> ActionServer:
    """Open the server that is configured.

    Raises UsageError if none is, or its package cannot be imported; ActionServerError
    if it cannot be reached.
    """
    return OPENERS[settings.server_mode()](settings)


def _in_process(settings: Settings) -> ActionServer:
    # rasa-sdk is imported by those only who run it in process.
    from rasa_mock.clients.inprocess import InProcessClient, load_actions

    place = find_package(str(settings.actions), settings.folder)
    return _around(InProcessClient(load_actions(place), endpoint=_endpoint(settings)))


def _around(client: Any) -> ActionServer:
    return ActionServer(
        mode=IN_PROCESS,
        client=client,
        endpoint=client.endpoint,
        witness_header=witness.HEADER,
    )


def _subprocess(settings: Settings) -> ActionServer:
    process = ActionServerProcess(
        str(settings.actions), cwd=settings.folder, module=WATCHED
    )
    process.start()
    endpoint = _endpoint(settings, url=process.url)
    return ActionServer(
        mode=SUBPROCESS,
        client=HttpClient(endpoint),
        endpoint=endpoint,
        witness_header=witness.HEADER,
        stop=process.stop,
    )


def _remote(settings: Settings) -> ActionServer:
    endpoint = _endpoint(settings, url=with_webhook(str(settings.url)))
    client = HttpClient(endpoint)
    try:
        make_contact(client)
    except ActionServerError as error:
        client.close()
        raise type(error)(
            f"the action server cannot be used: {error}; start it (`rasa run "
            "actions`), correct rasa_action_server, or let rasa_actions name its "
            "package, which needs no server"
        ) from error
    return ActionServer(mode=URL, client=client, endpoint=endpoint)


OPENERS: Mapping[str, Callable[[Settings], ActionServer]] = {
    IN_PROCESS: _in_process,
    SUBPROCESS: _subprocess,
    URL: _remote,
}


def _endpoint(settings: Settings, *, url: str = IN_HERE) -> Endpoint:
    headers = dict(
        line.partition(": ")[::2]
        for line in settings.project.options.get("headers", ())
    )
    return Endpoint(
        url=url,
        timeout=settings.timeout,
        headers=headers,
        token=settings.project.options.get("token"),
    )


def server_of(value: Any, settings: Settings) -> ActionServer:
    """Make a server of what a project's own fixture gives.

    A URL, the name or path of a package, action classes or objects of rasa-sdk, a
    client, or a server as it is.  Raises UsageError for anything else.
    """
    from dataclasses import replace

    if isinstance(value, ActionServer):
        return value
    if isinstance(value, str | Path):
        text = str(value)
        if text.startswith(("http://", "https://")):
            return _remote(replace(settings, url=text))
        return OPENERS[_package_mode(settings)](replace(settings, actions=text))
    if is_action(value) or (
        isinstance(value, Iterable) and all(map(is_action, items := [*value]))
    ):
        return server_in_process([value] if is_action(value) else items)
    if hasattr(value, "call") and hasattr(value, "list_actions"):
        endpoint = getattr(value, "endpoint", Endpoint(url=IN_HERE))
        return ActionServer(mode=URL, client=value, endpoint=endpoint)
    raise UsageError(
        "expected of the fixture action_server a URL, the name of a package, actions "
        f"of rasa-sdk or a client, got {value!r}"
    )


def _package_mode(settings: Settings) -> str:
    return SUBPROCESS if settings.mode == SUBPROCESS else IN_PROCESS


def server_in_process(actions: Iterable[Any]) -> ActionServer:
    """Return a server with some actions, objects or classes of rasa-sdk."""
    from rasa_mock.clients.inprocess import InProcessClient, of_actions

    return _around(InProcessClient(of_actions(actions)))


def is_action(value: Any) -> bool:
    """Tell whether a value is an action of rasa-sdk, an object or a class."""
    run, name = getattr(value, "run", None), getattr(value, "name", None)
    return callable(run) and callable(name) and not inspect.ismodule(value)
