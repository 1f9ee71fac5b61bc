"""Words, names and addresses: written down for two locales, by Faker for all others.

The words of en_US and zh_CN lie in the folder `words`, so that the same seed gives the
same bytes whatever release of Faker is installed, and Faker is not even imported.  For
any other locale Faker makes them.

Faker is slow (5 to 100 microseconds a value) and its `Faker.seed()` belongs to the
whole process, also to the tests of our users.  So every (locale, kind) has a pool of
values which a generator of its own fills once, seeded by that pair alone; after that a
value costs one index.  Which value is drawn is the caller's seeded choice, hence the
same seed gives the same bytes whatever was asked for before.  With a locale that is
not written down another release of Faker may change them, as its word lists move:
`made_by` says which release that is.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from importlib import metadata
from types import NoneType
from typing import TYPE_CHECKING, Any

from rasa_mock.errors import DataError, UsageError
from rasa_mock.generate.rng import Rng, derive
from rasa_mock.resources import words_file

if TYPE_CHECKING:
    from faker import Generator

POOL_SIZE = 256
DRAWN = 32
DEFAULT_LOCALE = "en_US"
# kind of value -> Faker's name for it; all of these exist in every locale of Faker
METHODS = {
    "account": "iban",
    "address": "address",
    "card": "credit_card_number",
    "city": "city",
    "color": "color_name",
    "company": "company",
    "country": "country",
    "currency": "currency_code",
    "email": "ascii_safe_email",
    "first_name": "first_name",
    "job": "job",
    "language": "language_name",
    "last_name": "last_name",
    "name": "name",
    "phone": "phone_number",
    "plate": "license_plate",
    "postcode": "postcode",
    "sentence": "sentence",
    "street": "street_name",
    "url": "url",
    "user_name": "user_name",
    "word": "word",
}


@cache
def pool(locale: str, kind: str) -> tuple[str, ...]:
    """Return the values of a kind (a key of `METHODS`) in a locale such as zh_CN.

    Raises `UsageError` for a locale that Faker does not have.
    """
    written = _written_down(locale)
    if kind in written:
        return written[kind]
    generator = _generator(locale)
    generator.seed_instance(derive("pool", locale, kind))
    make = getattr(generator, METHODS[kind])
    # One line each: a user's message is one line, and so is what is taken from it.
    return tuple(" ".join(str(make()).split()) for _ in range(POOL_SIZE))


@cache
def _written_down(locale: str) -> Mapping[str, tuple[str, ...]]:
    """Read the words of a locale; none for one that Faker is to make."""
    path = words_file(locale)
    if path is None:
        return {}
    known = json.loads(path.read_text(encoding="utf-8"))
    return {kind: tuple(values) for kind, values in known.items()}


def made_by(locale: str) -> str | None:
    """Say which release of Faker makes the words of a locale, None if it is not asked.

    Raises `UsageError` for a locale that Faker does not have.
    """
    if _written_down(locale):
        return None
    _generator(locale)
    return faker_version()


def faker_version() -> str:
    """Return the release of Faker that is installed."""
    return metadata.version("faker")


def drawn(locale: str, method: str, *, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return values of a Faker method named in a schema, as JSON has them.

    Raises `DataError` if Faker has no such method or does not take the arguments.
    """
    return _drawn(locale, method, arguments=json.dumps(arguments, sort_keys=True))


@cache
def _drawn(locale: str, method: str, *, arguments: str) -> tuple[Any, ...]:
    keywords = json.loads(arguments)
    rng = Rng("drawn", locale, method, arguments)
    if method in ("sentence", "word") and not keywords:
        return pool(locale, method)
    if method in _OWN and keywords.keys() <= _OWN_ARGUMENTS.get(method, frozenset()):
        return tuple(_OWN[method](rng, **keywords) for _ in range(DRAWN))
    generator = _generator(locale)
    generator.seed_instance(derive("drawn", locale, method, arguments))
    try:
        make = getattr(generator, method)
        return tuple(_as_json(make(**keywords)) for _ in range(DRAWN))
    except (AttributeError, TypeError, ValueError) as error:
        message = f"faker cannot make {method!r} with {arguments}: {error}"
        raise DataError(message, pointer="/x-rasa/faker") from None


def _uuid4(rng: Rng) -> str:
    digits = rng.hex()
    parts = (digits[:8], digits[8:12], f"4{digits[13:16]}", f"a{digits[17:20]}")
    return "-".join((*parts, digits[20:]))


def _picture(rng: Rng) -> str:
    return f"https://example.com/{rng.hex(8)}.png"


def _between(rng: Rng, min_value: float = 0, max_value: float = 100) -> float:
    return float(round(min_value + rng.random() * (max_value - min_value), 6))


# What Rasa's own schemas ask Faker for: made here, so that no release changes it.
_OWN: Mapping[str, Callable[..., Any]] = {
    "image_url": _picture,
    "pyfloat": _between,
    "uuid4": _uuid4,
}
_OWN_ARGUMENTS = {"pyfloat": {"min_value", "max_value"}}


def _as_json(value: Any) -> Any:
    if isinstance(value, (list, tuple, set)):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, (str, int, float, NoneType)) else str(value)


def _generator(locale: str) -> Generator:
    from faker import Factory  # half of what a short command would cost

    try:
        return Factory.create(locale, use_weighting=False)
    except (AttributeError, ImportError, ValueError):
        message = f"unknown locale {locale!r}: expected one of Faker's, as en_US, zh_CN"
        raise UsageError(message) from None
