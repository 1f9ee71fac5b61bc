"""The head of a request: its URL and its headers, in aiohttp's order and spelling.

Imitates `EndpointConfig.session` and `.request` (rasa/utils/endpoints.py) together with
aiohttp 3.9.5 (client.py, client_reqrep.py); what those refuse is refused here.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rasa_mock.core.headers import Header, drop_header, has_header, put_header
from rasa_mock.core.urls import host_header, quoted_url, split_credentials
from rasa_mock.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rasa_mock.core.endpoint import Endpoint

PHASE = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """Who a request says it is from, which may change on the way through redirects.

    `authorization` is the header that comes from `basic_auth` or from credentials in a
    URL; `own_headers` are those of the endpoint.
    """

    own_headers: Mapping[str, str]
    authorization: str = ""
    cookie: str = ""


def start(endpoint: Endpoint, url: str | None = None) -> tuple[str, Sender]:
    """Give the URL to call first, without credentials, and who is calling."""
    params = query_of(endpoint)
    _check_params(params)
    _check_headers(endpoint.headers)
    target = endpoint.url if url is None else url
    try:
        bare, credentials = split_credentials(quoted_url(target, params))
    except ValueError as error:
        raise refused("RasaException", f"{target!r} is no URL: {error}") from error
    authorization = authorization_of(endpoint, credentials)
    if authorization and has_header(endpoint.headers.items(), "Authorization"):
        raise refused(
            "ValueError",
            "Cannot combine AUTHORIZATION header with AUTH argument or credentials "
            "encoded in URL",
        )
    return bare, Sender(own_headers=endpoint.headers, authorization=authorization)


def query_of(endpoint: Endpoint) -> dict[str, Any]:
    """Join the endpoint's `params` and its token, as `combine_parameters` does."""
    params = dict(endpoint.params)
    if endpoint.token:
        params[endpoint.token_name] = endpoint.token
    return params


def head(
    endpoint: Endpoint,
    *,
    url: str,
    sender: Sender,
    content_type: str | None,
    deflated: bool = False,
) -> list[Header]:
    """List all headers but the last, which says where the body ends (`framing`)."""
    own: list[Header] = list(sender.own_headers.items())
    usual = {"Content-Type": content_type} if content_type else {}
    for header in {**usual, **sender.own_headers}.items():
        put_header(own, header)
    headers = [("Host", host_header(url))]
    for header in own:
        if header[0].lower() == "host":
            put_header(headers, header)
        else:
            headers.append(header)
    for name, value in (*AUTOMATIC_HEADERS, ("User-Agent", endpoint.user_agent)):
        if not has_header(headers, name):
            headers.append((name, value))
    if sender.cookie:
        drop_header(headers, "Cookie")
        headers.append(("Cookie", sender.cookie))
    if deflated:
        put_header(headers, ("Content-Encoding", "deflate"))
    if sender.authorization:
        put_header(headers, ("Authorization", sender.authorization))
    return headers


def framing(body: bytes, *, chunked: bool) -> Header:
    """Give the header that says where the body ends."""
    if chunked:
        return ("Transfer-Encoding", "chunked")
    return ("Content-Length", str(len(body)))


AUTOMATIC_HEADERS = (("Accept", "*/*"), ("Accept-Encoding", "gzip, deflate"))


def authorization_of(endpoint: Endpoint, credentials: tuple[str, str] | None) -> str:
    """Give the value of `Authorization`: credentials in the URL win over basic_auth."""
    if credentials is not None:
        return _basic(*credentials)
    if not endpoint.basic_auth:
        return ""
    try:
        name, password = (endpoint.basic_auth[key] for key in ("username", "password"))
    except KeyError as error:
        raise refused("KeyError", f"basic_auth has no {error.args[0]!r}") from error
    return _basic(name, password)


def refused(rasa_class: str, message: str) -> DataError:
    """Make the error for a request that Rasa fails to build."""
    return DataError(message, rasa_class=rasa_class, phase=PHASE)


def _basic(name: Any, password: Any) -> str:
    for key, value in (("username", name), ("password", password)):
        if value is None:
            raise refused(
                "ValueError", f"expected basic_auth to have a {key}, got None"
            )
    if ":" in str(name):
        raise refused("ValueError", f"expected a user name without ':', got {name!r}")
    try:
        text = f"{name}:{password}".encode("latin-1")
    except UnicodeEncodeError as error:
        raise refused("UnicodeEncodeError", str(error)) from error
    return f"Basic {b64encode(text).decode('ascii')}"


def _check_params(params: Mapping[str, Any]) -> None:
    for name, value in params.items():
        for item in value if isinstance(value, list | tuple) else (value,):
            if isinstance(item, bool) or not isinstance(item, str | int | float):
                raise refused(
                    "TypeError",
                    f"expected a string or number for parameter {name!r}, got {item!r}",
                )


def _check_headers(headers: Mapping[str, Any]) -> None:
    for name, value in headers.items():
        if not isinstance(value, str) or not isinstance(name, str):
            raise refused(
                "TypeError", f"expected a string for header {name!r}, got {value!r}"
            )
        if any(character in name + value for character in "\r\n"):
            raise refused(
                "ValueError", f"expected header {name!r} on one line, got {value!r}"
            )


def check_framing(headers: Mapping[str, str], *, compress: bool) -> None:
    """Refuse headers that contradict the body which is sent with them."""
    names = {name.lower() for name in headers}
    if compress and "content-encoding" in names:
        raise refused(
            "ValueError",
            "compress can not be set if Content-Encoding header is set",
        )
    for name in ("Content-Length", "Transfer-Encoding"):
        if name.lower() in names:
            raise DataError(
                f"expected headers without {name}: it follows from the body; leave it "
                "out",
                pointer="/headers",
            )
