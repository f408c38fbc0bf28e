import audioop
import struct

from offhook.box.line_stats import Lateness, Percentiles, VoicedSpans
from offhook.box.playout import SILENCE

VOICE = audioop.lin2ulaw(struct.pack("<2h", 4000, -4000) * 80, 2)
MURMUR = audioop.lin2ulaw(struct.pack("<2h", 100, -100) * 80, 2)


def test_no_lateness_is_zero() -> None:
    assert Lateness().percentiles() == Percentiles(0.0, 0.0, 0.0)


def test_percentiles_are_nearest_ranks() -> None:
    lateness = Lateness()
    for late_ms in [0.1] * 50 + [2.0] * 49 + [30.04]:
        lateness.add(late_ms)
    assert lateness.percentiles() == Percentiles(p50=0.1, p99=2.0, max=30.04)
    assert lateness.count == 100


def test_early_is_on_time_and_the_highest_value_is_kept_beyond_the_scale() -> None:
    lateness = Lateness()
    lateness.add(-0.4)
    lateness.add(60_000.0)
    assert lateness.percentiles() == Percentiles(p50=0.0, p99=10_000.0, max=60_000.0)


def test_spans_are_where_there_is_sound() -> None:
    voice = VoicedSpans()
    for start_ms, frame in [(0, SILENCE), (20, VOICE), (40, VOICE), (60, MURMUR), (300, VOICE)]:
        voice.add(frame, start_ms, start_ms + 20)
    assert voice.spans == ((20, 60), (300, 320))
    assert voice.last_end_ms == 320


def test_a_short_pause_does_not_end_a_span() -> None:
    voice = VoicedSpans()
    voice.add(VOICE, 0, 20)
    voice.add(VOICE, 220, 240)
    assert voice.spans == ((0, 240),)


def test_silence_has_no_span() -> None:
    voice = VoicedSpans()
    voice.add(SILENCE, 0, 20)
    assert voice.spans == ()
    assert voice.last_end_ms == 0
