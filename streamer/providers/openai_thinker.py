"""Replies from OpenAI's chat models, one request a reply, the agent's models tried in order.

Deadlines, all of them time spent waiting for OpenAI (a consumer that is slow to take words costs nothing):

    first word    WORDS_SHARE of the agent's `reply_s`, over all models together; each model gets an equal share of
                  what is left, so that the last one is still asked in time for its words to be spoken
    next word     STALLED_S
    whole reply   WHOLE_TIMES `reply_s`, a bound on a model that does not stop
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import date
from typing import Any

from calls import openai_chat, openai_failures, tools
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import ProviderFailed
from calls.openai_chat import Chunks, Usage
from calls.openai_models import reply_models
from calls.reply import ReplyPart, Words
from streamer.providers.openai_client import TAIL_S, OpenAIClient

log = logging.getLogger(__name__)

WORDS_SHARE = 0.8
STALLED_S = 3.0
WHOLE_TIMES = 2.0


class OpenAIThinker:
    """Implements `streamer.engines.ports.Thinker` for one call. `last_usage` is what the last whole reply cost; None
    where it was broken off, as OpenAI tells it at the very end only."""

    def __init__(self, agent: Agent, client: OpenAIClient, today: Callable[[], date]) -> None:
        """`today` is the date at the agent's desk whenever a reply is asked for. Raises ConfigurationInvalid."""
        self._agent = agent
        self._client = client
        self._today = today
        self._models = reply_models(agent)
        self.last_usage: Usage | None = None

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        self.last_usage = None
        loop = asyncio.get_running_loop()
        words_by_s = loop.time() + self._agent.limits.reply_s * WORDS_SHARE
        for index, model in enumerate(self._models):
            share_s = max(0.0, words_by_s - loop.time()) / (len(self._models) - index)
            given_out = False
            try:
                async with aclosing(self._ask(model, conversation, share_s)) as parts:
                    async for part in parts:
                        given_out = True
                        yield part
            except ProviderFailed as failed:
                is_last = index + 1 == len(self._models)
                if given_out or is_last or openai_failures.is_of_the_key(failed):
                    raise
                log.warning("%s failed (%s), asking %s", model, failed.failure.code, self._models[index + 1])
            else:
                return

    async def _ask(self, model: str, conversation: Conversation, first_s: float) -> AsyncGenerator[ReplyPart, None]:
        refused = self._client.refused.get(model, ())
        body = openai_chat.request(self._agent, conversation, self._today(), model, refused)
        chunks = Chunks(model)
        has_spoken = False
        waiting = _Waiting(model, first_s, self._agent.limits.reply_s * WHOLE_TIMES)
        async with aclosing(self._client.chunks(body)) as stream:
            while chunks.finish is None:
                chunk = await waiting.next_of(stream)
                if chunk is None:
                    break
                text = chunks.words(chunk)
                if not has_spoken:
                    text = text.lstrip()
                if text:
                    has_spoken = waiting.has_begun = True
                    yield Words(text)
            if chunks.finish is None:
                raise openai_failures.cut_off(model)
            action = chunks.action(self._agent)
            if not has_spoken:
                if action is None:
                    raise openai_failures.wordless(model, chunks.finish)
                yield Words(tools.words_before(self._agent, action))
            if action:
                yield action
            elif chunks.calls_made:
                log.warning("%s called %d functions that do nothing here", model, chunks.calls_made)
            await _take_tail(stream, chunks)
        self.last_usage = chunks.usage


async def _take_tail(stream: AsyncGenerator[Any, None], chunks: Chunks) -> None:
    """What follows the last word: the usage. Nothing that goes wrong there is worth a reply that is whole."""
    try:
        async with asyncio.timeout(TAIL_S):
            async for chunk in stream:
                chunks.words(chunk)
    except (TimeoutError, ProviderFailed) as error:
        log.info("the usage of a reply of %s did not come: %s", chunks.model, type(error).__name__)


@dataclass(slots=True)
class _Waiting:
    """How long OpenAI is waited for: `first_s` for the first word, `whole_s` for all of them."""

    model: str
    first_s: float
    whole_s: float
    has_begun: bool = False
    waited_s: float = 0.0

    async def next_of(self, stream: AsyncGenerator[Any, None]) -> Any:
        """The next chunk, or None at the end. Raises ProviderFailed when it, or all of them, took too long."""
        loop = asyncio.get_running_loop()
        began_s = loop.time()
        most_s = STALLED_S if self.has_begun else self.first_s - self.waited_s
        try:
            async with asyncio.timeout_at(began_s + min(most_s, self.whole_s - self.waited_s)):
                return await anext(stream, None)
        except TimeoutError as late:
            raise self._failure(loop.time() - began_s) from late
        finally:
            self.waited_s += loop.time() - began_s

    def _failure(self, took_s: float) -> ProviderFailed:
        waited_s = self.waited_s + took_s
        if not self.has_begun:
            return openai_failures.silent(self.model, waited_s)
        if waited_s >= self.whole_s:
            return openai_failures.endless(self.model, waited_s)
        return openai_failures.stalled(self.model, took_s)
