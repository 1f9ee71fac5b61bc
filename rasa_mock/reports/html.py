"""The report for people: one HTML page that needs no network and no script.

Everything that comes from a server or a domain is escaped, and the page forbids scripts
by a Content-Security-Policy of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import IO, Any

from rasa_mock.core.diff import ABSENT, differences
from rasa_mock.core.findings import SEVERITIES, Finding
from rasa_mock.reports.reproduce import Reproduction, folded
from rasa_mock.reports.rule_text import RuleText
from rasa_mock.reports.run_record import RunRecord
from rasa_mock.run.events import Evidence, FindingRaised, RunEvent

# Characters of one request or answer that the page shows.
LONGEST_TEXT = 20_000

STYLE = """
:root { color-scheme: light dark; --line: #8886; --error: #c62828;
  --warning: #b26a00; --info: #1565c0; --fine: #2e7d32; }
@media (prefers-color-scheme: dark) { :root { --error: #ff8a80; --warning: #ffcc80;
  --info: #90caf9; --fine: #a5d6a7; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto;
  padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; } .wide { overflow-x: auto; }
th[scope=row] { position: sticky; left: 0; background: Canvas; }
th, td { border: 1px solid var(--line); padding: .2rem .6rem; text-align: left;
  vertical-align: top; }
th[scope=row] { font-weight: normal; font-family: ui-monospace, monospace; }
td.mark { text-align: center; }
.error { color: var(--error); } .warning { color: var(--warning); }
.info { color: var(--info); } .fine { color: var(--fine); }
details { border: 1px solid var(--line); border-radius: .3rem; margin: .5rem 0;
  padding: .3rem .8rem; }
summary { cursor: pointer; } dt { font-weight: 600; } dd { margin: 0 0 .4rem 0; }
pre { overflow-x: auto; padding: .6rem; border: 1px solid var(--line);
  border-radius: .3rem; white-space: pre-wrap; overflow-wrap: anywhere; }
ins { text-decoration: none; color: var(--fine); } del { color: var(--error); }
"""

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
MARKS = {"error": "error", "warning": "warn", "info": "info"}


class HtmlWriter:
    """Gathers the run and writes it to an open binary file when it is closed."""

    def __init__(
        self,
        file: IO[bytes],
        *,
        fail_on: str,
        reproduction: Reproduction,
        rules: Mapping[str, RuleText],
    ) -> None:
        self._file = file
        self._fail_on = fail_on
        self._reproduction = reproduction
        self._rules = rules
        self._record = RunRecord()

    def write(self, event: RunEvent) -> None:
        """Take note of an event."""
        self._record.take(event)

    def close(self) -> None:
        """Write the page."""
        title = "Action server check"
        head = (
            '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{title}</title>\n<style>{STYLE}</style></head>\n<body>\n"
        )
        parts = [head, f"<h1>{title}</h1>\n", self._summary(), self._matrix()]
        parts += self._findings()
        parts.append("</body></html>\n")
        self._file.write("".join(parts).encode("utf-8", "backslashreplace"))

    def _summary(self) -> str:
        record = self._record
        failed = record.fails(fail_on=self._fail_on)
        verdict = (
            '<b class="error">failed</b>' if failed else '<b class="fine">passed</b>'
        )
        lost = record.finished.lost if record.finished is not None else None
        text = f"<p>{verdict}: {_text(record.summary())}</p>\n"
        if lost:
            text += f'<p class="error">{_text(lost)}</p>\n'
        if record.started is not None:
            names = ("url", "profile", "seed", "cases", "locale")
            rows = "".join(
                f'<tr><th scope="row">{name}</th>'
                f"<td>{_text(getattr(record.started, name))}</td></tr>"
                for name in names
            )
            text += f"<table>{rows}</table>\n"
        return text

    def _matrix(self) -> str:
        """Return the table of actions and rules; each mark leads to the findings."""
        record = self._record
        rules = record.rules
        head = "".join(
            f'<th scope="col" title="{_text(self._title(rule))}">{_text(rule)}</th>'
            for rule in rules
        )
        rows = "".join(
            f'<tr><th scope="row"><a href="#{_anchor(name)}">'
            f"{_text(name or 'server')}</a></th>"
            + "".join(_mark(record.worst(name, rule)) for rule in rules)
            + "</tr>\n"
            for name in record.names
        )
        return (
            '<h2>Actions and rules</h2>\n<div class="wide"><table>'
            f'<tr><th scope="col">action</th>{head}</tr>\n{rows}</table></div>\n'
        )

    def _title(self, rule: str) -> str:
        return self._rules[rule].title if rule in self._rules else rule

    def _findings(self) -> Iterator[str]:
        calls = {each.action: each for each in self._record.actions}
        for name in self._record.names:
            yield f'<h2 id="{_anchor(name)}">{_text(name or "server")}</h2>\n'
            finished = calls.get(name)
            if finished is not None:
                note = f"; {finished.reason}" if finished.reason else ""
                yield f"<p>{finished.calls} calls{_text(note)}</p>\n"
            mine = [each for each in self._record.raised if each.finding.action == name]
            if not mine:
                yield '<p class="fine">fine</p>\n'
            for raised in sorted(
                mine, key=lambda each: SEVERITIES.index(each.finding.severity)
            ):
                yield self._finding(raised)

    def _finding(self, raised: FindingRaised) -> str:
        finding = raised.finding
        opened = " open" if finding.severity == "error" else ""
        head = (
            f'<b class="{finding.severity}">{finding.severity} '
            f"{_text(finding.rule)}</b> {_text(finding.message)}"
        )
        body = _facts(finding)
        body += _block("again", folded(self._reproduction.command(finding)))
        if raised.request is not None:
            request = _pretty(raised.request.payload)
            body += _folded_block("request", request)
        if raised.evidence is not None:
            body += _evidence(raised.evidence)
        if finding.rule in self._rules:
            body += f"<p>{_text(self._rules[finding.rule].explanation)}</p>"
        return f"<details{opened}><summary>{head}</summary>\n{body}</details>\n"


def _facts(finding: Finding) -> str:
    facts = {
        "where": finding.pointer or "the whole answer",
        "expected": finding.expected,
        "got": finding.got,
        "effect": finding.rasa,
        "do": finding.hint,
        "seen in": f"{finding.count} of {finding.calls} calls"
        + (f", as in case {finding.case}" if finding.case else ""),
    }
    rows = "".join(
        f"<dt>{name}</dt><dd>{_text(text)}</dd>" for name, text in facts.items() if text
    )
    return f"<dl>{rows}</dl>\n"


def _evidence(evidence: Evidence) -> str:
    answer = _folded_block(f"answer (status {evidence.status})", evidence.body)
    return answer + _folded_diff(evidence.before, evidence.after)


def _folded_diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return what the answer changes in the tracker."""
    lines = [
        f"{_text(each.pointer)}: <del>{_text(_short(each.expected))}</del> "
        f"<ins>{_text(_short(each.got))}</ins>"
        for each in differences(before, after)
    ]
    changes = "\n".join(lines) or "nothing changes"
    return (
        "<details><summary>tracker before and after</summary>"
        f"<pre>{changes}</pre></details>\n"
    )


def _short(value: Any) -> str:
    return "(absent)" if value is ABSENT else json.dumps(value, ensure_ascii=False)


def _mark(severity: str | None) -> str:
    if severity is None:
        return '<td class="mark"></td>'
    return f'<td class="mark {severity}">{MARKS[severity]}</td>'


def _block(name: str, text: str) -> str:
    return f"<p><b>{name}</b></p><pre>{_text(text)}</pre>\n"


def _folded_block(name: str, text: str) -> str:
    shown = text[:LONGEST_TEXT] + (" ..." if len(text) > LONGEST_TEXT else "")
    head = f"<summary>{_text(name)}</summary>"
    return f"<details>{head}<pre>{_text(shown)}</pre></details>\n"


def _pretty(payload: Mapping[str, Any]) -> str:
    return json.dumps(payload, indent=2, ensure_ascii=False)


def _anchor(name: str) -> str:
    return _text(f"action-{name or 'server'}")


def _text(value: object) -> str:
    return escape(str(value))
