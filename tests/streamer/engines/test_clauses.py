"""Clauses out of pieces: the first early, the others whole."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer.engines.clauses import Clauses

_TOKEN = re.compile(r" ?[^\W_]+(?:['’][^\W_]+)*|\s|.", re.DOTALL)


def cut(text: str) -> list[str]:
    """The clauses of a text that comes token by token."""
    cutter = Clauses()
    whole = [clause for token in _TOKEN.findall(text) for clause in cutter.feed(token)]
    return [clause for clause in (*whole, cutter.rest()) if clause]


def tokens_to_first(text: str) -> int:
    """How many tokens had come when the first clause was there; all of them where it is the whole text."""
    cutter = Clauses()
    tokens = _TOKEN.findall(text)
    return next((count for count, token in enumerate(tokens, 1) if cutter.feed(token)), len(tokens))


@pytest.mark.parametrize(
    ("text", "clauses"),
    [
        ("I understand, that sounds bad.", ["I understand,", " that sounds bad."]),
        ("We have time on Monday: shall I?", ["We have time on Monday: ", "shall I?"]),
        ("You may come in - we are here.", ["You may come in - ", "we are here."]),
        ("We are closed today and open tomorrow.", ["We are closed today ", "and open tomorrow."]),
        ("We are closed today. Come tomorrow.", ["We are closed today. ", "Come tomorrow."]),
        ("Sure, let me look. One moment.", ["Sure, let me look. ", "One moment."]),
        ("Certainly, we can. Now.", ["Certainly,", " we can. ", "Now."]),
        ("No. We are closed.", ["No. We are closed."]),
    ],
)
def test_the_first_clause_ends_where_a_voice_pauses(text: str, clauses: list[str]) -> None:
    assert cut(text) == clauses


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("Unfortunately we do not offer that service right now.", "Unfortunately we do not offer that service "),
        ("You can always reach us at the office tomorrow.", "You can always reach us "),
        ("The bakery stands opposite Mount Saint Helens now.", "The bakery stands opposite "),
        ("So that is what you and we should do with it then.", "So that is what you and we should do "),
    ],
)
def test_a_plain_sentence_does_not_wait_for_its_full_stop(text: str, first: str) -> None:
    assert cut(text) == [first, text.removeprefix(first)]


@pytest.mark.parametrize(
    "whole",
    [
        "1,000",
        "$3.50",
        "$5 million",
        "3:30 p.m.",
        "5 5 5, 0 1 3 4",
        "five five five, oh one",
        "Dr. Smith",
        "No. 5",
        "info@example.com",
        "https://example.com/a,b?c=1",
        "November 25th, 2026",
        "2.5",
        "12 - 14",
    ],
)
@pytest.mark.parametrize("before", ["", "So that is ", "I can tell you that it is ", "We have it on record here, "])
def test_what_belongs_together_is_never_divided(whole: str, before: str) -> None:
    assert any(whole in clause for clause in cut(f"{before}{whole} as far as I know. Is that right?"))


def test_later_clauses_are_whole_sentences() -> None:
    assert cut("We can do that. The room, which is large, is free on Monday and Tuesday. Shall I book it?") == [
        "We can do that. ",
        "The room, which is large, is free on Monday and Tuesday. ",
        "Shall I book it?",
    ]


def test_a_long_sentence_is_divided_at_a_comma() -> None:
    long = (
        "After that you go through the door on the left, follow the long corridor to the very end, "
        "and take the lift to the third floor of the building."
    )
    assert cut(f"We can do that. {long}")[1].endswith(", ")


def test_a_comma_behind_a_plain_word_needs_nothing_behind_it() -> None:
    cutter = Clauses()
    assert cutter.feed("I see what you mean,") == ["I see what you mean,"]
    assert cutter.feed(" but no.") == []
    assert cutter.rest() == " but no."


REPLIES = (
    "We are open Monday to Friday from 9 AM until 5 PM, and on Saturday from 9 AM until 1 PM.",
    "Sure, I can help you with that. What day would suit you?",
    "Of course! What time would you like to come in on Tuesday?",
    "Yes, we have an opening at 3:30 p.m. on Wednesday. Shall I book it for you?",
    "I'm sorry, I don't know that. Would you like someone to call you back?",
    "Let me read that back: a cleaning on Tuesday, November 25th at 10 AM. Is that right?",
    "Thank you. I have noted your appointment for Monday at 2 PM.",
    "The cleaning costs $120.50 and takes about forty-five minutes.",
    "You can find us at 12 Maple Street, right next to the library.",
    "Great, and what telephone number can we reach you on?",
    "Got it, 5 5 5, 0 1 3 4. Is that correct?",
    "No, we are closed on Sundays.",
    "Dr. Smith is available on Thursday afternoon, but not in the morning.",
    "I understand, that sounds painful. I'd suggest you come in today.",
    "Please visit www.example.com/forms or write to info@example.com before your appointment.",
    "Unfortunately we do not offer that service at our practice right now.",
    "Alright, you're all set. Have a wonderful day and goodbye!",
    "That depends on your insurance. Which provider do you have?",
    "Hello! How can I help you today?",
    "I can transfer you to a person who can look into your billing question.",
)


def test_the_first_clause_takes_few_tokens() -> None:
    counts = sorted(tokens_to_first(reply) for reply in REPLIES)
    assert counts[len(counts) // 2] <= 8
    assert counts[-1] <= 13


@given(st.lists(st.text('ab .,!?A1"-:\n@/$', max_size=12), max_size=12))
def test_nothing_is_lost_or_changed(pieces: list[str]) -> None:
    cutter = Clauses()
    out = [clause for piece in pieces for clause in cutter.feed(piece)]
    assert "".join([*out, cutter.rest()]) == "".join(pieces)


@given(st.lists(st.sampled_from(["Sure", ",", " we", " and", " 5", ".", " Dr", " Yes", "?", "\n"]), max_size=40))
def test_cuts_are_between_words(tokens: list[str]) -> None:
    cutter = Clauses()
    out = [clause for token in tokens for clause in cutter.feed(token)]
    assert all(clause[-1].isspace() or clause.endswith(",") for clause in out)
