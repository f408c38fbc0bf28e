import pytest

from offhook.box.playout import SILENCE, Playout, PlayoutFull

A = b"\x10" * 160
B = b"\x20" * 160


def test_audio_of_any_size_plays_in_order_and_a_short_rest_is_filled_up() -> None:
    playout = Playout()
    playout.enqueue(A[:100])
    playout.enqueue(A[:60] + B[:40])
    assert playout.next_frame() == A
    assert playout.next_frame() == B[:40] + b"\xff" * 120
    assert playout.next_frame() is SILENCE
    assert playout.frames_played == 2


def test_a_mark_comes_back_when_the_audio_before_it_has_been_played_to_its_end() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.enqueue(A)
    playout.mark("one", returned.append)
    playout.enqueue(B)
    playout.mark("two", returned.append)
    playout.next_frame()
    assert returned == []
    playout.next_frame()
    assert returned == ["one"]
    assert playout.audible
    playout.next_frame()
    assert returned == ["one", "two"]
    assert not playout.audible


def test_a_mark_comes_back_at_once_when_nothing_is_buffered() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.mark("now", returned.append)
    assert returned == ["now"]


def test_a_mark_waits_for_the_frame_that_is_sounding() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.enqueue(A)
    playout.next_frame()
    playout.mark("end", returned.append)
    assert returned == []
    playout.next_frame()
    assert returned == ["end"]


def test_clear_stops_the_sound_and_returns_every_mark_in_order() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.enqueue(A * 50)
    playout.mark("one", returned.append)
    playout.enqueue(A)
    playout.mark("two", returned.append)
    playout.next_frame()
    playout.clear()
    assert returned == ["one", "two"]
    assert not playout.audible
    playout.mark("three", returned.append)
    assert returned == ["one", "two", "three"]
    assert playout.next_frame() is SILENCE


def test_audio_after_a_clear_plays_from_the_next_slot_with_its_own_marks() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.enqueue(A * 3)
    playout.next_frame()
    playout.clear()
    playout.enqueue(B)
    playout.mark("b", returned.append)
    assert playout.next_frame() == B
    assert returned == []
    playout.next_frame()
    assert returned == ["b"]


def test_dropping_tells_nobody() -> None:
    playout = Playout()
    returned: list[str] = []
    playout.enqueue(A)
    playout.mark("one", returned.append)
    playout.drop()
    assert playout.next_frame() is SILENCE
    assert returned == []


def test_a_listener_may_answer_a_mark_with_more_audio_and_no_slot_is_lost() -> None:
    playout = Playout()
    playout.enqueue(A)
    playout.mark("more", lambda _: playout.enqueue(B))
    assert playout.next_frame() == A
    assert playout.next_frame() == B
    assert playout.underruns == 0


def test_running_dry_inside_an_utterance_is_an_underrun_and_delays_the_rest() -> None:
    playout = Playout()
    playout.enqueue(A)
    playout.next_frame()
    for _ in range(3):
        playout.next_frame()
    playout.enqueue(B * 2)
    playout.next_frame()
    assert (playout.underruns, playout.underrun_ms, playout.delay_ms) == (1, 60, 60)
    playout.next_frame()
    assert (playout.underruns, playout.underrun_ms, playout.delay_ms) == (1, 60, 60)


def test_a_new_utterance_after_silence_or_clear_is_no_underrun() -> None:
    playout = Playout()
    playout.enqueue(A)
    playout.next_frame()
    for _ in range(20):
        playout.next_frame()
    playout.enqueue(B * 5)
    playout.next_frame()
    playout.clear()
    playout.next_frame()
    playout.enqueue(B)
    playout.next_frame()
    assert (playout.underruns, playout.underrun_ms, playout.delay_ms) == (0, 0, 0)


def test_half_an_hour_ahead_is_the_limit_and_nothing_beyond_it_is_kept() -> None:
    playout = Playout()
    playout.enqueue(bytes(30 * 60 * 8000))
    with pytest.raises(PlayoutFull, match="30 minutes"):
        playout.enqueue(b"\x00")


def test_marks_are_bounded_too() -> None:
    playout = Playout()
    playout.enqueue(A)
    for number in range(10_000):
        playout.mark(str(number), lambda _: None)
    with pytest.raises(PlayoutFull, match="10000 marks"):
        playout.mark("x", lambda _: None)
