"""The demonstration behind `make demo`: a right action server, and a wrong one.

First the weather bot is checked, which must come out clean.  Then a copy with three
planted mistakes is checked, and exactly these three must be found.  Exits 0 when both
are so, else 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from faults import ACTIONS, FAULTS, WEATHER, plant

CHECK = [
    *(sys.executable, "-m", "rasa_mock", "check"),
    *("--domain", "domain.yml", "--actions", "actions"),
]
FINE, FINDINGS = 0, 1


def main() -> int:
    """Run both halves; return the exit code."""
    headline("The weather bot's action server, as it should be")
    code = check(WEATHER)
    if code != FINE:
        return complain(f"expected a clean report (exit code 0), got exit code {code}")
    headline("The same server with three mistakes in it")
    with tempfile.TemporaryDirectory(prefix="rasa-mock-demo-") as folder:
        return check_faulty(Path(folder, "weather_faulty"))


def check_faulty(copy: Path) -> int:
    """Plant the faults, show them, check the copy; return the demo's exit code."""
    show(plant(copy))
    report = copy / "findings.ndjson"
    code = check(copy, "--report", f"ndjson={report}")
    if code != FINDINGS:
        return complain(f"expected findings (exit code 1), got exit code {code}")
    found = findings(report)
    expected = {(fault.action, fault.rule) for fault in FAULTS}
    if found != expected:
        return complain(f"expected {sorted(expected)}, found {sorted(found)}")
    headline("Found: all three, and nothing else")
    for fault in FAULTS:
        print(f"  {fault.rule}  {fault.action}: {fault.title}")
    print("\nRead on: rasa-mock explain", FAULTS[0].rule)
    return FINE


def check(folder: Path, *options: str) -> int:
    """Run `rasa-mock check` in a bot's folder, as its author would."""
    print(f"$ cd {folder.name} && rasa-mock {' '.join(CHECK[3:])}\n", flush=True)
    return subprocess.run([*CHECK, *options], cwd=folder, check=False).returncode


def findings(report: Path) -> set[tuple[str, str]]:
    """Return (action, rule) of each finding above info in an NDJSON report."""
    lines = map(json.loads, report.read_text(encoding="utf-8").splitlines())
    return {
        (line["action"], line["rule"])
        for line in lines
        if line["type"] == "finding" and line["severity"] != "info"
    }


def show(difference: str) -> None:
    """Print the changed lines of a unified difference."""
    print(f"In {ACTIONS.as_posix()}:\n")
    for line in difference.splitlines():
        if line.startswith(("-", "+")) and not line.startswith(("---", "+++")):
            print(f"  {line}")
    print()


def headline(text: str) -> None:
    """Print a title between two lines."""
    print(f"\n{'=' * 80}\n{text}\n{'=' * 80}", flush=True)


def complain(text: str) -> int:
    """Say on standard error why the demo failed; return its exit code."""
    print(f"demo failed: {text}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
