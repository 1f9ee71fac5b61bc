"""The pytest plugin, as pytest itself sees it."""

from __future__ import annotations

import subprocess
import sys

import pytest

PLUGIN = ("-p", "no:rasa_mock", "-p", "rasa_mock.pytest_plugin")


@pytest.fixture
def pytest_run(tmp_path, root, monkeypatch):
    """Return a function that runs pytest in an empty folder with our plugin."""
    monkeypatch.setenv("PYTHONPATH", str(root))

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )

    return run


def test_the_marker_can_be_used_in_a_strict_suite(pytest_run, tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.rasa\ndef test_it():\n    pass\n"
    )
    result = pytest_run("--strict-markers", *PLUGIN)
    assert "1 passed" in result.stdout


def test_without_the_plugin_the_marker_is_unknown(pytest_run, tmp_path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n@pytest.mark.rasa\ndef test_it():\n    pass\n"
    )
    result = pytest_run("--strict-markers", "-p", "no:rasa_mock")
    assert "'rasa' not found in `markers` configuration option" in result.stdout


def test_pytest_lists_the_marker(pytest_run):
    result = pytest_run("--markers", *PLUGIN)
    assert "@pytest.mark.rasa: a test of a Rasa action server" in result.stdout
