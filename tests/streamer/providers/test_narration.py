"""Words placed on pieces of speech: literal values."""

import pytest

from calls.errors import ProviderFailed
from streamer.engines.ports import Spoken
from streamer.providers.narration import Aligned, Narration, SpeechPiece

SOUND = b"\x80" * 8
SILENCE = b"\xff" * 8


def piece(duration_ms: int, characters: str = "", begin_ms: int = 0, each_ms: int = 100) -> SpeechPiece:
    """A loud piece whose characters follow each other from `begin_ms` of it."""
    starts = [begin_ms + index * each_ms for index in range(len(characters))]
    aligned = Aligned(list(characters), starts, [start + each_ms for start in starts]) if characters else None
    return SpeechPiece(SOUND * duration_ms, aligned)


def narration(*texts: str) -> Narration:
    spoken = Narration()
    for text in texts:
        spoken.add(text)
    return spoken


def texts_of(spoken: Narration, *pieces: SpeechPiece) -> list[str]:
    taken = [spoken.take(one) for one in pieces]
    return [one.text for one in taken if one is not None]


def test_a_word_goes_with_the_piece_in_which_its_last_letter_ends() -> None:
    spoken = narration("We can go.")

    assert texts_of(spoken, piece(400, "We c"), piece(600, "an go.")) == ["We ", "can go."]
    assert spoken.end() is None


def test_times_of_a_whole_sentence_ahead_wait_for_its_audio() -> None:
    spoken = narration("We can go.")

    assert texts_of(spoken, piece(300, "We can go. "), piece(300), piece(400)) == ["We ", "can ", "go."]


def test_times_from_the_beginning_of_the_answer_are_taken_as_such() -> None:
    spoken = narration("We can go.")

    assert texts_of(spoken, piece(300, "We "), piece(400, "can ", begin_ms=300), piece(300)) == ["We ", "can ", ""]


def test_the_times_of_the_next_sentence_count_from_its_own_audio() -> None:
    spoken = narration("Yes. ", "No.")

    assert texts_of(spoken, piece(400, "Yes."), piece(300, "No."), piece(300)) == ["Yes. ", "No.", ""]


def test_times_that_begin_anew_are_not_counted_twice() -> None:
    spoken = narration("We can go now.")

    assert texts_of(spoken, piece(600, "We can"), piece(700, "We can go n"), piece(500, "ow.")) == [
        "We can ",
        "go ",
        "now.",
    ]


def test_signs_that_the_vendor_changes_do_not_matter() -> None:
    spoken = narration("Well - 5 % off!")

    assert texts_of(spoken, piece(1500, " Well, 5 off ")) == ["Well - 5 % off!"]


def test_without_any_times_words_go_at_the_usual_pace() -> None:
    spoken = narration("We can go there.")

    assert texts_of(spoken, piece(130), piece(195), piece(800)) == ["We ", "can ", "go there."]


def test_words_that_were_never_told_come_with_a_moment_of_silence_at_the_end() -> None:
    spoken = narration("It is 12.")
    texts_of(spoken, piece(900, "It is "))

    assert spoken.end() == Spoken(SILENCE * 20, "12.")


def test_silence_before_the_first_sound_is_cut_off() -> None:
    spoken = narration("Yes.")

    assert spoken.take(SpeechPiece(SILENCE * 100, None)) is None
    first = spoken.take(SpeechPiece(SILENCE * 50 + SOUND * 30, None))
    assert first == Spoken(SOUND * 30, "")
    assert spoken.take(SpeechPiece(SILENCE * 50, None)) == Spoken(SILENCE * 50, "Yes.")


def test_silence_alone_is_no_speech() -> None:
    spoken = narration("Yes.")
    spoken.take(SpeechPiece(SILENCE * 500, None))

    with pytest.raises(ProviderFailed) as caught:
        spoken.end()
    assert caught.value.failure.code == "elevenlabs-silent"


def test_too_much_silence_is_not_waited_for() -> None:
    spoken = narration("Yes.")

    with pytest.raises(ProviderFailed) as caught:
        spoken.take(SpeechPiece(SILENCE * 3_001, None))
    assert caught.value.failure.code == "elevenlabs-silent"


def test_signs_without_letters_need_no_sound() -> None:
    assert narration("... ").end() == Spoken(SILENCE * 20, "... ")


def test_speech_that_stops_long_before_its_text_is_a_failure() -> None:
    spoken = narration("This is a long sentence of which little is heard.")
    texts_of(spoken, piece(600, "This is", each_ms=60))

    with pytest.raises(ProviderFailed) as caught:
        spoken.end()
    assert caught.value.failure.code == "elevenlabs-lost"


def test_how_much_has_been_spoken_counts_whole_words() -> None:
    spoken = narration("Yes. ", "No.")
    assert spoken.spoken_characters == 0
    spoken.take(piece(200, "Yes."))
    assert spoken.spoken_characters == 0
    spoken.take(piece(200))
    assert spoken.spoken_characters == 5
    spoken.take(piece(300, "No."))
    assert spoken.spoken_characters == 8


def test_without_times_nobody_knows_how_much_has_been_spoken() -> None:
    spoken = narration("Yes, of course.")
    spoken.take(piece(200))
    assert spoken.spoken_characters is None
