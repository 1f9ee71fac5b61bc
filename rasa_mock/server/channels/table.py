"""Which channels there are, by their name in credentials.yml."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rasa_mock.core.endpoint import Endpoint
from rasa_mock.errors import DataError, UsageError
from rasa_mock.server.channels.base import Channel
from rasa_mock.server.channels.callback import CallbackChannel, Post
from rasa_mock.server.channels.collect import CollectChannel
from rasa_mock.server.channels.rest import RestChannel
from rasa_mock.server.channels.socketio import SocketChannel, SocketSettings

Options = Mapping[str, Any]
PostTo = Callable[[Endpoint], Post]
"""Gives what posts to an endpoint (`rasa_mock.clients.posting`)."""


def _rest(_options: Options, _post_to: PostTo) -> Channel:
    return RestChannel()


def _callback(options: Options, post_to: PostTo) -> Channel:
    return CallbackChannel(post_to(Endpoint.from_dict(options)))


def _socketio(options: Options, _post_to: PostTo) -> Channel:
    return SocketChannel(SocketSettings.of(options))


def _collect(_options: Options, _post_to: PostTo) -> Channel:
    return CollectChannel()


CHANNELS: Mapping[str, Callable[[Options, PostTo], Channel]] = {
    "rest": _rest,
    "callback": _callback,
    "socketio": _socketio,
    "collect": _collect,
}

# Rasa talks in the terminal by it, over the REST channel's path.
TERMINAL = "cmdline"


def make_channels(
    settings: Iterable[tuple[str, Options]], *, post_to: PostTo
) -> list[Channel]:
    """Make the channels of a credentials.yml: names and their keys.

    `cmdline`, with which Rasa talks in a terminal, is REST here; with REST beside it,
    it is nothing.
    """
    wanted = dict(settings)
    if TERMINAL in wanted:
        del wanted[TERMINAL]
        wanted.setdefault("rest", {})
    made = []
    for name, options in wanted.items():
        if name not in CHANNELS:
            expected = ", ".join(CHANNELS)
            raise DataError(f"unknown channel {name!r}: expected {expected}")
        try:
            made.append(CHANNELS[name](options, post_to))
        except UsageError as error:
            raise UsageError(f"the channel {name!r}: {error}") from error
    return made
