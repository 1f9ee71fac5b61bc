"""RM517 and RM518: texts that show what was never meant for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rasa_mock.rules.answer import shown
from rasa_mock.rules.base import (
    ActionRecord,
    Answered,
    Draft,
    Example,
    Exchange,
    Place,
    rule,
)
from rasa_mock.rules.judge import bot_messages, places
from rasa_mock.rules.messages import variables_of
from rasa_mock.rules.nothing import WORDS
from rasa_mock.rules.responses import CONTENT

# What languages write where a value is missing.  The second ones are words, too: they
# count only if another call says the same text with something else in their place.
HOLES = re.compile(rf"(?<!\w)(?:{'|'.join(WORDS)})(?!\w)")
# "None" where a sentence goes on with it is a word: None of these, None found.
WORD_AFTER = re.compile(r"\s+(of|at|the|found|selected|available|yet|so|other|left)\b")
STARTS = re.compile(r"(^|[.!?:;\n\"'“„(\-\u2013*•]\s*)$")
SHORTEST_FRAME = 3


def _saying(**item: Any) -> Example:
    return Example(responses=[item])


@rule(
    "RM517",
    "warning",
    title="None in a text",
    wrong=_saying(text="The weather in None is fine"),
    right=_saying(text="None of our shops is open"),
    each="action",
)
def none_in_text(record: ActionRecord) -> Iterator[Draft]:
    """A text has Python's None, or null or undefined, where a value was missing.

    None at the beginning of a sentence or after a colon may be a word, and so may null,
    nil, nan and undefined; they count only if another call says the same text with
    something else in their place.  A variable of a response that is null in every call
    says None as well.
    """
    calls = [c for c in record.calls if c.exchange and c.exchange.reachable]
    said = [
        (text, pointer, call.case)
        for call in calls
        for text, pointer in _texts(call.exchange)
    ]
    texts = dict.fromkeys(text for text, _, _ in said)
    found = next((each for each in said if _has_hole(each[0], texts)), None)
    if found is not None:
        text, pointer, case = found
        word = next(w[0] for w in HOLES.finditer(text) if _is_hole(text, w, said=texts))
        yield Draft(
            message=f"a text says {word}: {shown(text)}",
            pointer=pointer,
            subject="None",
            expected="a value, or another text where there is none",
            got=text,
            hint="ask for the value, or say something else while it is missing",
            rasa=f"the user reads the word {word}",
            action=record.action,
            case=case or "",
        )
    yield from _null_variables(record, calls)


def _has_hole(text: str, said: Mapping[str, Any]) -> bool:
    return any(_is_hole(text, word, said=said) for word in HOLES.finditer(text))


def _is_hole(text: str, found: re.Match[str], *, said: Mapping[str, Any]) -> bool:
    before, after = text[: found.start()], text[found.end() :]
    if found[0] == "None":
        if not STARTS.search(before):
            return not WORD_AFTER.match(after)
        if not before.strip() and not after.strip():
            return True
    if REPRESENTATION.search(text):
        return False  # RM518
    frame = len(before + after)
    return frame > SHORTEST_FRAME and any(
        other != text
        and other.startswith(before)
        and other.endswith(after)
        and len(other) > frame
        for other in said
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A variable that a message sends for its response, and where."""

    response: str
    name: str
    value: Any
    pointer: str
    case: str | None


def _null_variables(record: ActionRecord, calls: Sequence[Answered]) -> Iterator[Draft]:
    """Yield a draft for each variable of a response that is null in every call."""
    sent: dict[tuple[str, str], list[_Sent]] = {}
    for each in (each for call in calls for each in _sent(call)):
        sent.setdefault((each.response, each.name), []).append(each)
    for (response, name), found in sent.items():
        if any(each.value is not None for each in found):
            continue
        yield Draft(
            message=f"{response} is sent with {name!r} null in all {len(found)} calls",
            pointer=found[0].pointer,
            subject=f"{response} {name}",
            expected=f"a value for {name!r}",
            got="null",
            hint=f"look where {name!r} is read; without a value say something else",
            rasa="it is filled in as the word None, which the user reads",
            action=record.action,
            case=found[0].case or "",
        )


def _sent(call: Answered) -> Iterator[_Sent]:
    exchange = call.exchange
    for place in places(exchange.answer.responses, "/responses") if exchange else ():
        response = place.value.get("response")
        if exchange is None or not isinstance(response, str):
            continue
        needed = variables_of(exchange, response) - {*CONTENT, "template"}
        for name in sorted(needed & {*place.value}):
            yield _Sent(
                response=response,
                name=name,
                value=place.value[name],
                pointer=f"{place.pointer}/{name}",
                case=call.case,
            )


def _texts(exchange: Exchange | None) -> Iterator[tuple[str, str]]:
    if exchange is None:
        return
    own = places(exchange.answer.responses, "/responses")
    for place in (*own, *bot_messages(exchange.answer.events)):
        text = place.value.get("text")
        if isinstance(text, str):
            yield text, f"{place.pointer}/text"
        buttons = place.value.get("buttons")
        for index, button in enumerate(buttons if isinstance(buttons, list) else ()):
            title = button.get("title") if isinstance(button, Mapping) else None
            if isinstance(title, str):
                yield title, f"{place.pointer}/buttons/{index}/title"


# What a program writes where it has no text for a value, by language.
INNARDS = (
    # JavaScript
    r"\[object \w+\]|\$\{\w[\w.]*\}|\bNaN\b|\bInvalid Date\b",
    r"(?<=[a-z,:] )(?<!\b(?:is|or) )(?<!\b(?:was|are) )undefined(?=[,.!?]|$)",
    (
        r"(?!\b(?:is|are|was|were|be|left|an?|the|or|and|as|of|still) )"
        r"\b[a-z]+ undefined (?=(?:is|was|has|will|at|in|on|for|to|and)\b)"
    ),
    # Python
    r"<[\w.]+ object at 0x[0-9a-f]+>|\{'\w+': |(?<![\w'])b'[^']+'",
    r"<(?:class|function|coroutine|generator|module|built-in|bound method) ",
    r"\bdatetime\.(?:date|datetime|time|timedelta)\(|\bDecimal\('",
    r"\bdict_(?:keys|values|items)\(\[|\b(?:OrderedDict|defaultdict)\(",
    # Go, Java, and what C's printf leaves
    r"<nil>|%!\w?\(|\bmap\[\w+:|\b(?:[a-z]\w*\.)+[A-Z]\w*@[0-9a-f]{6,8}\b",
    r"(?<![\w%])%[sd](?!\w)",
    # Greetings of nobody, numbers without a value
    r"\b(?:Hello|Hi|Hey|Dear|Welcome|Thanks|Mr|Mrs|Ms),? (?:null|undefined|nil|nan)\b",
    r"\b(?:in|for|from|at|on|by|with|called|named) null(?=[,.!?;]|$)",
    r"#(?:null|undefined)\b|\b(null|undefined|nan) (?:null|undefined|nan)\b",
    r"(?:\b(?:is|are|of|to|costs)|[:=]) nan(?=\s*(?:$|[,.!?;)%°€$£]|[A-Z]{3}\b))",
    # Exceptions, stack traces and a proxy's error page
    r"(?i:<!doctype html|<html[ >])",
    r"Traceback \(most recent call last\)|\bFile \"[^\"]+\", line \d+",
    r"\b[A-Z]\w*[a-z](?:Error|Exception)\b(?=: |\()|\[Errno -?\d+\]",
    r"\b(?:ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTFOUND)\b|\bHTTPS?ConnectionPool\(",
)
REPRESENTATION = re.compile("|".join(INNARDS))


def _was_given(words: str, exchange: Exchange) -> bool:
    """Tell whether the words only repeat what the user, or a slot, had said."""
    said = exchange.before.latest_message.get("text")
    return any(words in str(value) for value in (said, *exchange.before.slots.values()))


@rule(
    "RM518",
    "warning",
    title="text that shows a program's innards",
    wrong=_saying(text="Your order: [object Object]"),
    right=_saying(text="Your order: 2 pizzas"),
    each="message",
)
def representation(exchange: Exchange, place: Place) -> Iterator[Draft]:
    """A text shows how a program writes a value or an error, such as [object Object].

    Also: NaN, Invalid Date, <nil>, Decimal('1'), a %s that nothing was put into, an
    exception's name and message.
    """
    text = place.value.get("text")
    found = REPRESENTATION.search(text) if isinstance(text, str) else None
    if found and not _was_given(found[0], exchange):
        yield Draft(
            message=f"a text says {found[0]!r}: {shown(text)}",
            pointer=f"{place.pointer}/text",
            subject=found[0].split(" at ")[0],
            expected="a text made for people",
            got=str(text),
            hint="write out what the user is to read; log errors instead of saying "
            "them",
            rasa="the user reads it as it is",
        )
