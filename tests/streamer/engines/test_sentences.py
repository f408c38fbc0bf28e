"""Sentences out of pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.engines.sentences import Sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("We open at nine. We close at five.", ["We open at nine. ", "We close at five."]),
        ("Is that right? Press 1.", ["Is that right? ", "Press 1."]),
        ("See Dr. Smith at 3 p.m. on Monday. Yes?", ["See Dr. Smith at 3 p.m. on Monday. ", "Yes?"]),
        ("That is $3.50 in all.", ["That is $3.50 in all."]),
        ('He said "Stop!" Then he left.', ['He said "Stop!" ', "Then he left."]),
        ("No end here", ["No end here"]),
    ],
)
def test_a_text_falls_into_its_sentences(text: str, sentences: list[str]) -> None:
    cutter = Sentences()
    whole = cutter.feed(text)
    assert [*whole, cutter.rest()] == sentences


def test_a_sentence_comes_out_as_soon_as_the_next_begins() -> None:
    cutter = Sentences()
    assert cutter.feed("Sure. ") == []
    assert cutter.feed("W") == ["Sure. "]
    assert cutter.rest() == "W"


@given(st.lists(st.text('ab .!?A1"', max_size=12), max_size=12))
def test_nothing_is_lost_or_changed(pieces: list[str]) -> None:
    cutter = Sentences()
    out = [sentence for piece in pieces for sentence in cutter.feed(piece)]
    assert "".join([*out, cutter.rest()]) == "".join(pieces)
