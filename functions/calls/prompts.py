"""What a chat model is given to think about: who it is, how one talks on the phone, and what was really heard."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn

CUT_MARK = "[cut off]"

PHONE_STYLE = f"""You are speaking on the phone; every word you write is read out loud by a voice.
- Answer in one or two short spoken sentences, then stop, or ask one question.
- Write plain words only: no markdown, no lists, no headings, no emoji, no links, no stage directions.
- Write times, prices and dates as a person says them, and telephone numbers digit by digit.
- The caller's words come from speech recognition and may be misheard; ask when something makes no sense.
- "[keys 12#]" means that the caller pressed those keys.
- "{CUT_MARK}" after words of yours means that the caller interrupted and heard nothing after it; never write it.
- When the caller says goodbye, say goodbye once and briefly."""


BRIEF_STYLE = """
- Nothing of an answer is heard before all of it is written: answer in one short sentence, and add a question only where
  you need one."""
"""For traditional mode: `<Say>` gets a reply whole."""


class Speaker(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    role: Speaker
    content: str


def messages(
    agent: Agent, conversation: Conversation, today: date | None = None, *, brief: bool = False
) -> tuple[Message, ...]:
    """The system prompt, then the turns in order; of an agent's turn only what was heard, and nothing if that is
    nothing.

    A call only ever adds to the end: all messages but the last turn's stay as they were, and the first is the same
    for every call of the agent on a day, so that a provider's prompt cache holds. `today` is the date at the agent's
    desk, which a model cannot know ("tomorrow", "next Tuesday"); it comes last. `brief`: nobody hears the
    reply before it is whole.
    """
    dated = f"\n- Today is {today:%A, %B} {today.day}, {today.year}." if today else ""
    system = Message(Speaker.SYSTEM, f"{agent.prompt.strip()}\n\n{PHONE_STYLE}{BRIEF_STYLE if brief else ''}{dated}")
    return (system, *(_message(turn) for turn in conversation.turns if turn.heard.strip()))


def _message(turn: Turn) -> Message:
    if turn.role is Role.CALLER:
        return Message(Speaker.USER, turn.heard)
    return Message(Speaker.ASSISTANT, f"{turn.heard.rstrip()} {CUT_MARK}" if turn.cut else turn.heard)
