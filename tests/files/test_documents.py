"""Reading JSON: one document, or one a line; what is not JSON says where."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.documents import (
    MAX_BYTES,
    JsonDocument,
    parse_documents,
    parse_json,
    read_documents,
    read_stream,
)


@pytest.mark.parametrize(
    ("text", "in_lines", "values"),
    [
        ("{}", False, [{}]),
        ('{\n"a": 1}\n', False, [{"a": 1}]),
        ("[1,\n2]", False, [[1, 2]]),
        ("5", False, [5]),
        ("{}\n{}", False, [{}, {}]),
        ("[1]\n\n[2]\n", False, [[1], [2]]),
        ("{}", True, [{}]),
        ("1\n2\n", True, [1, 2]),
        ('"\u2028"\n"b"\r\n', True, ["\u2028", "b"]),
    ],
)
def test_texts_are_one_document_or_one_a_line(
    text: str, in_lines: bool, values: list[Any]
):
    found = list(parse_documents(text, path="x", in_lines=in_lines))
    assert [each.value for each in found if isinstance(each, JsonDocument)] == values
    assert len(found) == len(values)


def test_a_line_knows_its_number_and_a_whole_file_has_none():
    first, second = parse_documents("{}\n\n{}", path="x")
    (whole,) = parse_documents("{}", path="x")
    assert isinstance(first, JsonDocument)
    assert isinstance(second, JsonDocument)
    assert isinstance(whole, JsonDocument)
    assert [first.place, second.place, whole.place] == ["x:1", "x:3", "x"]


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".JSONL"])
def test_the_ending_says_that_it_is_lines(tmp_path: Path, suffix: str):
    path = tmp_path / f"a{suffix}"
    path.write_text("5\n{oops\n")
    good, bad = read_documents(path)
    assert isinstance(good, JsonDocument)
    assert isinstance(bad, DataError)
    assert (bad.line, bad.column) == (2, 2)


def test_a_stream_without_end_is_given_up():
    class Endless(io.RawIOBase):
        def readinto(self, buffer: Any) -> int:
            buffer[:] = b" " * len(buffer)
            return len(buffer)

        def readable(self) -> bool:
            return True

    with pytest.raises(DataError, match="expected at most 67,108,864 bytes"):
        read_stream(io.BufferedReader(Endless()), name="standard input")
    assert MAX_BYTES == 67_108_864


def test_half_a_character_pair_is_json():
    assert parse_json('"\\ud800"') == "\ud800"


@pytest.mark.parametrize("word", ["NaN", "Infinity", "-Infinity"])
def test_a_bare_word_is_found_behind_strings_that_hold_it(word: str):
    text = json.dumps({"a": word, '"NaN': 1})[:-1] + f', "b": {word}}}'
    with pytest.raises(DataError, match=f"the bare word {word}") as caught:
        parse_json(text)
    assert caught.value.column == text.rindex(word) + 1
