"""Training data and metadata for generated conversations, read from files."""

from __future__ import annotations

import pytest

from rasa_mock.errors import DataError
from rasa_mock.files.nlu import read_metadata, read_nlu

HELLO = "nlu:\n- intent: greet\n  examples: |\n    - hello\n"


def test_a_folder_is_read_at_any_depth_without_its_stories(tmp_path):
    deep = tmp_path / "data" / "nlu"
    deep.mkdir(parents=True)
    (deep / "greet.yml").write_text(HELLO)
    (tmp_path / "data" / "stories.yml").write_text("stories: []\n")
    (tmp_path / "elsewhere.yml").write_text(HELLO.replace("hello", "not read"))
    data = read_nlu([tmp_path], tell=pytest.fail)
    assert [example.text for example in data.examples] == ["hello"]


def test_several_paths_add_up_and_what_is_skipped_is_told(tmp_path):
    (tmp_path / "a.yml").write_text(HELLO)
    (tmp_path / "b.yml").write_text(
        HELLO.replace("hello", "hi") + "- intent: empty\n  examples: |\n"
    )
    told = []
    data = read_nlu([tmp_path / "a.yml", tmp_path / "b.yml"], tell=told.append)
    assert [example.text for example in data.examples] == ["hello", "hi"]
    assert len(told) == 1
    assert "b.yml:5: " in told[0]


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("nlu:\n- intent: [x\n", 3, "not valid YAML"),
        ("stories: []\n", 1, "no training data"),
        ("nlu: 3\n", 1, "expected a list, got 3"),
        (
            HELLO + "- regex: zip\n  examples: |\n    - (x\n",
            5,
            "no regular expression: '(x'",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path, text, line, words):
    path = tmp_path / "nlu.yml"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_nlu([path], tell=lambda _: None)
    assert (caught.value.path, caught.value.line) == (str(path), line)
    assert words in str(caught.value)


def test_a_path_without_training_data_is_refused(tmp_path):
    for path in (tmp_path, tmp_path / "nothing.yml"):
        with pytest.raises(DataError, match=r"expected an nlu\.yml"):
            read_nlu([path], tell=pytest.fail)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"user_id": 1}', ({"user_id": 1},)),
        ('[{"a": null}, {"b": []}]', ({"a": None}, {"b": []})),
        ("{}", ({},)),
    ],
)
def test_metadata_are_an_object_or_a_list_of_them(tmp_path, text, found):
    path = tmp_path / "metadata.json"
    path.write_text(text)
    assert read_metadata(path) == found


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("3", 1),
        ("[]", 1),
        ('[{"a": 1},\n\n {"b": [1,\n 2]},\n "x"]', 5),
        ('{"a":\n x}', 2),
        ('{"a":\n NaN}', 2),
    ],
)
def test_other_metadata_are_refused_with_their_line(tmp_path, text, line):
    path = tmp_path / "metadata.json"
    path.write_text(text)
    with pytest.raises(DataError) as caught:
        read_metadata(path)
    assert (caught.value.path, caught.value.line) == (str(path), line)
