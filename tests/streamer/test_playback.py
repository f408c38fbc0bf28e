"""The heard-ledger: what marks prove, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.playback import AHEAD_MS, CHUNK_MS, Playback, leading_silence_ms

LOUD, SILENT = b"\x10", b"\xff"


def speech(duration_ms: int) -> bytes:
    return LOUD * (8 * duration_ms)


def test_audio_is_cut_into_marked_chunks_whose_words_join_to_the_text() -> None:
    playback = Playback("r1")
    playback.add(speech(250), "We open at nine.")
    chunks = playback.due(1_000)
    assert [chunk.mark for chunk in chunks] == ["r1-1", "r1-2", "r1-3"]
    assert [chunk.duration_ms for chunk in chunks] == [100, 100, 50]
    assert "".join(chunk.text for chunk in chunks) == "We open at nine."


def test_a_word_is_heard_when_the_chunk_it_ends_in_has_come_back() -> None:
    playback = Playback("r1")
    playback.add(speech(400), "aaaa bbbb cccc dddd")
    playback.due(0)
    assert playback.returned("r1-2", 210)
    assert playback.heard_text == "aaaa bbbb "
    assert playback.played_ms == 200


def test_marks_that_a_clear_returns_are_not_heard() -> None:
    playback = Playback("r1")
    playback.add(speech(400), "aaaa bbbb cccc dddd")
    playback.due(0)
    playback.returned("r1-1", 110)
    playback.cut()
    assert not playback.returned("r1-2", 115)
    assert playback.heard_text == "aaaa "
    assert playback.is_empty


def test_no_more_than_the_allowed_lead_goes_out_at_once_and_the_rest_as_it_plays() -> None:
    playback = Playback("r1")
    playback.add(speech(5_000), "")
    assert len(playback.due(0)) == AHEAD_MS // CHUNK_MS
    assert playback.due_at_ms == 0
    assert playback.due(0) == []
    assert len(playback.due(250)) == 3
    assert playback.due_at_ms == 300


def test_a_mark_proves_all_audio_before_it() -> None:
    playback = Playback("r1")
    playback.add(speech(300), "one two three")
    playback.due(0)
    assert playback.returned("r1-3", 320)
    assert playback.heard_text == "one two three"
    assert playback.is_empty


def test_the_first_sound_heard_is_dated_back_over_its_chunk_and_past_its_silence() -> None:
    playback = Playback("r1")
    playback.add(SILENT * 8 * 40 + speech(200), "hello")
    playback.due(1_000)
    playback.returned("r1-1", 1_130)
    assert playback.first_sent_at_ms == 1_000
    assert playback.first_heard_at_ms == 1_130 - 100 + 40


@pytest.mark.parametrize("name", ["r1-9", "r2-1", ""])
def test_a_mark_that_is_not_out_changes_nothing(name: str) -> None:
    playback = Playback("r1")
    playback.add(speech(100), "hello")
    playback.due(0)
    assert not playback.returned(name, 200)
    assert playback.heard_text == ""


def test_silence_alone_has_no_first_sound() -> None:
    assert leading_silence_ms(SILENT * 800) == 100
    assert leading_silence_ms(b"\x7f\xf3" + LOUD) == 0
    assert leading_silence_ms(SILENT * 80 + LOUD * 80) == 10


@given(
    pieces=st.lists(
        st.tuples(st.integers(1, 900), st.text("abc ,.", max_size=40)),
        min_size=1,
        max_size=5,
    ),
    returns=st.integers(0, 60),
)
def test_heard_is_always_a_beginning_of_what_was_to_be_said(pieces: list[tuple[int, str]], returns: int) -> None:
    playback = Playback("r")
    for duration_ms, text in pieces:
        playback.add(speech(duration_ms), text)
    said = "".join(text for _, text in pieces)
    now_ms = 0
    for number in range(1, returns + 1):
        playback.due(now_ms)
        playback.returned(f"r-{number}", now_ms)
        now_ms += CHUNK_MS
    assert said.startswith(playback.heard_text)
    playback.cut()
    assert playback.is_empty


def test_small_pieces_that_wait_go_out_as_one() -> None:
    playback = Playback("r1")
    for word in ("one ", "two ", "three ", "four ", "five ", "six"):
        playback.add(b"\x10" * 160, word)
    assert [(chunk.mark, chunk.duration_ms, chunk.text) for chunk in playback.due(0)] == [
        ("r1-1", 100, "one two three four five "),
        ("r1-2", 20, "six"),
    ]


def test_a_piece_is_never_held_back_for_another() -> None:
    playback = Playback("r1")
    playback.add(b"\x10" * 160, "one")
    assert [chunk.duration_ms for chunk in playback.due(0)] == [20]
    playback.add(b"\x10" * 160, "two")
    assert [chunk.duration_ms for chunk in playback.due(5)] == [20]


def test_words_without_sound_belong_to_the_sound_before_them() -> None:
    playback = Playback("r1")
    playback.add(b"\x10" * 800, "one")
    playback.due(0)
    playback.add(b"", " two")
    assert playback.heard_text == ""
    playback.returned("r1-1", 100)
    assert playback.heard_text == "one two"
    playback.add(b"", " three")
    assert playback.heard_text == "one two three"
