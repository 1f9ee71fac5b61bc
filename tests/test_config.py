"""The configuration file: what it may say, and what is said of mistakes in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasa_mock.config import ActionConfig, find_config, read_config
from rasa_mock.errors import DataError

FULL = """\
domain = "bot/domain.yml"
actions = "actions"
seed = 7
timeout = 2
fail_on = "error"
select = "RM3"
ignore = ["RM306", "RM5"]
token = "${BOT_TOKEN}"
reports = ["html=out.html", "ndjson=-"]
observe = false

[headers]
X-Tenant = "a"
Authorization = "Bearer ${BOT_TOKEN}"

[action.action_pay]
skip = "it costs money"

[action.validate_trip_form]
rejects = true
ignore = ["RM4"]
slots = { city = "Rome", people = 2 }

[action.action_book]
slots = ["city"]
"""


def written(folder: Path, text: str, *, name: str = "rasa_mock.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refused(folder: Path, text: str, *, name: str = "rasa_mock.toml") -> DataError:
    with pytest.raises(DataError) as caught:
        read_config(written(folder, text, name=name))
    return caught.value


def in_pyproject(text: str) -> str:
    return '[project]\nname = "bot"\n\n[tool.rasa_mock]\n' + text.replace(
        "\n[", "\n[tool.rasa_mock."
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rasa_mock.toml", FULL),
        ("pyproject.toml", in_pyproject(FULL)),
        ("rasa_mock.toml", in_pyproject(FULL).partition("\n\n")[2]),
    ],
    ids=["own file", "pyproject", "own file with the table of pyproject"],
)
def test_all_that_a_file_says_is_read(tmp_path, monkeypatch, name, text):
    monkeypatch.setenv("BOT_TOKEN", "s3cret")
    config = read_config(written(tmp_path, text, name=name))
    assert config.options == {
        "domain": str(tmp_path / "bot/domain.yml"),
        "actions": "actions",
        "seed": 7,
        "timeout": 2,
        "fail_on": "error",
        "select": ["RM3"],
        "ignore": ["RM306", "RM5"],
        "token": "s3cret",
        "reports": [f"html={tmp_path / 'out.html'}", "ndjson=-"],
        "observe": False,
        "headers": ["X-Tenant: a", "Authorization: Bearer s3cret"],
    }
    assert config.per_action == {
        "action_pay": ActionConfig(skip=True, reason="it costs money"),
        "validate_trip_form": ActionConfig(
            rejects=("",), ignore=("RM4",), slots={"city": "Rome", "people": 2}
        ),
        "action_book": ActionConfig(slots={"city": None}),
    }


def test_paths_stay_as_they_are_written_beside_the_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = read_config(written(tmp_path, 'domain = "domain.yml"'))
    assert config.options["domain"] == "domain.yml"


def test_a_package_is_found_beside_the_file(tmp_path):
    (tmp_path / "bot" / "actions").mkdir(parents=True)
    config = read_config(written(tmp_path, 'actions = "bot.actions"'))
    assert config.options["actions"] == str(tmp_path / "bot" / "actions")


MISTAKES = [
    ('domain = "d"\ndomian = "x"', 2, "unknown key 'domian'; did you mean 'domain'?"),
    ("fail_onn = 1", 1, "did you mean 'fail_on'?"),
    ("max-tme = 1", 1, "did you mean 'max-time'?"),
    ("xyzzy = 1", 1, "expected one of url, actions, domain"),
    ("[actoin.a]\nskip = true", 1, "did you mean 'action'?"),
    ("\nseed = 'one'", 2, "expected a whole number for 'seed', got 'one'"),
    ("seed = true", 1, "expected a whole number for 'seed', got True"),
    ("observe = 1", 1, "expected true or false for 'observe', got 1"),
    ("domain = ['a']", 1, "expected a path for 'domain', got ['a']"),
    ("select = [1]", 1, "expected texts in 'select', got [1]"),
    ("[headers]\nX = 1", 1, "expected texts in 'headers', got {'X': 1}"),
    ("token = '${NOT_SET}'", 1, "the environment has no 'NOT_SET'"),
    ("[action.a]\nskip = 1", 2, "expected true, or the reason as a text"),
    ("[action.a]\nskp = true", 2, "unknown key 'skp'; did you mean 'skip'?"),
    ("action = 1", 1, "expected tables [action.NAME]"),
    ("[action]\na = 1", 2, "expected a table [action.a], got 1"),
    ("seed = ", 1, "no valid TOML"),
    ("seed = 1\nseed = 2", 2, "no valid TOML"),
    ("cases = 1\n[tool.rasa_mock]\nseed = 1", 1, "expected all keys under"),
    ("[tool]\nrasa_mock = 1", 2, "expected a table [tool.rasa_mock]"),
]


@pytest.mark.parametrize(("text", "line", "said"), MISTAKES)
def test_a_mistake_is_named_with_its_place(tmp_path, monkeypatch, text, line, said):
    monkeypatch.delenv("NOT_SET", raising=False)
    error = refused(tmp_path, text)
    assert said in error.message
    assert (error.path, error.line) == (str(tmp_path / "rasa_mock.toml"), line)


def test_a_mistake_in_pyproject_is_named_with_its_line(tmp_path):
    text = '[project]\nname = "x"\n[tool.rasa_mock]\nseed = 1\nsede = 2\n'
    error = refused(tmp_path, text, name="pyproject.toml")
    assert (error.line, "'seed'" in error.message) == (5, True)


def test_what_cannot_be_read_is_said(tmp_path):
    with pytest.raises(DataError, match="No such file"):
        read_config(tmp_path / "nowhere.toml")
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(DataError, match="not UTF-8"):
        read_config(tmp_path / "bytes.toml")


def test_the_nearest_file_upwards_is_found(tmp_path):
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    outer = written(tmp_path, "[tool.rasa_mock]\n", name="pyproject.toml")
    written(tmp_path / "a", "[project]\n", name="pyproject.toml")
    assert find_config(inner) == outer
    own = written(tmp_path / "a", "")
    assert find_config(inner) == own


def test_the_search_ends_at_the_root_of_a_repository(tmp_path):
    (tmp_path / "repo" / ".git").mkdir(parents=True)
    written(tmp_path, "")
    assert find_config(tmp_path / "repo") is None
