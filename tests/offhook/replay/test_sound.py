import audioop
import struct

from offhook.replay.sound import audible, joined


def tone(level: int, duration_ms: int) -> bytes:
    """A square wave of 4 kHz whose mean level is `level` of 32,767."""
    return audioop.lin2ulaw(struct.pack("<2h", level, -level) * (duration_ms * 4), 2)


def test_sound_is_where_it_is_loud() -> None:
    silence = tone(0, 1000)
    assert audible(silence + tone(3000, 400) + silence + tone(3000, 20)) == ((1000, 1400), (2400, 2420))


def test_a_breath_ends_no_sound() -> None:
    assert audible(tone(0, 1000) + tone(3000, 100) + tone(0, 200) + tone(3000, 100)) == ((1000, 1400),)


def test_the_noise_of_a_line_is_silence() -> None:
    assert audible(tone(500, 1000) + tone(6000, 400) + tone(500, 600)) == ((1000, 1400),)


def test_a_voice_that_never_rests_is_not_taken_for_noise() -> None:
    assert audible(tone(6000, 1000)) == ((0, 1000),)


def test_no_sound_at_all() -> None:
    assert audible(b"") == ()
    assert audible(tone(0, 500)) == ()


def test_spans_that_are_near_become_one() -> None:
    assert joined([(0, 10), (15, 20), (40, 50)], 20) == ((0, 20), (40, 50))
