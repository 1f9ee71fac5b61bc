"""Who may import whom, and which part owns which third-party library."""

from __future__ import annotations

import sys

import pytest

EVERYTHING = "*"

BASE = {"core", "errors", "resources"}
INNER = BASE | {"clock", "schema", "clients.base"}

# part -> (rank, what it may import besides itself).  A dotted entry allows one module
# of a part only: `clients.base` is the seam, the concrete clients are chosen in `cli`.
HOUSE: dict[str, tuple[int, set[str]]] = {
    "errors": (0, set()),
    "core": (1, {"errors"}),
    "resources": (1, {"errors"}),
    "clock": (2, BASE),
    "similar": (2, BASE),
    "tracing": (2, {"core"}),
    "clients": (2, BASE),
    "config": (2, BASE),
    "files": (2, BASE),
    "schema": (2, BASE),
    "stores": (2, BASE),
    "generate": (3, INNER),
    "recording": (3, INNER),
    "rules": (3, INNER),
    "run": (
        4,
        INNER
        | {"config", "rules", "generate", "recording", "stores.base"}
        | {"tracing"},  # what actions trace that run in this process
    ),
    "public": (5, BASE | {"clock", "files"}),
    "public_conversation": (
        5,
        BASE | {"clock", "similar", "files", "clients", "run"},
    ),
    "assembly_stores": (5, BASE | {"files", "run", "stores"}),
    "viewer": (4, BASE | {"clock", "files", "stores.base"}),
    "reports": (5, BASE | {"clock", "run"}),
    # Training data comes over the wire, too: `server` reads files.
    "server": (
        5,
        BASE | {"clock", "similar", "files", "run", "stores.base", "viewer"},
    ),
    # The fixtures' substance: whole conversations, checks and their reports in words.
    "strategies": (5, INNER | {"similar", "files", "generate", "rules", "run"}),
    "faker": (5, {"generate", "files", "core", "errors"}),
    "testing": (
        6,
        INNER
        | {"config", "similar", "files", "clients", "rules", "generate", "run"}
        | {"stores"}
        | {"public", "public_conversation", "reports"},
    ),
    "assembly": (
        6,
        BASE
        | {"clock", "similar", "files", "clients", "stores", "run"}
        | {"server", "assembly_stores"},
    ),
    "mock_rasa": (7, BASE | {"assembly", "run", "server"}),
    "respx": (8, BASE | {"mock_rasa", "server"}),
    "cli": (7, {EVERYTHING}),
    "pytest_plugin": (7, {EVERYTHING}),
    # The root resolves its public names lazily; `python -m rasa_mock` is the command.
    "__init__": (
        8,
        {"mock_rasa", "public", "public_conversation", "testing", "tracing", "errors"},
    ),
    "__main__": (8, {"cli"}),
}

# library -> the modules that may import it.  One owner each, so that a library can be
# replaced in one place.
OWNERS: dict[str, set[str]] = {
    "click": {"rasa_mock.cli"},
    "dateutil": {"rasa_mock.clock"},
    # The words of locales, and the provider that users add to a Faker of their own.
    "faker": {"rasa_mock.generate.provider", "rasa_mock.generate.faker_provider"},
    "h11": {"rasa_mock.clients.http11"},
    "httpcore": {"rasa_mock.clients.connection"},
    "httpx": {
        "rasa_mock.clients.http",
        "rasa_mock.clients.transport",
        "rasa_mock.respx",  # speaks to those who use it
        "rasa_mock.testing.stub_routes",
    },
    "hypothesis": {"rasa_mock.strategies"},
    "jsonschema": {"rasa_mock.schema"},
    "jsonschema_rs": {"rasa_mock.schema"},
    "jwt": {"rasa_mock.server.auth"},
    "opentelemetry": {"rasa_mock.run.telemetry"},
    "orjson": {"rasa_mock.server.wire"},
    "pika": {"rasa_mock.stores.rabbitmq"},
    # Fixtures for items that are no functions: pytest has no public way to that.
    "_pytest": {"rasa_mock.testing.item_fixtures"},
    "pytest": {"rasa_mock.pytest_plugin", "rasa_mock.testing"},
    "rapidfuzz": {"rasa_mock.similar"},
    "redis": {"rasa_mock.stores.redis"},
    "respx": {"rasa_mock.respx"},
    "rich": {"rasa_mock.reports", "rasa_mock.cli"},
    "sqlalchemy": {"rasa_mock.stores.sql"},
    "starlette": {"rasa_mock.server"},
    "uvicorn": {"rasa_mock.server.listen"},
    "socketio": {"rasa_mock.server.channels.socketio"},
    "tomli": {"rasa_mock.config"},
    # Runs inside the server that we start, in the user's environment.
    "rasa_sdk": {
        "rasa_mock.clients.single",
        "rasa_mock.clients.witness",
        "rasa_mock.clients.inprocess",
    },
    "sanic": {
        "rasa_mock.clients.single",
        "rasa_mock.clients.inprocess",
        "rasa_mock.tracing",
    },
    "ruamel": {"rasa_mock.files"},
}
# What only type checkers import, and bring along themselves.
TYPING_ONLY = {"typing_extensions"}


def house_name(dotted: str) -> str:
    """`rasa_mock.core.wire.Reply` -> `core.wire.Reply`."""
    return dotted.removeprefix("rasa_mock").removeprefix(".")


def inside(name: str, owners: set[str]) -> bool:
    return any(name == owner or name.startswith(f"{owner}.") for owner in owners)


def allowed(part: str, target: str) -> bool:
    may_import = HOUSE[part][1]
    same_part = target.partition(".")[0] == part
    return same_part or EVERYTHING in may_import or inside(target, may_import)


def test_every_part_of_the_house_stands_in_the_table(modules):
    assert {module.part for module in modules} <= set(HOUSE)


@pytest.mark.parametrize("part", HOUSE)
def test_the_table_lets_a_part_import_lower_ranks_only(part):
    rank, may_import = HOUSE[part]
    others = {name.partition(".")[0] for name in may_import - {EVERYTHING}}
    assert {name: HOUSE[name][0] for name in others if HOUSE[name][0] >= rank} == {}


def test_modules_import_only_what_their_part_may(modules):
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if name.split(".")[0] == "rasa_mock"
        and not allowed(module.part, house_name(name))
    ]
    assert wrong == []


def test_nobody_inside_imports_the_root_package(modules):
    submodules = {house_name(module.name).split(".")[0] for module in modules}
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if name.split(".")[0] == "rasa_mock"
        and house_name(name).split(".")[0] not in submodules - {""}
    ]
    assert wrong == []


def test_imports_are_absolute(modules):
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if name.startswith(".")
    ]
    assert wrong == []


def test_each_third_party_library_has_one_owner(modules):
    ours = {"rasa_mock", "<computed>"}
    wrong = [
        f"{module.name}:{line} imports {name}"
        for module in modules
        for line, name in module.imports()
        if (top := name.partition(".")[0]) not in STANDARD
        and top not in ours
        and not inside(module.name, OWNERS.get(top, set()))
        and not (top in TYPING_ONLY and line in module.type_checking_lines())
    ]
    assert wrong == []


# Python 3.10 has no tomllib yet; a branch for the others imports it.
STANDARD = sys.stdlib_module_names | {"tomllib"}


def test_each_library_in_the_table_is_used(modules):
    used = {name.split(".")[0] for module in modules for _, name in module.imports()}
    assert set(OWNERS) - used == set()


def test_a_computed_import_stands_only_where_plugins_are_looked_up(modules):
    """`import_module(variable)` hides from the other tests: count where it is."""
    places = {
        module.name
        for module in modules
        for _, name in module.imports()
        if name == "<computed>"
    }
    lazy_names, parser_of_re = "rasa_mock", "rasa_mock.generate.patterns"
    more_names = "rasa_mock.testing"
    users_actions = "rasa_mock.clients.inprocess"
    assert places <= {lazy_names, more_names, parser_of_re, users_actions}


def test_the_walk_sees_imports_of_every_form(module_of):
    module = module_of(
        """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import a.b
def f():
    from c import d
    import_module("e.f")
    importlib.import_module(f"g.{f}")
    from . import h
"""
    )
    names = [name for _, name in module.imports()]
    assert module.type_checking_lines() == {4}
    assert sorted(names) == ["..h", "a.b", "c.d", "e.f", "g.", "typing.TYPE_CHECKING"]
