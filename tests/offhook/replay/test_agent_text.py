import tomllib
from pathlib import Path
from typing import Any

import pytest

from calls.agent import parse
from calls.errors import ConfigurationInvalid
from offhook.places import SHIPPED_AGENTS
from offhook.replay.agent_text import assignment, changed, to_toml, value_at

TABLE = {"name": "desk", "limits": {"call_s": 60}}


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("turn_taking.barge_in_ms=600", "turn_taking.barge_in_ms", 600),
        ("limits.silence_s = 4.5", "limits.silence_s", 4.5),
        ("turn_taking.speculate=false", "turn_taking.speculate", False),
        ('modes=["pipeline", "traditional"]', "modes", ["pipeline", "traditional"]),
        ("models.reply=openai/gpt-6-luna", "models.reply", "openai/gpt-6-luna"),
        ('phrases.filler=""', "phrases.filler", ""),
        ("greeting=Hello, you = nice", "greeting", "Hello, you = nice"),
    ],
)
def test_an_assignment_has_a_value_as_toml_or_as_it_stands(text: str, path: str, value: Any) -> None:
    assert assignment(text) == (path, value)


@pytest.mark.parametrize("text", ["barge_in_ms", "=600", "a.=1", "a b=1", "limits.call_s="])
def test_what_is_no_assignment_says_how_one_looks(text: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=r"write it like --set turn_taking\.barge_in_ms=600"):
        assignment(text)


def test_a_change_leaves_the_original_alone() -> None:
    assert changed(TABLE, {"limits.call_s": 90, "phrases.filler": "So."}) == {
        "name": "desk",
        "limits": {"call_s": 90},
        "phrases": {"filler": "So."},
    }
    assert TABLE["limits"] == {"call_s": 60}


def test_a_path_through_what_is_no_table_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid, match="name is no table"):
        changed(TABLE, {"name.first": "a"})


def test_what_a_file_says_at_a_path() -> None:
    assert value_at(TABLE, "limits.call_s") == 60
    assert value_at(TABLE, "limits.reply_s") is None
    assert value_at(TABLE, "name.first") is None


@pytest.mark.parametrize("file", sorted(SHIPPED_AGENTS.glob("*.toml")), ids=lambda file: file.stem)
def test_an_agent_file_reads_the_same_when_it_was_written(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    written = to_toml(tomllib.loads(text))
    assert tomllib.loads(written) == tomllib.loads(text)
    assert parse(written, file.name) == parse(text, file.name)


def test_every_character_survives() -> None:
    table = {"odd key": 'a "quote" \\ \n \x7f é 🦷', "list": [{"a": [1, 2.5, True]}]}
    assert tomllib.loads(to_toml(table)) == table
