"""Where the options of `rasa-mock check` come from besides the command line.

click puts them in order: its own defaults, then `default_map` (the configuration file),
then the environment, then the flags.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from rasa_mock.config import ENVIRONMENT, ActionConfig, Config, find_config, read_config
from rasa_mock.errors import RasaMockError

HELD = "rasa_mock.config"
TARGETS = ("url", "actions")
WHOLE_LINES = ("headers", "reports")


def read_defaults(
    context: click.Context, _parameter: click.Parameter, value: Path | None
) -> None:
    """Take the options of the configuration file as defaults; a click callback."""
    path = value or find_config(Path.cwd())
    if path is None or context.resilient_parsing:
        return
    try:
        config = read_config(path)
    except RasaMockError as error:
        # click turns other exceptions into nothing that the user could read.
        raise click.UsageError(str(error)) from error
    parameters = {each.name: each for each in context.command.params}
    options = {
        name: [option] if _takes_many(parameters.get(name), option) else option
        for name, option in config.options.items()
    }
    for name, option in options.items():
        place = ":".join(
            str(each) for each in (config.path, config.lines[name]) if each
        )
        _try(context, parameters.get(name), option, place=f"{place}: {name!r}")
    context.meta[HELD] = config
    context.default_map = {**(context.default_map or {}), **options}


def _takes_many(parameter: click.Parameter | None, option: Any) -> bool:
    """Tell whether one text stands where an option may be repeated."""
    return getattr(parameter, "multiple", False) and isinstance(option, str)


def _try(
    context: click.Context,
    parameter: click.Parameter | None,
    option: Any,
    *,
    place: str,
) -> None:
    """Say where in the file a value stands that an option does not take."""
    if parameter is None:
        raise click.UsageError(f"{place} is not known to this command")
    try:
        parameter.type_cast_value(context, option)
    except click.BadParameter as error:
        raise click.UsageError(f"{place}: {error.message}") from error


def config_of_file() -> Config:
    """Return what the file says beside the options; empty without a file."""
    config: Config = click.get_current_context().meta.get(HELD, Config())
    return config


def actions_of_file() -> Mapping[str, ActionConfig]:
    """Return what the file says about single actions."""
    return config_of_file().per_action


def only_one_target(given: dict[str, Any]) -> dict[str, Any]:
    """Leave out the file's target where the command line names another one."""
    context = click.get_current_context()
    from_file: list[str] = []
    others: list[str] = []
    for name in TARGETS:
        if given[name] is not None:
            source = context.get_parameter_source(name)
            is_default = source == ParameterSource.DEFAULT_MAP
            (from_file if is_default else others).append(name)
    return {**given, **dict.fromkeys(from_file)} if others else given


def take_environment(command: click.Command) -> None:
    """Let each option be given in the environment, too: RASA_MOCK_FAIL_ON."""
    for parameter in command.params:
        if parameter.name and parameter.envvar is None:
            key = {"names": "action"}.get(parameter.name, parameter.name)
            parameter.envvar = ENVIRONMENT + key.upper()
        if parameter.name in WHOLE_LINES:
            parameter.type = Line()


class Line(click.types.StringParamType):
    """A text with spaces in it; in the environment one a line."""

    envvar_list_splitter = "\n"
