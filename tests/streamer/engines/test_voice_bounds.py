"""Where a voice begins and ends in audio: literal frames of 20 ms."""

import random

import pytest

from streamer.engines.voice_bounds import is_voice, voice_end, voice_start
from streamer.providers.sent_audio import KeptAudio
from tests.vendors.sounds import silence, voice

HEARD = "..vv.v...v"


def kept(kinds: str) -> KeptAudio:
    """Since 1,000 ms."""
    audio = KeptAudio(60_000)
    for index, kind in enumerate(kinds):
        audio.add(voice(20) if kind == "v" else silence(20), 1_000 + 20 * index)
    return audio


def test_a_tone_is_voice_and_silence_is_none() -> None:
    assert is_voice(voice(20))
    assert not is_voice(silence(20))
    assert not is_voice(b"")


@pytest.mark.parametrize(
    ("from_ms", "until_ms", "first_ms", "end_ms"),
    [(1_000, 1_180, 1_040, 1_120), (1_000, 1_200, 1_040, 1_200), (1_060, 1_110, 1_060, 1_110)],
)
def test_the_first_and_the_last_voice_between_two_times(
    from_ms: int, until_ms: int, first_ms: int, end_ms: int
) -> None:
    assert voice_start(kept(HEARD), from_ms, until_ms) == first_ms
    assert voice_end(kept(HEARD).since, from_ms, until_ms) == end_ms


@pytest.mark.parametrize("kinds", ["", "....", "." * 60])
def test_no_voice(kinds: str) -> None:
    assert voice_start(kept(kinds), 1_000, 3_000) is None
    assert voice_end(kept(kinds).since, 1_000, 3_000) is None


@pytest.mark.parametrize("seed", range(20))
def test_the_end_of_a_long_turn_is_found_wherever_it_is(seed: int) -> None:
    chance = random.Random(seed)
    kinds = "".join(chance.choice("v....................") for _ in range(200))
    last = kinds.rfind("v")
    expected = None if last < 0 else 1_000 + 20 * (last + 1)
    assert voice_end(kept(kinds).since, 1_000, 1_000 + 20 * 200) == expected
