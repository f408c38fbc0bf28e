"""Reads one TwiML element's attributes by Twilio's documented value rules.

A value that breaks its rule is reported under the code of Twilio's error dictionary and replaced by the default, as
Twilio does; an attribute the element does not have is a schema warning (12200).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal
from xml.etree.ElementTree import Element

from offhook.box.verbs import HttpMethod

SCHEMA_WARNING = 12200


@dataclass(frozen=True, slots=True)
class Issue:
    """What the debugger would show about a document: Twilio's code, its level and what is wrong, with the place."""

    code: int
    level: Literal["error", "warning"]
    sentence: str


class Attributes:
    """The attributes of one element. Every one read is known; `close` reports the others."""

    def __init__(self, element: Element, report: Callable[[Issue], None]) -> None:
        self._tag = element.tag
        self._values = dict(element.attrib)
        self._known: set[str] = set()
        self._report = report

    def close(self) -> None:
        """Report every attribute that was never read."""
        for name in sorted(set(self._values) - self._known):
            self.warn(SCHEMA_WARNING, f"Attribute '{name}' is not allowed to appear in element '{self._tag}'.")

    def warn(self, code: int, sentence: str) -> None:
        self._report(Issue(code, "warning", sentence))

    def ignore(self, *names: str) -> None:
        """Attributes that Twilio has and that change nothing the box can play."""
        self._known.update(names)

    def text(self, name: str, default: str = "") -> str:
        self._known.add(name)
        return self._values.get(name, default)

    def present(self, name: str) -> bool:
        return name in self._values

    def method(self, code: int, name: str = "method") -> HttpMethod:
        """GET or POST, in upper case as documented; POST when absent."""
        value = self.text(name, "POST")
        if value == "GET":
            return "GET"
        if value != "POST":
            self._bad(code, name, value, "GET or POST")
        return "POST"

    def integer(self, name: str, default: int, code: int, *, least: int, most: int = 1_000_000) -> int:
        value = self.text(name, str(default))
        if value.isascii() and value.isdecimal() and least <= int(value) <= most:
            return int(value)
        self._bad(code, name, value, f"an integer of at least {least}")
        return default

    def boolean(self, name: str, default: bool, code: int) -> bool:
        value = self.text(name, "true" if default else "false")
        if value in ("true", "false"):
            return value == "true"
        self._bad(code, name, value, "true or false")
        return default

    def choice(self, name: str, allowed: tuple[str, ...], default: str, code: int) -> str:
        value = self.text(name, default)
        if value in allowed:
            return value
        self._bad(code, name, value, ", ".join(allowed))
        return default

    def _bad(self, code: int, name: str, value: str, expected: str) -> None:
        self.warn(code, f"{self._tag}: '{value}' is not a valid value of '{name}'; it must be {expected}.")
