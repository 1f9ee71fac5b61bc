"""The page about the server says what its tables say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rasa_mock.run.api.oddities import ODDITIES
from rasa_mock.run.api.table import ROUTES

PAGE = Path(__file__).parents[2] / "docs" / "server.md"


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r.method} {r.path}")
def test_a_route_has_its_line(route):
    params = ", ".join(f"`{name}`" for name in route.params)
    cells = (
        f"`{route.method} {route.path}`",
        route.title,
        params,
        "yes" if route.auth else "open",
        "yes" if route.model else "",
        ", ".join(route.profiles) or "all",
    )
    assert f"| {' | '.join(cells)} |\n" in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("oddity", ODDITIES, ids=lambda oddity: oddity.name)
def test_a_habit_has_its_line(oddity):
    cells = (f"`{oddity.name}`", oddity.where, oddity.exact, oddity.sane)
    assert f"| {' | '.join(cells)} |\n" in PAGE.read_text(encoding="utf-8")


def test_no_route_stands_there_that_is_not_served():
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    shown = [line for line in lines if line.startswith(("| `GET ", "| `P", "| `DEL"))]
    routes = [line for line in shown if line.count("|") == 7]
    assert len(routes) == len(ROUTES)
