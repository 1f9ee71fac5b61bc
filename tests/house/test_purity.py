"""`core` is pure: arguments in, values out; only the standard library, and of that only
what has no clock, no randomness, no files, no sockets and no logging.
"""

from __future__ import annotations

import ast
import subprocess
import sys

# The whole of the standard library that core may use.  Nothing here reads the machine.
PURE = {
    "__future__",
    "abc",
    "base64",
    "bisect",
    "codecs",
    "collections",
    "contextlib",
    "copy",
    "dataclasses",
    "datetime",
    "decimal",
    "difflib",
    "enum",
    "functools",
    "hashlib",
    "heapq",
    "itertools",
    "json",
    "math",
    "operator",
    "re",
    "reprlib",
    "string",
    "types",
    "typing",
    "unicodedata",
    "urllib.parse",
    "zlib",
}
# Calls that reach outside or run text, by the end of their dotted name.
IMPURE_CALLS = {
    "breakpoint",
    "compile",
    "eval",
    "exec",
    "input",
    "open",
    "print",
    "date.today",
    "datetime.now",
    "datetime.today",
    "datetime.utcnow",
}


def is_pure(imported: str) -> bool:
    return any(imported == name or imported.startswith(f"{name}.") for name in PURE)


def impure_calls(tree: ast.Module) -> list[tuple[int, str]]:
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call))
    named = ((call.lineno, ast.unparse(call.func)) for call in calls)
    return [(line, name) for line, name in named if is_impure(name)]


def is_impure(called: str) -> bool:
    """`open` and `datetime.now` in any module, however long the path to them."""
    return called in IMPURE_CALLS or any(
        called.endswith(f".{name}") for name in IMPURE_CALLS if "." in name
    )


def test_core_imports_only_pure_parts_of_the_standard_library(core_modules):
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in core_modules
        for line, name in module.imports()
        if not name.startswith("rasa_mock.") and not is_pure(name)
    ]
    assert core_modules
    assert wrong == []


def test_core_calls_nothing_that_reaches_outside(core_modules):
    wrong = [
        f"{module.name}:{line} calls {name}"
        for module in core_modules
        for line, name in impure_calls(module.tree)
    ]
    assert wrong == []


def test_core_keeps_no_state_in_globals(core_modules):
    wrong = [
        f"{module.name}:{node.lineno}"
        for module in core_modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Global)
    ]
    assert wrong == []


def test_core_imports_with_the_standard_library_alone(core_modules, root):
    """No site-packages (-S), no user site and no environment (-I): still imports."""
    names = [module.name for module in core_modules]
    program = (
        f"import sys, importlib; sys.path.insert(0, {str(root)!r})\n"
        f"for name in {names!r}: importlib.import_module(name)\n"
        "loaded = {'asyncio', 'random', 'socket', 'logging', 'subprocess'}\n"
        "print(sorted(loaded & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.stdout, result.stderr) == ("[]\n", "")


def test_the_guard_sees_what_is_impure(module_of):
    module = module_of(
        "import time, re, datetime as dt\n"
        "re.compile('x'); file.read(); open('x'); print(1)\n"
        "dt.datetime.now(); datetime.utcnow()\n"
    )
    assert not is_pure("time")
    assert is_pure("collections.abc.Mapping")
    assert [name for _, name in impure_calls(module.tree)] == [
        "open",
        "print",
        "dt.datetime.now",
        "datetime.utcnow",
    ]
