import pytest

from calls.utterance import any_of, clauses, keys, plain, sentences


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tuesday at 3 o'clock.", "tuesday at 3 oclock"),
        ("3 P.M.", "3 pm"),
        ("3. PM", "3 pm"),
        ("Wednesday at 4.30 p.m.", "wednesday at 4:30 pm"),
        ("That’s all — thanks!", "thats all thanks"),
        ("5, 5, 5, 0, 1, 3, 4.", "5 5 5 0 1 3 4"),
        ("555-0134", "555 0134"),
        ("(202) 555-0134", "202 555 0134"),
        ("Good-bye: [keys 12#] now", "good bye now"),
        ("", ""),
    ],
)
def test_plain_words(text: str, words: str) -> None:
    assert plain(text) == words


def test_sentences_and_clauses() -> None:
    assert sentences("Hello. Are you open at 3 p.m. today? ...") == ["hello", "are you open at 3 pm", "today"]
    assert clauses("Well, yes: thanks. Bye - bye!") == ["well", "yes", "thanks", "bye", "bye"]


def test_keys_are_joined() -> None:
    assert keys("[keys 5]. well [keys 12#]") == "512#"
    assert keys("five") == ""


def test_phrases_are_found_as_whole_words() -> None:
    pattern = any_of(("book", "Book a table"))
    match = pattern.search("please book a table")
    assert match is not None
    assert match[0] == "book a table"
    assert pattern.search("bookkeeping") is None
    assert any_of(()).search("anything") is None
