from calls.agent_realtime import RealtimeHearing
from streamer.engines.caller_turns import CallerTurns
from streamer.events import SpeechStarted, SpeechStopped, TurnTaken
from streamer.providers.sent_audio import KeptAudio
from tests.vendors.sounds import silence, voice

SERVER = RealtimeHearing(vad="server", silence_ms=400)
FRAME = 160


def sent(turns: CallerTurns, kept: KeptAudio, kinds: str, from_ms: int) -> None:
    for index, kind in enumerate(kinds):
        mulaw = voice(20) if kind == "v" else silence(20)
        kept.add(mulaw, from_ms + 20 * index)
        turns.sent(len(mulaw), from_ms + 20 * index)


def test_server_vad_the_padding_and_the_silence_are_taken_off() -> None:
    """audio_start_ms "includes the prefix_padding_ms", audio_end_ms "the min_silence_duration_ms"."""
    kept = KeptAudio(8_000)
    turns = CallerTurns(SERVER, kept)
    sent(turns, kept, "." * 200, 5_000)
    assert turns.started({"audio_start_ms": 1_000, "item_id": "a"}) == SpeechStarted(6_300)
    assert turns.caller_speaks
    assert turns.speaks_since_ms == 6_300
    turns.stopped({"audio_end_ms": 3_000, "item_id": "a"}, 1.0)
    assert turns.committed({"item_id": "a"}) == TurnTaken("a", 6_300, 7_600)
    assert not turns.caller_speaks
    assert turns.taken_until_ms == 7_601


def test_semantic_vad_the_audio_itself_is_asked() -> None:
    kept = KeptAudio(8_000)
    turns = CallerTurns(RealtimeHearing(), kept)
    sent(turns, kept, "." * 20 + "v" * 30, 0)
    assert turns.started({"audio_start_ms": 100, "item_id": "a"}) == SpeechStarted(400)
    sent(turns, kept, "." * 40, 1_000)
    turns.stopped({"audio_end_ms": 1_800, "item_id": "a"}, 1.0)
    assert turns.committed({"item_id": "a"}) == TurnTaken("a", 400, 1_000)


def test_semantic_vad_with_a_voice_too_soft_to_find() -> None:
    kept = KeptAudio(8_000)
    turns = CallerTurns(RealtimeHearing(), kept)
    sent(turns, kept, "." * 100, 0)
    assert turns.started({"audio_start_ms": 500, "item_id": "a"}) == SpeechStarted(500)
    turns.stopped({"audio_end_ms": 1_500, "item_id": "a"}, 1.0)
    assert turns.committed({"item_id": "a"}) == TurnTaken("a", 500, 1_500)


def test_a_turn_never_begins_before_the_one_before_it_ended() -> None:
    kept = KeptAudio(8_000)
    turns = CallerTurns(SERVER, kept)
    sent(turns, kept, "." * 300, 0)
    turns.started({"audio_start_ms": 0, "item_id": "a"})
    turns.stopped({"audio_end_ms": 3_000, "item_id": "a"}, 1.0)
    turns.committed({"item_id": "a"})
    assert turns.started({"audio_start_ms": 2_000, "item_id": "b"}) == SpeechStarted(2_601)


def test_a_voice_that_is_never_committed_was_none() -> None:
    turns = CallerTurns(SERVER, KeptAudio(8_000))
    assert turns.false_alarm(9.0) is None
    turns.started({"audio_start_ms": 0, "item_id": "a"})
    assert turns.false_alarm(9.0) is None
    turns.stopped({"audio_end_ms": 700, "item_id": "a"}, 1.0)
    assert turns.false_alarm(1.4) is None
    assert turns.false_alarm(1.5) == SpeechStopped()
    assert turns.false_alarm(1.6) is None


def test_a_turn_that_nobody_saw_begin_is_a_turn() -> None:
    kept = KeptAudio(8_000)
    turns = CallerTurns(SERVER, kept)
    sent(turns, kept, "." * 50, 0)
    assert turns.committed({"item_id": "a"}) == TurnTaken("a", 1_000, 1_000)


def test_times_that_are_none_count_as_nothing() -> None:
    turns = CallerTurns(SERVER, KeptAudio(8_000))
    assert turns.started({"audio_start_ms": "soon"}) == SpeechStarted(300)
