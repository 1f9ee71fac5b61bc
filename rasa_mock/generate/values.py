"""Values that fit a slot or an entity: by its name, its type and what it is fed by.

The table `NAMES` maps words in a name to a kind of value; `MAKERS` has the kinds that
are numbers, dates and codes, all others are words from `provider`.  Boundary values are
at the end.  What does not live here: how a value gets into a tracker.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from functools import cache
from typing import Any

from rasa_mock.generate.provider import METHODS, pool
from rasa_mock.generate.rng import Rng

# Kind -> words that say so.  A name is cut into words (departure_city, zipCode); the
# first row with one of its words wins, then the first with a word that the name
# contains (fromcity, 出发城市).  Short words must stand alone: `context` is no text.
NAMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("email", ("email", "mail", "邮箱", "邮件")),
    ("phone", ("phone", "mobile", "telephone", "tel", "fax", "cell", "电话", "手机")),
    ("first_name", ("firstname", "forename", "given", "名字")),
    ("last_name", ("lastname", "surname", "姓氏")),
    ("user_name", ("username", "nickname", "login", "nick", "用户名")),
    ("company", ("company", "employer", "organisation", "organization", "公司")),
    ("url", ("url", "link", "website", "homepage", "网址")),
    ("postcode", ("postcode", "postal", "zip", "zipcode", "plz", "邮编")),
    ("country", ("country", "nation", "nationality", "国家")),
    ("color", ("color", "colour", "颜色")),
    ("language", ("language", "lang", "语言")),
    ("currency", ("currency", "货币")),
    ("account", ("account", "iban", "账户")),
    ("card", ("card", "creditcard", "卡号")),
    ("plate", ("plate", "license")),
    ("job", ("job", "profession", "occupation", "职业")),
    ("datetime", ("datetime", "timestamp", "deadline")),
    ("date", ("date", "day", "birthday", "dob", "arrival", "日期", "生日")),
    ("time", ("time", "hour", "clock", "when", "时间")),
    ("temperature", ("temperature", "degrees", "温度")),
    ("amount", ("amount", "price", "cost", "budget", "money", "balance", "fee")),
    ("amount", ("salary", "total", "payment", "sum", "金额", "价格", "余额")),
    ("number", ("number", "num", "count", "quantity", "qty", "age", "pax", "guests")),
    ("number", ("people", "persons", "size", "tickets", "rating", "stars", "nights")),
    ("number", ("rooms", "duration", "数量", "人数", "年龄")),
    ("code", ("id", "uuid", "code", "token", "reference", "key", "号码", "编号")),
    ("city", ("city", "town", "location", "place", "destination", "origin")),
    ("city", ("departure", "venue", "城市", "地点", "出发", "目的")),
    ("street", ("street", "街道")),
    ("address", ("address", "地址")),
    ("yes_no", ("confirm", "confirmed", "confirmation", "agree", "accept", "consent")),
    ("sentence", ("description", "comment", "feedback", "message", "text", "note")),
    ("sentence", ("reason", "title", "subject", "question", "preferences", "content")),
    ("sentence", ("review", "problem", "summary", "描述", "原因", "问题", "反馈")),
    ("name", ("name", "person", "contact", "owner", "guest", "姓名")),
)
SHORTEST_PART = 5
LONG = 10_000
HAN = "你好。请帮我预订明天去上海的火车票"
ARABIC = "مرحبا، أريد حجز طاولة لشخصين"
EMOJI = "👩‍👩‍👧 🎉 ☕️ 🇩🇪 𝄞"
# name of a boundary -> the text that stands for it
TEXTS: Mapping[str, str] = {
    "empty": "",
    "zero": "0",
    "false": "false",
    "long": "x" * (LONG // 2) + " no end in sight" * (LONG // 32),
    "chinese": HAN,
    "rtl": ARABIC,
    "emoji": EMOJI,
    "null": "null",
    "markup": "<b>\"quoted\"</b> & 'single' \\ {slot} %s ${x}",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")


@cache
def kind_of(name: str) -> str:
    """Say what kind of value a slot or entity of this name holds; `word` if unknown."""
    words = [word.lower() for word in _WORD.findall(name)]
    joined = "".join(words)
    for kind, marks in NAMES:
        if joined in marks or any(mark in words for mark in marks):
            return kind
    for kind, marks in NAMES:
        if any(mark in joined for mark in marks if _counts_inside(mark)):
            return kind
    return "word"


def _counts_inside(mark: str) -> bool:
    return not mark.isascii() or len(mark) >= SHORTEST_PART or mark in ("city", "mail")


def make(kind: str, *, locale: str, rng: Rng) -> Any:
    """Return one value of a kind: text, or a number where the kind is a number."""
    maker = MAKERS.get(kind)
    return maker(rng) if maker else rng.pick(pool(locale, kind))


def make_text(kind: str, *, locale: str, rng: Rng) -> str:
    """Return one value of a kind as a user would write it."""
    return str(make(kind, locale=locale, rng=rng))


def iso_date(rng: Rng) -> str:
    """Return a day of 2024 to 2027 as YYYY-MM-DD."""
    return f"{2024 + rng.below(4)}-{1 + rng.below(12):02d}-{1 + rng.below(28):02d}"


def clock_time(rng: Rng) -> str:
    """Return a time of day as HH:MM, on the quarter."""
    return f"{rng.below(24):02d}:{15 * rng.below(4):02d}"


def iso_datetime(rng: Rng) -> str:
    """Return a moment as ISO 8601 with the offset of UTC."""
    return f"{iso_date(rng)}T{clock_time(rng)}:00.000+00:00"


def iso_moment(seconds: int) -> str:
    """Write a moment (whole seconds since the epoch) as ISO 8601 in UTC."""
    return datetime.fromtimestamp(seconds, tz=timezone.utc).isoformat()


def code(rng: Rng) -> str:
    """Return something like an order number: two letters and six digits."""
    letters = "ABCDEFGHJKLMNPRSTUVWXYZ"
    return f"{rng.pick(letters)}{rng.pick(letters)}-{rng.below(1_000_000):06d}"


def amount(rng: Rng) -> float:
    """Return a sum of money with two decimals, up to 500."""
    return (100 + rng.below(49_901)) / 100


def temperature(rng: Rng) -> float:
    """Return degrees Celsius with one decimal, -20 to 40."""
    return (rng.below(601) - 200) / 10


MAKERS: Mapping[str, Callable[[Rng], Any]] = {
    "amount": amount,
    "code": code,
    "date": iso_date,
    "datetime": iso_datetime,
    "number": lambda rng: rng.between(1, 10),
    "temperature": temperature,
    "time": clock_time,
    "yes_no": lambda rng: rng.pick(("yes", "no")),
}
KINDS = frozenset({*METHODS, *MAKERS})
NUMERIC_KINDS = frozenset({"amount", "number", "temperature"})
