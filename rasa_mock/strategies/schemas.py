"""Values for a JSON Schema (draft 2020-12), as a strategy.

The strategy is read off the schema, keyword by keyword, and whatever it makes is held
to the whole schema by the validator: it never gives a wrong value, and a keyword that
is not read here (`not`, `contains`, `dependentSchemas`, ...) costs tries, not
correctness.
`x-rasa.from` is filled from the domain where a source is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from hypothesis import strategies as st

from rasa_mock.errors import DataError
from rasa_mock.schema.engines import check_schema, fast, passes, portable

Schema = Mapping[str, Any]
Strategy = st.SearchStrategy[Any]
Sources = Mapping[str, Callable[[], Strategy]]
# How deep a schema that refers to itself is followed.
DEEPEST = 5
MOST_REFERENCES = 50
LARGE = 2**53 - 1
MOST = 5
NAMES = st.text("abcdefghijklmnopqrstuvwxyz_", min_size=1, max_size=8)
# Halves of surrogate pairs are left out: UTF-8 does not have them.
TEXTS = st.characters(exclude_categories=["Cs"])
ANYTHING: Strategy = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(TEXTS, max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(NAMES, inner, max_size=2)
    ),
    max_leaves=4,
)


def from_schema(
    schema: Schema | bool,  # noqa: FBT001 - true and false are schemas, too
    *,
    definitions: Schema | None = None,
    sources: Sources | None = None,
) -> Strategy:
    """Return a strategy for the values that a JSON Schema allows.

    `definitions` are what `#/$defs/...` refers to, besides the schema's own.  Raises
    DataError for what is no schema, or refers to nothing.
    """
    if isinstance(schema, bool):
        return ANYTHING if schema else st.nothing()
    check_schema(dict(schema), path="the schema")
    known = {**(definitions or {}), **schema.get("$defs", {})}
    whole = {**schema, "$defs": known}
    reader = _Reader(root=whole, sources=sources or {})
    return reader.strategy(schema, depth=0).filter(_right_by(whole))


def _right_by(schema: dict[str, Any]) -> Callable[[Any], bool]:
    """Return what tells whether a value is right, by the quickest validator."""
    check = fast(schema)
    if check is None:
        found: Callable[[Any], bool] = portable(schema).is_valid
        return found
    return partial(passes, check)


class _Reader:
    """Reads strategies off a schema; `root` is what references point into."""

    def __init__(self, *, root: Schema, sources: Sources) -> None:
        self.root = root
        self.sources = sources

    def strategy(self, schema: Any, *, depth: int) -> Strategy:
        """Return a strategy for a schema, of which some keywords may be passed over."""
        if not isinstance(schema, Mapping):
            return ANYTHING if schema is not False else st.nothing()
        schema = self.flat(schema)
        if schema is False:
            return st.nothing()
        if "if" in schema:
            return st.one_of([self.strategy(o, depth=depth) for o in _cases(schema)])
        source = schema.get("x-rasa", {}).get("from")
        if source in self.sources:
            return self.sources[source]()
        for keyword, read in _BY_KEYWORD:
            if keyword in schema:
                return read(self, schema, depth)
        kinds = _types(schema)
        return st.one_of(
            [_BY_TYPE[kind](self, schema, depth) for kind in kinds] or [ANYTHING]
        )

    def either(self, schema: Schema, depth: int, *, key: str) -> Strategy:
        """Return a strategy for any of the alternatives of a schema."""
        rest = {name: value for name, value in schema.items() if name != key}
        options = [_merged(rest, option) for option in schema[key]]
        return st.one_of([self.strategy(option, depth=depth) for option in options])

    def flat(self, schema: Schema, *, seen: int = 0) -> Any:
        """Lay what a schema refers to, and all of its `allOf`, into one schema."""
        if "$ref" not in schema and "allOf" not in schema:
            return schema
        if seen > MOST_REFERENCES:
            message = "the schema refers to itself and to nothing else"
            raise DataError(message, pointer="/$ref")
        whole: Any = {k: v for k, v in schema.items() if k not in ("$ref", "allOf")}
        parts = list(schema.get("allOf", ()))
        if "$ref" in schema:
            parts.append(self._found(schema["$ref"]))
        for part in parts:
            flat = part
            if isinstance(part, Mapping):
                flat = self.flat(part, seen=seen + 1)
            whole = _merged(whole, flat)
        return whole

    def _found(self, reference: str) -> Any:
        node: Any = self.root
        if not reference.startswith("#"):
            message = f"only references within the schema are read, got {reference!r}"
            raise DataError(message, pointer="/$ref")
        for token in reference.lstrip("#").strip("/").split("/"):
            name = token.replace("~1", "/").replace("~0", "~")
            if not name:
                continue
            if isinstance(node, list) and name.isdecimal() and int(name) < len(node):
                node = node[int(name)]
            elif isinstance(node, Mapping) and name in node:
                node = node[name]
            else:
                message = f"the reference {reference!r} leads nowhere"
                raise DataError(message, pointer="/$ref")
        return node

    def object(self, schema: Schema, depth: int) -> Strategy:
        """Return a strategy for objects: required keys, perhaps others."""
        parts = schema.get("properties", {})
        required = list(dict.fromkeys(schema.get("required", ())))
        rest = schema.get("additionalProperties", True)
        needed = {
            name: self.strategy(parts.get(name, rest), depth=depth + 1)
            for name in required
        }
        optional = {
            name: self.strategy(part, depth=depth + 1)
            for name, part in parts.items()
            if name not in needed and part is not False and depth < DEEPEST
            if not (isinstance(part, Mapping) and part.get("not") == {})
        }
        fixed = st.fixed_dictionaries(needed, optional=optional)
        least = max(schema.get("minProperties", 0) - len(needed), 0)
        patterned = schema.get("patternProperties")
        if patterned:
            return self._with_patterns(fixed, patterned, least=least, depth=depth)
        if least and rest is not False:
            more = st.dictionaries(
                NAMES,
                self.strategy(rest, depth=depth + 1),
                min_size=least,
                max_size=least + MOST,
            )
            return st.builds(lambda a, b: {**b, **a}, fixed, more)
        return fixed

    def _with_patterns(
        self, fixed: Strategy, patterned: Schema, *, least: int, depth: int
    ) -> Strategy:
        options = [
            st.tuples(
                st.from_regex(pattern).filter(_is_text),
                self.strategy(part, depth=depth + 1),
            )
            for pattern, part in patterned.items()
        ]
        pairs = st.lists(st.one_of(options), min_size=least, max_size=least + 2)
        return st.builds(lambda a, b: {**dict(b), **a}, fixed, pairs)

    def array(self, schema: Schema, depth: int) -> Strategy:
        """Return a strategy for lists; the first items may have their own schemas."""
        least = schema.get("minItems", 0)
        most = min(schema.get("maxItems", least + MOST), least + MOST)
        first = [
            self.strategy(p, depth=depth + 1) for p in schema.get("prefixItems", ())
        ]
        items = schema.get("items", True)
        if depth >= DEEPEST and least == 0:
            return st.just([])
        if items is False or (first and most <= len(first)):
            return st.tuples(*first[:most]).map(list)
        rest = st.lists(
            self.strategy(items, depth=depth + 1),
            min_size=max(least - len(first), 0),
            max_size=max(most - len(first), 0),
            unique_by=repr if schema.get("uniqueItems") else None,
        )
        if not first:
            return rest
        return st.builds(lambda a, b: [*a, *b], st.tuples(*first), rest)


def _cases(schema: Schema) -> Iterator[Any]:
    """Yield the two that a schema with `if` stands for; `if not` is left to chance."""
    rest = {k: v for k, v in schema.items() if k not in ("if", "then", "else")}
    yield _merged(_merged(rest, schema["if"]), schema.get("then", True))
    yield _merged(rest, schema.get("else", True))


def _merged(under: Any, over: Any) -> Any:
    """Lay one schema over another: both must hold, as far as can be said in one."""
    if under is False or over is False:
        return False
    if not isinstance(under, Mapping) or not isinstance(over, Mapping):
        return over if isinstance(over, Mapping) else under
    both = {**under, **over}
    for key, join in _JOINS.items():
        if key in under and key in over:
            both[key] = join(under[key], over[key])
    return both


def _both_named(under: Schema, over: Schema) -> dict[str, Any]:
    names = dict.fromkeys((*under, *over))
    return {
        name: _merged(under.get(name, True), over.get(name, True)) for name in names
    }


def _both_types(under: Any, over: Any) -> list[str]:
    known = _listed(over)
    return [kind for kind in _listed(under) if kind in known]


_JOINS: Mapping[str, Callable[[Any, Any], Any]] = {
    "$defs": lambda under, over: {**under, **over},
    "allOf": lambda under, over: [*under, *over],
    "enum": lambda under, over: [value for value in under if value in over],
    "items": _merged,
    "maxItems": min,
    "maxLength": min,
    "maximum": min,
    "minItems": max,
    "minLength": max,
    "minimum": max,
    "properties": _both_named,
    "required": lambda under, over: [*under, *over],
    "type": _both_types,
    "x-rasa": lambda under, over: {**under, **over},
}


def _listed(kinds: Any) -> Sequence[str]:
    return [kinds] if isinstance(kinds, str) else list(kinds)


def _types(schema: Schema) -> Sequence[str]:
    """List the types, simplest first; what the keywords suggest if none is named."""
    if "type" in schema:
        known = _listed(schema["type"])
        return [kind for kind in _BY_TYPE if kind in known]
    for kind, keywords in _SUGGESTED.items():
        if any(keyword in schema for keyword in keywords):
            return [kind]
    return ()


_SUGGESTED: Mapping[str, tuple[str, ...]] = {
    "object": ("properties", "required", "minProperties", "patternProperties"),
    "array": ("items", "prefixItems", "minItems", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "multipleOf", "exclusiveMinimum"),
}


def _integer(_reader: _Reader, schema: Schema, _depth: int) -> Strategy:
    low, high = _bounds(schema)
    low = -LARGE if low is None else low
    high = LARGE if high is None else high
    step = schema.get("multipleOf", 1)
    if schema.get("exclusiveMinimum") == low:
        low += 1
    if schema.get("exclusiveMaximum") == high:
        high -= 1
    first, last = -(-low // step), high // step
    if first > last:
        return st.nothing()
    return st.integers(int(first), int(last)).map(lambda n: int(n * step))


def _number(reader: _Reader, schema: Schema, depth: int) -> Strategy:
    if "multipleOf" in schema:
        return _integer(reader, schema, depth)
    low, high = _bounds(schema)
    return st.floats(
        low,
        high,
        allow_nan=False,
        allow_infinity=False,
        exclude_min=low is not None and schema.get("exclusiveMinimum") == low,
        exclude_max=high is not None and schema.get("exclusiveMaximum") == high,
    )


def _bounds(schema: Schema) -> tuple[Any, Any]:
    lows = [schema[k] for k in ("minimum", "exclusiveMinimum") if k in schema]
    highs = [schema[k] for k in ("maximum", "exclusiveMaximum") if k in schema]
    return max(lows, default=None), min(highs, default=None)


def _string(_reader: _Reader, schema: Schema, _depth: int) -> Strategy:
    least = schema.get("minLength", 0)
    most = schema.get("maxLength", least + 4 * MOST)
    if "pattern" in schema:
        matching: Strategy = st.from_regex(schema["pattern"])
        found = matching.filter(_is_text)
        return found.filter(lambda text: least <= len(text) <= max(most, least))
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    return st.text(TEXTS, min_size=least, max_size=min(most, least + 4 * MOST))


def _one_of_these(values: Sequence[Any]) -> Strategy:
    return st.sampled_from(list(values)) if values else st.nothing()


def _is_text(text: str) -> bool:
    return not any("\ud800" <= sign <= "\udfff" for sign in text)


_FORMATS: Mapping[str, Strategy] = {
    "date": st.dates().map(str),
    "date-time": st.datetimes().map(lambda moment: f"{moment.isoformat()}+00:00"),
    "email": st.emails(),
    "time": st.times().map(lambda time: f"{time.isoformat()}Z"),
    "uri": NAMES.map(lambda name: f"https://example.com/{name}"),
    "uuid": st.uuids().map(str),
}
_BY_KEYWORD: tuple[tuple[str, Callable[[_Reader, Schema, int], Strategy]], ...] = (
    ("const", lambda _reader, schema, _depth: st.just(schema["const"])),
    ("enum", lambda _reader, schema, _depth: _one_of_these(schema["enum"])),
    ("anyOf", partial(_Reader.either, key="anyOf")),
    ("oneOf", partial(_Reader.either, key="oneOf")),
)
# Simplest first: that is what an example shrinks to.
_BY_TYPE: Mapping[str, Callable[[_Reader, Schema, int], Strategy]] = {
    "null": lambda _reader, _schema, _depth: st.none(),
    "boolean": lambda _reader, _schema, _depth: st.booleans(),
    "integer": _integer,
    "number": _number,
    "string": _string,
    "array": _Reader.array,
    "object": _Reader.object,
}
