"""The action endpoint: where the action server is and how it wants to be asked.

A value, read from the `action_endpoint` of endpoints.yml.  Nothing is sent here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from rasa_mock.errors import DataError

USER_AGENT = "Python/3.10 aiohttp/3.9.5"
COMPRESS_VARIABLE = "COMPRESS_ACTION_SERVER_REQUEST"
TRUE_WORDS = ("true", "1")
FALSE_WORDS = ("false", "0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """Where the action server is and how it wants to be asked (endpoints.yml).

    `enable_selective_domain` is used by its truth, as Rasa does: the string "false" is
    true.  `compress` is a bool, or the raw value of the environment variable
    COMPRESS_ACTION_SERVER_REQUEST.  `timeout` is in seconds, for one whole call.
    `domain_digest` sends a digest and leaves the domain out until the server asks for
    it with status 449, as Rasa Pro does; `retry_with_domain` answers a 449 without
    sending a digest.  Rasa 3.6 does neither.  `active_form` adds the active loop under
    the name that servers of rasa-sdk 1.x read.
    """

    # What may hold a secret is in no `repr`.
    url: str = field(repr=False)
    params: Mapping[str, Any] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    basic_auth: Mapping[str, str] = field(default_factory=dict, repr=False)
    token: str | None = field(default=None, repr=False)
    token_name: str = "token"  # noqa: S105 - the name of a parameter
    cafile: str | None = None
    enable_selective_domain: Any = False
    compress: bool | str = False
    timeout: float = 300.0
    user_agent: str = USER_AGENT
    domain_digest: bool = False
    retry_with_domain: bool = False
    active_form: bool = False

    @classmethod
    def from_dict(
        cls, mapping: Mapping[str, Any], *, compress: bool | str = False
    ) -> Endpoint:
        """Read `action_endpoint` of endpoints.yml; keys unknown to Rasa are ignored."""
        url = mapping.get("url")
        if not isinstance(url, str) or not url:
            raise DataError(
                f"expected the URL of the server, got {_kind(url)}; "
                "set it to something like http://localhost:5055/webhook",
                pointer="/url",
                rasa_class="RasaException",
                phase="run",
            )
        known = {name: mapping[name] for name in _ENDPOINT_KEYS if mapping.get(name)}
        for name in _MAPPING_KEYS:
            if not isinstance(known.get(name, {}), dict):
                raise DataError(
                    f"expected keys with values, got {_kind(known[name])}",
                    pointer=f"/{name}",
                )
        return cls(url=url, compress=compress, **known)


def _kind(value: Any) -> str:
    """Say what a value is, but not the value: it may be a secret."""
    return "nothing" if value in (None, "") else f"a {type(value).__name__}"


_MAPPING_KEYS = ("params", "headers", "basic_auth")
_ENDPOINT_KEYS = (
    *_MAPPING_KEYS,
    *("token", "token_name", "cafile", "enable_selective_domain"),
)


def read_compress(setting: bool | str) -> bool:  # noqa: FBT001 - the value itself
    """Read COMPRESS_ACTION_SERVER_REQUEST as `rasa.utils.common` does."""
    if isinstance(setting, bool):
        return setting
    if setting.lower() in TRUE_WORDS:
        return True
    if setting.lower() in FALSE_WORDS:
        return False
    raise DataError(
        f"Invalid value `{setting}` for variable `{COMPRESS_VARIABLE}`. "
        f"Available values are `{TRUE_WORDS + FALSE_WORDS}`",
        rasa_class="RasaException",
        phase="run",
    )
