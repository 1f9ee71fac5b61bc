"""The files that `rasa-mock test` writes: results as Rasa has them, and failed tests.

`-o` gives two files, `..._passed.yml` and `..._failed.yml`; `-f` writes the failed
cases as test files that can be run again, one for each file that they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rasa_mock.core.story import Quoted
from rasa_mock.errors import UsageError
from rasa_mock.files.dump import dump_yaml
from rasa_mock.files.e2e import plain
from rasa_mock.run.e2e.results import FAILED, NOT_JUDGED, PASSED, CaseResult
from rasa_mock.testing.scripts import E2E, WRITTEN, Script

STEM = "e2e_results"
SUFFIXES: Mapping[str, str] = {
    PASSED: "passed",
    FAILED: "failed",
    NOT_JUDGED: "not_judged",
}
Played = tuple[Script, CaseResult]


def write_results(results: Sequence[CaseResult], *, to: Path) -> list[Path]:
    """Write the results to a folder; `x.yml` stands for `x_passed.yml` and so on.

    What was not judged is in a file of its own, which is only there if it is needed.
    """
    is_file = to.suffix in (".yml", ".yaml")
    folder, stem = (to.parent, to.stem) if is_file else (to, STEM)
    written = []
    for outcome, suffix in SUFFIXES.items():
        found = [result for result in results if result.outcome == outcome]
        path = folder / f"{stem}_{suffix}.yml"
        if found or outcome != NOT_JUDGED:
            _write(path, {"test_results": [_as_dict(result) for result in found]})
            written.append(path)
        elif path.exists():
            path.unlink()
    return written


def _as_dict(result: CaseResult) -> dict[str, Any]:
    """Return a result as Rasa writes it, and what was not judged."""
    first = result.failures[0] if result.failures else None
    assertion = None
    if first is not None and first.is_assertion:
        assertion = {
            "assertion": first.key,
            "error_message": first.message,
            "error_line": first.line,
        }
    known: dict[str, Any] = {
        "name": result.name,
        "pass_status": result.outcome == PASSED,
        "expected_steps": list(result.steps),
        "error_path": result.place if first is not None else None,
        "difference": list(result.difference) if first is not None else [],
        "assertion_failure": assertion,
    }
    if result.unjudged:
        known["not_judged"] = [
            {"key": each.key, "reason": each.reason} for each in result.unjudged
        ]
    return known


def write_failed(played: Sequence[Played], *, to: Path) -> list[Path]:
    """Write the failed cases of each file to `failed_NAME` in a folder."""
    failed: dict[Path, list[Script]] = {}
    for script, result in played:
        if result.outcome == FAILED and script.kind == E2E:
            failed.setdefault(script.path, []).append(script)
    written: list[Path] = []
    for path, scripts in failed.items():
        place = _free(to / f"failed_{path.stem}.yml", taken=written)
        cases = [dict(script.source) for script in scripts]
        _write(place, {**scripts[0].shared, "test_cases": cases}, head=WRITTEN)
        written.append(place)
    return written


def _free(path: Path, *, taken: Sequence[Path]) -> Path:
    number, place = 2, path
    while place in taken:
        place = path.with_stem(f"{path.stem}_{number}")
        number += 1
    return place


def _write(path: Path, value: Any, *, head: str = "") -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        text = head + dump_yaml(_quoted(plain(value)))
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r}: {error.strerror}; give a folder that can be "
            "written to"
        ) from error


def _quoted(value: Any) -> Any:
    """Quote texts that would be read as something else."""
    if isinstance(value, Mapping):
        return {key: _quoted(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_quoted(item) for item in value]
    return Quoted(value) if isinstance(value, str) and "${" in value else value
