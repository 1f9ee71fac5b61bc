"""What may be imported when: heavy libraries come in only when they are used."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# What a bare `python -c pass` loads differs between versions and installations (site
# customisation, .pth files), so only what comes on top of it is looked at.
REPORT = (
    "tops = {name.partition('.')[0] for name in sys.modules}"
    " - set(sys.stdlib_module_names) - {'__main__', '__mp_main__', *before}\n"
    "print('\\n' + json.dumps([sorted(tops), sorted("
    "name for name in sys.modules if name.startswith('rasa_mock'))]))"
)
PROLOGUE = (
    "import json, sys\nbefore = {name.partition('.')[0] for name in sys.modules}\n"
)


def loaded_by(program: str, root) -> tuple[list[str], list[str]]:
    """Run a program; return third-party packages loaded, and our own modules loaded."""
    result = subprocess.run(
        [sys.executable, "-c", PROLOGUE + program + REPORT],
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    tops, ours = json.loads(result.stdout.rstrip().rsplit("\n", 1)[-1])
    return tops, ours


def test_importing_the_package_loads_nothing(root):
    tops, ours = loaded_by("import rasa_mock\n", root)
    assert tops == ["rasa_mock"]
    assert ours == ["rasa_mock"]


def test_the_version_costs_the_command_line_library_only(root):
    program = (
        "from rasa_mock.cli.main import cli\n"
        "cli.main(['--help'], standalone_mode=False)\n"
    )
    tops, ours = loaded_by(program, root)
    assert set(tops) <= {"rasa_mock", "click", "colorama"}
    assert ours == [
        "rasa_mock",
        "rasa_mock.cli",
        "rasa_mock.cli.main",
        "rasa_mock.errors",
    ]


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ("generate", {"httpx", "faker", "ruamel", "rich"}),
        ("explain", {"httpx", "faker", "ruamel"}),
        ("schema", {"httpx", "faker"}),
        ("validate", {"httpx", "faker"}),
        ("apply", {"httpx", "faker"}),
    ],
)
def test_the_help_of_a_command_does_not_load_what_it_never_uses(command, heavy, root):
    program = (
        "from rasa_mock.cli.main import cli\n"
        f"cli.main([{command!r}, '--help'], standalone_mode=False)\n"
    )
    tops, _ = loaded_by(program, root)
    assert heavy & set(tops) == set()


def test_an_unused_plugin_adds_three_small_modules_to_a_pytest_run(root, tmp_path):
    """`pytest --collect-only` of an empty suite, with the plugin and without."""

    def run(*options: str) -> tuple[list[str], list[str]]:
        arguments = ["--collect-only", "-q", "-p", "no:cacheprovider", *options]
        program = (
            f"import os, pytest; os.chdir({str(tmp_path)!r})\n"
            f"sys.path.insert(0, {str(root)!r})\n"
            f"assert pytest.main({arguments!r}) == 5\n"
        )
        return loaded_by(program, root)

    bare, _ = run("-p", "no:rasa_mock")
    with_plugin, ours = run("-p", "rasa_mock.pytest_plugin", "-p", "no:rasa_mock")
    assert set(with_plugin) - set(bare) <= {"rasa_mock"}
    # The hooks, the options, the fixtures; `rasa_mock.testing` itself has lazy names.
    assert ours == [
        "rasa_mock",
        "rasa_mock.pytest_plugin",
        "rasa_mock.testing",
        "rasa_mock.testing.fixtures",
        "rasa_mock.testing.hooks",
        "rasa_mock.testing.options",
    ]
