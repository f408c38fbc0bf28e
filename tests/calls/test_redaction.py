import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.conversation import Role, Turn
from calls.redaction import digits_of, passes_luhn, redacted, redacted_turn, turn_redactor

ALL = ("card", "email", "phone")


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("My card is 4242 4242 4242 4242, thanks.", "My card is [card], thanks."),
        ("It's 4242-4242-4242-4242.", "It's [card]."),
        ("Three seven eight two, 822463 10005", "[card]"),  # 15 digits
        ("four two four two four two four two four two four two four two four two please", "[card] please"),
        ("6304 0000 0000 0000 00", "[card]"),  # 18 digits that pass
        ("Call me on 415-555-0123 tomorrow.", "Call me on [phone] tomorrow."),
        ("Call +44 20 7946 0958.", "Call [phone]."),
        ("(415) 555 0123", "[phone]"),
        ("5, 5, 5, 0, 1, 3, 4.", "[phone]."),
        ("Five five five, oh one three four.", "[phone]."),
        ("triple five oh one double three", "[phone]"),
        ("[keys 5550134#]", "[keys [phone]#]"),
        ("Write to ann.lee@example.com today.", "Write to [email] today."),
        ("It is ann dot lee at example dot com.", "It is [email]."),
    ],
)
def test_what_identifies_is_taken_out(heard: str, left: str) -> None:
    assert redacted(heard, ALL) == left


@pytest.mark.parametrize(
    "heard",
    [
        "On Tuesday at three thirty, for 2 people.",
        "The 24th of November 2026.",
        "We are open from nine to five, Monday to Friday.",
        "Oh, one moment. I am at home at ten.",
        "Order 123456.",
        "",
    ],
)
def test_the_rest_stays(heard: str) -> None:
    assert redacted(heard, ALL) == heard


def test_only_what_is_asked_for_is_taken_out() -> None:
    heard = "4242 4242 4242 4242, ann@example.com, 415 555 0123"
    assert redacted(heard, ()) == heard
    assert redacted(heard, ("card",)) == "[card], ann@example.com, 415 555 0123"
    assert redacted(heard, ("email",)) == "4242 4242 4242 4242, [email], 415 555 0123"
    assert redacted(heard, ("phone",)) == "4242 4242 4242 4242, ann@example.com, [phone]"


def test_numbers_said_as_words_are_read_as_digits() -> None:
    assert digits_of("four 15, double five, forty-two ten") == "415554210"


def test_luhns_check() -> None:
    assert passes_luhn([int(digit) for digit in "79927398713"])
    assert not passes_luhn([int(digit) for digit in "79927398710"])


@given(st.text(alphabet=st.sampled_from("0123456789 -,.+()one two at dot com@example[]"), max_size=60))
def test_a_telephone_number_survives_in_no_surroundings(around: str) -> None:
    assert "4155550123" not in redacted(f"{around} call 4155550123 please", ALL)


@pytest.mark.parametrize(
    ("heard", "left"),
    [
        ("four one one one, one one one one, one one one one, one one one one", "[card]"),
        ("j o h n at gmail dot com, please", "[email], please"),
        ("It is john underscore doe at example dot co dot uk", "It is [email]"),
        ("ann@example.com or 415 555 0123", "[email] or [phone]"),
    ],
)
def test_what_a_recogniser_writes_of_spelled_words(heard: str, left: str) -> None:
    assert redacted(heard, ALL) == left


def agent_turn(said: str, heard: str) -> Turn:
    return Turn("t1", Role.AGENT, said, heard, said != heard, 0, 1, "pipeline")


def test_a_number_that_was_cut_off_in_the_middle_is_not_kept_in_part() -> None:
    turn = redacted_turn(agent_turn("I have 415 555 0123, right?", "I have 415 55"), ALL)
    assert (turn.said, turn.heard, turn.cut) == ("I have [phone], right?", "I have [phone]", True)
    before = redacted_turn(agent_turn("I have 415 555 0123.", "I have "), ALL)
    assert before.heard == "I have "


def test_words_heard_otherwise_than_they_were_said_are_looked_at_by_themselves() -> None:
    turn = redacted_turn(agent_turn("It is 415 555 0123.", "It is four one five, five five five, oh one"), ALL)
    assert turn.heard == "It is [phone]"


def test_an_agent_that_redacts_nothing_keeps_its_turns() -> None:
    turn = agent_turn("It is 415 555 0123.", "It is 415 555 0123.")
    assert redacted_turn(turn, ()) is turn
    assert turn_redactor(("phone",))(turn).heard == "It is [phone]."
