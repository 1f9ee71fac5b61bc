"""What the tests of the server share: the real client of socket.io."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

CLIENT = "socket.io-client@4"
SECONDS = 120


@pytest.fixture(scope="session")
def node_modules() -> Path:
    """Return a folder with the JavaScript client of socket.io, installed once."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not installed: no JavaScript client to test with")
    folder = Path(tempfile.gettempdir()) / f"rasa-mock-npm-{os.getuid()}"
    modules = folder / "node_modules"
    if not (modules / "socket.io-client" / "package.json").is_file():
        folder.mkdir(mode=0o700, exist_ok=True)
        options = ["--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        command = [npm, "install", "--prefix", str(folder), *options, CLIENT]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"npm install {CLIENT} did not end within {SECONDS} s")
        if done.returncode:
            pytest.skip(f"npm install {CLIENT} failed: {done.stderr.strip()[-200:]}")
    return modules


FUZZER = "schemathesis>=4.9"


@pytest.fixture(scope="session")
def schemathesis() -> Path:
    """Return a folder with Schemathesis, installed once, apart from everything else.

    It is also a plugin of pytest, which would slow down every other run.
    """
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    folder = Path(tempfile.gettempdir()) / f"rasa-mock-fuzz-{version}-{os.getuid()}"
    if not (folder / "installed").is_file():
        folder.mkdir(mode=0o700, exist_ok=True)
        options = ["--quiet", "--disable-pip-version-check", "--target", str(folder)]
        command = [sys.executable, "-m", "pip", "install", *options, FUZZER]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=SECONDS, check=False
            )
        except subprocess.TimeoutExpired:
            pytest.skip(f"pip install {FUZZER} did not end within {SECONDS} s")
        if done.returncode:
            pytest.skip(f"pip install {FUZZER} failed: {done.stderr.strip()[-200:]}")
        (folder / "installed").touch()
    return folder
