"""What came of a call, as lines for the terminal and rows for the page, out of `call.json`'s "outcome"."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

UNKNOWN = "unknown"
KINDS: Mapping[str, str] = {
    "model": "written by {model}",
    "extractive": "an extract: quotations, no model was asked",
    "nobody-spoke": "nothing to sum up",
}
SUPPORTS: Mapping[str, str] = {
    "found": "",
    "not-checkable": "not checkable by words",
    "not-found": "doubtful: its words are not in that turn",
    "unknown": "",
}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """`evidence` is "turn 3, 5" by the numbers of the call's turns; `note` says what makes the value doubtful."""

    name: str
    value: str
    evidence: str
    note: str


def field_rows(outcome: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> list[FieldRow]:
    """One row for each field."""
    numbers = {turn.get("id"): number for number, turn in enumerate(turns, 1)}
    rows = []
    for name, field in outcome["fields"].items():
        said_in = ", ".join(str(numbers[turn_id]) for turn_id in field["evidence"] if turn_id in numbers)
        rows.append(
            FieldRow(
                name.replace("_", " "),
                UNKNOWN if field["value"] is None else _in_words(field["value"]),
                f"turn {said_in}" if said_in else "",
                SUPPORTS.get(field["support"], field["support"]),
            )
        )
    return rows


def kind_in_words(outcome: Mapping[str, Any]) -> str:
    """How the summary came about: "written by gpt-6-luna"; why, where something else was wanted."""
    kind = KINDS.get(outcome["kind"], outcome["kind"]).format(model=outcome["model"])
    return f"{kind} ({outcome['why']})" if outcome["why"] else kind


def outcome_lines(outcome: Mapping[str, Any], turns: Sequence[Mapping[str, Any]]) -> Iterator[RenderableType]:
    """What the terminal shows."""
    yield Text.assemble((outcome["summary"], "bold"), (f"  ({kind_in_words(outcome)})", "dim"))
    rows = field_rows(outcome, turns)
    if any(row.value != UNKNOWN for row in rows):
        table = Table(box=None, show_header=False, pad_edge=False)
        for row in rows:
            style = "dim" if row.value == UNKNOWN else ""
            table.add_row(Text(row.name, style="dim"), Text(row.value, style=style), row.evidence, Text(row.note))
        yield table


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
