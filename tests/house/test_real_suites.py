"""The example project's suite, green where users run it: the wheel, and two rasa-sdk.

Each environment has the wheel and nothing of the checkout.  For rasa-sdk 3.21 it lends
its libraries from the environment that runs this, so that nothing has to be fetched;
the one for rasa-sdk 3.6, which wants Python 3.10, is installed from the index.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from importlib import metadata
from pathlib import Path

import pytest

from tests.house.outside import run

pytestmark = pytest.mark.slow

NEW, OLD = "3.21", "3.6"
NO_INDEX = re.compile(
    r"Could not find a version that satisfies the requirement rasa-sdk|"
    r"Network is unreachable|Name or service not known|name resolution"
)


def python_3_10() -> str | None:
    """Return a Python 3.10 of this machine that works."""
    named = [shutil.which("python3.10"), *Path.home().glob(".pyenv/versions/3.10.*")]
    for each in filter(None, named):
        python = each / "bin" / "python" if isinstance(each, Path) else each
        told = subprocess.run([python, "-V"], capture_output=True, check=False)
        if told.stdout.startswith(b"Python 3.10"):
            return str(python)
    return None


def installed(python: Path, *what: object, cwd: Path) -> None:
    """Install into an environment that has no pip of its own; skip without an index."""
    done = run(
        *(sys.executable, "-m", "pip", "--python", python, "install", "--quiet"),
        *("--disable-pip-version-check", "--no-compile", *what),
        cwd=cwd,
    )
    if done.returncode and NO_INDEX.search(done.stderr):
        pytest.skip(f"no index has rasa-sdk {OLD}: {done.stderr.strip()[-200:]}")
    assert done.returncode == 0, done.stderr


def with_new_sdk(folder: Path, wheel: Path) -> Path:
    """Make an environment with rasa-sdk 3.21, on this Python."""
    venv.create(folder)
    python = folder / "bin" / "python"
    if not metadata.version("rasa-sdk").startswith(NEW):
        installed(python, f"{wheel}[test]", f"rasa-sdk=={NEW}.*", cwd=folder)
        return python
    installed(python, "--no-deps", wheel, cwd=folder)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_paths()["purelib"])
    return python


def with_old_sdk(folder: Path, wheel: Path) -> Path:
    """Make an environment with rasa-sdk 3.6, on Python 3.10."""
    base = python_3_10()
    if base is None:
        pytest.skip("this machine has no Python 3.10, which rasa-sdk 3.6 wants")
    made = run(base, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    assert made.returncode == 0, made.stderr
    python = folder / "bin" / "python"
    what = (f"{wheel}[test]", f"rasa-sdk=={OLD}.*", "pytest-asyncio")
    installed(python, *what, cwd=folder)
    return python


ENVIRONMENTS = {NEW: with_new_sdk, OLD: with_old_sdk}
WHICH = (
    "import rasa_mock, sys; from importlib.metadata import version;"
    "print(version('rasa-sdk'), rasa_mock.__file__)"
)


@pytest.mark.parametrize("sdk", ENVIRONMENTS)
def test_the_example_s_suite_is_green(sdk, wheel, root, tmp_path):
    python = ENVIRONMENTS[sdk](tmp_path / "environment", wheel)
    told = run(python, "-c", WHICH, cwd=tmp_path).stdout.split()
    assert told[0].startswith(f"{sdk}.")
    assert Path(told[1]).is_relative_to(tmp_path)

    project = tmp_path / "project"
    shutil.copytree(root / "examples" / "action_server_ci", project)
    options = ("-q", "-p", "no:cacheprovider", "--assert=plain")
    contract = ("--rasa-contract", "--rasa-cases=6")
    result = run(python, "-m", "pytest", *options, *contract, cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    passed = re.search(r"^(\d+) passed in", result.stdout, re.MULTILINE)
    assert passed is not None, result.stdout
    assert int(passed[1]) > 30
