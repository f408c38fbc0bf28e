import json
import wave
from pathlib import Path

import pytest

from calls.conversation import Conversation
from offhook.box.playout import SILENCE
from offhook.box.recording import Recording
from offhook.call_file import call_file
from offhook.kept import keep
from tests.offhook.calls_made import ANSWERED_MS, CONVERSATION, RECORD

CALL = call_file(RECORD, CONVERSATION, ANSWERED_MS, recording_ms=500)


def test_three_files_in_a_folder_named_after_the_call(tmp_path: Path) -> None:
    kept = keep(tmp_path, CALL, Recording(b"\x10" * 4000, b"\xff" * 4000))
    assert sorted(p.name for p in (tmp_path / RECORD.call_id).iterdir()) == ["call.json", "call.wav", "report.html"]
    assert json.loads(kept.json.read_text()) == CALL
    assert kept.report.read_text().startswith("<!doctype html>")
    assert kept.wav
    with wave.open(str(kept.wav)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, 4000)


def test_a_call_of_one_slot_leaves_a_wav_that_plays(tmp_path: Path) -> None:
    kept = keep(tmp_path, call_file(RECORD, Conversation(), ANSWERED_MS), Recording(SILENCE, SILENCE))
    assert kept.wav
    with wave.open(str(kept.wav)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getnframes()) == (2, 8000, 160)
    assert "call.wav" in kept.report.read_text()


def test_a_call_that_was_never_answered_leaves_no_wav(tmp_path: Path) -> None:
    kept = keep(tmp_path, call_file(RECORD, Conversation(), ANSWERED_MS), Recording(b"", b""))
    assert kept.wav is None
    assert not (kept.folder / "call.wav").exists()


def test_a_call_id_cannot_lead_out_of_the_folder(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be the name of a folder"):
        keep(tmp_path / "out", {**CALL, "callId": "../elsewhere"}, None)
    assert list(tmp_path.iterdir()) == []
