"""Run the benchmarks, all or those named: `python -m benchmarks [fold] [calls] ...`."""

from __future__ import annotations

import os
import platform
import sys
from importlib import import_module, metadata

from benchmarks.harness import Figure, compact

MODULES = {
    "fold": "folding events into a tracker",
    "state": "a tracker's state as JSON",
    "request": "building a request",
    "validate": "validating requests and answers",
    "generate": "generating conversations",
    "calls": "checked calls of a real rasa-sdk server",
    "catalogue": "the detector on 200 actions",
    "fuzzer": "the detector next to Schemathesis",
    "turns": "turns of the fake core",
    "plugin": "the pytest plugin",
    "serve": "the mock Rasa server under load",
    "stores": "saving a turn to a tracker store",
    "viewer": "the viewer with 10,000 events",
}
LIBRARIES = ("httpx", "jsonschema", "jsonschema-rs", "orjson", "faker", "rasa-sdk")
LINE = "{:<46} {:>12} {:<20} {:>12} {:>8}  {}"


def main(names: list[str]) -> int:
    """Print a table of figures; exit code 0 even where a bar is missed."""
    unknown = sorted(set(names) - set(MODULES))
    if unknown:
        print(f"no such benchmark {unknown}, expected {list(MODULES)}", file=sys.stderr)
        return 2
    print(_machine())
    print("\n" + LINE.format("", "median", "", "bar", "Rasa", ""))
    for name in names or MODULES:
        print(f"\n{MODULES[name]}")
        for figure in import_module(f"benchmarks.{name}").figures():
            print(_line(figure), flush=True)
    return 0


def _machine() -> str:
    versions = " ".join(f"{name} {_version(name)}" for name in LIBRARIES)
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {os.cpu_count()} cores, {platform.machine()}; {versions}"


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "absent"


def _line(figure: Figure) -> str:
    bar = figure.bar
    verdict = "" if bar is None else "ok" if bar.cleared_by(figure.value) else "MISSED"
    return LINE.format(
        f"  {figure.name}",
        compact(figure.value),
        figure.unit,
        str(bar or ""),
        figure.rasa,
        verdict,
    ).rstrip()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
