"""A booking at the desk, from any of the ways it is asked for to its read-back."""

import pytest

from calls import desk
from calls.agent import parse
from calls.conversation import Conversation, Role
from calls.record import EndReason
from calls.reply import EndCall, Reply
from tests.calls.desk_call import DAY_AND_TIME, DEFAULT, MISS, MONDAY, MORE, PHONE, READ_BACK, VISIT, Call, at_read_back


def test_a_number_that_is_private_by_now_is_known_to_have_been_given() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    back = call.says("It is [phone].")
    assert back == READ_BACK.replace("5 5 5, 0 1 3 4", "the one that you gave")
    assert "Is there anything else" in call.says("Yes.")


def test_the_call_of_the_demo() -> None:
    call = Call()
    hours = call.says("Hello, hours.", heard="Maple Street Dental is open Monday")
    assert hours.startswith("Maple Street Dental is open Monday to Friday from 9 AM until 5 PM")
    assert hours.endswith(VISIT)
    assert len(hours.split()) >= 40
    assert call.says("Tuesday at 3 o'clock.") == PHONE
    assert call.says("5, 5, 5, 0, 1, 3, 4.") == READ_BACK
    assert call.says("[keys 1]") == (
        f"Thank you. I have noted your appointment on Tuesday, November 24th at 3 PM. {MORE}"
    )
    assert call.reply("Thank you. Goodbye.") == Reply(DEFAULT.closing, EndCall(EndReason.CALLER_GOODBYE))


def test_any_process_can_go_on_with_any_call() -> None:
    call = at_read_back()
    again = Conversation(tuple(reversed(call.conversation.turns)))
    assert desk.answer(DEFAULT, call.conversation, MONDAY) == Reply(READ_BACK, keys=1)
    rebuilt = Conversation()
    for turn in again.turns:
        rebuilt = rebuilt.adding(turn)
    assert desk.answer(DEFAULT, rebuilt, MONDAY) == Reply(READ_BACK, keys=1)


@pytest.mark.parametrize("day_and_time", ["Tuesday at three o'clock", "Tomorrow, 3 p.m.", "November 24th at 15:00"])
@pytest.mark.parametrize(
    "number", ["5 5 5 0 1 3 4", "555-0134.", "five five five oh one three four", "[keys 5550134#]"]
)
def test_the_ways_recognisers_write_it(day_and_time: str, number: str) -> None:
    call = Call()
    assert call.says(day_and_time) == PHONE
    assert call.says(number) == READ_BACK


def test_a_booking_asked_for_bit_by_bit() -> None:
    call = Call()
    assert call.says("I'd like to make an appointment, please.") == DAY_AND_TIME
    assert call.says("Tuesday") == "What time would suit you on Tuesday, November 24th?"
    assert call.says("Three.") == PHONE
    assert call.says("five five five") == "I have 5 5 5 so far. What are the other digits?"
    assert call.says("0 1 3 4") == READ_BACK
    assert call.says("Yes, that's right.").startswith("Thank you. I have noted")


def test_everything_at_once() -> None:
    call = Call()
    assert call.says("Book me in for Tuesday at 3 p.m., my number is 555 0134.") == READ_BACK


def test_a_time_without_a_day() -> None:
    call = Call()
    assert call.says("At 3 o'clock.") == "What day would suit you?"
    assert call.says("Tuesday") == PHONE


def test_a_turn_said_in_pieces_is_one_turn() -> None:
    call = Call()
    assert call.says("I would like to come in", "on Tuesday", "at three") == PHONE
    assert call.says("five five five", "oh one three four") == READ_BACK


def test_keys_pressed_one_by_one() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    call.says("[keys 555]")
    assert call.says("[keys 0]", "[keys 1]", "[keys 3]", "[keys 4]") == READ_BACK


def test_an_answer_that_nobody_heard_is_given_again_with_what_was_said_since() -> None:
    call = Call()
    call.says("Hello. Hours.", heard="")
    text = call.says("Tuesday at 3 o'clock.")
    assert text.startswith("Maple Street Dental is open")
    assert text.endswith(PHONE)


def test_a_phrase_of_the_session_changes_nothing() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    call.hear(Role.AGENT, "Are you still there?")
    assert call.says("Hello?") == f"Hello. {PHONE}"
    assert call.says("5550134") == READ_BACK


def test_with_nothing_to_answer_the_open_question_is_asked_again() -> None:
    call = Call()
    assert desk.answer(DEFAULT, call.conversation, MONDAY).text.startswith("How can I help you?")
    call.says("Tuesday at 3 p.m.")
    assert desk.answer(DEFAULT, call.conversation, MONDAY) == Reply(PHONE)


def test_a_closed_day_is_declined() -> None:
    call = Call()
    assert call.says("Sunday at 10 AM") == ("I am sorry, on Sunday we are closed. What other day would suit you?")
    assert call.says("Monday") == PHONE
    assert "Monday, November 30th at 10 AM" in call.says("5550134")


def test_a_time_outside_the_hours_is_declined_with_the_hours_of_that_day() -> None:
    call = Call()
    assert call.says("Saturday at 3 p.m.") == (
        "I am sorry, 3 PM is not possible. On Saturday we are open from 9 AM until 1 PM, and the last appointment is "
        "at 12:30 PM. What other time would suit you?"
    )
    assert call.says("Noon.") == PHONE


def test_the_last_appointment_ends_by_closing_time() -> None:
    assert Call().says("Tuesday at 4:30 p.m.") == PHONE
    assert Call().says("Tuesday at 4:45 p.m.").startswith("I am sorry, 4:45 PM is not possible.")


def test_hours_of_one_day_are_no_booking() -> None:
    call = Call()
    assert call.says("Are you open on Saturday?") == f"On Saturday we are open from 9 AM until 1 PM. {VISIT}"
    assert call.says("No, thanks.") == f"All right. {MORE}"


def test_yes_to_the_offer_of_an_appointment() -> None:
    call = Call()
    call.says("Hours.")
    assert call.says("Yes please.") == DAY_AND_TIME


def test_a_question_in_the_middle_of_a_booking() -> None:
    call = Call()
    call.says("Tuesday at 3 p.m.")
    assert call.says("Where are you?") == (
        f"We are at 12 Maple Street, on the ground floor, across from the library. {PHONE}"
    )
    assert call.says("5550134") == READ_BACK


def test_a_day_turned_down_is_not_booked() -> None:
    call = Call()
    call.says("I'd like an appointment.")
    assert call.says("Not Tuesday, Wednesday.") == "What time would suit you on Wednesday, November 25th?"


@pytest.mark.parametrize("yes", ["Yes.", "Yeah.", "Correct!", "That's right.", "Okay.", "[keys 1]", "[keys 1#]"])
def test_yes(yes: str) -> None:
    assert at_read_back().says(yes).startswith("Thank you. I have noted your appointment")


@pytest.mark.parametrize("no", ["No.", "Nope", "That's not right.", "That's wrong", "Okay, but wait.", "[keys 2]"])
def test_no(no: str) -> None:
    assert at_read_back().says(no) == "All right. What should I change: the day, the time, or the number?"


def test_a_correction_after_no() -> None:
    call = at_read_back()
    call.says("No.")
    assert call.says("The time.") == "What time would suit you on Tuesday, November 24th?"
    assert "at 4 PM" in call.says("Four o'clock")
    assert call.says("No, Wednesday.").startswith("Let me read that back: your appointment on Wednesday")
    assert call.says("No, the number is wrong.") == PHONE
    assert "5 5 5, 0 1 9 9" in call.says("555-0199")
    assert call.says("No, start over.") == DAY_AND_TIME


def test_neither_yes_nor_no_reads_back_again() -> None:
    assert at_read_back().says("Rhubarb.") == f"{MISS} {READ_BACK}"
    assert at_read_back().says("Tuesday.") == READ_BACK
    assert at_read_back().says("Thank you.") == f"You are welcome. {READ_BACK}"


def test_a_service_is_kept_in_the_read_back() -> None:
    call = Call()
    call.says("I need a cleaning on Tuesday at 3 p.m.")
    assert call.says("5550134").startswith("Let me read that back: your cleaning on Tuesday")


def test_only_the_slots_that_the_agent_wants_are_asked() -> None:
    agent = parse(
        'name = "d"\nprompt = "p"\ngreeting = "g"\n[desk]\nslots = ["day"]\n[desk.hours]\nfriday = "09:00-12:00"',
        "d.toml",
    )
    call = Call(agent)
    assert call.says("An appointment, please.") == "What day would suit you?"
    assert call.says("Friday") == (
        "Let me read that back: your appointment on Friday, November 27th. Is that right? Please say yes, or press 1."
    )


def test_a_desk_that_knows_nothing_says_so() -> None:
    call = Call(parse('name = "d"\nprompt = "p"\ngreeting = "g"', "d.toml"))
    assert call.says("Hours.") == f"I am sorry, I do not know our opening hours. {VISIT}"
    assert call.says("Sunday at 3") == PHONE
    assert "Sunday, November 29th at 3 PM" in call.says("5550134")
