import tomllib
from pathlib import Path

import pytest

from calls.agent_files import load
from calls.errors import ConfigurationInvalid
from calls.record import Mode
from offhook.places import SHIPPED_AGENTS
from offhook.replay.setting import Change, agent_table, as_it_is, with_change, write

DEFAULT = agent_table("default", SHIPPED_AGENTS)
KEYS = {"OPENAI_API_KEY": "k", "DEEPGRAM_API_KEY": "k", "ELEVENLABS_API_KEY": "k"}
VENDORS = {
    **DEFAULT,
    "modes": ["realtime", "pipeline", "traditional"],
    "voice": {"speech": "a-voice-of-theirs"},
    "models": {
        "recogniser": "deepgram/flux-general-en",
        "reply": "openai/gpt-6-luna",
        "speech": "elevenlabs",
        "speech_fallbacks": ["elevenlabs/x", "embedded"],
    },
    "after_call": {"model": "openai"},
}


def test_the_agent_begins_in_the_mode_of_the_call() -> None:
    assert as_it_is("a", DEFAULT, "pipeline", {}).table["modes"] == ["pipeline", "traditional"]
    assert as_it_is("a", DEFAULT, "traditional", {}).table["modes"] == ["traditional"]
    assert as_it_is("a", DEFAULT, "", {}).what == "agent default"
    assert as_it_is("a", DEFAULT, "traditional", {}).what == "agent default, in traditional mode as the call"


def test_a_change_says_what_it_is_and_what_was() -> None:
    base = as_it_is("as it is", DEFAULT, "pipeline", {})
    change = Change(mode=Mode.TRADITIONAL, fields=["turn_taking.barge_in_ms=900", "thinking.max_tokens=50"])
    setting = with_change("changed", base, change, {})
    assert setting.what == "traditional mode, turn_taking.barge_in_ms = 900 (was 300), thinking.max_tokens = 50"
    assert setting.table["modes"] == ["traditional"]
    assert setting.table["turn_taking"]["barge_in_ms"] == 900
    assert base.table["turn_taking"]["barge_in_ms"] == 300


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("turn_taking.barge_in=1", "did you mean turn_taking.barge_in_ms"),
        ("turn_taking.barge_in_ms=1", "must be a whole number from 60"),
    ],
)
def test_a_change_that_an_agent_cannot_have_is_refused(field: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=said):
        with_change("changed", as_it_is("a", DEFAULT, "", {}), Change(fields=[field]), {})


def test_realtime_needs_a_key_and_is_not_faked() -> None:
    base = as_it_is("a", DEFAULT, "", {})
    with pytest.raises(ConfigurationInvalid, match="set OPENAI_API_KEY"):
        with_change("changed", base, Change(mode=Mode.REALTIME), {})
    ladder = with_change("changed", base, Change(mode=Mode.REALTIME), KEYS).table["modes"]
    assert ladder == ["realtime", "traditional"]


def test_vendors_are_asked_where_their_keys_are() -> None:
    setting = as_it_is("a", VENDORS, "realtime", KEYS)
    assert (setting.table, setting.notes) == (VENDORS, ())


def test_what_has_no_key_is_replaced_and_that_is_said() -> None:
    setting = as_it_is("a", VENDORS, "realtime", {})
    assert setting.table["models"] == {
        "recogniser": "embedded",
        "reply": "scripted",
        "speech": "embedded",
        "speech_fallbacks": ["embedded"],
    }
    assert setting.table["voice"] == {"speech": "heart"}
    assert setting.table["modes"] == ["pipeline", "traditional"]
    assert setting.table["after_call"] == {"model": "scripted"}
    assert [note.split(",")[0] for note in setting.notes] == [
        "recogniser deepgram/flux-general-en needs DEEPGRAM_API_KEY",
        "reply openai/gpt-6-luna needs OPENAI_API_KEY",
        "speech elevenlabs needs ELEVENLABS_API_KEY",
        "realtime mode needs OPENAI_API_KEY",
        "the summary by openai needs OPENAI_API_KEY",
    ]


def test_an_agent_file_is_found_by_its_name_or_its_path(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text('name = "mine"\nprompt = "Be kind."\ngreeting = "Hello."\n')
    assert agent_table(str(tmp_path / "mine.toml"), SHIPPED_AGENTS)["name"] == "mine"
    with pytest.raises(ConfigurationInvalid, match="there is no agent mine in"):
        agent_table("mine", SHIPPED_AGENTS)
    with pytest.raises(ConfigurationInvalid, match=r"none\.toml cannot be read"):
        agent_table(str(tmp_path / "none.toml"), SHIPPED_AGENTS)


def test_a_setting_becomes_an_agent_of_a_house(tmp_path: Path) -> None:
    write(as_it_is("a", DEFAULT, "", {}), tmp_path, "replay-1")
    agent = load(tmp_path)["replay-1"]
    assert agent.greeting == tomllib.loads((SHIPPED_AGENTS / "default.toml").read_text())["greeting"]
