"""`endpoints.yml`: where a bot's action server, stores and brokers are.

A section is read with the keys that Rasa takes, `${NAME}` replaced from the environment
as in every file of Rasa.  What is wrong raises DataError with file and line; what Rasa
would do and rasa_mock does not is a notice.  Which store a `type` stands for is decided
where stores are made: here it is a name with options.

Secrets (tokens, passwords, headers) are in no `repr` and in no message.

Imitates `AvailableEndpoints` (rasa/core/utils.py) and `EndpointConfig`
(rasa/utils/endpoints.py) of Rasa 3.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from rasa_mock.core.bot import Notice
from rasa_mock.core.endpoint import Endpoint
from rasa_mock.core.urls import url_problem
from rasa_mock.errors import DataError
from rasa_mock.files.yaml import Document, load_yaml, parse_yaml

Json = Mapping[str, Any]

ENDPOINTS_NAME = "endpoints.yml"
"""The file in a bot's folder that is read where none is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backend:
    """A store, lock or broker as endpoints.yml names it.

    `type` is None where the section has none; `options` are all its other keys.
    """

    section: str
    type: str | None = None
    options: Json = field(default_factory=dict, repr=False)
    path: str | None = None
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """What endpoints.yml says; a section that it does not have is None."""

    action: Endpoint | None = None
    nlg: Endpoint | None = None
    tracker_store: Backend | None = None
    lock_store: Backend | None = None
    event_broker: Backend | None = None
    notices: tuple[Notice, ...] = ()
    path: str | None = None


def read_endpoints(path: Path | str, *, compress: bool | str = False) -> Endpoints:
    """Read an endpoints.yml.

    `compress` is what COMPRESS_ACTION_SERVER_REQUEST says.
    """
    return _Reader(document=load_yaml(path).filled_in(), compress=compress).read()


def parse_endpoints(text: str, *, path: str | None = None) -> Endpoints:
    """Read the text of an endpoints.yml; `path` is only for messages."""
    return _Reader(document=parse_yaml(text, path=path).filled_in()).read()


# The keys of a section that Rasa knows.  A key that it does not know it passes on, and
# nobody looks at it: most often that is a slip of the pen.
HTTP_KEYS = (
    *("url", "params", "headers", "basic_auth", "token", "token_name", "cafile"),
    *("type", "store_type"),
)
TLS_KEYS = ("ssl_certfile", "ssl_keyfile", "ssl_ca_certs")
PRO_REDIS_KEYS = ("deployment_mode", "endpoints", "sentinel_service")
STORE_KEYS: Mapping[str | None, tuple[str, ...]] = {
    "redis": (
        *("url", "host", "port", "db", "username", "password", "use_ssl"),
        *("key_prefix", "record_exp", "socket_timeout", *TLS_KEYS, *PRO_REDIS_KEYS),
    ),
    "sql": (
        *("url", "host", "dialect", "port", "db", "username", "password"),
        *("login_db", "query"),
    ),
    "mongod": (
        *("url", "host", "db", "username", "password", "auth_source", "collection"),
    ),
    "dynamo": ("url", "table_name", "region"),
}
# Keys of a tracker store that rasa_mock has beyond those of Rasa.
OUR_STORE_KEYS = (
    *("layout", "record_exp", "key_prefix"),
    *("variables", "redact", "redact_events"),
)
KNOWN_KEYS: Mapping[str, tuple[str, ...]] = {
    "action_endpoint": (*HTTP_KEYS, "enable_selective_domain"),
    "nlg": HTTP_KEYS,
}

# Key of `action_endpoint` that Rasa Pro has -> what happens here.
PRO_ACTION_KEYS: Mapping[str, str] = {
    "actions_module": "actions are called over HTTP, not run in this process",
    "ssl_client_cert": "it is for gRPC, and actions are called over HTTP",
    "ssl_client_key": "it is for gRPC, and actions are called over HTTP",
}

# Sections that Rasa reads and rasa_mock does not -> what happens instead.
NOT_IMITATED: Mapping[str, str] = {
    "nlu": "messages are understood by the bot's own training data",
    "models": "there is no model: the bot's folder takes its place",
    "vector_store": "nothing is searched",
    "timer_store": "sessions have no timers",
    "mcp_servers": "no tools are called",
    "model_groups": "no language model is called",
    "privacy": "events are kept and published as they are",
    "recordings": "calls are not recorded",
    "interaction_handling": "it is left to the bot",
    "a2a_server": "no such server is started",
    "tracing": "nothing is traced",
}


@dataclass(slots=True, kw_only=True)
class _Reader:
    """Reads one file, and gathers what there is to say about it."""

    document: Document
    compress: bool | str = False
    notices: list[Notice] = field(default_factory=list)

    def read(self) -> Endpoints:
        sections = self._sections()
        for name in sections:
            if name in NOT_IMITATED and sections[name] is not None:
                self._tell(
                    f"{name!r} is not imitated: {NOT_IMITATED[name]}", f"/{name}"
                )
            elif name not in READERS and name not in NOT_IMITATED:
                self._tell(
                    f"unknown section {name!r}, which Rasa ignores, too"
                    f"{_did_you_mean(name, (*READERS, *NOT_IMITATED))}",
                    f"/{name}",
                )
        self.notices += in_quotes(self.document)
        found = {
            target: read(self, name, sections[name])
            for name, (target, read) in READERS.items()
            if sections.get(name) is not None
        }
        return Endpoints(**found, notices=tuple(self.notices), path=self.document.path)

    def _sections(self) -> dict[str, Any]:
        value = self.document.value
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise self._error(
                f"expected sections such as action_endpoint, got {_kind(value)}", ""
            )
        for name, section in value.items():
            if name in READERS and not isinstance(section, dict | None):
                raise self._error(
                    f"expected keys with values, such as url, got {_kind(section)}",
                    f"/{name}",
                )
        return {str(name): section for name, section in value.items()}

    def action(self, name: str, section: Json) -> Endpoint:
        """Read the action server's section."""
        for key in section:
            if key in PRO_ACTION_KEYS:
                message = f"{key!r} is not imitated: {PRO_ACTION_KEYS[key]}"
                self._tell(message, f"/{name}/{key}")
        self._name_unknown(name, section, (*KNOWN_KEYS[name], *PRO_ACTION_KEYS))
        return self._http(name, section)

    def nlg(self, name: str, section: Json) -> Endpoint | None:
        """Read the section of the server that words the bot's responses."""
        kind = section.get("store_type", section.get("type"))
        lower = str(kind or "callback").lower()
        if lower in ("response", "template"):
            return None
        if lower != "callback":
            self._tell(
                f"{name} of type {kind!r} is not imitated: responses are worded by "
                "the domain",
                f"/{name}/type",
            )
            return None
        self._name_unknown(name, section, KNOWN_KEYS[name])
        return self._http(name, section)

    def _http(self, name: str, section: Json) -> Endpoint:
        try:
            endpoint = Endpoint.from_dict(section, compress=self.compress)
        except DataError as error:
            error.pointer = f"/{name}{error.pointer or ''}"
            raise self.document.locate(error) from None
        if endpoint.url.lower().startswith("grpc"):
            said = "gRPC is not spoken here; expected a URL with http or https"
            raise self._error(said, f"/{name}/url")
        problem = url_problem(endpoint.url)
        if problem is not None:
            # The rest of the message has the URL, which may hold a secret.
            expected = problem.partition(", got")[0]
            raise self._error(f"{expected}, got something else", f"/{name}/url")
        return endpoint

    def backend(self, name: str, section: Json) -> Backend:
        """Read the section of a store, lock or broker."""
        options = dict(section)
        kind = options.pop("type", None)
        kind = options.pop("store_type", kind)
        if kind is not None and not isinstance(kind, str):
            raise self._error(
                f"expected the name of a type, got {_kind(kind)}", f"/{name}/type"
            )
        known = STORE_KEYS.get(kind) if name != "event_broker" else None
        if known:
            self._name_unknown(name, options, (*known, *OUR_STORE_KEYS))
        return Backend(
            section=name,
            type=kind,
            options=options,
            path=self.document.path,
            line=self.document.line_of(f"/{name}"),
        )

    def _name_unknown(self, name: str, section: Json, known: Iterable[str]) -> None:
        for key in section:
            if key not in known:
                self._tell(
                    f"unknown key {key!r} of {name}, which Rasa ignores, too"
                    f"{_did_you_mean(str(key), known)}",
                    f"/{name}/{key}",
                )

    def _tell(self, message: str, pointer: str) -> None:
        line = self.document.line_of(pointer)
        self.notices.append(Notice(message=message, path=self.document.path, line=line))

    def _error(self, message: str, pointer: str) -> DataError:
        return self.document.locate(
            DataError(message, pointer=pointer, rasa_class="RasaException")
        )


READERS: Mapping[str, tuple[str, Callable[[_Reader, str, Json], Any]]] = {
    "action_endpoint": ("action", _Reader.action),
    "nlg": ("nlg", _Reader.nlg),
    "tracker_store": ("tracker_store", _Reader.backend),
    "lock_store": ("lock_store", _Reader.backend),
    "event_broker": ("event_broker", _Reader.backend),
}
"""Section -> the field of Endpoints that it fills, and what reads it."""


def in_quotes(document: Document) -> Iterable[Notice]:
    """Tell of `"${NAME}"`: what is in quotes is meant as it is, by Rasa as well."""
    for name, line in document.quoted_variables():
        variable = f"${{{name}}}"
        yield Notice(
            message=f"{variable!r} is in quotes, so neither Rasa nor this replaces it: "
            "remove the quotes",
            path=document.path,
            line=line,
        )


def _kind(value: Any) -> str:
    """Say what something is, without saying it: it may be a secret."""
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"a {type(value).__name__}")


def _did_you_mean(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
