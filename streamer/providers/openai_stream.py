"""The chunks of one streamed reply, as they come."""

import asyncio
import logging
from typing import Any

import aiohttp
import orjson

from calls import openai_failures
from calls.errors import ProviderFailed
from streamer.providers.openai_events import DONE, EndlessLine, Events

log = logging.getLogger(__name__)

TAIL_S = 0.3
"""How long the end of a stream may take to come after the last word: usage, and a connection that can be used again."""


class ReplyStream:
    """Has no deadline of its own, except for `rest`. Made by `OpenAIClient.ask`."""

    def __init__(self, response: aiohttp.ClientResponse, model: str) -> None:
        self._response, self._model = response, model
        self._events = Events()
        self._is_done = False

    async def chunks(self) -> list[Any]:
        """The chunks that have come since, as plain JSON values, at least one; none at the end of the stream.

        Raises ProviderFailed, also when `close` is called meanwhile.
        """
        try:
            while not self._is_done and (piece := await self._response.content.readany()):
                if chunks := self._of(piece):
                    return chunks
        except (orjson.JSONDecodeError, EndlessLine) as error:
            raise openai_failures.garbage(self._model) from error
        except aiohttp.ClientError as broken:
            raise openai_failures.cut_off(self._model) from broken
        return []

    def _of(self, piece: bytes) -> list[Any]:
        events = self._events.feed(piece)
        if DONE in events:
            self._is_done = True
            events = events[: events.index(DONE)]
        return [orjson.loads(event) for event in events]

    async def rest(self) -> list[Any]:
        """Everything up to the very end, so that the connection can be used again; what comes within TAIL_S. Nothing
        that goes wrong there is worth a reply that is whole."""
        chunks: list[Any] = []
        try:
            async with asyncio.timeout(TAIL_S):
                while more := await self.chunks():
                    chunks += more
                while await self._response.content.readany():
                    pass
        except (TimeoutError, ProviderFailed, aiohttp.ClientError) as error:
            log.info("the end of a reply of %s did not come: %s", self._model, type(error).__name__)
        return chunks

    def close(self) -> None:
        """End the request at once; the connection too, unless the whole answer has been read. Safe to call twice."""
        self._response.close()
