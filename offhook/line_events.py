"""What happens on the lines of the box, in plain words, kept for whoever follows a call. Bounded."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncIterator

from offhook.phone import LineEvent

KEPT = 2000
_NUMBER = re.compile(r"\+\d{4,}(\d{2})")


def without_numbers(text: str) -> str:
    """Whole phone numbers cut down to their last two digits: "+15551230101" -> "+…01"."""
    return _NUMBER.sub(r"+…\1", text)


class LineEvents:
    """The last events of all calls. One event loop owns it."""

    def __init__(self) -> None:
        self._kept: deque[LineEvent] = deque(maxlen=KEPT)
        self._last = 0
        self._news = asyncio.Event()
        self._closed = False

    def close(self) -> None:
        """Nothing more will come: let go of everybody who waits."""
        self._closed = True
        self._news.set()

    def add(self, call_sid: str, at_ms: int, sentence: str, *, bad: bool = False) -> LineEvent:
        self._last += 1
        event = LineEvent(self._last, call_sid, at_ms, without_numbers(sentence), bad)
        self._kept.append(event)
        self._news.set()
        self._news = asyncio.Event()
        return event

    def since(self, call_sid: str, after: int) -> list[LineEvent]:
        """The events of one call whose number is above `after`, in order."""
        return [event for event in self._kept if event.number > after and event.call_sid == call_sid]

    async def wait(self, call_sid: str, after: int, timeout_s: float) -> list[LineEvent]:
        """`since`, waiting up to `timeout_s` for the first; empty after that, or once closed."""
        try:
            async with asyncio.timeout(timeout_s):
                while not (found := self.since(call_sid, after)) and not self._closed:
                    await self._news.wait()
                return found
        except TimeoutError:
            return []

    async def follow(self, call_sid: str) -> AsyncIterator[LineEvent]:
        """Every event of one call, in order, until the iterator or this is closed."""
        after = 0
        while not self._closed:
            for event in await self.wait(call_sid, after, 60.0):
                after = event.number
                yield event
