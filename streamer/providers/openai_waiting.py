"""How long a reply of OpenAI is waited for: `first_s` for its first word, STALLED_S for any other, `whole_s` for all.

Only time spent waiting counts. One timer watches a whole reply, looking again when it was too early: a timer for each
chunk costs more than reading the chunk.
"""

import asyncio
from collections.abc import Awaitable
from typing import Any

from calls import openai_failures
from calls.errors import ProviderFailed
from streamer.providers.openai_stream import ReplyStream

LEAST_S = 0.05
"""Between two looks, where the time is used up and whoever reads the stream is slow to come back."""
STALLED_S = 3.0


class Waiting:
    """One reply of one model. `opened`, then `chunks` until there are none, `over` at the end whatever happened."""

    def __init__(self, model: str, first_s: float, whole_s: float) -> None:
        self._model, self._first_s, self._whole_s = model, first_s, whole_s
        self._loop = asyncio.get_running_loop()
        self._waited_s = 0.0
        self._since_s: float | None = None
        self._has_begun = self._is_late = False
        self._stream: ReplyStream | None = None
        self._timer: asyncio.TimerHandle | None = None

    async def opened(self, asking: Awaitable[ReplyStream]) -> ReplyStream:
        """Raises ProviderFailed, among others when that took too long."""
        began_s = self._loop.time()
        try:
            async with asyncio.timeout(min(self._first_s, self._whole_s)):
                self._stream = await asking
        except TimeoutError as late:
            raise openai_failures.silent(self._model, self._loop.time() - began_s) from late
        self._waited_s = self._loop.time() - began_s
        self._watch()
        return self._stream

    async def chunks(self) -> list[Any]:
        """The stream's next. Raises ProviderFailed, among others when they, or all of them, took too long."""
        assert self._stream is not None, "opened comes first"
        self._since_s = began_s = self._loop.time()
        try:
            return await self._stream.chunks()
        except ProviderFailed as failed:
            if self._is_late:
                raise self._failure(self._loop.time() - began_s) from failed
            raise
        finally:
            self._waited_s += self._loop.time() - began_s
            self._since_s = None

    @property
    def is_open(self) -> bool:
        """OpenAI has begun to answer."""
        return self._stream is not None

    def begun(self) -> None:
        """The first word has come."""
        self._has_begun = True
        self._watch()

    def over(self) -> None:
        """Ends the request, if it is still under way."""
        if self._timer:
            self._timer.cancel()
        if self._stream:
            self._stream.close()

    def _watch(self) -> None:
        """Look when it is due at the earliest: what is not waited for yet begins now at the earliest."""
        if self._timer:
            self._timer.cancel()
        since_s = self._loop.time() if self._since_s is None else self._since_s
        self._timer = self._loop.call_at(since_s + max(self._most_s, LEAST_S), self._look)

    @property
    def _most_s(self) -> float:
        most_s = STALLED_S if self._has_begun else self._first_s - self._waited_s
        return min(most_s, self._whole_s - self._waited_s)

    def _look(self) -> None:
        if self._since_s is None or self._loop.time() < self._since_s + self._most_s:
            self._watch()
            return
        self._is_late = True
        assert self._stream is not None, "watched once it is there"
        self._stream.close()

    def _failure(self, took_s: float) -> ProviderFailed:
        """`took_s` is the last wait, not yet counted."""
        waited_s = self._waited_s + took_s
        if not self._has_begun:
            return openai_failures.silent(self._model, waited_s)
        if waited_s >= self._whole_s:
            return openai_failures.endless(self._model, waited_s)
        return openai_failures.stalled(self._model, took_s)
