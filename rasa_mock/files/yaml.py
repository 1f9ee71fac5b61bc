r"""YAML 1.2 as Rasa reads it: plain values, and on which line each thing stands.

Imitates `rasa.shared.utils.io.read_yaml` (Rasa 3.6): `yes` and `no` are texts, a key
must not occur twice, `${NAME}` in an unquoted text is replaced from the environment,
and in a file of pure ASCII `\uXXXX` means that character even outside of quotes.

Beyond Rasa the reader is safe with hostile files: depth, number of values and what
aliases expand to are limited, and an alias may not contain itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import AliasEvent
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from rasa_mock.errors import DataError
from rasa_mock.files.text import MAX_BYTES, read_text

MAX_DEPTH = 100
MAX_VALUES = 200_000

SYNTAX_ERROR = "YamlSyntaxException"
STRING_TAG = "tag:yaml.org,2002:str"
MERGE_KEY = "<<"

# Part of the parser's message -> what to do about it.
HINTS = (
    (r"'\t'", "indent with spaces, not with tabs"),
    ("mapping values are not allowed", "check the indentation, or quote the text"),
    ("expected <block end>", "check the indentation of this line and those above"),
    ("could not find expected ':'", "write 'key: value', or check the indentation"),
    ("another document", "keep one document: remove the line '---'"),
    ("special characters are not allowed", "remove the control character"),
    ("cannot start any token", "quote the text"),
    ("could not determine a constructor", "remove the tag"),
    ("duplicate key", "keep one of the two"),
)
VARIABLE = re.compile(r"\$\{(\w+)\}")
DEFAULT_HINT = "check quotes, brackets and indentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One YAML document: its value, and the lines it was read from."""

    value: Any
    path: str | None = None
    root: Node | None = None
    # Whether texts of the value still name environment variables.
    is_open: bool = False

    def filled_in(self) -> Document:
        """Return it with the environment filled in; raise DataError if one is unset."""
        if not self.is_open:
            return self
        try:
            value = _filled_in(self.value)
        except DataError as error:
            error.path = self.path
            raise
        return Document(value=value, path=self.path, root=self.root)

    def line_of(self, pointer: str | None) -> int | None:
        """Return the line (from 1) that a JSON pointer names, or what holds it."""
        if self.root is None or pointer is None:
            return None
        line = int(self.root.start_mark.line) + 1
        node: Node | None = self.root
        for token in pointer.split("/")[1:]:
            found = _child(node, token.replace("~1", "/").replace("~0", "~"))
            if found is None:
                break
            line, node = found
        return line

    def quoted_variables(self) -> Iterator[tuple[str, int]]:
        """Yield what names a variable of the environment in quotes, and its line.

        Neither Rasa nor `filled_in` replaces it.
        """
        for node in _scalars(self.root):
            for name in VARIABLE.findall(node.value) if node.style else ():
                yield name, int(node.start_mark.line) + 1

    def locate(self, error: DataError) -> DataError:
        """Add the path and line of the pointer to an error about this document."""
        error.path = error.path or self.path
        error.line = error.line or self.line_of(error.pointer)
        return error


def _child(node: Node | None, token: str) -> tuple[int, Node] | None:
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if str(key.value) == token:
                return int(key.start_mark.line) + 1, value
    if isinstance(node, SequenceNode) and token.isdecimal():
        for item in node.value[int(token) : int(token) + 1]:
            return int(item.start_mark.line) + 1, item
    return None


def _scalars(root: Node | None) -> Iterator[ScalarNode]:
    """Yield every single value once, however often it is meant by an alias."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, ScalarNode):
            yield node
        elif isinstance(node, MappingNode):
            waiting += [value for _, value in reversed(node.value)]
        else:
            waiting += reversed(node.value)


class OpenText(str):
    """A text that names environment variables, before they are filled in."""

    __slots__ = ("mark",)

    mark: Any

    def filled_in(self) -> str:
        """Return the plain text; a variable that is not set is refused, as by Rasa."""
        filled = os.path.expandvars(str(self))
        words = filled.split()
        unset = [word for word in words if word.startswith("$") and word in self]
        if unset:
            raise _at(
                self.mark,
                f"environment variable not set in {str(self)!r}: {', '.join(unset)}; "
                "set it, or quote the text if it is meant as it is",
                rasa_class="RasaException",
            )
        return filled


def read_yaml(path: Path | str, *, max_bytes: int = MAX_BYTES) -> Any:
    """Return the value in a YAML file (null for an empty one)."""
    return load_yaml(path, max_bytes=max_bytes).filled_in().value


def load_yaml(path: Path | str, *, max_bytes: int = MAX_BYTES) -> Document:
    """Read a YAML file with its lines.  Raises DataError with path and line.

    The environment is not filled in yet: Rasa checks the shape of a file before.
    """
    return parse_yaml(read_text(Path(path), max_bytes=max_bytes), path=str(path))


def parse_yaml(text: str, *, path: str | None = None) -> Document:
    """Parse a text of YAML with its lines; `path` is only for error messages."""
    try:
        text = _unescape(text)
        root = _compose(text)
        value, is_open = (None, False) if root is None else _construct(root)
    except DataError as error:
        error.path = path
        raise
    except ReaderError as error:
        raise _control_character(error, text=text, path=path) from error
    except YAMLError as error:
        raise _syntax_error(error, path=path) from error
    except (ValueError, ArithmeticError, LookupError, TypeError) as error:
        raise DataError(
            f"not valid YAML: {error}; quote the text if it is meant as text",
            path=path,
            rasa_class=type(error).__name__,
        ) from error
    return Document(value=value, path=path, root=root, is_open=is_open)


def _unescape(text: str) -> str:
    r"""Decode `\uXXXX` everywhere in a text of pure ASCII, as Rasa does for emojis."""
    if not text.isascii() or "\\" not in text:
        return text
    try:
        decoded = text.encode("ascii").decode("raw_unicode_escape")
        return decoded.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as error:
        raise DataError(
            f"not a valid \\u escape: {error.reason}; write four hexadecimal digits",
            rasa_class="UnicodeDecodeError",
        ) from error


def _yaml() -> YAML:
    """Make a reader.  Pure Python: the C parser knows neither limits nor columns."""
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    yaml.Composer = _Composer
    yaml.Constructor = _Constructor
    return yaml


def _compose(text: str) -> Node | None:
    root: Node | None = _yaml().compose(text)
    return root


def _construct(root: Node) -> tuple[Any, bool]:
    """Return the value, and whether a text in it names an environment variable."""
    constructor = _yaml().constructor
    return constructor.construct_document(root), constructor.is_open


class _Composer(Composer):
    """Builds nodes within limits, and refuses keys that occur twice."""

    def __init__(self, loader: Any = None) -> None:
        super().__init__(loader)
        self._depth = 0
        self._count = 0
        # How many values a finished node stands for, aliases expanded.
        self._sizes: dict[int, int] = {}

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.parser.check_event(AliasEvent):
            return self._resolve_alias()
        self._depth += 1
        before = self._count
        event = self.parser.peek_event()
        mark = event.start_mark
        # A name may be given again, and the later one wins: no warning needed.
        self.anchors.pop(event.anchor, None)
        self._add(1, mark)
        if self._depth > MAX_DEPTH:
            raise _at(mark, f"nested deeper than {MAX_DEPTH} levels; flatten it")
        node = super().compose_node(parent, index)
        self._depth -= 1
        self._sizes[id(node)] = self._count - before
        if isinstance(node, MappingNode):
            _check_keys(node)
        return node

    def _resolve_alias(self) -> Any:
        event = self.parser.get_event()
        name, mark = event.anchor, event.start_mark
        if name not in self.anchors:
            raise _at(mark, f"alias *{name} has no anchor; write &{name} before it")
        node = self.anchors[name]
        if id(node) not in self._sizes:
            raise _at(mark, f"alias *{name} contains itself; write the value out")
        self._add(self._sizes[id(node)], mark)
        return node

    def _add(self, number: int, mark: Any) -> None:
        self._count += number
        if self._count > MAX_VALUES:
            raise _at(
                mark,
                f"more than {MAX_VALUES:,} values once aliases are expanded; split the "
                "file, or use fewer aliases",
            )


def _check_keys(node: MappingNode) -> None:
    """Refuse a key that occurs twice, or is no single value."""
    seen: dict[tuple[str, str], Any] = {}
    for key, _value in node.value:
        if not isinstance(key, ScalarNode):
            raise _at(key.start_mark, "expected text as key, got a list or mapping")
        identity = (str(key.tag), str(key.value))
        if identity in seen and key.value != MERGE_KEY:
            first = seen[identity].line + 1
            raise _at(
                key.start_mark,
                f"key {key.value!r} occurs twice (first on line {first}); "
                "keep one of the two",
            )
        seen.setdefault(identity, key.start_mark)


class _Constructor(SafeConstructor):
    """Makes plain values; unquoted texts with `${NAME}` become OpenText."""

    is_open = False

    def construct_yaml_str(self, node: Any) -> Any:
        value = self.construct_scalar(node)
        if node.style or not _names_variable(value):
            return value
        self.is_open = True
        text = OpenText(value)
        text.mark = node.start_mark
        return text


_Constructor.add_constructor(STRING_TAG, _Constructor.construct_yaml_str)


def _names_variable(value: str) -> bool:
    """Tell whether it names an environment variable; only texts of one line can."""
    return "}" in value.partition("${")[2] and "\n" not in value.rstrip("\n")


def _filled_in(value: Any) -> Any:
    if isinstance(value, OpenText):
        return value.filled_in()
    if isinstance(value, dict):
        return {_filled_in(key): _filled_in(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled_in(item) for item in value]
    return value


def _at(mark: Any, message: str, *, rasa_class: str = SYNTAX_ERROR) -> DataError:
    return DataError(
        message, line=mark.line + 1, column=mark.column + 1, rasa_class=rasa_class
    )


def _syntax_error(error: YAMLError, *, path: str | None) -> DataError:
    problem = getattr(error, "problem", None) or str(error)
    mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
    hint = next((hint for part, hint in HINTS if part in problem), DEFAULT_HINT)
    return DataError(
        f"not valid YAML: {' '.join(problem.split())}; {hint}",
        path=path,
        line=mark.line + 1 if mark else None,
        column=mark.column + 1 if mark else None,
        rasa_class=SYNTAX_ERROR,
    )


def _control_character(error: ReaderError, *, text: str, path: str | None) -> DataError:
    return DataError(
        f"not valid YAML: control character U+{ord(text[error.position]):04X}; "
        "remove it",
        path=path,
        line=text.count("\n", 0, error.position) + 1,
        rasa_class=SYNTAX_ERROR,
    )
