"""The wheel: what is in it, and that it works alone, installed, from any folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.house.outside import run

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def names(wheel) -> list[str]:
    return zipfile.ZipFile(wheel).namelist()


@pytest.fixture(scope="module")
def metadata(wheel, names):
    (name,) = [name for name in names if name.endswith(".dist-info/METADATA")]
    return message_from_bytes(zipfile.ZipFile(wheel).read(name))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """Install the wheel, and nothing else, in an empty virtual environment."""
    folder = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(folder)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = run(
        *(sys.executable, "-m", "pip", "--python", python, "--quiet"),
        *("--disable-pip-version-check", "install", wheel),
        cwd=folder,
    )
    assert done.returncode == 0, done.stderr
    return python


@pytest.fixture
def command(installed, tmp_path):
    """Return a function that runs the installed `rasa-mock` in another folder."""

    def call(*arguments: object) -> subprocess.CompletedProcess[str]:
        return run(installed.with_name("rasa-mock"), *arguments, cwd=tmp_path)

    return call


def test_the_wheel_has_every_module_and_every_schema(names, root):
    package = {p.relative_to(root) for p in (root / "rasa_mock").rglob("*.py")}
    schemas = {
        Path("rasa_mock/_data") / path.relative_to(root)
        for path in (root / "schemas").rglob("*")
        if path.is_file()
    }
    missing = {path.as_posix() for path in package | schemas} - set(names)
    assert missing == set()
    assert "rasa_mock/py.typed" in names


def test_the_wheel_has_nothing_else(names):
    others = [n for n in names if not n.startswith("rasa_mock/")]
    assert {Path(name).parts[1].partition(".")[0] for name in others} <= {
        "METADATA",
        "WHEEL",
        "RECORD",
        "entry_points",
        "licenses",
    }
    assert not [name for name in names if "__pycache__" in name]


def test_no_dependency_has_an_upper_bound(metadata):
    """An upper bound would clash with the pins of some rasa-sdk release."""
    bounds = [
        requirement
        for requirement in metadata.get_all("Requires-Dist")
        if re.search(r"[<~]|==|!=", requirement.partition(";")[0])
    ]
    assert bounds == []


def test_the_extra_all_has_what_every_other_extra_has(metadata):
    named = metadata.get_all("Provides-Extra")
    extras: dict[str, set[str]] = {name: set() for name in named}
    for requirement in metadata.get_all("Requires-Dist"):
        what, _, marker = requirement.partition(";")
        for name in re.findall(r"extra == '(.+?)'", marker):
            extras[name].add(what.strip())
    whole = extras.pop("all")
    assert {"fast", "test"} <= set(extras)
    assert whole == set().union(*extras.values())


def test_the_installed_command_tells_its_version(command, metadata):
    result = command("--version")
    assert (result.stdout, result.stderr, result.returncode) == (
        f"rasa-mock, version {metadata['Version']}\n",
        "",
        0,
    )


def test_the_installed_package_finds_its_schemas(command):
    result = command("schema", "list")
    assert result.returncode == 0, result.stderr
    assert "action_request" in result.stdout


def test_the_installed_package_explains_its_rules(command):
    result = command("explain", "RM201")
    assert (result.returncode, result.stderr) == (0, "")
    assert "RM201" in result.stdout


def test_the_installed_package_validates(command, tmp_path):
    answer = tmp_path / "answer.json"
    answer.write_text('{"events": [{"event": "slott"}], "responses": []}')
    result = command("validate", "action_response", answer)
    assert result.returncode == 1
    assert "/events/0" in result.stdout


def test_the_installed_package_checks_a_real_action_server(
    command, root, example_server
):
    result = command(
        *("check", example_server),
        *("--domain", root / "examples" / "weather" / "domain.yml"),
    )
    assert result.returncode == 0, result.stdout + result.stderr


def test_python_dash_m_is_the_same_command(installed, tmp_path):
    result = run(installed, "-m", "rasa_mock", "--version", cwd=tmp_path)
    assert result.stdout.startswith("rasa-mock, version ")


def test_the_installed_package_is_typed_and_has_its_public_names(installed, tmp_path):
    program = (
        "import rasa_mock, pathlib; from rasa_mock import "
        "Domain, Tracker, Reply, interpret;"
        "print((pathlib.Path(rasa_mock.__file__).parent / 'py.typed').exists())"
    )
    result = run(installed, "-c", program, cwd=tmp_path)
    assert (result.stdout, result.stderr) == ("True\n", "")
