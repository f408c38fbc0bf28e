"""Answers from the agent's own desk table: rules and slots, no model, and honest about being scripted."""

import re
from collections.abc import AsyncIterator, Callable
from datetime import date

from calls import desk
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import OffhookError, ProviderFailed
from calls.reply import Reply, ReplyPart, Words

_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)")


class ScriptedThinker:
    """Implements `streamer.engines.ports.Thinker`."""

    def __init__(self, agent: Agent, today: Callable[[], date]) -> None:
        """`today` is the date at the agent's desk whenever a reply is asked for."""
        self._agent = agent
        self._today = today

    async def reply(self, conversation: Conversation) -> AsyncIterator[ReplyPart]:
        answer = self._answer(conversation)
        for sentence in _SENTENCE_END.split(answer.text):
            if sentence:
                yield Words(sentence)
        if answer.action:
            yield answer.action

    def _answer(self, conversation: Conversation) -> Reply:
        try:
            return desk.answer(self._agent, conversation, self._today())
        except OffhookError as error:
            raise ProviderFailed(
                error.failure.sentence, code="desk-failed", blame=error.failure.blame, retryable=False
            ) from error
