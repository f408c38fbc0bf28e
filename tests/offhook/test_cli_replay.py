"""`offhook replay` and `offhook compare` as far as they go before a call is made."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from calls.errors import CallNotFound, ConfigurationInvalid, OffhookError, RequestRefused
from calls.record import Mode
from offhook.box.recording import Recording, write_wav
from offhook.cli import app, exits
from offhook.cli.replay import agents_of
from offhook.places import SHIPPED_AGENTS
from offhook.replay.compare import CompareSettings, possible, settings_for, tapes_in
from offhook.replay.tape import Tape
from tests.offhook.replay.calls_replayed import call
from tests.offhook.replay.test_tape import AGENT, CALLER, kept

KEYLESS: Mapping[str, str | None] = {
    "OPENAI_API_KEY": None,
    "OFFHOOK_AGENTS": None,
    "OFFHOOK_TABLE": None,
    "COLUMNS": "200",
}


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, arguments, env=KEYLESS)


def refused(arguments: Sequence[str]) -> OffhookError:
    error = run(*arguments).exception
    assert isinstance(error, OffhookError)
    return error


@pytest.mark.parametrize("command", ["replay", "compare"])
def test_help_teaches_with_examples(command: str) -> None:
    shown = run(command, "--help")
    assert shown.exit_code == 0
    assert shown.output.count(f"offhook {command} ") > 2


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--set", "barge_in"], "write it like --set turn_taking.barge_in_ms=600"),
        (["--set", "turn_taking.barge_in=9"], "did you mean turn_taking.barge_in_ms?"),
        (["--mode", "realtime"], "set OPENAI_API_KEY"),
        (["--agent", "nobody"], "there is no agent nobody"),
    ],
)
def test_what_cannot_be_changed_is_said_before_a_call_is_made(more: list[str], said: str, tmp_path: Path) -> None:
    error = refused(["replay", str(kept(tmp_path / "01K", call())), "--out", str(tmp_path), *more])
    assert isinstance(error, ConfigurationInvalid)
    assert said in str(error)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--alone"], "nothing is changed: give --agent, --mode or --set"),
        (["--agent", "default", "--agent", "reception", "--agent", "concierge"], "two agents at most"),
        (["--times", "0"], "greater than or equal to 1"),
        (["--caller", "middle"], "'middle' is not one of"),
    ],
)
def test_wrong_use_ends_with_2(more: list[str], said: str, tmp_path: Path) -> None:
    shown = run("replay", str(kept(tmp_path / "01K", call())), "--out", str(tmp_path), *more)
    assert shown.exit_code == exits.WRONG_USE
    assert said in " ".join(shown.output.replace("│", " ").split())


def test_a_call_that_nobody_kept(tmp_path: Path) -> None:
    assert isinstance(refused(["replay", "01KNONE", "--out", str(tmp_path)]), CallNotFound)


def test_which_agents_are_laid_side_by_side() -> None:
    known, gone, wav = (Tape("a", b"", (), agent=name) for name in ("default", "replay-1", ""))
    assert agents_of(known, SHIPPED_AGENTS, []) == ("default", "")
    assert agents_of(known, SHIPPED_AGENTS, ["reception"]) == ("default", "reception")
    assert agents_of(known, SHIPPED_AGENTS, ["concierge", "reception"]) == ("concierge", "reception")
    assert agents_of(wav, SHIPPED_AGENTS, []) == ("default", "")
    assert agents_of(wav, SHIPPED_AGENTS, ["reception"]) == ("reception", "")
    assert agents_of(gone, SHIPPED_AGENTS, ["reception"]) == ("reception", "")
    assert agents_of(gone, SHIPPED_AGENTS, []) == ("replay-1", "")


# Compare


def test_a_folder_holds_calls_and_recordings_and_what_is_neither_is_told(tmp_path: Path) -> None:
    kept(tmp_path / "01K", call())
    write_wav(tmp_path / "a.wav", Recording(CALLER, AGENT))
    (tmp_path / "b.wav").write_text("no sound")
    (tmp_path / "01L").mkdir()
    (tmp_path / "01L" / "call.json").write_text(json.dumps(call()))
    (tmp_path / "state").mkdir()
    tapes, left_out = tapes_in(tmp_path)
    assert [tape.name for tape in tapes] == ["01K", "a"]
    assert [sentence.partition(":")[0] for sentence in left_out] == ["01L is left out", "b.wav is left out"]


def test_a_folder_without_a_call_says_what_one_looks_like(tmp_path: Path) -> None:
    assert "holds no call" in str(refused(["compare", str(tmp_path), "--modes", "pipeline"]))
    assert "cannot be read" in str(refused(["compare", str(tmp_path / "none"), "--modes", "pipeline"]))


def test_a_mode_without_a_key_is_left_out_and_never_faked() -> None:
    modes, notes = possible([Mode.REALTIME, Mode.PIPELINE], {})
    assert modes == [Mode.PIPELINE]
    assert notes == ["realtime mode is left out: it speaks with OpenAI's models, and OPENAI_API_KEY is not set."]
    assert possible([Mode.REALTIME], {"OPENAI_API_KEY": "k"}) == ([Mode.REALTIME], [])
    with pytest.raises(RequestRefused, match="nothing to compare"):
        possible([Mode.REALTIME], {})


def test_every_call_is_made_by_its_agent_in_every_mode() -> None:
    tapes = [Tape("a", b"", (), agent="reception"), Tape("b", b"", ()), Tape("c", b"", ())]
    asked = CompareSettings(tapes, [Mode.PIPELINE, Mode.TRADITIONAL], "", SHIPPED_AGENTS, 1, 1, Path())
    made = settings_for(asked, {})
    assert {key: setting.table["modes"] for key, setting in made.items()} == {
        ("default", Mode.PIPELINE): ["pipeline", "traditional"],
        ("default", Mode.TRADITIONAL): ["traditional"],
        ("reception", Mode.PIPELINE): ["pipeline", "traditional"],
        ("reception", Mode.TRADITIONAL): ["traditional"],
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--modes", "loud"], "give some of realtime, pipeline, traditional"),
        (["--modes", "pipeline,pipeline"], "give some of"),
        (["--json", "--csv"], "give one of --json and --csv"),
    ],
)
def test_a_comparison_that_was_asked_wrongly(more: list[str], said: str, tmp_path: Path) -> None:
    shown = run("compare", str(tmp_path), *more)
    assert shown.exit_code == exits.WRONG_USE
    assert said in " ".join(shown.output.replace("│", " ").split())
