"""House style that a machine can hold: sizes, positional arguments, names."""

from __future__ import annotations

import ast
import statistics
from functools import cache

MODULE_LINES = 400
FUNCTION_LINES = 40
MEDIAN_LINES = 10
# What others call takes two at most; a function that only its own module calls, side by
# side with its definition, may take a third (a recursion's value, shape and path).
POSITIONAL = 2
POSITIONAL_PRIVATE = 3
BANNED_NAMES = ("utils", "helpers", "helper", "misc", "common", "Manager")

# Functions that a library calls, which hands its arguments over by position.
CALLED_BY_LIBRARIES = {
    "rasa_mock.cli.check_config": "click calls the callback of an option",
    "rasa_mock.pytest_plugin": "pytest calls the hooks",
    "rasa_mock.testing.hooks": "pytest calls the hooks",
    "rasa_mock.clients.witness": "rasa-sdk calls an action's run, register_function",
    "rasa_mock.schema.engines": "jsonschema calls the functions of its keywords",
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def functions(tree: ast.Module) -> list[tuple[Function, bool]]:
    """List all functions, and for each whether its first argument is self or cls."""
    return [
        (child, isinstance(node, ast.ClassDef) and not is_static(child))
        for node in ast.walk(tree)
        for child in ast.iter_child_nodes(node)
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def is_static(function: Function) -> bool:
    return any(
        isinstance(mark, ast.Name) and mark.id == "staticmethod"
        for mark in function.decorator_list
    )


def length(function: Function) -> int:
    """Return the lines of the body; signature and docstring make nothing harder."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


def positional(function: Function, *, is_method: bool) -> int:
    arguments = function.args
    return len(arguments.posonlyargs) + len(arguments.args) - is_method


def allowed(function: Function) -> int:
    return POSITIONAL_PRIVATE if function.name.startswith("_") else POSITIONAL


def boolean_positionals(function: Function) -> list[str]:
    arguments = [*function.args.posonlyargs, *function.args.args]
    return [
        argument.arg
        for argument in arguments
        if isinstance(argument.annotation, ast.Name)
        and argument.annotation.id == "bool"
    ]


def test_modules_stay_readable_in_one_go(modules):
    too_long = {m.name: m.lines for m in modules if m.lines > MODULE_LINES}
    assert too_long == {}


def test_functions_stay_short(modules):
    too_long = {
        f"{module.name}.{function.name}": length(function)
        for module in modules
        for function, _ in functions(module.tree)
        if length(function) > FUNCTION_LINES
    }
    assert too_long == {}


def test_the_usual_function_is_a_few_lines(modules):
    lengths = [length(f) for m in modules for f, _ in functions(m.tree)]
    assert statistics.median(lengths) <= MEDIAN_LINES


def test_functions_take_few_positional_arguments(modules):
    too_many = {
        f"{module.name}.{function.name}": taken
        for module in modules
        for function, is_method in functions(module.tree)
        if (taken := positional(function, is_method=is_method)) > allowed(function)
        and module.name not in CALLED_BY_LIBRARIES
    }
    assert too_many == {}


def test_no_boolean_is_positional(modules):
    found = {
        f"{module.name}.{function.name}": names
        for module in modules
        for function, _ in functions(module.tree)
        if (names := boolean_positionals(function))
    }
    assert found == {}


def test_no_module_or_class_has_a_name_that_says_nothing(modules):
    names = {module.name for module in modules} | {
        f"{module.name}.{node.name}"
        for module in modules
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ClassDef)
    }
    assert [n for n in names if n.rsplit(".", 1)[-1].endswith(BANNED_NAMES)] == []


def test_every_module_says_what_lives_in_it(modules):
    silent = [m.name for m in modules if not ast.get_docstring(m.tree)]
    assert silent == []
