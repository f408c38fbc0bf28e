import pytest

from tests.bench.playout import Playout

TONE_100_MS = b"\x10" * 800
SILENCE_100_MS = b"\xff" * 800


def test_marks_come_back_when_the_audio_before_them_has_been_played() -> None:
    playout = Playout()
    playout.media(TONE_100_MS, 5.0)
    playout.mark("a")
    playout.media(TONE_100_MS, 5.01)
    playout.mark("b")
    assert playout.played(5.09) == []
    assert playout.played(5.11) == ["a"]
    assert not playout.is_quiet(5.19)
    assert playout.played(5.2) == ["b"]
    assert playout.is_quiet(5.2)


def test_clear_returns_what_is_pending_and_plays_no_more() -> None:
    playout = Playout()
    playout.media(TONE_100_MS, 5.0)
    playout.mark("a")
    assert playout.clear(5.03) == ["a"]
    assert playout.cleared_s == 5.03
    assert playout.is_quiet(5.03)
    assert playout.played(6.0) == []


def test_the_first_sound_is_behind_the_silence_before_it() -> None:
    playout = Playout()
    playout.media(SILENCE_100_MS, 5.0)
    assert playout.first_s is None
    playout.media(SILENCE_100_MS[:400] + TONE_100_MS, 5.0)
    assert playout.first_s == pytest.approx(5.15)


def test_an_answer_that_goes_on_after_its_buffer_was_empty_is_late() -> None:
    playout = Playout()
    playout.media(TONE_100_MS, 5.0)
    playout.media(TONE_100_MS, 5.05)
    playout.media(TONE_100_MS, 5.23)
    assert playout.late_s == pytest.approx([0.0, 0.03])


def test_between_clear_and_the_next_answer_nothing_counts() -> None:
    playout = Playout()
    playout.media(TONE_100_MS, 5.0)
    playout.clear(5.05)
    playout.media(TONE_100_MS, 5.5)
    assert playout.late_s == []
    playout.expect()
    assert playout.first_s is None
    playout.media(TONE_100_MS, 6.0)
    assert playout.first_s == 6.0
