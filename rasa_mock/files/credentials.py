"""`credentials.yml`: the channels that a bot listens to, and what each needs.

A channel is a name with options.  Those that rasa_mock has are made of them in
`rasa_mock.server`; those that only Rasa has are named in a notice, since a real bot's
file has them; a name that Rasa would not know either is refused, as by Rasa.

Imitates `create_http_input_channels` of rasa/core/run.py (Rasa 3.6).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rasa_mock.core.bot import Notice
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.urls import url_problem
from rasa_mock.errors import DataError, UsageError
from rasa_mock.files.endpoints import in_quotes
from rasa_mock.files.yaml import Document, load_yaml, parse_yaml

CREDENTIALS_NAME = "credentials.yml"
"""The file in a bot's folder that is read where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelSettings:
    """One channel: its name, and the keys that the file gives it."""

    name: str
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What credentials.yml says."""

    channels: tuple[ChannelSettings, ...] = ()
    notices: tuple[Notice, ...] = ()


DEFAULT = Credentials(channels=(ChannelSettings(name="rest"),))
"""The channels of a bot without the file."""

# Channel that rasa_mock has -> the keys it takes, and the types of their values.
TEXT = (str,)
TRUTH = (bool, str, int)  # read by its truth, as by Rasa: the text "false" is true
ENDPOINT_KEYS: Mapping[str, tuple[type, ...]] = {
    "url": TEXT,
    "params": (dict,),
    "headers": (dict,),
    "basic_auth": (dict,),
    "token": (str, int, float),
    "token_name": TEXT,
    "cafile": TEXT,
}
CHANNELS: Mapping[str, Mapping[str, tuple[type, ...]]] = {
    "rest": {},
    "cmdline": {},
    "callback": ENDPOINT_KEYS,
    "socketio": {
        "user_message_evt": TEXT,
        "bot_message_evt": TEXT,
        "namespace": TEXT,
        "session_persistence": TRUTH,
        "socketio_path": TEXT,
        "jwt_key": TEXT,
        "jwt_method": TEXT,
        "metadata_key": TEXT,
    },
    "collect": {},
}

# Channels that Rasa (or Rasa Pro) has and rasa_mock does not.
ELSEWHERE = (
    *("botframework", "facebook", "hangouts", "mattermost", "rasa", "rocketchat"),
    *("slack", "telegram", "twilio", "twilio_voice", "webexteams"),
    *("audiocodes", "audiocodes_stream", "browser_audio", "chirp", "cvg", "genesys"),
    *("inspector", "jambonz", "jambonz_stream", "json_audio", "signalwire"),
    *("studio_chat", "twilio_media_streams", "vonage", "websockets_voice"),
)


def read_credentials(path: Path | str, *, connector: str | None = None) -> Credentials:
    """Read a credentials.yml; with `connector` only that channel counts."""
    return _read(load_yaml(path).filled_in(), connector=connector)


def parse_credentials(
    text: str, *, path: str | None = None, connector: str | None = None
) -> Credentials:
    """Read the text of a credentials.yml; `path` is only for messages."""
    return _read(parse_yaml(text, path=path).filled_in(), connector=connector)


def only_channel(name: str) -> Credentials:
    """Return what `--connector` alone stands for: a channel without keys."""
    try:
        return _read(Document(value={}), connector=name)
    except DataError as error:
        raise UsageError(f"--connector: {error.message}") from error


def _read(document: Document, *, connector: str | None) -> Credentials:
    value = {} if document.value is None else document.value
    if not isinstance(value, dict):
        got = type(value).__name__
        message = f"expected channels such as rest, each with its keys, got {got}"
        raise _error(document, message, "")
    if connector is not None:
        value = {connector: value.get(connector)}
    channels: list[ChannelSettings] = []
    notices: list[Notice] = [*in_quotes(document)]
    for name, options in value.items():
        settings = _settings(document, str(name), options)
        if settings.name in CHANNELS:
            notices += _check(document, settings)
            channels.append(settings)
        else:
            notices.append(_left_out(document, settings))
    if not channels:
        message = "no channel is left to talk on; write 'rest:' for the REST channel"
        notices.append(Notice(message=message, path=document.path))
    return Credentials(channels=tuple(channels), notices=tuple(notices))


def _settings(document: Document, name: str, options: Any) -> ChannelSettings:
    if name not in CHANNELS and name not in ELSEWHERE and "." not in name:
        close = get_close_matches(name, [*CHANNELS, *ELSEWHERE], n=1)
        hint = f"did you mean {close[0]!r}?" if close else _expected(CHANNELS)
        raise _error(document, f"unknown channel {name!r}; {hint}", f"/{name}")
    if not isinstance(options, dict | None):
        kind = type(options).__name__
        raise _error(
            document,
            f"expected the keys of the channel {name!r}, or nothing, got {kind}",
            f"/{name}",
        )
    return ChannelSettings(
        name=name,
        options=options or {},
        path=document.path,
        line=document.line_of(f"/{name}"),
    )


def _left_out(document: Document, settings: ChannelSettings) -> Notice:
    what = "of your own" if "." in settings.name else "of Rasa"
    return Notice(
        message=f"the channel {settings.name!r} {what} is not imitated: nothing "
        f"listens for it; {_expected(CHANNELS)}",
        path=document.path,
        line=settings.line,
    )


def _check(document: Document, settings: ChannelSettings) -> Iterable[Notice]:
    """Refuse values that cannot be; yield notices of keys that nobody looks at."""
    name, known = settings.name, CHANNELS[settings.name]
    notices = []
    for key, value in settings.options.items():
        pointer = f"/{name}/{key}"
        if key not in known:
            close = get_close_matches(str(key), list(known), n=1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            notices.append(
                Notice(
                    message=f"unknown key {key!r} of the channel {name!r}, which Rasa "
                    f"ignores, too{hint}",
                    path=document.path,
                    line=document.line_of(pointer),
                )
            )
        elif value is not None and not isinstance(value, known[key]):
            wanted = " or ".join(kind.__name__ for kind in known[key])
            got = type(value).__name__
            raise _error(document, f"expected {wanted}, got {got}", pointer)
    if name == "callback":
        _check_callback(document, settings)
    return notices


def _check_callback(document: Document, settings: ChannelSettings) -> None:
    try:
        problem = url_problem(Endpoint.from_dict(settings.options).url)
    except DataError:
        problem = "got none"
    if problem is not None:
        raise _error(
            document,
            "expected the url that takes the bot's messages, something like "
            "http://localhost:5034/bot",
            f"/{settings.name}/url",
        )


def _expected(names: Iterable[str]) -> str:
    return f"expected {', '.join(names)}"


def _error(document: Document, message: str, pointer: str) -> DataError:
    return document.locate(
        DataError(message, pointer=pointer, rasa_class="RasaException")
    )
