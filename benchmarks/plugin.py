"""What the pytest plugin costs: installed and unused, and in a thousand `rasa.run`.

The first is measured as whole processes, in turns with and without the plugin, by their
CPU time.  The second is pytest's own time for a thousand tests of the weather bot, each
with one call, in process.
"""

from __future__ import annotations

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.harness import Figure, at_most

WEATHER = Path(__file__).resolve().parents[1] / "examples" / "weather"
STARTS = 25
TESTS = 1_000
INI = "[pytest]\nrasa_domain = domain.yml\nrasa_actions = actions\n"
TEST = f"""
import pytest

@pytest.mark.parametrize("number", range({TESTS}))
def test_weather(rasa, number):
    result = rasa.run(
        "action_tell_weather",
        slots={{"location": "Oslo"}},
        text="what is the weather?",
        intent="ask_weather",
    )
    result.assert_utters("utter_weather")
"""
# Of other plugins, which come and go, nothing is to be measured.
ALONE = ("-p", "no:cacheprovider", "-p", "no:hypothesispytest", "-p", "no:faker")


def figures() -> Iterator[Figure]:
    """Yield both."""
    with tempfile.TemporaryDirectory() as name:
        empty = Path(name) / "empty"
        empty.mkdir()
        (empty / "test_it.py").write_text("def test_it():\n    pass\n")
        yield _unused(empty)
        project = Path(name) / "weather"
        shutil.copytree(WEATHER, project)
        (project / "pytest.ini").write_text(INI)
        (project / "test_it.py").write_text(TEST)
        yield _used(project)


def _unused(folder: Path) -> Figure:
    """Return the milliseconds that pytest starts later."""
    _cpu_seconds(folder)
    # A machine's pace changes from one second to the next: two runs that follow each
    # other are compared, and the usual difference counts.
    late = statistics.median(
        _cpu_seconds(folder) - _cpu_seconds(folder, "-p", "no:rasa_mock")
        for _ in range(STARTS)
    )
    return Figure(
        name="installed and unused, pytest starts later by",
        value=late * 1000,
        unit="ms",
        bar=at_most(20),
    )


def _used(folder: Path) -> Figure:
    return Figure(
        name=f"{TESTS} tests with one rasa.run each, in process",
        value=_cpu_seconds(folder),
        unit="s",
        bar=at_most(10),
    )


def _cpu_seconds(folder: Path, *options: str) -> float:
    """Run pytest and return the CPU time of its process."""
    hidden = ("PYTHONDONTWRITEBYTECODE",)
    environment = {k: v for k, v in os.environ.items() if k not in hidden}
    before = _children()
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *ALONE, *options],
        cwd=folder,
        env={**environment, "PYTHONPYCACHEPREFIX": str(folder.parent / "bytecode")},
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(result.stdout + result.stderr)
    return _children() - before


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
