"""Values made from a JSON Schema and its `x-rasa`: for events the code does not know.

The vocabulary is that of schemas/README.md.  A value is chosen by the first that the
schema has of `const`, `x-rasa.from`, `x-rasa.faker`, `enum`, `default`, `examples`,
`type`; an alternative (`anyOf`, `oneOf`) is taken at random.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from rasa_mock.errors import DataError
from rasa_mock.generate.conversation import Conversation
from rasa_mock.generate.provider import drawn, pool
from rasa_mock.generate.rng import Rng
from rasa_mock.generate.slot_values import slot_value
from rasa_mock.generate.values import clock_time, iso_date, iso_datetime

Schema = Mapping[str, Any]
# How often a value that may be null is, and a field that may be absent is there.
NULLED = 0.2
PRESENT = 0.6
DEEPEST = 6


class Source(NamedTuple):
    """Where simple values come from."""

    rng: Rng
    locale: str


class Sampler:
    """Makes values for one event: reads the schemas, draws from the conversation."""

    def __init__(self, definitions: Schema, conversation: Conversation) -> None:
        self.definitions = definitions
        self.conversation = conversation
        self.rng = conversation.rng
        self.slot: str | None = None

    def event(self, schema: Schema) -> dict[str, Any]:
        """Make one event as Rasa would send it; its time and metadata come later."""
        tracked = schema.get("$defs", {}).get("tracked", {})
        made: dict[str, Any] = self._object(_merged(schema, tracked), depth=0)
        return made

    def value(self, schema: Any, *, depth: int = 0) -> Any:
        """Make one value that fits a schema."""
        if not isinstance(schema, Mapping):
            return None
        schema = self._flat(schema)
        hints = schema.get("x-rasa", {})
        for key, choose in _BY_KEYWORD:
            source = hints if key in ("from", "faker") else schema
            if key in source:
                return choose(self, {**hints, **schema})
        if _may_be_null(schema) and self.rng.chance(NULLED):
            return None
        return self._of_type(schema, depth=depth)

    def _flat(self, schema: Schema) -> Schema:
        """Lay what a schema refers to, and all of its `allOf`, into one schema.

        Of a condition `then` is taken: mostly it demands one more field.
        """
        while "$ref" in schema or "allOf" in schema:
            rest = {k: v for k, v in schema.items() if k not in ("$ref", "allOf")}
            parts = [part for part in schema.get("allOf", ()) if "if" not in part]
            if "$ref" in schema:
                parts.append(self._found(schema["$ref"]))
            for part in parts:
                rest = _merged(part, rest)
            schema = rest
        return _merged(schema, schema["then"]) if "then" in schema else schema

    def _found(self, reference: str) -> Any:
        """Follow a reference within the bundle (`#/$defs/entity`)."""
        node: Any = {"$defs": self.definitions}
        for token in reference.removeprefix("#/").split("/"):
            name = token.replace("~1", "/").replace("~0", "~")
            if not isinstance(node, Mapping) or name not in node:
                message = f"the reference {reference!r} leads nowhere"
                raise DataError(message, pointer="/$ref")
            node = node[name]
        return node

    def _of_type(self, schema: Schema, *, depth: int) -> Any:
        for key in ("anyOf", "oneOf"):
            if schema.get(key):
                return self.value(self.rng.pick(schema[key]), depth=depth)
        kinds = [kind for kind in _types(schema) if kind != "null"]
        if not kinds:
            return None
        kind = self.rng.pick(kinds)
        if kind == "object":
            return self._object(schema, depth=depth + 1)
        if kind == "array":
            return self._array(schema, depth=depth + 1)
        return _SIMPLE[kind](schema, Source(self.rng, self.conversation.cast.locale))

    def _object(self, schema: Schema, *, depth: int) -> dict[str, Any]:
        required = schema.get("required", ())
        made: dict[str, Any] = {}
        for name, part in schema.get("properties", {}).items():
            if part is False or _is_forbidden(part):
                continue
            if name in required or (depth < DEEPEST and self.rng.chance(PRESENT)):
                made[name] = self.value(part, depth=depth)
        depending = schema.get("dependentRequired", {})
        for name in (
            *required,
            *(n for key in list(made) for n in depending.get(key, ())),
        ):
            if name not in made:
                part = schema.get("properties", {}).get(name)
                made[name] = self.value(part, depth=depth)
        return made

    def _array(self, schema: Schema, *, depth: int) -> list[Any]:
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + 2), least + 2)
        count = least if depth >= DEEPEST else self.rng.between(least, most)
        return [
            self.value(schema.get("items", True), depth=depth) for _ in range(count)
        ]

    def from_source(self, hints: Schema) -> Any:
        """Take a value from the domain or the conversation."""
        name = hints["from"]
        if name not in SOURCES:
            expected = ", ".join(SOURCES)
            message = (
                f"unknown source {name!r} in x-rasa.from: expected one of {expected}"
            )
            raise DataError(message, pointer="/x-rasa/from")
        return SOURCES[name](self)


def _merged(under: Any, over: Any) -> dict[str, Any]:
    """Lay one schema over another: both must hold."""
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return dict(over if isinstance(over, Mapping) else under or {})
    both = {**under, **over}
    if "required" in under and "required" in over:
        both["required"] = [*under["required"], *over["required"]]
    for key in ("properties", "$defs"):
        if key in under and key in over:
            names = {**under[key], **over[key]}
            both[key] = {
                name: _merged(under[key].get(name, {}), over[key].get(name, {}))
                for name in names
            }
    return both


def _types(schema: Schema) -> list[str]:
    kinds = schema.get("type")
    if kinds is None:
        return ["object"] if "properties" in schema else ["string"]
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _may_be_null(schema: Schema) -> bool:
    return "type" in schema and "null" in _types(schema)


def _is_forbidden(part: Any) -> bool:
    return isinstance(part, Mapping) and part.get("not") == {}


def _integer(schema: Schema, source: Source) -> int:
    low, high = _bounds(schema)
    step = schema.get("multipleOf", 1)
    return int(source.rng.between(-(-low // step), high // step) * step)


def _number(schema: Schema, source: Source) -> float:
    low, high = _bounds(schema)
    return float(round(low + source.rng.random() * (high - low), 3))


def _bounds(schema: Schema) -> tuple[Any, Any]:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    if low is None:
        low = 0 if high is None else high - 100
    if high is None:
        high = low + 100
    narrow = (high - low) / 100 if high - low <= 1 else 1
    return (
        low + narrow if "exclusiveMinimum" in schema else low,
        high - narrow if "exclusiveMaximum" in schema else high,
    )


def _string(schema: Schema, source: Source) -> str:
    made = _FORMATS.get(schema.get("format", ""), _word)(source)
    least, most = schema.get("minLength", 0), schema.get("maxLength")
    while len(made) < least:
        made += f" {_word(source)}"
    return made if most is None else made[:most]


def _word(source: Source) -> str:
    return source.rng.pick(pool(source.locale, "word"))


def _uuid(source: Source) -> str:
    digits = source.rng.hex()
    return "-".join(
        (
            digits[:8],
            digits[8:12],
            f"4{digits[13:16]}",
            f"a{digits[17:20]}",
            digits[20:],
        )
    )


_FORMATS: Mapping[str, Callable[[Source], str]] = {
    "date": lambda source: iso_date(source.rng),
    "date-time": lambda source: iso_datetime(source.rng),
    "email": lambda source: source.rng.pick(pool(source.locale, "email")),
    "time": lambda source: f"{clock_time(source.rng)}:00Z",
    "uri": lambda source: source.rng.pick(pool(source.locale, "url")),
    "uuid": _uuid,
}
_SIMPLE: Mapping[str, Callable[[Schema, Source], Any]] = {
    "boolean": lambda _schema, source: source.rng.chance(0.5),
    "integer": _integer,
    "number": _number,
    "string": _string,
}


def _pick(keyword: str) -> Callable[[Sampler, Schema], Any]:
    return lambda sampler, schema: sampler.rng.pick(schema[keyword])


def _draw(sampler: Sampler, hints: Schema) -> Any:
    locale = sampler.conversation.cast.locale
    values = drawn(locale, hints["faker"], arguments=hints.get("args") or {})
    return sampler.rng.pick(values)


_BY_KEYWORD: tuple[tuple[str, Callable[[Sampler, Schema], Any]], ...] = (
    ("const", lambda _sampler, schema: schema["const"]),
    ("from", Sampler.from_source),
    ("faker", _draw),
    ("enum", _pick("enum")),
    ("default", lambda _sampler, schema: schema["default"]),
    ("examples", _pick("examples")),
)


def _slot_name(sampler: Sampler) -> str:
    """Choose a slot, the same one for all fields of an event."""
    parts = sampler.conversation.cast.set_by_actions
    if sampler.slot is None and parts:
        sampler.slot = sampler.rng.pick(parts).name
    return sampler.slot or "slot"


def _slot_value(sampler: Sampler) -> Any:
    cast = sampler.conversation.cast
    part = cast.slots.get(_slot_name(sampler))
    return part and slot_value(part, locale=cast.locale, rng=sampler.rng)


def _name(kind: str, names: Callable[[Conversation], Any]) -> Callable[[Sampler], Any]:
    """Take one of the domain's names, or a word that says what is missing there."""

    def source(sampler: Sampler) -> Any:
        options = tuple(names(sampler.conversation))
        return sampler.rng.pick(options) if options else kind

    return source


SOURCES: Mapping[str, Callable[[Sampler], Any]] = {
    "action_name": _name("action_listen", lambda c: c.cast.actions),
    "channel": lambda sampler: sampler.conversation.channel,
    "entity_name": _name("entity", lambda c: c.cast.entities),
    "form_name": _name("form", lambda c: c.cast.forms),
    "intent_name": _name("intent", lambda c: c.cast.intents),
    "message_id": lambda sampler: sampler.rng.hex(),
    "response_name": _name("utter_default", lambda c: c.cast.domain.responses),
    "sender_id": lambda sampler: sampler.conversation.sender_id,
    "slot_name": _slot_name,
    "slot_value": _slot_value,
    "text": lambda sampler: sampler.rng.pick(
        pool(sampler.conversation.cast.locale, "sentence")
    ),
    "timestamp": lambda _sampler: 0,
}
