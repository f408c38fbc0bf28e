from streamer.engines.voice_bounds import is_voice, voiced_span
from tests.vendors.sounds import silence, voice


def frames(*kinds: str) -> list[tuple[bytes, int]]:
    return [(voice(20) if kind == "v" else silence(20), 1_000 + 20 * index) for index, kind in enumerate(kinds)]


def test_a_tone_is_voice_and_silence_is_none() -> None:
    assert is_voice(voice(20))
    assert not is_voice(silence(20))
    assert not is_voice(b"")


def test_the_first_and_the_last_voice_between_two_times() -> None:
    heard = frames(*"..vv.v...v")
    assert voiced_span(heard, 1_000, 1_180) == (1_040, 1_120)
    assert voiced_span(heard, 1_000, 1_200) == (1_040, 1_200)
    assert voiced_span(heard, 1_060, 1_110) == (1_060, 1_110)


def test_no_voice() -> None:
    assert voiced_span(frames(*"...."), 1_000, 1_080) is None
    assert voiced_span([], 0, 1_000) is None
