"""`rasa-mock init`: what it writes works as it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from rasa_mock.files.yaml import read_yaml

ROOT = Path(__file__).parents[2]
WEATHER = ROOT / "examples" / "weather"
FILES = (
    "rasa_mock.toml",
    "tests/test_action_server.py",
    ".github/workflows/action-server.yml",
)


def run(*words: str, cwd: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    shutil.copytree(WEATHER, tmp_path / "bot")
    return tmp_path / "bot"


def test_the_written_tests_pass_on_the_weather_bot(project: Path) -> None:
    code, said = run("rasa_mock", "init", cwd=project)
    assert code == 0
    for name in FILES:
        assert (project / name).is_file()
        assert f"wrote {name}" in said
    code, said = run("pytest", "-q", "tests", "-p", "no:cacheprovider", cwd=project)
    assert code == 0, said
    assert "4 passed" in said


def test_after_it_check_needs_no_arguments(project: Path) -> None:
    code, said = run("rasa_mock", "init", cwd=project)
    assert "now run: rasa-mock check" in said
    code, said = run("rasa_mock", "check", cwd=project)
    assert code == 0, said
    assert "4 actions" in said
    assert "0 errors, 0 warnings" in said


def test_the_written_workflow_is_yaml_that_checks(project: Path) -> None:
    run("rasa_mock", "init", cwd=project)
    workflow = read_yaml(project / FILES[2])
    steps = workflow["jobs"]["check"]["steps"]
    assert any("rasa-mock check --actions actions" in str(step) for step in steps)


def test_nothing_is_written_over(project: Path) -> None:
    (project / "rasa_mock.toml").write_text("mine")
    code, said = run("rasa_mock", "init", cwd=project)
    assert code == 2
    assert "'rasa_mock.toml' is there already" in said
    assert (project / "rasa_mock.toml").read_text() == "mine"
    assert not (project / "tests" / "test_action_server.py").exists()


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--domain", "nowhere.yml"], 2, "nowhere.yml"),
        (["localhost:5055"], 2, "cannot call the URL"),
        (["http://127.0.0.1:1"], 3, "nothing listens there"),
    ],
)
def test_bad_input(project: Path, words: list[str], code: int, said: str) -> None:
    got, text = run("rasa_mock", "init", *words, cwd=project)
    assert got == code
    assert said in text
    assert not (project / "rasa_mock.toml").exists()
