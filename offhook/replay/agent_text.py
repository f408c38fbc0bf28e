"""An agent file with some of its fields changed. Pure.

The copy is for machines: comments of the original are lost, and nobody edits it. The standard library reads TOML and
does not write it; what an agent file can hold is little.
"""

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from calls.errors import ConfigurationInvalid

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_NO_SUCH = object()


def changed(table: Mapping[str, Any], settings: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of an agent file's `table` with the `settings` made: each a dotted path ("turn_taking.barge_in_ms") and
    its value. ConfigurationInvalid where a path goes through something that is no table."""
    copy = json.loads(json.dumps(table))
    for path, value in settings.items():
        *tables, name = path.split(".")
        place = copy
        for one in tables:
            place = place.setdefault(one, {})
            if not isinstance(place, dict):
                raise ConfigurationInvalid(f"--set {path}: {one} is no table of the agent file")
        place[name] = value
    return dict(copy)


def assignment(text: str) -> tuple[str, Any]:
    """ "turn_taking.barge_in_ms=600" as a path and its value: what TOML reads, or else the text as it stands.
    ConfigurationInvalid for what is no assignment."""
    path, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not value or not all(map(_BARE.fullmatch, path.split("."))):
        raise ConfigurationInvalid(f'--set "{text}": write it like --set turn_taking.barge_in_ms=600')
    try:
        return path, tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return path, value


def value_at(table: Mapping[str, Any], path: str) -> Any:
    """What the agent file says at a dotted path; None where it says nothing."""
    place: Any = table
    for name in path.split("."):
        place = place.get(name, _NO_SUCH) if isinstance(place, dict) else _NO_SUCH
    return None if place is _NO_SUCH else place


def to_toml(table: Mapping[str, Any]) -> str:
    """The table as TOML: texts, numbers, truth, lists and tables."""
    plain = [f"{_name(name)} = {_value(value)}" for name, value in table.items() if not isinstance(value, dict)]
    inner = [f"{_name(name)} = {_value(value)}" for name, value in table.items() if isinstance(value, dict)]
    return "\n".join([*plain, *inner, ""])


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_name(name)} = {_value(inner)}" for name, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str):
        # A basic string of TOML is one of JSON's, but for the control character that JSON leaves as it is.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


def _name(name: str) -> str:
    return name if _BARE.fullmatch(name) else _value(name)
