from pathlib import Path

import pytest

from calls import agent_files
from calls.errors import ConfigurationInvalid
from calls.record import Mode

SHIPPED = Path(__file__).parents[2] / "functions" / "agents"


def write(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text, encoding="utf-8")


def test_the_shipped_agents() -> None:
    agents = agent_files.load(SHIPPED)
    assert list(agents) == ["concierge", "default", "reception"]
    default, reception = agents["default"], agents["reception"]
    assert agents["concierge"].modes == (Mode.REALTIME, Mode.PIPELINE, Mode.TRADITIONAL)
    assert default.modes == (Mode.PIPELINE, Mode.TRADITIONAL)
    assert (default.models.recogniser, default.models.reply, default.models.speech) == (
        "embedded",
        "scripted",
        "embedded",
    )
    assert (default.voice.speech, default.voice.twilio, default.voice.language) == ("heart", "Polly.Joanna", "en-US")
    assert reception.modes == (Mode.TRADITIONAL,)
    assert reception.transfer_number


def test_all_problems_of_all_files_at_once(tmp_path: Path) -> None:
    write(tmp_path, "a.toml", 'name = "a"\nprompt = "p"')
    write(tmp_path, "b.toml", "name = ")
    write(tmp_path, "c.toml", 'name = "c"\nprompt = "p"\ngreeting = "g"')
    (tmp_path / "d.toml").write_bytes(b"\xff\xfe\xff")
    write(tmp_path, "notes.txt", "not an agent")
    problems = agent_files.check(tmp_path)
    assert [problem.split(":")[0] for problem in problems] == ["a.toml", "b.toml", "d.toml"]
    with pytest.raises(ConfigurationInvalid, match=r"a\.toml: greeting is missing.*; b\.toml: line 1"):
        agent_files.load(tmp_path)


def test_a_good_folder_has_no_problems(tmp_path: Path) -> None:
    write(tmp_path, "c.toml", 'name = "c"\nprompt = "p"\ngreeting = "g"')
    assert agent_files.check(tmp_path) == []
    assert list(agent_files.load(tmp_path)) == ["c"]


def test_a_folder_that_is_missing_or_empty(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="is missing"):
        agent_files.load(tmp_path / "gone")
    with pytest.raises(ConfigurationInvalid, match=r"holds no \.toml file"):
        agent_files.check(tmp_path)
