import random

import pytest

from streamer.engines.wording import SpeakingRate, Wording, left_to_say

VOICE = b"\x10"
SILENCE = b"\xff"


def test_words_go_with_the_audio_in_which_they_end() -> None:
    wording = Wording(SpeakingRate(0.010))
    wording.add("one two three ")
    assert wording.with_audio(VOICE * 8 * 300) == ""  # 2.9 characters: no word is over
    assert wording.with_audio(VOICE * 8 * 200) == "one "
    assert wording.with_audio(VOICE * 8 * 400) == "two "
    assert wording.rest() == "three "


def test_silence_before_the_voice_speaks_nothing() -> None:
    wording = Wording(SpeakingRate(0.010))
    wording.add("one two ")
    assert wording.with_audio(SILENCE * 8 * 2_000) == ""
    assert wording.with_audio(SILENCE * 8 * 300 + VOICE * 8 * 500) == "one "


def test_a_word_that_may_go_on_is_not_told() -> None:
    wording = Wording(SpeakingRate(0.010))
    wording.add("one tw")
    assert wording.with_audio(VOICE * 8 * 3_000) == "one "
    wording.add("elve.")
    assert wording.with_audio(VOICE * 8 * 100) == ""
    assert wording.rest() == "twelve."


def test_the_rate_is_learnt_from_whole_replies() -> None:
    rate = SpeakingRate(0.010)
    wording = Wording(rate)
    wording.add("x" * 40)
    wording.with_audio(VOICE * 8 * 2_000)
    wording.rest()
    assert rate.chars_per_ms == pytest.approx(0.015)


def test_what_is_too_short_or_odd_teaches_little() -> None:
    rate = SpeakingRate(0.010)
    rate.learn(100, 500)
    assert rate.chars_per_ms == 0.010
    rate.learn(1, 60_000)
    assert rate.chars_per_ms == pytest.approx(0.008)


@pytest.mark.parametrize("seed", range(30))
def test_every_word_comes_back_once_and_in_order(seed: int) -> None:
    chance = random.Random(seed)
    wording = Wording(SpeakingRate())
    given, told = "", ""
    for _ in range(60):
        if chance.random() < 0.5:
            piece = chance.choice(["a ", "bee", " sea", "dee ", ". "])
            given += piece
            wording.add(piece)
        else:
            told += wording.with_audio(VOICE * chance.randrange(0, 3_000))
            assert given.startswith(told)
    assert told + wording.rest() == given


@pytest.mark.parametrize(
    ("said", "left"),
    [("", "Hello there. Bye."), (" Hello there. ", "Bye."), ("Hello there. Bye.", ""), ("Good day.", "")],
)
def test_what_is_left_of_words_that_were_begun(said: str, left: str) -> None:
    assert left_to_say("Hello there. Bye.", said) == left
