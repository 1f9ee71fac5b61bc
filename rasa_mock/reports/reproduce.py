"""The commands that show a finding again: ours, and curl with the same bytes."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from rasa_mock.core.findings import Finding

# These headers curl makes itself.
CURLS_OWN = ("host", "content-length", "user-agent", "accept", "accept-encoding")
INLINE_LIMIT = 300
# Rules about several calls; the first of those is shown with curl.
SEVERAL = "RM7"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reproduction:
    """How this run was started, as far as it makes the same requests again.

    `arguments` are those of `rasa-mock check` without action, seed and case; `url` and
    `headers` are for curl, secrets left out.
    """

    arguments: Sequence[str]
    url: str
    headers: Sequence[tuple[str, str]] = ()

    def command(self, finding: Finding) -> list[str]:
        """Return the command that shows the finding again, word by word.

        What only several calls show (RM7) takes all calls of the action.
        """
        words = ["rasa-mock", "check", *self.arguments]
        if finding.action:
            words += ["--action", finding.action]
        if finding.seed is not None:
            words += ["--seed", str(finding.seed)]
        several = finding.rule.startswith(SEVERAL)
        one = finding.case is not None and not several
        return [*words, "--case", str(finding.case)] if one else words

    def curl(self, finding: Finding, *, body: bytes, indent: int = 0) -> str:
        """Return a shell line that sends the same bytes with curl.

        A short body stands in it; for a longer one our own command writes it.
        """
        words = ["curl", "-sS", "-X", "POST"]
        for name, value in self.headers:
            if name.lower() not in CURLS_OWN:
                words += ["-H", f"{name}: {value}"]
        if len(body) <= INLINE_LIMIT:
            words += ["--data-binary", body.decode("utf-8", "replace"), self.url]
            return folded(words, indent=indent)
        one_case = replace(finding, rule="")
        source = folded([*self.command(one_case), "--show-request"], indent=indent)
        sent = folded([*words, "--data-binary", "@-", self.url], indent=indent + 2)
        return f"{source} |\n{sent}"


def folded(words: Sequence[str], *, indent: int = 0, width: int = 76) -> str:
    """Join words to a shell command of short lines, each continued by a backslash.

    An option stays on one line with its value.
    """
    margin = " " * indent
    lines = [margin]
    for part in _parts(words):
        empty = not lines[-1].strip()
        if not empty and len(lines[-1]) + len(part) + 1 > width:
            lines.append(f"{margin}   ")
            empty = False
        lines[-1] += part if empty else f" {part}"
    return " \\\n".join(lines)


def _parts(words: Sequence[str]) -> Iterator[str]:
    """Yield the words, quoted, an option together with its value."""
    waiting = ""
    for word in map(shlex.quote, words):
        if waiting and not word.startswith("-"):
            yield f"{waiting} {word}"
            waiting = ""
            continue
        if waiting:
            yield waiting
        waiting = word if word.startswith("-") else ""
        if not waiting:
            yield word
    if waiting:
        yield waiting
