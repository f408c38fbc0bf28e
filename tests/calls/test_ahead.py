import pytest

from calls import ahead
from calls.ahead import Begun, Thought
from calls.reply import EndCall, Reply, Transfer
from calls.usage import Kind, Usage


@pytest.mark.parametrize(
    ("stable", "unstable", "words"),
    [
        ("", "what are", "what are"),
        ("What are your hours?", "", "What are your hours?"),
        ("What are", "your hours", "What are your hours"),
        ("what are", "What are your hours?", "What are your hours?"),
        (" ", " ", ""),
    ],
)
def test_a_partial_result_is_all_that_was_understood(stable: str, unstable: str, words: str) -> None:
    assert ahead.partial_words(stable, unstable) == words


def test_two_spellings_of_the_same_speech_are_the_same() -> None:
    assert ahead.sameness("Hello, hours at 4.30 p.m.") == ahead.sameness("hello hours at 4:30 pm")
    assert ahead.sameness("Hello, hours.") != ahead.sameness("Hello, ours.")


@pytest.mark.parametrize("text", ["", " ", "...", "?!"])
def test_what_has_no_words_is_the_same_as_nothing(text: str) -> None:
    assert ahead.sameness(text) == ""


def test_a_beginning_is_read_as_it_was_written() -> None:
    begun = Begun("digest", 3, 1_800_000_000_000, "nonce")
    assert ahead.begun_of(ahead.begun_text(begun)) == begun


@pytest.mark.parametrize(
    "reply",
    [
        None,
        Reply("Nine to five."),
        Reply("Press one for yes.", keys=1),
        Reply("Goodbye.", EndCall("agent-goodbye")),
        Reply("", Transfer("+14155550123")),
    ],
)
def test_a_thought_is_read_as_it_was_written(reply: Reply | None) -> None:
    assert ahead.thought_of(ahead.thought_text(Thought(reply, 870))) == Thought(reply, 870)


def test_what_a_reply_used_is_not_in_it() -> None:
    used = Usage("", "openai", "gpt-6-luna", Kind.MODEL, {})
    thought = ahead.thought_of(ahead.thought_text(Thought(Reply("Yes.", used=used), 1)))
    assert thought.reply is not None
    assert thought.reply.used is None
