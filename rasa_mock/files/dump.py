"""Values written as YAML, laid out as Rasa lays them out.

Imitates `dump_obj_as_yaml_to_string` (rasa/shared/utils/io.py) of Rasa 3.6.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.representer import RoundTripRepresenter
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from rasa_mock.core.story import Literal, Quoted


def dump_yaml(value: Any) -> str:
    """Write a JSON value as YAML; `Literal` texts are blocks, `Quoted` are quoted."""
    yaml = YAML()
    yaml.Representer = _Representer
    yaml.default_flow_style = False
    yaml.width = 2**16
    stream = io.StringIO()
    yaml.dump(_marked(value), stream)
    return stream.getvalue()


class _Representer(RoundTripRepresenter):
    """Writes null as `null`, not as nothing."""

    def represent_nothing(self, _value: None) -> Any:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")


_Representer.add_representer(type(None), _Representer.represent_nothing)


def _marked(value: Any) -> Any:
    """Return a copy in which ruamel's own texts say how they are to be written."""
    if isinstance(value, Literal):
        return LiteralScalarString(value)
    if isinstance(value, Quoted):
        return DoubleQuotedScalarString(value)
    if isinstance(value, Mapping):
        return {_marked(key): _marked(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_marked(item) for item in value]
    return value
