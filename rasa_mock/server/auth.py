"""Who may use the API: a token in the query, a JSON Web Token, or both.

As with Rasa, either of the two suffices, a header never brings the plain token, and
without any of them everybody may.  A JWT names a user (`{"user": {"username": ...,
"role": "admin"}}`); one with the role `user` may only touch the conversation that is
called as the user is.

The token is compared in constant time, and a JWT must be signed by the one algorithm
that was asked for: its own header has no say in that.  The only user of PyJWT.

Imitates `requires_auth` of rasa/server.py with sanic-jwt (Rasa 3.6).
"""

from __future__ import annotations

import hmac
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa_mock.errors import UsageError
from rasa_mock.run.api.base import DOCS, Refusal

HELP = f"{DOCS}/user-guide/configuring-http-api/#security-considerations"
LEEWAY = 180
"""Seconds that a clock may be off when a JWT's times are looked at."""

METHODS = (
    *("HS256", "HS384", "HS512"),
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "ES256K", "EdDSA"),
)
BEARER = "Bearer "


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """What a request to the API has to show; nothing if there is neither."""

    token: str | None = field(default=None, repr=False)
    jwt: JwtReader | None = None

    def check(
        self,
        *,
        token: str | None,
        authorization: str | None,
        conversation_id: str | None = None,
    ) -> None:
        """Let a request pass, or raise Refusal: 401 or 403.

        `token` is that of its query, `conversation_id` what its path names, as written
        there.
        """
        if self.token is not None and same(token, self.token):
            return
        user = self.jwt.user(authorization) if self.jwt else None
        if user is not None:
            if may(user, conversation_id=conversation_id):
                return
            message = "User has insufficient permissions."
            raise Refusal(403, "NotAuthorized", message=message, help_url=HELP)
        if self.token is None and self.jwt is None:
            return
        message = "User is not authenticated."
        raise Refusal(401, "NotAuthenticated", message=message, help_url=HELP)


OPEN = Guard()
"""Lets everybody in."""


def same(given: str | None, secret: str) -> bool:
    """Compare with a secret, in a time that tells nothing about it."""
    left = (given or "").encode("utf-8", "surrogatepass")
    right = secret.encode("utf-8", "surrogatepass")
    return hmac.compare_digest(left, right) and given is not None


def may(user: Mapping[str, Any], *, conversation_id: str | None) -> bool:
    """Tell whether a user may do what concerns a conversation, or no single one."""
    if user.get("role") == "admin":
        return True
    return (
        user.get("role") == "user"
        and conversation_id is not None
        and user.get("username") == conversation_id
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JwtReader:
    """Reads tokens that are signed with one key, by one algorithm.

    `key` is the shared secret, or the public key in PEM format.
    """

    key: str = field(repr=False)
    method: str

    @classmethod
    def of(
        cls, secret: str, *, method: str = "HS256", private_key: str | None = None
    ) -> JwtReader:
        """Make one of `--jwt-secret`, which may name a file, and `--jwt-method`.

        A private key, where the method has one, is only looked at: nothing is signed.
        Raises UsageError for an unknown method, and for a key that does not suit it.
        """
        import jwt

        if method not in METHODS:
            known = ", ".join(METHODS)
            raise UsageError(f"unknown JWT method {method!r}: expected one of {known}")
        key = _from_file(secret)
        try:
            jwt.PyJWS().get_algorithm_by_name(method).prepare_key(key)
        except NotImplementedError as error:
            raise UsageError(
                f"the JWT method {method!r} needs the library cryptography: install it"
            ) from error
        except (ValueError, TypeError, jwt.InvalidKeyError) as error:
            raise UsageError(
                f"the JWT secret is no key for the method {method!r}: {error}"
            ) from error
        reader = cls(key=key, method=method)
        if private_key is not None and not method.startswith("HS"):
            reader.check_private(_from_file(private_key))
        return reader

    def check_private(self, private_key: str) -> None:
        """Raise UsageError unless tokens of this private key are read."""
        import jwt

        try:
            token = jwt.encode({}, private_key, self.method)
        except (ValueError, TypeError, AttributeError, jwt.PyJWTError) as error:
            raise UsageError(
                f"the JWT private key is none for the method {self.method!r}: expected "
                "it in PEM format"
            ) from error
        if self.payload(token) is None:
            raise UsageError(
                "the JWT private key does not belong to the public key in --jwt-secret"
            )

    def user(self, authorization: str | None) -> Mapping[str, Any] | None:
        """Return the user that a header names, None if it proves nobody."""
        if authorization is None or not authorization.startswith(BEARER):
            return None
        payload = self.payload(authorization.removeprefix(BEARER))
        if payload is None:
            return None
        user = payload.get("user", {})
        return user if isinstance(user, dict) else {}

    def payload(self, token: str) -> Mapping[str, Any] | None:
        """Return what a token says, None if it is not genuine or out of its time."""
        import jwt

        options: Any = {"verify_sub": False, "verify_jti": False}
        try:
            with warnings.catch_warnings():
                # A short secret is no good one, and yet the one that was asked for.
                warnings.simplefilter("ignore")
                payload: Mapping[str, Any] = jwt.decode(
                    token, self.key, [self.method], options=options, leeway=LEEWAY
                )
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return None
        return payload


def _from_file(secret: str) -> str:
    """Return the text of the file that a secret names, or else the secret itself."""
    try:
        path = Path(secret)
        return path.read_text(encoding="utf-8") if path.is_file() else secret
    except (OSError, ValueError):
        return secret
