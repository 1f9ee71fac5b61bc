"""YAML: what is read, and one clear message for everything that cannot be."""

from __future__ import annotations

import math
import os
import socket
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.yaml import load_yaml, parse_yaml, read_yaml


def value_of(text: str) -> Any:
    return parse_yaml(text).filled_in().value


# --- what is read --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("No", "No"),
        ("on", "on"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("", None),
        ("12", 12),
        ("1_000", 1000),
        ("010", 10),
        ("0o17", 15),
        ("0x1F", 31),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        (".inf", math.inf),
        ("1:30", "1:30"),
        ("3.1.0", "3.1.0"),
        ("'12'", "12"),
        ('"a\\tb"', "a\tb"),
        ("|\n    two\n    lines\n", "two\nlines\n"),
        (">\n    one\n    line", "one line"),
        ("[a, {b: c}]", ["a", {"b": "c"}]),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, value: Any) -> None:
    assert value_of(f"key: {text}") == {"key": value}


def test_anchors_aliases_and_merge_keys_are_expanded() -> None:
    text = "a: &a {x: 1, y: 2}\nb: *a\nc:\n  <<: *a\n  y: 3\n"
    assert value_of(text) == {
        "a": {"x": 1, "y": 2},
        "b": {"x": 1, "y": 2},
        "c": {"x": 1, "y": 3},
    }


def test_an_anchor_may_be_given_again() -> None:
    assert value_of("- &a 1\n- &a 2\n- *a\n") == [1, 2, 2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (r"caf\u00e9", "café"),
        (r'"\ud83d\ude00"', "😀"),
        (r"\u00e9 é", r"\u00e9 é"),  # only in a file of pure ASCII
    ],
)
def test_unicode_escapes_count_everywhere_in_ascii(text: str, value: str) -> None:
    assert value_of(f"- {text}") == [value]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("${PLACE}", "Berlin"),
        ("in ${PLACE}, $PLACE", "in Berlin, Berlin"),
        ("$PLACE", "$PLACE"),  # needs braces
        ('"${PLACE}"', "${PLACE}"),  # quoted
        ("'${PLACE}'", "${PLACE}"),
        ("|\n    ${PLACE}\n    x", "${PLACE}\nx"),
        ("${PLACE", "${PLACE"),
    ],
)
def test_the_environment_is_filled_into_unquoted_texts(
    monkeypatch: pytest.MonkeyPatch, text: str, value: str
) -> None:
    monkeypatch.setenv("PLACE", "Berlin")
    (read,) = value_of(f"- {text}")
    assert (read, type(read)) == (value, str)


def test_a_byte_order_mark_and_other_line_ends_are_fine(tmp_path: Path) -> None:
    path = tmp_path / "windows.yml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: x\r\n")
    assert read_yaml(path) == {"a": 1, "b": "x"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_an_empty_document_is_null(text: str) -> None:
    assert value_of(text) is None


@pytest.mark.parametrize(
    ("pointer", "line"),
    [
        ("", 1),
        ("/slots", 2),
        ("/slots/a~1b", 3),
        ("/slots/a~1b/mappings/1", 6),
        ("/slots/a~1b/mappings/1/type", 6),
        ("/slots/a~1b/mappings/9", 4),
        ("/slots/missing/type", 2),
        (None, None),
    ],
)
def test_a_pointer_leads_to_its_line(pointer: str | None, line: int | None) -> None:
    text = "version: '3.1'\nslots:\n  a/b:\n    mappings:\n    - x\n    - type: y\n"
    assert parse_yaml(text).line_of(pointer) == line


# --- what is not ---------------------------------------------------------------------


def bomb(merge: str = "") -> str:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, 12):
        tens = ", ".join([f"*a{level - 1}"] * 10)
        lines.append(f"a{level}: &a{level} {{{merge or 'k'}: [{tens}]}}")
    return "\n".join(lines)


SYNTAX = "YamlSyntaxException"

WRONG = {
    "tabs": ("a:\n\tb: 1", 2, "indent with spaces, not with tabs", SYNTAX),
    "duplicate key": (
        "a: 1\nb: 2\na: 3",
        3,
        "key 'a' occurs twice (first on line 1); keep one of the two",
        SYNTAX,
    ),
    "duplicate key deep": ("a:\n- {b: 1, b: 2}", 2, "key 'b' occurs twice", SYNTAX),
    "duplicate by value": ("1: a\n1.0: b", 2, "keep one of the two", SYNTAX),
    "undefined alias": (
        "a: 1\nb: *x",
        2,
        "alias *x has no anchor; write &x before it",
        SYNTAX,
    ),
    "recursive list": ("a: &x [*x]", 1, "alias *x contains itself", SYNTAX),
    "recursive mapping": ("a: &x\n  b: *x", 2, "alias *x contains itself", SYNTAX),
    "alias bomb": (bomb(), 6, "more than 200,000 values once aliases", SYNTAX),
    "merge bomb": (bomb("<<"), 6, "more than 200,000 values once aliases", SYNTAX),
    "deep lists": ("[" * 100_000, 1, "nested deeper than 100 levels", SYNTAX),
    "deep mappings": ("{a: " * 100_000, 1, "nested deeper than 100", SYNTAX),
    "deep blocks": ("- " * 100_000 + "x", 1, "nested deeper than 100", SYNTAX),
    "deep keys": ("? " * 100_000, 1, "nested deeper than 100", SYNTAX),
    "zero byte": ('a: 1\nb: "\0"', 2, "control character U+0000; remove it", SYNTAX),
    "indentation": ("a:\n  b: 1\n c: 2", 3, "check the indentation", SYNTAX),
    "colon": ("a: b: c", 1, "quote the text", SYNTAX),
    "open quote": ('a: "b', 1, "check quotes, brackets", SYNTAX),
    "open bracket": ("a: [b", 1, "check quotes, brackets", SYNTAX),
    "two documents": ("a: 1\n---\nb: 2", 2, "remove the line '---'", SYNTAX),
    "unknown tag": ("a: !thing x", 1, "remove the tag", SYNTAX),
    "python tag": ("a: !!python/name:os.system", 1, "remove the tag", SYNTAX),
    "list as key": ("? [a, b]\n: 1", 1, "expected text as key", SYNTAX),
    "special start": ("a: @b", 1, "quote the text", SYNTAX),
    "no date": ("a: 2020-13-45", None, "quote the text if it is meant", "ValueError"),
    "short escape": ("a: \\u12", None, "four hexadecimal", "UnicodeDecodeError"),
}


@pytest.mark.parametrize(
    ("text", "line", "message", "rasa_class"), WRONG.values(), ids=WRONG.keys()
)
def test_each_wrong_text_has_one_clear_message(
    text: str, line: int | None, message: str, rasa_class: str
) -> None:
    with pytest.raises(DataError) as caught:
        parse_yaml(text, path="domain.yml")
    error = caught.value
    assert message in error.message
    assert (error.path, error.line, error.rasa_class) == (
        "domain.yml",
        line,
        rasa_class,
    )
    assert str(error).startswith(f"domain.yml:{line}:" if line else "domain.yml: ")
    assert "\n" not in str(error)


def test_a_number_of_100000_digits_is_refused() -> None:
    with pytest.raises(DataError, match="quote the text if it is meant as text"):
        value_of("a: " + "9" * 100_000)


def test_the_number_of_values_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rasa_mock.files.yaml.MAX_VALUES", 100)
    assert len(value_of("- a\n" * 99)) == 99  # and the list itself
    with pytest.raises(DataError, match="more than 100 values") as caught:
        value_of("- a\n" * 100)
    assert caught.value.line == 100


def test_an_unset_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    document = parse_yaml("a: 1\nb: x ${NOT_SET_HERE}", path="f.yml")
    assert document.value["b"] == "x ${NOT_SET_HERE}"
    with pytest.raises(DataError) as caught:
        document.filled_in()
    assert str(caught.value).startswith("f.yml:2:4: environment variable not set in")
    assert caught.value.rasa_class == "RasaException"


# --- files ---------------------------------------------------------------------------


def test_a_missing_file_is_told() -> None:
    with pytest.raises(DataError, match="no such file; check the path"):
        load_yaml("nowhere/domain.yml")


def test_what_is_no_file_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        for name, kind in [
            ("", "a folder"),
            ("pipe", "a pipe"),
            ("socket", "a socket"),
        ]:
            with pytest.raises(DataError, match=f"expected a file, got {kind}"):
                load_yaml(tmp_path / name)
    with pytest.raises(DataError, match="expected a file, got a device"):
        load_yaml("/dev/zero")


def test_an_impossible_name_is_told() -> None:
    with pytest.raises(DataError, match="cannot read the file"):
        load_yaml("a\0b")


def test_a_file_that_is_not_utf_8_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "latin1.yml"
    path.write_bytes("a: 1\nb: caf\u00e9\n".encode("latin-1"))
    with pytest.raises(DataError) as caught:
        load_yaml(path)
    assert caught.value.line == 2
    assert "expected text in UTF-8, got byte 0xe9 at offset 11" in str(caught.value)
    assert caught.value.rasa_class == "FileIOException"


def test_a_file_of_50_megabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yml"
    with path.open("wb") as stream:
        stream.truncate(50 * 1024 * 1024)  # zero bytes: would fail if it were read
    with pytest.raises(DataError) as caught:
        load_yaml(path)
    assert "expected at most 5,242,880 bytes, got 52,428,800" in str(caught.value)


def test_the_cap_can_be_set(tmp_path: Path) -> None:
    path = tmp_path / "small.yml"
    path.write_text("a: 12345")
    assert read_yaml(path, max_bytes=8) == {"a": 12345}
    with pytest.raises(DataError, match="expected at most 7 bytes, got 8"):
        read_yaml(path, max_bytes=7)
