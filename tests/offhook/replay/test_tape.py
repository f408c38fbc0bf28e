import audioop
import json
import wave
from pathlib import Path
from typing import Any

import pytest

from calls.errors import CallNotFound, RequestRefused
from offhook.box.recording import Recording, write_wav
from offhook.replay.acts import After, Cue
from offhook.replay.known import Known, of_call, of_stream
from offhook.replay.tape import how_long_kept, read_tape, tape_of
from tests.offhook.replay.calls_replayed import call, turn
from tests.offhook.replay.test_sound import tone

AGENT = tone(0, 100) + tone(3000, 1900) + tone(0, 4000)
CALLER = tone(0, 2700) + tone(3000, 300) + tone(0, 3000)
SPOKEN = (Cue(After.AGENT_DONE, 600, 1), 2600)


def kept(folder: Path, values: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    write_wav(folder / "call.wav", Recording(CALLER, AGENT))
    (folder / "call.json").write_text(json.dumps(values))
    return folder


def test_a_kept_call_by_any_of_its_names(tmp_path: Path) -> None:
    folder = kept(tmp_path / "01KABCDEFGHJKMNPQRSTVWXYZ0", call())
    names = [folder.name, call()["twilioSid"], str(folder), str(folder / "call.json"), str(folder / "call.wav")]
    for name in names:
        tape = read_tape(name, tmp_path)
        assert (tape.name, tape.agent, tape.mode, tape.duration_ms) == (folder.name, "default", "pipeline", 6000)
        assert [(act.cue, act.was_ms) for act in tape.acts] == [SPOKEN]


def test_keys_and_the_end_come_from_the_line_where_it_told() -> None:
    values = call(keys=[{"key": "1", "atMs": 3500}], hungUpBy="caller", recordingMs=6000)
    acts = tape_of("a", (CALLER, AGENT), of_call(values)).acts
    assert [(act.key, act.was_ms) for act in acts] == [("", 2600), ("1", 3500), ("", 6000)]


def test_keys_and_the_end_come_from_the_turns_of_an_older_call() -> None:
    values = call(turn("caller", "[keys 12#]", 3500), endReason="caller-hung-up", recordingMs=6000)
    del values["keys"], values["hungUpBy"]
    acts = tape_of("a", (CALLER, AGENT), of_call(values)).acts
    assert [(act.key, act.was_ms) for act in acts] == [("", 2600), ("1", 3500), ("2", 3700), ("#", 3900), ("", 6000)]


def test_one_channel_is_the_caller_and_the_turns_tell_of_the_agent() -> None:
    told = tape_of("a", (CALLER,), of_call(call(turn("agent", "Hello.", 500))))
    assert [act.cue for act in told.acts] == [Cue(After.AGENT_DONE, 600, 1)]
    assert told.notes == ()


def test_a_recording_that_does_not_tell_of_the_agent_says_so(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", Recording(CALLER, tone(0, 6000)))
    tape = read_tape(str(tmp_path / "a.wav"), tmp_path)
    assert [act.cue for act in tape.acts] == [Cue(After.AGENT_DONE, 700, 1)]
    assert "--record CALL.json" in tape.notes[0]


def test_the_callers_channel_may_be_the_other_one(tmp_path: Path) -> None:
    write_wav(tmp_path / "a.wav", Recording(AGENT, CALLER))
    tape = read_tape(str(tmp_path / "a.wav"), tmp_path, side="right")
    assert [(act.cue, act.was_ms) for act in tape.acts] == [SPOKEN]


def test_strictly_the_recording_is_played_as_it_is(tmp_path: Path) -> None:
    folder = kept(tmp_path / "a", call(hungUpBy="caller", recordingMs=6000))
    acts = read_tape(str(folder), tmp_path, strict=True).acts
    assert [(act.cue, len(act.mulaw)) for act in acts] == [(Cue(After.AT, 0), 48_000), (Cue(After.AT, 6000), 0)]


def test_a_caller_who_never_rests_is_told() -> None:
    assert "--strict" in tape_of("a", (tone(6000, 12_000), tone(0, 12_000)), Known()).notes[0]


def test_a_caller_who_says_nothing_is_told() -> None:
    assert "never says" in tape_of("a", (tone(0, 3000), AGENT), Known()).notes[0]


def test_what_cannot_be_driven_again_says_why_and_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(CallNotFound, match="give a WAV file"):
        read_tape("01KNONE", tmp_path)
    with pytest.raises(CallNotFound, match="keeps no call CA00"):
        read_tape("CA00", tmp_path)
    folder = kept(tmp_path / "a", call())
    (folder / "call.wav").unlink()
    with pytest.raises(RequestRefused, match=r"has no call\.wav"):
        read_tape(str(folder), tmp_path)
    (tmp_path / "b.wav").write_bytes(b"no sound")
    with pytest.raises(RequestRefused, match="cannot be played: not a WAV file"):
        read_tape(str(tmp_path / "b.wav"), tmp_path)
    with pytest.raises(RequestRefused, match=r"c\.wav cannot be read"):
        read_tape(str(tmp_path / "c.wav"), tmp_path)


def test_a_call_json_of_another_kind_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestRefused, match="none of Offhook's"):
        read_tape(str(kept(tmp_path / "a", {"keys": [{"digit": "1"}]})), tmp_path)


STREAM = {
    "callId": "01K",
    "agent": "desk",
    "mode": "pipeline",
    "startedAtMs": 1_795_000_000_000,
    "lengthMs": 6000,
    "keys": [{"key": "1", "atMs": 3500}],
    "agentSpans": [[100, 2000]],
    "callerLeft": True,
}


def test_what_the_streamer_kept_beside_the_callers_audio_tells_the_rest(tmp_path: Path) -> None:
    wav = tmp_path / "01K-MZ1.wav"
    kept_stream(wav, STREAM)
    tape = read_tape(str(wav), tmp_path)
    assert (tape.agent, tape.mode, tape.call, tape.notes) == ("desk", "pipeline", {}, ())
    assert [(act.cue, act.key, act.was_ms) for act in tape.acts] == [
        (SPOKEN[0], "", SPOKEN[1]),
        (Cue(After.SELF, 500), "1", 3500),
        (Cue(After.SELF, 2500), "", 6000),
    ]
    assert of_stream({**STREAM, "callerLeft": False}).hung_up_ms is None


def test_the_record_of_a_wav_may_be_named(tmp_path: Path) -> None:
    kept_stream(tmp_path / "a.wav", STREAM)
    (tmp_path / "told.json").write_text(json.dumps(call(turn("agent", "Hello.", 500), agent="reception")))
    tape = read_tape(str(tmp_path / "a.wav"), tmp_path, record=str(tmp_path / "told.json"))
    assert (tape.agent, tape.call["callId"]) == ("reception", call()["callId"])


def test_a_tape_knows_whose_call_it_was_and_until_when_it_may_be_kept(tmp_path: Path) -> None:
    first = {"callId": "01K", "party": "p", "keepUntil": "2026-12-01T00:00:00.000Z"}
    assert tape_of("a", (CALLER,), of_call(call(**first))).origin == first
    again = call(callId="01REPLAY", party="x", replayOf=first, keepUntil="2026-11-30T00:00:00.000Z")
    assert tape_of("a", (CALLER,), of_call(again), strict=True).origin == {**first, "keepUntil": again["keepUntil"]}
    assert of_stream(STREAM).origin == {"callId": "01K"}
    kept = of_stream({**STREAM, "keepUntilMs": 1_795_000_000_000})
    assert kept.origin == {"callId": "01K", "keepUntil": "2026-11-18T11:06:40.000Z"}
    write_wav(tmp_path / "bare.wav", Recording(CALLER, AGENT))
    assert read_tape(str(tmp_path / "bare.wav"), tmp_path).origin == {}


def test_what_becomes_of_the_words_and_voices_is_said() -> None:
    known, bare = (tape_of("a", (CALLER,), of) for of in (of_call(call()), Known()))
    assert how_long_kept([known]).endswith("and when `keep_days` have passed.")
    assert how_long_kept([bare]).startswith("Of this recording nobody said whose it is")
    assert "Of 1 of these recordings nobody said" in how_long_kept([known, bare])


def kept_stream(wav: Path, told: dict[str, Any]) -> None:
    with wave.open(str(wav), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(audioop.ulaw2lin(CALLER, 2))
    wav.with_suffix(".json").write_text(json.dumps(told))
