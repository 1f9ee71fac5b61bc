"""Coverage as text: a table for the terminal, one HTML page, JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from typing import IO

from rasa_mock.reports.html import POLICY, STYLE
from rasa_mock.run.coverage import COUNTED, ERRORS, EVENTS, LISTED, STUBBED, Coverage
from rasa_mock.run.coverage_watch import Watch
from rasa_mock.run.events import ActionCalled, RunEvent

TITLE = "Action coverage"
WIDTH = 88


class CoverageWriter:
    """Counts what a check exercises, and writes it as JSON when it is closed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._watch = Watch(coverage=Coverage())

    def write(self, event: RunEvent) -> None:
        """Take note of a call."""
        if isinstance(event, ActionCalled) and event.exchange is not None:
            self._watch.exchange(event.exchange)

    def close(self) -> None:
        """Write the file."""
        self._file.write(as_json(self._watch.coverage).encode())


def as_json(coverage: Coverage) -> str:
    """Return the text of a file of coverage."""
    return json.dumps(coverage.as_dict(), indent=2, ensure_ascii=False) + "\n"


def too_little(coverage: Coverage, *, fail_under: float) -> str:
    """Say that less was exercised than asked for."""
    return (
        f"coverage is too low: expected at least {fail_under:g} percent, got "
        f"{coverage.percent():.1f}"
    )


def table(coverage: Coverage, *, width: int = WIDTH) -> Iterator[str]:
    """Yield the lines of the table, and of what is missing."""
    yield f"{'':<12} {'exercised':>9} {'of':>5} {'percent':>8}"
    for kind in COUNTED:
        done, there = len(coverage.covered(kind)), len(coverage.known[kind])
        yield _row(_words(kind), done, there, percent=coverage.percent(kind))
    done = sum(len(coverage.covered(kind)) for kind in COUNTED)
    there = sum(len(coverage.known[kind]) for kind in COUNTED)
    yield _row("all", done, there, percent=coverage.percent())
    for title, names in lists(coverage):
        yield from _folded(title, names, width=width)


def _row(name: str, done: int, there: int, *, percent: float) -> str:
    share = f"{percent:.0f}" if there else "-"
    return f"{name:<12} {done:>9} {there:>5} {share:>8}"


def lists(coverage: Coverage) -> Iterator[tuple[str, list[str]]]:
    """Yield what is missing of each kind, then what occurred; with a title each."""
    for kind, verb in COUNTED.items():
        missing = coverage.missing(kind)
        if missing:
            yield f"{_words(kind)} {verb}", missing
    for kind in (EVENTS, ERRORS):
        hits = coverage.hits[kind]
        if hits:
            yield LISTED[kind], [f"{name} ({hits[name]})" for name in sorted(hits)]
    if coverage.only_stubbed:
        yield LISTED[STUBBED], coverage.only_stubbed


def _words(kind: str) -> str:
    return kind.replace("_", " ")


def _folded(title: str, names: list[str], *, width: int) -> Iterator[str]:
    """Yield names on lines of a width, none of them broken."""
    line = f"{title}:"
    for number, name in enumerate(names):
        word = name + ("," if number < len(names) - 1 else "")
        if len(line) + 1 + len(word) > width and line.strip():
            yield line
            line = "   "
        line += f" {word}"
    yield line


def page(coverage: Coverage) -> str:
    """Return one HTML page that needs no network and no script."""
    rows = "".join(_kind_rows(coverage))
    sections = "".join(
        f"<h2>{escape(title)}</h2><ul>{_items(names)}</ul>"
        for title, names in lists(coverage)
    )
    details = "".join(_details(coverage, kind) for kind in COUNTED)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{TITLE}</title><style>{STYLE}</style></head><body>"
        f"<h1>{TITLE}: {coverage.percent():.0f} %</h1>"
        '<div class="wide"><table><thead><tr><th scope="col">what</th>'
        '<th scope="col">exercised</th><th scope="col">of</th>'
        f'<th scope="col">percent</th></tr></thead><tbody>{rows}</tbody></table></div>'
        f"{sections}<h2>Each of them</h2>{details}</body></html>\n"
    )


def _kind_rows(coverage: Coverage) -> Iterator[str]:
    for kind in COUNTED:
        there = len(coverage.known[kind])
        done, share = len(coverage.covered(kind)), coverage.percent(kind)
        shown = f"{share:.0f}" if there else "-"
        mark = "fine" if done == there else "warning"
        yield (
            f'<tr><th scope="row">{escape(_words(kind))}</th><td>{done}</td>'
            f'<td>{there}</td><td class="{mark}">{shown}</td></tr>'
        )


def _items(names: list[str]) -> str:
    return "".join(f"<li><code>{escape(name)}</code></li>" for name in names)


def _details(coverage: Coverage, kind: str) -> str:
    hits = coverage.hits[kind]
    rows = "".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        f'<td class="{"fine" if name in hits else "error"}">{hits.get(name, 0)}</td>'
        "</tr>"
        for name in coverage.known[kind]
    )
    return (
        f"<details><summary>{escape(_words(kind))}</summary><table><tbody>{rows}"
        "</tbody></table></details>"
    )
