"""Replies from OpenAI's chat models, one request a reply, the agent's models tried in order.

Deadlines, all of them time spent waiting for OpenAI (a consumer that is slow to take words costs nothing):

    first word    WORDS_SHARE of the agent's `reply_s`, over all models together; each model gets an equal share of
                  what is left, so that the last one is still asked in time for its words to be spoken
    next word     openai_waiting.STALLED_S
    whole reply   WHOLE_TIMES `reply_s`, a bound on a model that does not stop
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from datetime import date

from calls import openai_chat, openai_failures, tools
from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Failure, ProviderFailed
from calls.openai_chat import Chunks
from calls.openai_failures import RateLimited
from calls.openai_models import reply_models
from calls.openai_usage import ReplyUsage, TokenRatio
from calls.reply import ReplyPart, Words
from streamer.providers.openai_client import OpenAIClient
from streamer.providers.openai_waiting import Waiting

log = logging.getLogger(__name__)

WORDS_SHARE = 0.8
WHOLE_TIMES = 2.0


class OpenAIThinker:
    """Implements `streamer.engines.ports.Thinker` for one call. `metered` is told what each request used, worked out
    where the reply was broken off, as OpenAI tells it at the very end only; `made_good` hears of a model's failure that
    another model is asked to make good."""

    def __init__(
        self,
        agent: Agent,
        client: OpenAIClient,
        today: Callable[[], date],
        metered: Callable[[ReplyUsage], None] = lambda _: None,
        made_good: Callable[[Failure], None] = lambda _: None,
    ) -> None:
        """`today` is the date at the agent's desk whenever a reply is asked for. Raises ConfigurationInvalid."""
        self._metered, self._made_good = metered, made_good
        self._ratio = TokenRatio()
        self._agent = agent
        self._client = client
        self._today = today
        self._models = reply_models(agent)

    async def reply(self, conversation: Conversation) -> AsyncGenerator[ReplyPart, None]:
        loop = asyncio.get_running_loop()
        words_by_s = loop.time() + self._agent.limits.reply_s * WORDS_SHARE
        models = self._client.pauses.in_order(self._models, loop.time())
        for index, model in enumerate(models):
            share_s = max(0.0, words_by_s - loop.time()) / (len(models) - index)
            given_out = False
            try:
                async with aclosing(self._ask(model, conversation, share_s)) as parts:
                    async for part in parts:
                        given_out = True
                        yield part
            except ProviderFailed as failed:
                is_last = index + 1 == len(models)
                if given_out or is_last or openai_failures.is_of_the_key(failed):
                    raise
                self._made_good(failed.failure)
                log.warning("%s failed (%s), asking %s", model, failed.failure.code, models[index + 1])
            else:
                return

    async def _ask(self, model: str, conversation: Conversation, first_s: float) -> AsyncGenerator[ReplyPart, None]:
        loop, pauses = asyncio.get_running_loop(), self._client.pauses
        paused_s = pauses.wait_s(model, first_s, loop.time())
        if paused_s:
            await asyncio.sleep(paused_s)
        refused = self._client.refused.get(model, ())
        body = openai_chat.request(self._agent, conversation, self._today(), model, refused)
        chunks = Chunks(model)
        waiting = Waiting(model, first_s - paused_s, self._agent.limits.reply_s * WHOLE_TIMES)
        is_asked = True
        try:
            stream = await waiting.opened(self._client.ask(body))
            async with aclosing(self._parts(waiting, chunks)) as parts:
                async for part in parts:
                    yield part
            for chunk in await stream.rest():
                chunks.words(chunk)
        except ProviderFailed as failed:
            is_asked = (
                waiting.is_open or failed.failure.code == openai_failures.SILENT
            )  # else refused, or never reached
            if isinstance(failed, RateLimited):
                pauses.note(model, failed, loop.time())
            elif failed.failure.retryable:
                pauses.failed(model, loop.time())
            raise
        else:
            pauses.served(model)
        finally:
            waiting.over()
            if is_asked:
                self._metered(self._ratio.of(body, chunks))

    async def _parts(self, waiting: Waiting, chunks: Chunks) -> AsyncGenerator[ReplyPart, None]:
        has_spoken = False
        while chunks.finish is None and (came := await waiting.chunks()):
            for chunk in came:
                text = chunks.words(chunk)
                if not has_spoken and (text := text.lstrip()):
                    has_spoken = True
                    waiting.begun()
                if text:
                    yield Words(text)
        if chunks.finish is None:
            raise openai_failures.cut_off(chunks.model)
        action = chunks.action(self._agent)
        if not has_spoken:
            if action is None:
                raise openai_failures.wordless(chunks.model, chunks.finish)
            yield Words(tools.words_before(self._agent, action))
        if action:
            yield action
        elif chunks.calls_made:
            log.warning("%s called %d functions that do nothing here", chunks.model, chunks.calls_made)
