"""`rasa-mock check` with a configuration: what wins, and what is said of mistakes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from rasa_mock.cli.check import command
from rasa_mock.cli.config_page import config_page
from rasa_mock.config import KEYS

ROOT = Path(__file__).parents[2]
BASE = 'domain = "domain.yml"\nactions = "actions"\ncases = 1\nbehaviour = false\n'


@pytest.fixture
def bot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "examples" / "weather", tmp_path / "bot")
    monkeypatch.chdir(tmp_path / "bot")
    return tmp_path / "bot"


def check(*words: str, config: str, **environment: str) -> tuple[int, str]:
    Path("rasa_mock.toml").write_text(config)
    done = CliRunner().invoke(command, words, env=environment)
    said = " ".join(done.output.split())
    return (
        done.exit_code,
        said if done.exception is None else f"{said} {done.exception}",
    )


@pytest.mark.parametrize(
    ("words", "environment", "seed"),
    [([], None, 1), ([], "2", 2), (["--seed", "3"], "2", 3)],
    ids=["file", "environment", "flag"],
)
def test_flags_win_over_the_environment_and_that_over_the_file(
    bot: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    environment: str | None,
    seed: int,
) -> None:
    (bot / "rasa_mock.toml").write_text("domain = 'd.yml'\nseed = 1\nnlu = 'nlu.yml'")
    if environment is not None:
        monkeypatch.setenv("RASA_MOCK_SEED", environment)
    given = command.make_context("check", words).params
    assert (given["seed"], given["cases"]) == (seed, 20)
    assert (given["domain"], given["nlu"]) == (Path("d.yml"), (Path("nlu.yml"),))


def test_a_folder_below_uses_the_file_above(
    bot: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (bot / "rasa_mock.toml").write_text(BASE)
    (bot / "below").mkdir()
    monkeypatch.chdir(bot / "below")
    done = CliRunner().invoke(command, [])
    assert (done.exit_code, "4 actions" in done.output) == (0, True)


def test_an_action_is_skipped_and_the_reason_shown(bot: Path) -> None:
    config = BASE + '[action.action_show_sky]\nskip = "it draws slowly"\n'
    code, said = check(config=config)
    assert code == 0
    assert "action_show_sky is not checked: it draws slowly" in said
    assert "3 actions, 3 calls" in said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("domian = 'x'", "rasa_mock.toml:1: unknown key 'domian'; did you mean"),
        (BASE + "timeout = 0", "rasa_mock.toml:5: 'timeout': 0.0 is not in"),
        (BASE + "fail-on = 'all'", "rasa_mock.toml:5: 'fail_on': 'all' is not one of"),
        (BASE + "select = ['RM999']", "there is no rule 'RM999'"),
        (BASE + "[action.action_show_sky]\nignore = ['RMX']", "no rule 'RMX'"),
        (BASE + "[action.action_show_sy]", "did you mean 'action_show_sky'?"),
        (BASE + "profile = 'rasa-9'", "rasa-9"),
        (BASE + "reports = ['html=nowhere/x.html']", "cannot write the report"),
    ],
)
def test_a_mistake_in_the_file_ends_the_run_at_once(
    bot: Path, config: str, said: str
) -> None:
    code, told = check(config=config)
    assert code != 0
    assert said in told
    assert "calls in" not in told


def test_a_header_of_the_environment_may_hold_spaces() -> None:
    header = next(each for each in command.params if each.name == "headers")
    assert header.type.split_envvar_value("A: b c\nD: e") == ["A: b c", "D: e"]


def test_every_key_is_an_option_of_the_command() -> None:
    options = {parameter.name for parameter in command.params}
    assert {key for key in KEYS if key.replace("-", "_") not in options} <= {"workers"}


def test_the_page_of_the_configuration_is_written_from_the_keys() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text("utf-8")
    assert page == "\n".join(config_page()) + "\n", (
        "run: python -m rasa_mock.cli.config_page > docs/configuration.md"
    )
