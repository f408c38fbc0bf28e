"""Reads one table of a TOML file field by field: every problem is noted, none stops the reading.

Whoever reads asks for each field once, then calls `finish`, which notes the fields nobody asked for. Values that a
problem was noted for come back as their default (or as an empty value), so they must not be used.
"""

import difflib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

LONGEST_SHOWN = 60


class Fields:
    """`table` is what TOML held under the dotted path `where` ("" at the top of the file)."""

    def __init__(self, table: object, where: str, problems: list[str]) -> None:
        self.problems = problems
        self._where = where
        self._asked: list[str] = []
        self._table: Mapping[str, Any] = table if isinstance(table, dict) else {}
        if not isinstance(table, dict):
            problems.append(f"{where} must be a table, not {_shown(table)}")

    def text(self, name: str, default: str | None = None, *, longest: int = 1000, may_be_empty: bool = False) -> str:
        """A text of at most `longest` characters; required where there is no default."""
        shortest = 0 if may_be_empty else 1

        def valid(value: Any) -> bool:
            return isinstance(value, str) and shortest <= len(value.strip()) and len(value) <= longest

        return str(self._take(name, default, f"a text of {shortest} to {longest} characters", valid) or "")

    def shaped(self, name: str, default: str, want: str, valid: Callable[[str], bool], *, private: bool = False) -> str:
        """A text that `valid` accepts; `private` keeps a wrong one out of the problem's sentence."""
        return str(self._take(name, default, want, lambda v: isinstance(v, str) and valid(v), private=private))

    def whole(self, name: str, default: int, lowest: int, highest: int) -> int:
        def valid(value: Any) -> bool:
            return type(value) is int and lowest <= value <= highest

        return int(self._take(name, default, f"a whole number from {lowest} to {highest}", valid))

    def number(self, name: str, default: float, lowest: float, highest: float) -> float:
        def valid(value: Any) -> bool:
            return type(value) in (int, float) and lowest <= value <= highest

        return float(self._take(name, default, f"a number from {lowest:g} to {highest:g}", valid))

    def flag(self, name: str, default: bool) -> bool:
        return bool(self._take(name, default, "true or false", lambda v: isinstance(v, bool)))

    def texts(self, name: str, default: Sequence[str], want: str, valid: Callable[[list[str]], bool]) -> list[str]:
        """A list of texts that `valid` accepts."""

        def acceptable(value: Any) -> bool:
            return isinstance(value, list) and all(isinstance(item, str) for item in value) and valid(value)

        return list(self._take(name, list(default), want, acceptable))

    def table(self, name: str) -> "Fields":
        """The table of that name; an empty one where the file has none."""
        self._asked.append(name)
        return Fields(self._table.get(name, {}), self._path(name), self.problems)

    def tables(self, name: str) -> list["Fields"]:
        """The tables of an array of tables; none where the file has none."""
        value = self._take(name, [], "a list of tables", lambda v: isinstance(v, list))
        return [Fields(item, f"{self._path(name)}[{index}]", self.problems) for index, item in enumerate(value, 1)]

    def plain(self) -> Mapping[str, Any]:
        """The table as TOML gave it."""
        return self._table

    def finish(self) -> None:
        """Note every field that nobody asked for."""
        for name in self._table:
            if name not in self._asked:
                close = difflib.get_close_matches(name, self._asked, n=1)
                hint = f"; did you mean {self._path(close[0])}?" if close else ""
                self.problems.append(f"{self._path(name)} is not a field{hint}")

    def note(self, name: str, sentence: str) -> None:
        """Note a problem that only the reader can see: "<path> <sentence>"."""
        self.problems.append(f"{self._path(name)} {sentence}")

    def _path(self, name: str) -> str:
        return f"{self._where}.{name}" if self._where else name

    def _take(self, name: str, default: Any, want: str, valid: Callable[[Any], bool], *, private: bool = False) -> Any:
        self._asked.append(name)
        if name not in self._table:
            if default is None:
                self.note(name, f"is missing; it must be {want}")
            return default
        value = self._table[name]
        if valid(value):
            return value
        self.note(name, f"must be {want}" + ("" if private else f", not {_shown(value)}"))
        return default


def syntax_problem(message: str, text: str) -> str:
    """tomllib ends its messages in "(at line 3, column 8)" or "(at end of document)"; the place comes first here."""
    place = re.search(r" \(at line (\d+), column (\d+)\)$", message)
    if place:
        return f"line {place[1]}, column {place[2]} is not TOML: {message[: place.start()]}"
    return f"line {text.count(chr(10)) + 1} is not TOML: {message}"


def _shown(value: object) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."
