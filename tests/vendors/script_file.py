"""A script as JSON: the fields of `script.Script`, as objects and lists."""

from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from tests.vendors.script import Script


class BadScript(ValueError):
    """The file is no script; says where and why."""


def script_of(text: str) -> Script:
    """The script in `text`. Raises BadScript."""
    try:
        return TypeAdapter(Script).validate_json(text, extra="forbid")
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise BadScript(where) from error


def read_script(path: Path) -> Script:
    """The script in a file. Raises BadScript, OSError."""
    return script_of(path.read_text("utf-8"))
