from datetime import date

from calls.agent import parse
from calls.conversation import Conversation, Role, Turn
from calls.prompts import BRIEF_STYLE, PHONE_STYLE, Message, Speaker, messages

AGENT = parse('name = "desk"\nprompt = "You keep a desk.\\n"\ngreeting = "g"', "desk.toml")


def turn(at_ms: int, role: Role, said: str, heard: str, *, cut: bool = False) -> Turn:
    return Turn(str(at_ms), role, said, heard, cut, at_ms, at_ms + 1, "pipeline")


CALL = Conversation(
    (
        turn(0, Role.AGENT, "Hello.", "Hello."),
        turn(10, Role.CALLER, "Hours.", "Hours."),
        turn(20, Role.AGENT, "We are open all week, and more.", "We are open ", cut=True),
        turn(30, Role.CALLER, "[keys 1]", "[keys 1]"),
        turn(40, Role.AGENT, "Never played.", "", cut=True),
    )
)


def test_a_model_is_given_what_was_heard() -> None:
    system, *rest = messages(AGENT, CALL)
    assert system == Message(Speaker.SYSTEM, f"You keep a desk.\n\n{PHONE_STYLE}")
    assert rest == [
        Message(Speaker.ASSISTANT, "Hello."),
        Message(Speaker.USER, "Hours."),
        Message(Speaker.ASSISTANT, "We are open [cut off]"),
        Message(Speaker.USER, "[keys 1]"),
    ]


def test_a_reply_that_is_heard_only_when_it_is_whole_is_asked_to_be_brief() -> None:
    system, *rest = messages(AGENT, CALL, brief=True)
    assert system.content == f"You keep a desk.\n\n{PHONE_STYLE}{BRIEF_STYLE}"
    assert tuple(rest) == messages(AGENT, CALL)[1:]


def test_a_longer_conversation_only_adds_to_the_end() -> None:
    longer = CALL.adding(turn(50, Role.CALLER, "Hello?", "Hello?"))
    assert messages(AGENT, longer)[:-1] == messages(AGENT, CALL)


def test_an_empty_conversation_is_the_system_prompt() -> None:
    assert [message.role for message in messages(AGENT, Conversation())] == ["system"]


def test_the_date_is_told_at_the_end_of_the_system_prompt() -> None:
    dated, undated = messages(AGENT, CALL, date(2026, 11, 3))[0], messages(AGENT, CALL)[0]
    assert dated.content == f"{undated.content}\n- Today is Tuesday, November 3, 2026."
