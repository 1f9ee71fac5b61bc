"""Who may use the API: the token, JSON Web Tokens, and every way to cheat with one."""

from __future__ import annotations

import base64
import hashlib
import hmac
import inspect
import json
import time

import jwt
import pytest

from rasa_mock.errors import UsageError
from rasa_mock.run.api.base import Refusal
from rasa_mock.server import auth
from rasa_mock.server.auth import OPEN, Guard, JwtReader, same

SECRET = "a secret that is long enough for every one of the methods we have here"
ADMIN = {"user": {"username": "ann", "role": "admin"}}
USER = {"user": {"username": "ann", "role": "user"}}


def bearer(payload, *, key=SECRET, method="HS256"):
    return "Bearer " + jwt.encode(payload, key, algorithm=method)


def status(guard, **shown):
    given = {"token": None, "authorization": None, **shown}
    try:
        guard.check(**given)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.fixture(scope="module")
def guards():
    reader = JwtReader.of(SECRET)
    return {
        "open": OPEN,
        "token": Guard(token="thecat"),
        "jwt": Guard(jwt=reader),
        "both": Guard(token="thecat", jwt=reader),
    }


@pytest.mark.parametrize(
    ("name", "shown", "expected"),
    [
        ("open", {}, 200),
        ("token", {}, 401),
        ("token", {"token": "thecat"}, 200),
        ("token", {"token": "thecats"}, 401),
        ("token", {"token": ""}, 401),
        ("token", {"authorization": "Bearer thecat"}, 401),
        ("jwt", {}, 401),
        ("jwt", {"token": "thecat"}, 401),
        ("jwt", {"authorization": bearer(ADMIN)}, 200),
        ("jwt", {"authorization": bearer(USER)}, 403),
        ("jwt", {"authorization": bearer(USER), "conversation_id": "ann"}, 200),
        ("jwt", {"authorization": bearer(USER), "conversation_id": "bob"}, 403),
        ("jwt", {"authorization": bearer(ADMIN), "conversation_id": "bob"}, 200),
        ("both", {}, 401),
        ("both", {"token": "thecat"}, 200),
        ("both", {"authorization": bearer(ADMIN)}, 200),
        ("both", {"token": "dog", "authorization": bearer(ADMIN)}, 200),
        ("both", {"token": "dog", "authorization": bearer(USER)}, 403),
        ("both", {"token": "thecat", "authorization": "Bearer rubbish"}, 200),
    ],
)
def test_token_and_jwt_are_combined_as_by_rasa(guards, name, shown, expected):
    assert status(guards[name], **shown) == expected


@pytest.mark.parametrize(
    "payload",
    [{}, {"user": None}, {"user": "ann"}, {"user": {}}, {"user": {"role": "root"}}],
    ids=json.dumps,
)
def test_a_genuine_token_without_a_role_may_nothing(guards, payload):
    assert status(guards["jwt"], authorization=bearer(payload)) == 403


def test_a_user_without_a_name_has_no_conversation(guards):
    nameless = bearer({"user": {"role": "user"}})
    assert status(guards["jwt"], authorization=nameless) == 403


def unsigned(header, payload=ADMIN):
    parts = [json.dumps(part).encode() for part in (header, payload)]
    return b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)


def signed(header, key):
    message = unsigned(header)
    digest = hmac.new(key.encode(), message, hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).rstrip(b"=")
    return "Bearer " + (message + b"." + signature).decode()


@pytest.mark.parametrize(
    "authorization",
    [
        "Bearer " + unsigned({"alg": "none", "typ": "JWT"}).decode() + ".",
        "Bearer " + unsigned({"alg": "NONE"}).decode() + ".",
        "Bearer " + unsigned({"alg": "HS256"}).decode() + ".",
        "Bearer " + unsigned({}).decode() + ".",
        bearer(ADMIN, method="HS512"),
        bearer(ADMIN, key="another secret, and one that is quite as long as that"),
        bearer({**ADMIN, "exp": time.time() - 1000}),
        bearer({**ADMIN, "nbf": time.time() + 1000}),
        bearer(ADMIN).replace("Bearer", "Basic"),
        bearer(ADMIN).replace("Bearer ", ""),
        "Bearer",
        "Bearer ",
        "Bearer a.b.c",
        "Bearer ....",
        "Bearer " + "a" * 10_000,
        "Bearer \x00.\xff.\u20ac",
    ],
    ids=lambda value: value[7:24].encode("unicode_escape").decode() or "empty",
)
def test_what_is_not_signed_by_our_key_and_method_proves_nobody(guards, authorization):
    assert status(guards["jwt"], authorization=authorization) == 401


def test_a_clock_may_be_a_little_off(guards):
    late = bearer({**ADMIN, "exp": time.time() - 100})
    assert status(guards["jwt"], authorization=late) == 200


@pytest.fixture(scope="module")
def key_pair():
    cryptography = pytest.importorskip("cryptography.hazmat.primitives")
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    assert cryptography
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    public = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return secret.decode(), public.decode()


def test_a_public_key_cannot_be_used_as_a_shared_secret(key_pair):
    """Key confusion: RS256 is asked for, the token says HS256, signed by the public."""
    private, public = key_pair
    guard = Guard(jwt=JwtReader.of(public, method="RS256"))
    genuine = bearer(ADMIN, key=private, method="RS256")
    confused = signed({"alg": "HS256", "typ": "JWT"}, public)
    assert status(guard, authorization=genuine) == 200
    assert status(guard, authorization=confused) == 401


def test_a_short_secret_is_no_reason_to_fail():
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        genuine = bearer(ADMIN, key="short")
    guard = Guard(jwt=JwtReader.of("short"))
    assert status(guard, authorization=genuine) == 200


def test_the_key_may_be_in_a_file(key_pair, tmp_path):
    private, public = key_pair
    path = tmp_path / "key.pem"
    path.write_text(public)
    guard = Guard(jwt=JwtReader.of(str(path), method="RS256"))
    genuine = bearer(ADMIN, key=private, method="RS256")
    assert status(guard, authorization=genuine) == 200


@pytest.mark.parametrize("method", ["none", "HS1", "", "hs256"])
def test_an_unknown_method_is_refused_at_once(method):
    with pytest.raises(UsageError, match="unknown JWT method"):
        JwtReader.of(SECRET, method=method)


def test_a_key_that_does_not_suit_its_method_is_refused_at_once(key_pair):
    with pytest.raises(UsageError, match="no key for the method 'HS256'"):
        JwtReader.of(key_pair[1], method="HS256")
    with pytest.raises(UsageError, match="no key for the method 'RS256'"):
        JwtReader.of(SECRET, method="RS256")


def test_no_secret_is_shown(guards):
    assert "thecat" not in repr(guards)
    assert SECRET not in repr(guards)


def test_secrets_are_compared_in_constant_time():
    assert "compare_digest" in inspect.getsource(same)
    assert "token ==" not in inspect.getsource(auth)
    assert same("schlüssel", "schlüssel")
    assert not same("schlussel", "schlüssel")
    assert not same(None, "")
    assert not same("\ud800", "a")


def test_a_private_key_has_to_belong_to_the_public_one(key_pair):
    private, public = key_pair
    assert JwtReader.of(public, method="RS256", private_key=private)
    assert JwtReader.of(SECRET, private_key="whatever")
    for wrong in ("no key", public):
        with pytest.raises(UsageError, match="private key is none for the method"):
            JwtReader.of(public, method="RS256", private_key=wrong)
