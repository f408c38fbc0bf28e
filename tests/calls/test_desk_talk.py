"""What a caller says to the desk besides a booking: cancelling, people, small talk, nothing that it understands."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.record import EndReason
from calls.reply import EndCall, Reply, Transfer
from tests.calls.desk_call import DEFAULT, MISS, MORE, PHONE, READ_BACK, RECEPTION, VISIT, Call, at_read_back


def test_cancel_what_is_being_booked() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    assert call.says("cancelled.") == f"All right, I have dropped that. {MORE}"


def test_cancel_an_appointment_made_before() -> None:
    call = Call()
    assert call.says("I want to cancel my appointment.") == (
        "What telephone number was the appointment made with? You can say the digits or type them."
    )
    assert call.says("5550134") == (
        "You want to cancel the appointment that was made with the number 5 5 5, 0 1 3 4. Is that right? "
        "Please say yes, or press 1."
    )
    assert call.says("No.").startswith("All right. What telephone number was the appointment made with?")
    call.says("5550199")
    assert call.says("Yes.") == f"Thank you. I have noted that the appointment is to be cancelled. {MORE}"


def test_cancel_what_was_just_noted_needs_no_number_again() -> None:
    call = at_read_back()
    call.says("Yes.")
    assert call.says("Cancelled.").startswith("You want to cancel the appointment")


@pytest.mark.parametrize(
    "wish", ["Transfer.", "Can I talk to a person?", "Operator!", "Person.", "[keys 0]", "A lawyer."]
)
def test_a_person_where_there_is_one(wish: str) -> None:
    reply = Call(RECEPTION).reply(wish)
    assert reply == Reply("I will connect you to a person now. One moment, please.", Transfer("+12025550143"))


def test_no_person_and_no_pretence() -> None:
    call = Call()
    assert call.reply("Transfer.") == Reply(
        f"I am sorry, I cannot connect you to a person on this line, but somebody can call you back. {PHONE}"
    )
    assert call.says("5550134").startswith("We are to call you back on 5 5 5, 0 1 3 4.")
    assert call.says("[keys 1]") == f"Thank you. I have noted that somebody is to call you back. {MORE}"


@pytest.mark.parametrize("text", ["Are you a robot?", "Am I talking to a real person?", "is this a recording"])
def test_it_says_that_it_is_a_script(text: str) -> None:
    reply = Call(RECEPTION).reply(text)
    assert reply.action is None
    assert reply.text.startswith("I am an automated assistant. I follow a script, and I am not a person.")


@pytest.mark.parametrize("text", ["Say that again.", "Pardon?", "What?", "Please try again.", "I didn't catch that."])
def test_it_repeats_itself(text: str) -> None:
    call = at_read_back()
    assert call.says(text) == READ_BACK
    assert Call().says(text) == DEFAULT.greeting


def test_thanks_alone_ends_nothing() -> None:
    assert Call().reply("Thank you.") == Reply(f"You are welcome. {MORE}", keys=1)


def test_hello_alone() -> None:
    assert Call().says("Hello.").startswith("Hello. How can I help you?")


def test_what_it_offers() -> None:
    assert Call().says("What do you offer?") == f"We offer cleanings, check-ups and fillings. {MORE}"


def test_the_agent_takes_leave_when_nothing_else_is_wanted() -> None:
    call = at_read_back()
    call.says("Yes.")
    assert call.reply("No.") == Reply(DEFAULT.closing, EndCall(EndReason.AGENT_GOODBYE))


@pytest.mark.parametrize("text", ["No, I have another matter.", "I'm not sure.", "Not yet."])
def test_a_no_with_more_behind_it_ends_nothing(text: str) -> None:
    call = at_read_back()
    call.says("Yes.")
    assert call.reply(text) == Reply(f"{MISS} {MORE}", keys=1)


def test_yes_to_anything_else() -> None:
    call = at_read_back()
    call.says("Yes.")
    assert call.says("Yes.").startswith("How can I help you?")


@pytest.mark.parametrize("text", ["Goodbye!", "Bye-bye.", "Okay, thank you, goodbye.", "No, that's all, thank you."])
def test_goodbye_at_any_time(text: str) -> None:
    goodbye = Reply(DEFAULT.closing, EndCall(EndReason.CALLER_GOODBYE))
    assert Call().reply(text) == goodbye
    assert at_read_back().reply(text) == goodbye


def test_the_second_miss_offers_a_message() -> None:
    call = Call()
    call.says("Rhubarb.")
    assert call.says("Banana.") == f"{MISS} Shall I have somebody call you back? Please say yes, or press 1."
    assert call.says("Yes.") == PHONE


def test_the_second_miss_offers_a_person_where_there_is_one() -> None:
    call = Call(RECEPTION)
    call.says("Rhubarb.")
    assert call.says("Banana.") == f"{MISS} Shall I connect you to a person? Please say yes, or press 1."
    assert call.reply("[keys 1]").action == Transfer("+12025550143")


def test_an_offer_refused_goes_back_to_the_question_that_was_open() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    call.says("Rhubarb.")
    call.says("Banana.")
    assert call.says("No.") == f"All right. {PHONE}"
    assert call.says("5550134") == READ_BACK


def test_being_understood_forgets_the_miss() -> None:
    call = Call()
    call.says("Rhubarb.")
    call.says("Hours.")
    assert call.says("Banana.") == f"{MISS} {VISIT}"


WORDS = (
    "yes no not hours tuesday today at 3 pm half past noon the 31st february 30 555 0134 oh double cancelled transfer "
    "number day everything cleaning parking what robot thanks hello book . , ? goodbye by"
)
SPOKEN = st.sampled_from([*WORDS.split(), "[keys 1]", "[keys 5*#]"]) | st.text(max_size=4)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(SPOKEN, max_size=8).map(" ".join), max_size=6))
def test_whatever_is_said_is_answered_in_whole_sentences(said: list[str]) -> None:
    call = Call(RECEPTION)
    for words in said:
        text = call.says(words)
        assert text[-1] in ".?!"
        assert not set(text) & set("{}[]")
