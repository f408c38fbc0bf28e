"""A recorded call, a human voice over the greeting, driven again against two settings, twice each."""

import asyncio
from pathlib import Path

import pytest

from offhook.box.recording import Recording, read_mulaw, write_wav
from offhook.places import SHIPPED_AGENTS
from offhook.replay.difference import Column, figures
from offhook.replay.replay import ReplaySettings, run_replay
from offhook.replay.run import Job
from offhook.replay.setting import Change, agent_table, as_it_is, with_change
from offhook.replay.tape import read_tape
from tests.whole.scene import RECORDINGS

SILENCE, SOUND = b"\xff", b"\x10\x90"
SPOKEN_AT_MS = 1_600
GREETED_AT_MS = 100
LENGTH_MS = 8_000
GREETING = (
    "Hello, this is Maple Street Dental. I am an automated assistant. How can I help you? "
    "We book, move and cancel appointments, and we tell you when we are open and how to find us."
)
"""Goes on for seconds after the goodbye: its words cut it too, however slowly they are recognised."""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WAV with "Thank you. Goodbye." on the caller's channel, into the greeting, which is a mere sound."""
    goodbye = read_mulaw(RECORDINGS / "auth-thankyou.wav") + read_mulaw(RECORDINGS / "goodbye.wav")
    caller = (SILENCE * (SPOKEN_AT_MS * 8) + goodbye).ljust(LENGTH_MS * 8, SILENCE)
    agent = (SILENCE * (GREETED_AT_MS * 8) + SOUND * (4 * 1900)).ljust(LENGTH_MS * 8, SILENCE)
    path = tmp_path_factory.mktemp("recorded") / "goodbye.wav"
    write_wav(path, Recording(caller, agent))
    return path


@pytest.fixture(scope="module")
def columns(recording: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Column]:
    out = tmp_path_factory.mktemp("replayed")
    tape = read_tape(str(recording), out)
    # A slow machine would cover a wait here and not there.
    patient = Change(fields=["turn_taking.filler_after_ms=10000", f"greeting={GREETING}"])
    base = with_change("as it is", as_it_is("", agent_table("default", SHIPPED_AGENTS), "", {}), patient, {})
    protected = with_change("changed", base, Change(fields=["turn_taking.greeting_protected_ms=10000"]), {})
    under_way: list[str] = []

    def on_progress(_number: int, job: Job, _at_ms: int, is_over: bool) -> None:
        if is_over:
            under_way.append(job.what)

    asked = ReplaySettings(tape, (base, protected), times=2, at_once=2, out=out)
    found, ran = asyncio.run(run_replay(asked, lambda _sentence: None, on_progress))
    assert sorted(under_way) == ["as it is, 1 of 2", "as it is, 2 of 2", "changed, 1 of 2", "changed, 2 of 2"]
    assert all(one.folder and (one.folder / "call.wav").is_file() for one in ran)
    return found


def test_each_setting_comes_to_the_same_twice(columns: list[Column]) -> None:
    assert [column.name for column in columns] == ["as it is", "changed"]
    assert [column.unlike for column in columns] == [[], []]
    assert {run.end_reason for column in columns for run in column.runs} == {"caller-goodbye"}


def test_the_settings_differ_in_what_was_changed(columns: list[Column]) -> None:
    """The voice alone cuts the greeting as it is, and only its words do where the greeting is protected: later."""
    told = {figure.name: (figure.cells, figure.differs) for figure in figures(columns)}
    as_it_is, changed = ([len(run.turns[0].heard) for run in column.runs] for column in columns)
    assert max(as_it_is) < min(changed) <= max(changed) < len(GREETING)
    assert told["interruptions"] == (("1", "1"), False)
    assert told["agent fell silent after"][1]
    assert told["caller's turns"] == (("1", "1"), False)


def test_the_caller_speaks_where_they_spoke(columns: list[Column]) -> None:
    """As far into the greeting as in the recording, whenever that came."""
    for column in columns:
        for run in column.runs:
            greeting, goodbye = run.turns[0], run.caller_turns[0]
            assert goodbye.said.casefold().startswith("thank you")
            assert abs(goodbye.started_at_ms - greeting.started_at_ms - (SPOKEN_AT_MS - GREETED_AT_MS)) < 500
