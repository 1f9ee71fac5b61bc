"""The demonstration of the README, as `make demo` runs it, and what it is made of."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

# In the environment of the demo and of every process that it starts.
MARK = "RASA_MOCK_TEST_DEMO"
EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


@pytest.fixture(scope="module")
def faults():
    """Return the module `examples/faults.py`."""
    spec = importlib.util.spec_from_file_location("faults", EXAMPLES / "faults.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["faults"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def demo(root) -> subprocess.CompletedProcess[str]:
    """Run the demo once, as make does."""
    return subprocess.run(
        [sys.executable, "examples/demo.py"],
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), MARK: "1"},
        check=False,
    )


def test_the_demo_finds_the_three_mistakes_and_nothing_else(demo, faults):
    assert demo.returncode == 0, demo.stdout + demo.stderr
    verdict = demo.stdout.rpartition("Found: all three, and nothing else")[2]
    for fault in faults.FAULTS:
        assert f"{fault.rule}  {fault.action}: {fault.title}" in verdict


def test_the_demo_shows_the_reports_of_both_servers(demo, faults):
    clean, faulty = demo.stdout.split("The same server with three mistakes in it")
    rules = {fault.rule for fault in faults.FAULTS}
    assert rules & set(re.findall(r"RM\d+", clean)) == set()
    assert rules <= set(re.findall(r"RM\d+", faulty))


def test_the_demo_shows_what_was_planted(demo, faults):
    for fault in faults.FAULTS:
        assert fault.right in demo.stdout
        assert fault.wrong in demo.stdout


def test_the_demo_leaves_nothing_running_and_no_traceback(demo):
    left = [p for p in psutil.process_iter() if MARK in _environment(p)]
    assert left == []
    assert "Traceback" not in demo.stdout + demo.stderr


def _environment(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except psutil.Error:  # gone, or somebody else's
        return {}


def test_each_fault_is_planted_once(faults, tmp_path):
    difference = faults.plant(tmp_path / "copy")
    removed = re.findall(r"^-(?!--)", difference, flags=re.MULTILINE)
    added = re.findall(r"^\+(?!\+\+)", difference, flags=re.MULTILINE)
    assert len(removed) == len(added) == len(faults.FAULTS) == 3


def test_a_fault_that_no_longer_fits_the_example_is_noticed(faults, tmp_path):
    faults.plant(tmp_path / "once")
    text = (tmp_path / "once" / faults.ACTIONS).read_text(encoding="utf-8")
    for fault in faults.FAULTS:
        assert fault.right not in text
        assert fault.wrong in text
