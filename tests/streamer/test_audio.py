import numpy as np

from streamer.audio import (
    levels_db,
    mulaw_of,
    pcm_from,
    pcm_of,
    resampled,
    samples_of,
    trimmed,
    voice_span,
)

LOUD = np.full(80, 8000, np.int16)
"""10 ms."""


def still(duration_ms: int) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return np.zeros(duration_ms * 8, np.int16)


def test_mulaw_is_g711() -> None:
    assert pcm_of(b"\xff\x7f\x00\x80\x9f").tolist() == [0, 0, -32124, 32124, 8316]
    assert mulaw_of(np.array([0, -32768, 32767, 8316], np.int16)) == b"\xff\x00\x80\x9f"


def test_nothing_stays_nothing() -> None:
    assert pcm_of(b"").size == 0
    assert mulaw_of(still(0)) == b""
    assert resampled(samples_of(still(0)), 24000, 8000).size == 0
    assert voice_span(still(0)) == (0, 0)
    assert trimmed(still(0), 10, 120).size == 0


def test_what_is_too_loud_is_clipped() -> None:
    assert pcm_from(np.array([2.0, -2.0, 0.5, 0.0], np.float32)).tolist() == [32767, -32768, 16384, 0]


def test_a_third_of_the_rate_keeps_the_telephone_band_and_nothing_above_it() -> None:
    seconds = np.arange(24000) / 24000
    kept = resampled(np.sin(2 * np.pi * 1000 * seconds).astype(np.float32), 24000, 8000)
    lost = resampled(np.sin(2 * np.pi * 6000 * seconds).astype(np.float32), 24000, 8000)
    assert kept.size == lost.size == 8000
    assert abs(float(np.abs(kept[1000:7000]).max()) - 1) < 0.01
    assert float(np.abs(lost[1000:7000]).max()) < 0.001


def test_levels_are_taken_every_4_ms() -> None:
    levels = levels_db(np.concatenate([still(4), LOUD[:32], still(2)]))
    assert levels.round(1).tolist() == [0.0, 78.1]


def test_the_voice_is_what_stands_out_of_the_background() -> None:
    quiet = np.full(800, 20, np.int16)
    assert voice_span(np.concatenate([quiet, LOUD[:64], quiet])) == (800, 864)


def test_a_faint_end_belongs_to_the_voice_and_a_fainter_one_does_not() -> None:
    faint, fainter = np.full(64, 400, np.int16), np.full(64, 100, np.int16)
    assert voice_span(np.concatenate([still(20), LOUD[:64], faint, fainter, still(20)])) == (160, 288)


def test_a_steady_sound_does_not_stand_out() -> None:
    assert voice_span(np.full(8000, 500, np.int16)) == (0, 0)


def test_a_sentence_is_trimmed_to_a_short_pause() -> None:
    sentence = trimmed(np.concatenate([still(300), LOUD[:64], still(400)]), lead_ms=10, tail_ms=120)
    first, end = voice_span(sentence)
    assert sentence.size == (10 + 8 + 120) * 8
    assert abs(first - 80) < 32
    assert abs(end - 144) < 32


def test_a_sentence_that_ends_too_soon_is_given_its_pause() -> None:
    assert trimmed(LOUD[:64], lead_ms=10, tail_ms=120).size == (8 + 120) * 8


def test_a_breath_is_no_sentence() -> None:
    assert trimmed(np.full(8000, 90, np.int16), 10, 120).size == 0
