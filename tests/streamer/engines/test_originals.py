"""Spoken words and what they stood for."""

from hypothesis import given
from hypothesis import strategies as st

from streamer.engines.originals import Originals


def test_what_is_spoken_comes_back_as_it_was_written() -> None:
    originals = Originals()
    spoken = originals.add("We close at $5 **today**. ")
    assert "5 dollars" in spoken
    assert "*" not in spoken
    assert originals.of(spoken) + originals.rest() == "We close at $5 **today**. "


def test_a_word_comes_back_when_all_of_it_is_spoken() -> None:
    originals = Originals()
    assert originals.add("one two") == "one two"
    assert originals.of("on") == ""
    assert originals.of("e ").strip() == "one"
    assert originals.of("two").strip() == "two"


def test_an_interruption_keeps_the_words_as_they_were_written() -> None:
    originals = Originals()
    assert originals.add("It is $120.50 at 3 p.m. today.") == "It is 120 dollars and 50 cents at 3 PM today."
    assert originals.of("It is 120 dollars").strip() == "It is"
    assert originals.of(" and 50 cents at").strip() == "$120.50 at"
    assert originals.of(" 3 PM today.").strip() == "3 p.m. today."


@given(st.lists(st.text("ab $5%.*-\n", max_size=20), max_size=5), st.integers(1, 7))
def test_everything_comes_back_once_and_in_order(texts: list[str], step: int) -> None:
    originals = Originals()
    spoken = "".join([originals.add(text) for text in texts])
    back = "".join([originals.of(spoken[at : at + step]) for at in range(0, len(spoken), step)])
    assert back + originals.rest() == "".join(texts)
