"""A call to the desk, turn by turn, and what the desk says in it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from calls import agent_files, desk
from calls.agent import Agent
from calls.conversation import Conversation, Role, Turn
from calls.reply import Reply

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
