"""Words, names and addresses: the only user of Faker.

Faker is slow (5 to 100 microseconds a value) and its `Faker.seed()` belongs to the
whole process, also to the tests of our users.  So every (locale, kind) has a pool of
values which a generator of its own fills once, seeded by that pair alone; after that a
value costs one index.  Which value is drawn is the caller's seeded choice, hence the
same seed gives the same bytes whatever was asked for before.  The one thing that may
change them is another release of Faker, whose word lists and algorithms move.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any

from faker import Factory, Generator

from rasa_mock.errors import DataError, UsageError
from rasa_mock.generate.rng import derive

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
    generator = _generator(locale)
    generator.seed_instance(derive("pool", locale, kind))
    make = getattr(generator, METHODS[kind])
    # One line each: a user's message is one line, and so is what is taken from it.
    return tuple(" ".join(str(make()).split()) for _ in range(POOL_SIZE))


def drawn(locale: str, method: str, *, arguments: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return values of a Faker method named in a schema, as JSON has them.

    Raises `DataError` if Faker has no such method or does not take the arguments.
    """
    return _drawn(locale, method, arguments=json.dumps(arguments, sort_keys=True))


@cache
def _drawn(locale: str, method: str, *, arguments: str) -> tuple[Any, ...]:
    generator = _generator(locale)
    generator.seed_instance(derive("drawn", locale, method, arguments))
    keywords = json.loads(arguments)
    try:
        make = getattr(generator, method)
        return tuple(_as_json(make(**keywords)) for _ in range(DRAWN))
    except (AttributeError, TypeError, ValueError) as error:
        message = f"faker cannot make {method!r} with {arguments}: {error}"
        raise DataError(message, pointer="/x-rasa/faker") from None


def _as_json(value: Any) -> Any:
    if isinstance(value, (list, tuple, set)):
        return [_as_json(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _as_json(item) for key, item in value.items()}
    if isinstance(value, Decimal):
        return float(value)
    return value if isinstance(value, (str, int, float, NoneType)) else str(value)


def _generator(locale: str) -> Generator:
    try:
        return Factory.create(locale, use_weighting=False)
    except (AttributeError, ImportError, ValueError):
        message = f"unknown locale {locale!r}: expected one of Faker's, as en_US, zh_CN"
        raise UsageError(message) from None
