"""What a client's JSON may look like, as tables of checks: anything else is a Complaint in OpenAI's words. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from tests.vendors.openai_errors import Complaint, missing, unknown_parameter

Check: TypeAlias = Callable[[Any, str], None]
"""Given a value and its place ("session.audio"): raises Complaint, or is content."""


def wrong_type(value: Any, where: str, expected: str) -> Complaint:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        list: "an array",
        dict: "an object",
    }
    got = names.get(type(value), "null")
    what = f"Invalid type for '{where}': expected {expected}, but got {got} instead."
    return Complaint(400, what, param=where, code="invalid_type")


def unsupported(value: Any, where: str, supported: tuple[Any, ...]) -> Complaint:
    known = ", ".join(f"'{one}'" for one in supported)
    what = f"Invalid value: '{value}'. Supported values are: {known}."
    return Complaint(400, what, param=where, code="invalid_value")


def anything(value: Any, where: str) -> None:
    """Not looked at."""


def text(value: Any, where: str) -> None:
    if not isinstance(value, str):
        raise wrong_type(value, where, "a string")


def text_up_to(most: int) -> Check:
    """A string of at most so many characters."""

    def check(value: Any, where: str) -> None:
        text(value, where)
        if len(value) > most:
            what = f"Invalid '{where}': string too long. Expected a string with maximum length {most}, but got a string"
            what += f" with length {len(value)} instead."
            raise Complaint(400, what, param=where, code="string_above_max_length")

    return check


def flag(value: Any, where: str) -> None:
    if not isinstance(value, bool):
        raise wrong_type(value, where, "a boolean")


def number(least: float, most: float, *, whole: bool = False) -> Check:
    """A number from `least` to `most`."""
    name, kinds = ("integer", int) if whole else ("decimal", (int, float))

    def check(value: Any, where: str) -> None:
        if isinstance(value, bool) or not isinstance(value, kinds):
            raise wrong_type(value, where, f"a {name}" if name == "decimal" else f"an {name}")
        if value < least:
            raise _out_of_range(value, where, name, "below_min", f">= {least:g}")
        if value > most:
            raise _out_of_range(value, where, name, "above_max", f"<= {most:g}")

    return check


def _out_of_range(value: float, where: str, name: str, what: str, expected: str) -> Complaint:
    words = what.replace("_min", " minimum").replace("_max", " maximum")
    told = f"Invalid '{where}': {name} {words} value. Expected a value {expected}, but got {value} instead."
    return Complaint(400, told, param=where, code=f"{name}_{what}_value")


def one_of(*values: Any) -> Check:
    def check(value: Any, where: str) -> None:
        if value not in values or isinstance(value, bool):
            raise unsupported(value, where, values)

    return check


def nullable(check: Check) -> Check:
    def check_if_any(value: Any, where: str) -> None:
        if value is not None:
            check(value, where)

    return check_if_any


def by_type(checks: Mapping[type, Check]) -> Check:
    """The check of the value's own type."""

    def check(value: Any, where: str) -> None:
        fitting = checks.get(type(value))
        if fitting is None:
            raise wrong_type(value, where, "another type")
        fitting(value, where)

    return check


def list_of(check: Check, most: int = 1024) -> Check:
    def check_each(value: Any, where: str) -> None:
        if not isinstance(value, list):
            raise wrong_type(value, where, "an array of objects")
        if len(value) > most:
            what = f"Invalid '{where}': array too long. Expected an array with maximum length {most}."
            raise Complaint(400, what, param=where, code="array_above_max_length")
        for index, one in enumerate(value):
            check(one, f"{where}[{index}]")

    return check_each


@dataclass(frozen=True)
class Shape:
    """An object with these fields and no other; those of `needed` must be there. The place of the outermost is ""."""

    fields: Mapping[str, Check]
    needed: tuple[str, ...] = ()

    def __call__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, where, "an object")
        for name in self.needed:
            if name not in value:
                raise missing(_inside(where, name))
        for name, one in value.items():
            check = self.fields.get(name)
            if check is None:
                raise unknown_parameter(_inside(where, name))
            check(one, _inside(where, name))


@dataclass(frozen=True)
class ByTag:
    """An object whose field `tag` says which of `shapes` it has. The tag itself need not be in them."""

    tag: str
    shapes: Mapping[str, Shape]

    def __call__(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise wrong_type(value, where, "an object")
        if self.tag not in value:
            raise missing(_inside(where, self.tag))
        shape = self.shapes.get(value[self.tag]) if isinstance(value[self.tag], str) else None
        if shape is None:
            raise unsupported(value[self.tag], _inside(where, self.tag), tuple(self.shapes))
        shape({name: one for name, one in value.items() if name != self.tag}, where)


def _inside(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
