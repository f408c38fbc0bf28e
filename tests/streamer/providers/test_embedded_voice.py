import pytest

from calls.errors import ConfigurationInvalid
from streamer.providers.embedded_voice import Voice, check_name
from streamer.providers.embedded_weights import HIBARI, checked_folder


@pytest.fixture(scope="module")
def voice() -> Voice:
    return Voice(checked_folder(HIBARI))


def test_only_the_voice_that_ships_is_known() -> None:
    check_name("heart")
    with pytest.raises(ConfigurationInvalid, match='no embedded voice "emma"') as refused:
        check_name("emma")
    assert refused.value.failure.code == "voice-unknown"


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("", []),
        ("Hello", ["Hello"]),
        ("Hello. How are you?", ["Hello. ", "How are you?"]),
        ("  Ask Dr. Smith at 3 p.m. today.\n\nThank you!  ", ["  Ask Dr. Smith at 3 p.m. today.\n\n", "Thank you!  "]),
        ('He said "Yes." Then he left.', ['He said "Yes." ', "Then he left."]),
        ("Yes. Yes. Yes.", ["Yes. ", "Yes. ", "Yes."]),
        (" \n ", [" \n "]),
    ],
)
def test_a_text_is_cut_after_its_sentences(voice: Voice, text: str, pieces: list[str]) -> None:
    assert voice.pieces(text) == pieces


@pytest.mark.parametrize(
    "text", ["word " * 200, "one, two, " * 100, "x" * 1000, "Short. " + "long " * 80 + "end. Bye."]
)
def test_a_sentence_without_an_end_does_not_hold_up_the_sound(voice: Voice, text: str) -> None:
    pieces = voice.pieces(text)
    assert "".join(pieces) == text
    assert max(len(piece) for piece in pieces) <= 240


def test_a_long_sentence_is_cut_after_a_clause(voice: Voice) -> None:
    first, rest = voice.pieces("a " * 100 + "b, " + "c " * 60 + "end.")
    assert (first[-4:], rest[:2]) == (" b, ", "c ")


@pytest.mark.parametrize("text", ["", " ", "🙂", "?!"])
def test_what_cannot_be_pronounced_is_silent(voice: Voice, text: str) -> None:
    assert voice.mulaw(text) == b""


def test_the_same_words_are_the_same_sound(voice: Voice) -> None:
    assert voice.mulaw("Hello there.") == voice.mulaw("Hello there.")
