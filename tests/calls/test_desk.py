from collections.abc import Mapping
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls import agent_files, desk
from calls.agent import Agent, parse
from calls.conversation import Conversation, Role, Turn
from calls.record import EndReason
from calls.reply import EndCall, Reply, Transfer

AGENTS: Mapping[str, Agent] = agent_files.load(Path(__file__).parents[2] / "functions" / "agents")
DEFAULT, RECEPTION = AGENTS["default"], AGENTS["reception"]
MONDAY = date(2026, 11, 23)

VISIT = "If you would like to come in, what day and time would suit you?"
DAY_AND_TIME = "What day and time would suit you?"
PHONE = "What telephone number can we reach you on? You can say the digits or type them."
MORE = "Is there anything else I can do for you?"
MISS = "I am sorry, I did not understand that."
READ_BACK = (
    "Let me read that back: your appointment on Tuesday, November 24th at 3 PM, and your number is 5 5 5, 0 1 3 4. "
    "Is that right? Please say yes, or press 1."
)


class Call:
    """A conversation with one agent, turn by turn; everything the agent says is heard unless told otherwise."""

    def __init__(self, agent: Agent = DEFAULT) -> None:
        self.agent = agent
        self.conversation = Conversation()
        self.hear(Role.AGENT, agent.greeting)

    def hear(self, role: Role, said: str, heard: str | None = None) -> None:
        at = len(self.conversation.turns)
        heard = said if heard is None else heard
        self.conversation = self.conversation.adding(
            Turn(str(at), role, said, heard, heard != said, at, at, "pipeline")
        )

    def reply(self, *said: str, heard: str | None = None) -> Reply:
        """The agent's reply to the caller's turns."""
        for words in said:
            self.hear(Role.CALLER, words)
        reply = desk.answer(self.agent, self.conversation, MONDAY)
        self.hear(Role.AGENT, reply.text, heard)
        return reply

    def says(self, *said: str, heard: str | None = None) -> str:
        return self.reply(*said, heard=heard).text


def at_read_back(agent: Agent = DEFAULT) -> Call:
    call = Call(agent)
    call.says("Tuesday at 3 p.m.")
    assert call.says("555-0134").endswith("5 5 5, 0 1 3 4. Is that right? Please say yes, or press 1.")
    return call


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


# --- hours -----------------------------------------------------------------------------------------------------------


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


# --- read-back -------------------------------------------------------------------------------------------------------


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


# --- cancelling, people, small talk ----------------------------------------------------------------------------------


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


# --- not understood --------------------------------------------------------------------------------------------------


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
