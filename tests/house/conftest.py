"""The source of the package as syntax trees, read once for all house tests."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rasa_mock.clients.process import ActionServerProcess
from tests.house.outside import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(__file__).resolve().parents[2] / "rasa_mock"


@dataclass(frozen=True)
class Module:
    """One module: its dotted name (`rasa_mock.core.wire`), its file, its tree."""

    name: str
    path: Path
    tree: ast.Module

    @property
    def part(self) -> str:
        """The part of the house: `core`, `schema`, ..., or the module's own name."""
        inside = self.name.split(".")[1:]
        return inside[0] if inside else "__init__"

    @property
    def lines(self) -> int:
        return len(self.path.read_text(encoding="utf-8").splitlines())

    def imports(self) -> list[tuple[int, str]]:
        """Return (line, dotted name) of each import, also those inside functions."""
        found: list[tuple[int, str]] = []
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = "." * node.level + (node.module or "")
                found += [(node.lineno, f"{base}.{alias.name}") for alias in node.names]
            elif _is_import_module(node):
                found.append((node.lineno, _literal_start(node.args[0])))
        return found

    def type_checking_lines(self) -> set[int]:
        """Return the lines below `if TYPE_CHECKING:`, which never run."""
        return {
            line
            for node in ast.walk(self.tree)
            if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for statement in node.body
            for line in range(statement.lineno, (statement.end_lineno or 0) + 1)
        }


def _is_import_module(node: Any) -> bool:
    """Tell whether this is a call of import_module or __import__."""
    if not isinstance(node, ast.Call) or not node.args:
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else None
    name = node.func.id if isinstance(node.func, ast.Name) else name
    return name in ("import_module", "__import__")


def _literal_start(node: ast.expr) -> str:
    """Return what is known of a name: all of a literal, the start of an f-string."""
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    return str(node.value) if isinstance(node, ast.Constant) else "<computed>"


def read(path: Path) -> Module:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
    tree = ast.parse(path.read_text(encoding="utf-8"), filename=str(path))
    return Module(name=name, path=path, tree=tree)


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    return [read(path) for path in sorted(PACKAGE.rglob("*.py"))]


@pytest.fixture(scope="session")
def module_of() -> Callable[[str], Module]:
    """Return a function that makes a module of core from source text."""

    def make(source: str) -> Module:
        name = "rasa_mock.core.planted"
        return Module(name=name, path=Path("planted.py"), tree=ast.parse(source))

    return make


@pytest.fixture(scope="session")
def core_modules(modules: list[Module]) -> list[Module]:
    return [module for module in modules if module.part == "core"]


@pytest.fixture(scope="session")
def example_server(root: Path) -> Iterator[str]:
    """Return the URL of the weather bot's real action server."""
    weather = root / "examples" / "weather"
    with ActionServerProcess("actions", cwd=weather) as server:
        yield server.url


@pytest.fixture(scope="session")
def wheel(root, tmp_path_factory) -> Path:
    """Build the wheel from the checkout."""
    target = tmp_path_factory.mktemp("dist")
    built = run(
        *(sys.executable, "-m", "build", "--wheel", "--no-isolation"),
        *("--outdir", target, root),
        cwd=target,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = target.glob("rasa_mock-*.whl")
    return path
