"""docs/rules.md, written from the rules: `rasa-mock explain --markdown`.

Every example is judged while the page is written, so what it says of Rasa is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from rasa_mock.core.notes import IN_CONVERSATIONS, NOTES, NoteKind
from rasa_mock.rules.base import Example, Rule
from rasa_mock.rules.catalogue import FAMILIES, all_rules
from rasa_mock.rules.examples import judge_example

HEAD = """\
# The rules of `rasa-mock check`

Written by `rasa-mock explain --markdown` from the rules themselves; a test holds the
two together. `rasa-mock explain RM203` prints one of them. Ids never change their
meaning.

| severity | means |
|---|---|
| error | Rasa loses the events or the turn, or the user gets a wrong message or none |
| warning | Rasa takes it without a word, and it is likely a mistake |
| info | legal; worth knowing |"""
Shown = Callable[[Example], Iterable[str]]


def rules_page(shown: Shown) -> Iterator[str]:
    """Yield the page's lines; `shown` writes an example."""
    yield HEAD
    yield from _contents()
    for prefix, family in FAMILIES.items():
        yield from ("", f"## {prefix}xx: {family}")
        for rule in _of(prefix):
            yield from _section(rule, shown)
        for kind in sorted(NOTES.values()):
            if kind.rule.startswith(prefix):
                yield from _section_of_note(kind)


def _of(prefix: str) -> list[Rule]:
    return [rule for rule in all_rules() if rule.id.startswith(prefix)]


def _contents() -> Iterator[str]:
    yield from ("", "| rule | severity | what |", "|---|---|---|")
    notes = [(kind.rule, kind.severity, kind.title) for kind in NOTES.values()]
    rules = [(rule.id, rule.severity, rule.title) for rule in all_rules()]
    for rule_id, severity, title in sorted([*rules, *notes]):
        yield f"| [{rule_id}](#{rule_id.lower()}) | {severity} | {title} |"


def _section(rule: Rule, shown: Shown) -> Iterator[str]:
    (finding,) = judge_example(rule, rule.wrong)
    yield from ("", f'<a id="{rule.id.lower()}"></a>', "")
    yield from (
        f"### {rule.id}: {rule.title}",
        "",
        f"*{rule.severity}.* {_plain(rule.text)}",
    )
    yield from ("", "Wrong:", "", *_fenced(shown(rule.wrong)), "")
    yield f"- found: {_plain(finding.message)}"
    yield f"- expected: {_plain(finding.expected)}"
    yield f"- in Rasa: {_plain(finding.rasa)}"
    yield f"- to do: {_plain(finding.hint)}"
    yield from ("", "Right:", "", *_fenced(shown(rule.right)))


def _section_of_note(kind: NoteKind) -> Iterator[str]:
    yield from ("", f'<a id="{kind.rule.lower()}"></a>', "")
    yield from (f"### {kind.rule}: {kind.title}", "")
    yield f"*{kind.severity}.* {_plain(IN_CONVERSATIONS)}"
    yield from ("", f"- in Rasa: Rasa {_plain(kind.rasa)}")
    yield f"- to do: {_plain(kind.hint)}"


def _fenced(lines: Iterable[str]) -> Iterator[str]:
    yield from ("```text", *lines, "```")


def _plain(text: str) -> str:
    """Keep Markdown from reading marks into a sentence, but for code in it."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return _escaped(text)
    return "`".join(
        part if number % 2 else _escaped(part) for number, part in enumerate(parts)
    )


def _escaped(text: str) -> str:
    for mark in "\\`*_<>[]{}|":
        text = text.replace(mark, f"\\{mark}")
    return text
