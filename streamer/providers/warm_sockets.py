"""Open sockets (or sessions) of one vendor address, kept for the next calls: `take` stands where a plain `connect`
would.

Only calls that were answered count: nothing is opened for one that still rings. A socket is kept for `idle_s` at most,
which must be less than the vendor waits for audio or text, and is looked at again before it is given away.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

from calls.errors import ProviderFailed
from streamer.warm import WarmSizing

log = logging.getLogger(__name__)

DEEPGRAM_IDLE_S = 7.0
"""Deepgram closes a connection that brings no audio for 10 s (NET-0001)."""
ELEVENLABS_IDLE_S = 150.0
"""Of the 180 s that the socket asks for."""
_TICK_S = 1.0
_AFTER_FAILURE_S = 5.0
_ARRIVALS_KEPT = 2_000
SIZING = WarmSizing()


class Keepable(Protocol):
    """What can be kept open for later."""

    @property
    def is_open(self) -> bool:
        """Whether it is still worth giving away."""

    def close(self) -> None:
        """Let it go, without waiting."""


Kept = TypeVar("Kept", bound=Keepable)


class WarmSockets(Generic[Kept]):
    """`run` keeps them, `take` gives one away. One for each URL and process. `connect` raises ProviderFailed."""

    def __init__(self, connect: Callable[[], Awaitable[Kept]], idle_s: float, sizing: WarmSizing = SIZING) -> None:
        self._connect, self._idle_s, self._sizing = connect, idle_s, sizing
        self._answered_at_s: deque[float] = deque(maxlen=_ARRIVALS_KEPT)
        self._idle: deque[tuple[Kept, float]] = deque()
        self._taken = asyncio.Event()
        self._renewals = 0

    @property
    def idle_count(self) -> int:
        """How many are being kept."""
        return len(self._idle)

    async def take(self) -> Kept:
        """An open socket for a call that was answered: a kept one, the oldest first, or a new one. ProviderFailed."""
        now_s = asyncio.get_running_loop().time()
        self._answered_at_s.append(now_s)
        self._taken.set()
        self._drop_old(now_s)
        if self._idle:
            return self._idle.popleft()[0]
        return await self._connect()

    def renew(self) -> None:
        """Let go what is kept, and what is being opened, as it carries a key that has been replaced. Sockets that were
        given away are not touched."""
        self._renewals += 1
        while self._idle:
            self._idle.popleft()[0].close()

    async def run(self) -> None:
        """Keep as many as are wanted until cancelled. A vendor that cannot be reached is tried again later."""
        time = asyncio.get_running_loop().time
        try:
            while True:
                self._taken.clear()
                self._drop_old(time())
                if not await self._fill(time()):
                    await asyncio.sleep(_AFTER_FAILURE_S)
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(_TICK_S):
                        await self._taken.wait()
        finally:
            while self._idle:
                self._idle.popleft()[0].close()

    async def _fill(self, now_s: float) -> bool:
        """Open what is missing, one after the other, and let go what is too much. False when the vendor refuses."""
        wanted = self._sizing.wanted(self._answered_at_s, now_s)
        while len(self._idle) > wanted:
            self._idle.popleft()[0].close()
        while len(self._idle) < wanted:
            renewals = self._renewals
            try:
                socket = await self._connect()
            except ProviderFailed as failed:
                log.warning("no connection can be kept warm: %s", failed.failure.code)
                return False
            if renewals != self._renewals:
                socket.close()
                continue
            self._idle.append((socket, asyncio.get_running_loop().time()))
        return True

    def _drop_old(self, now_s: float) -> None:
        for _ in range(len(self._idle)):
            socket, since_s = self._idle.popleft()
            if socket.is_open and now_s - since_s < self._idle_s:
                self._idle.append((socket, since_s))
            else:
                socket.close()
