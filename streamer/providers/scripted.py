"""Answers from the agent's own desk table: rules and slots, no model, and honest about being scripted."""

import re
from collections.abc import AsyncGenerator, Callable
from datetime import date

from calls import desk
from calls.agent import Agent
from calls.conversation import Conversation
from calls.reply import ExpectKeys, ReplyPart, Words

_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)")


class ScriptedThinker:
    """Implements `streamer.engines.ports.Thinker`; it never fails, and is done in a millisecond."""

    def __init__(self, agent: Agent, today: Callable[[], date]) -> None:
        """`today` is the date at the agent's desk whenever a reply is asked for."""
        self._agent = agent
        self._today = today

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        answer = desk.answer(self._agent, conversation, self._today())
        for sentence in _SENTENCE_END.split(answer.text):
            if sentence:
                yield Words(sentence)
        if answer.keys:
            yield ExpectKeys(answer.keys)
        if answer.action:
            yield answer.action
