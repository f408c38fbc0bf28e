from dataclasses import replace

import pytest

from calls.agent import parse
from calls.closing import (
    Ending,
    agent_says_goodbye,
    caller_needs_nothing,
    caller_says_goodbye,
    due,
    limit_reached,
    reason_of,
)
from calls.record import EndReason
from calls.reply import EndCall, Transfer

AGENT = parse('name = "desk"\nprompt = "p"\ngreeting = "g"\n[limits]\ncall_s = 60', "desk.toml")

GOODBYES = [
    "Goodbye!", "bye bye", "Bye-bye.", "Good bye.", "Good-bye.", "GOODBYE", "bye, bye, bye", "By by.",
    "thanks, bye", "okay thank you goodbye", "Thank you. Goodbye.", "Thank you, goodbye", "Hello. Goodbye.",
    "that's all, thank you", "That’s all, thank you.", "No, that's all.", "No, that's it, thanks.",
    "That will be all, thanks.", "Nothing else, thank you.", "I'm all set, thank you!", "I'm good, thanks.",
    "thank you for your help, have a nice day", "OK. Have a good one!", "Have a great weekend!", "Good night.",
    "No thanks, goodbye.", "Bye for now.", "Goodbye, sir.", "You too, bye.", "See you later.", "See you Tuesday, bye!",
    "I'll see you Tuesday. Goodbye.", "All right, talk to you later.", "Great, thanks. Take care.", "Please hang up.",
    "I have to go now, bye", "By the way, I am done. Goodbye.", "5 5 5 0 1 3 4. Thank you, bye.",
    "No, I don't need anything else. Thank you, bye.", "Thanks so much for all your help, bye now.",
]  # fmt: skip
NO_GOODBYES = [
    "", "...", "[keys 1]", "Yes.", "No.", "Hello", "stand by", "Please stand by.", "by the way", "I drove by",
    "I pass by there.", "I need a ride by Friday", "can I say goodbye to my old plan", "goodbye lane 5",
    "Goodbye Lane, number 5.", "my name is Joe Bye", "My name is, Bye.", "bye week", "Goodbye is the title",
    "The song is called goodbye.", "She said, goodbye.", "How do you say goodbye in French?", "Don't say goodbye yet",
    "Goodbye. Wait, one more thing.", "Goodbye, Mr. Chips is the film", "Have a nice day is your slogan",
    "Do you have a nice day spa?", "Good night package please", "Good evening.", "Good day!", "we have time",
    "Can you take care of it?", "See you have openings on Tuesday?", "I have to go to the airport",
    "I want to hang up the painting", "Thank you.", "Thank you very much.", "Thanks, that's great.", "That's it.",
    "That's all?", "Is that all?", "5 5 5 0 1 3 4. That's all.", "I'm good.", "Bye the way, Tuesday",
]  # fmt: skip


@pytest.mark.parametrize("text", GOODBYES)
def test_a_goodbye_is_recognised(text: str) -> None:
    assert caller_says_goodbye(text)


@pytest.mark.parametrize("text", NO_GOODBYES)
def test_a_goodbye_inside_another_sentence_is_none(text: str) -> None:
    assert not caller_says_goodbye(text)


def test_a_huge_utterance_is_read_in_time_that_grows_with_its_length_alone() -> None:
    assert caller_says_goodbye("bye " * 5_000)
    assert not caller_says_goodbye("thank you so much very much " * 2_000 + "lane")


@pytest.mark.parametrize("text", ["No.", "No thanks.", "Nope, that's all.", "That's all.", "Nothing else.", "No, bye."])
def test_needing_nothing(text: str) -> None:
    assert caller_needs_nothing(text)


@pytest.mark.parametrize("text", ["", "Yes.", "Thanks.", "No, I have a question.", "I am not sure.", "No hours today?"])
def test_needing_something(text: str) -> None:
    assert not caller_needs_nothing(text)


@pytest.mark.parametrize(
    "text", ["Thank you for calling. Goodbye!", "Your table is booked. Bye now.", "Have a nice day!"]
)
def test_an_agents_goodbye(text: str) -> None:
    assert agent_says_goodbye(text)


@pytest.mark.parametrize(
    "text", ["", "Anything else before we say goodbye?", "Goodbye?", "Goodbye Lane is closed.", "Please stand by."]
)
def test_no_agents_goodbye(text: str) -> None:
    assert not agent_says_goodbye(text)


def test_the_limit_counts_from_the_answer() -> None:
    assert not limit_reached(1_000, 60_999, AGENT.limits)
    assert limit_reached(1_000, 61_000, AGENT.limits)
    assert not limit_reached(None, 9_999_999, AGENT.limits)


def test_a_call_goes_on_while_nothing_ends_it() -> None:
    assert due(AGENT, now_ms=1_000, answered_at_ms=0, caller_said="Stand by.", silences=1) is None


def test_each_ending_has_its_reason_and_its_words() -> None:
    agent = replace(AGENT, closing="So long.")
    assert due(agent, now_ms=90_000, answered_at_ms=0, caller_said="Bye.") == Ending(
        EndReason.CALLER_GOODBYE, "So long."
    )
    assert due(agent, now_ms=90_000, answered_at_ms=0) == Ending(EndReason.LIMIT, agent.phrases.limit_goodbye)
    assert due(agent, now_ms=1, answered_at_ms=0, silences=2) == Ending(
        EndReason.SILENCE, agent.phrases.silence_goodbye
    )


def test_an_action_has_a_reason() -> None:
    assert reason_of(Transfer("+12025550143")) is EndReason.TRANSFERRED
    assert reason_of(EndCall("caller-goodbye")) is EndReason.CALLER_GOODBYE
    assert reason_of(EndCall("the customer seemed happy")) is EndReason.AGENT_GOODBYE
