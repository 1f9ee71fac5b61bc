"""docs/configuration.md, written from the keys of the configuration and the options.

`python -m rasa_mock.cli.config_page` prints it; a test holds the two together.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from rasa_mock.cli.check import command
from rasa_mock.config import ACTION_KEYS, ENVIRONMENT, KEYS, Key

HEAD = """\
# Configuration of `rasa-mock check`

Written by `python -m rasa_mock.cli.config_page` from the keys and the options \
themselves; a test holds them together. `rasa-mock init` writes a first file.

The keys stand in `rasa_mock.toml`, or in `pyproject.toml` under `[tool.rasa_mock]` \
(and `[tool.rasa_mock.action.NAME]`). The nearest file is taken, from the current \
folder upwards to the root of the repository; `--config FILE` names another. What is \
more special wins: defaults, file, environment, flags. An unknown key or a value of \
the wrong type ends the run with exit code 2, the line, and the nearest key.

```toml
domain = "domain.yml"
actions = "actions"
fail-on = "error"
ignore = ["RM306"]
reports = ["junit=rasa-mock.xml"]

[headers]
Authorization = "Bearer ${BOT_TOKEN}"

[action.action_pay]
skip = "it costs money"

[action.action_book]
ignore = ["RM707"]
```

Paths are taken from the folder of the file. `${NAME}` in `url`, `token` and \
`headers` is replaced from the environment, so that no secret need be written down. \
`fail_on` and `fail-on` are the same key. In the environment several headers or \
reports stand one a line, several paths with the system's separator, other lists \
with spaces.

## Keys

| key | value | flag | environment | what |
|---|---|---|---|---|"""
ACTIONS = """\

## Keys of one action: `[action.NAME]`

| key | value | what |
|---|---|---|"""


def config_page() -> Iterator[str]:
    """Yield the page's lines."""
    yield from HEAD.splitlines()
    options = {each.name: each for each in command.params}
    for name, key in KEYS.items():
        parameter = options.get(name.replace("-", "_"))
        if parameter is not None:
            yield _row(name, key, parameter=parameter)
    yield from ACTIONS.splitlines()
    for name, key in ACTION_KEYS.items():
        yield f"| `{name}` | {key.expected} | {key.says} |"


def _row(name: str, key: Key, *, parameter: click.Parameter) -> str:
    variable = ENVIRONMENT + name.replace("-", "_").upper()
    if not isinstance(parameter, click.Option):
        says = "The URL of a running action server."
        return f"| `{name}` | {key.expected} | `URL` | `{variable}` | {says} |"
    flags = ", ".join(f"`{flag}`" for flag in parameter.opts)
    says = " ".join(filter(None, [parameter.help, _default(parameter.default)]))
    cells = (f"`{name}`", key.expected, flags, f"`{variable}`", says)
    return f"| {' | '.join(cells)} |".replace("${", "\\${")


def _default(value: Any) -> str:
    given = isinstance(value, (str, int, float)) and not isinstance(value, bool)
    return f"Default: `{value}`." if given else ""


if __name__ == "__main__":
    sys.stdout.write("\n".join(config_page()) + "\n")
