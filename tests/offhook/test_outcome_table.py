from typing import Any

import pytest
from rich.console import Console

from offhook.outcome_table import FieldRow, field_rows, kind_in_words, outcome_lines

TURNS = [{"id": "t0"}, {"id": "t1"}, {"id": "t2"}]


def outcome(**changes: Any) -> dict[str, Any]:
    fields = {
        "caller_name": {"value": "Ann", "evidence": ["t2", "t1", "gone"], "support": "not-found"},
        "noted": {"value": True, "evidence": ["t1"], "support": "not-checkable"},
        "day": {"value": None, "evidence": [], "support": "unknown"},
    }
    made = {"kind": "model", "model": "gpt-6-luna", "summary": "Ann called.", "why": "", "fields": fields}
    return {**made, **changes}


def test_a_field_is_told_with_its_turns_and_its_doubts() -> None:
    assert field_rows(outcome(), TURNS) == [
        FieldRow("caller name", "Ann", "turn 3, 2", "doubtful: its words are not in that turn"),
        FieldRow("noted", "yes", "turn 2", "not checkable by words"),
        FieldRow("day", "unknown", "", ""),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "written by gpt-6-luna"),
        ({"kind": "extractive"}, "an extract: quotations, no model was asked"),
        (
            {"kind": "extractive", "why": "OpenAI is away."},
            "an extract: quotations, no model was asked (OpenAI is away.)",
        ),
        ({"kind": "nobody-spoke"}, "nothing to sum up"),
    ],
)
def test_how_a_summary_came_about(changes: dict[str, Any], words: str) -> None:
    assert kind_in_words(outcome(**changes)) == words


def test_the_terminal_shows_no_table_of_nothing() -> None:
    console = Console(width=100, record=True, file=None, quiet=False, force_terminal=False)
    known = list(outcome_lines(outcome(), TURNS))
    unknown = list(outcome_lines(outcome(fields={"day": outcome()["fields"]["day"]}), TURNS))
    assert (len(known), len(unknown)) == (2, 1)
    with console.capture() as captured:
        console.print(*known)
    assert "Ann called." in captured.get()
    assert "turn 3, 2" in captured.get()
