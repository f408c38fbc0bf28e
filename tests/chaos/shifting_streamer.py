"""`python -m tests.chaos.shifting_streamer`: the streamer, whose wall clock jumps an hour on at SIGUSR1.

What jumps is what Python reads as the time of day, `time.time` and `time.time_ns`; the system's own clock, which other
processes share, does not. At SIGUSR2 it is right again, and the vendors are strangers: what calls before have learnt of
them is forgotten. Then the log says RENEWED.
"""

import asyncio
import logging
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

from calls import agent_files
from calls.agent import Agent
from calls.conversation import Conversation
from calls.record import Mode
from streamer.__main__ import main
from streamer.engines.engine import Engine
from streamer.engines.room import EngineRoom
from streamer.settings import read

HOUR_S = 3_600
RENEWED = "knows nothing of its vendors"

log = logging.getLogger(__name__)


class ShiftingClock:
    def __init__(self) -> None:
        self._time, self._time_ns = time.time, time.time_ns
        self._ahead_s = 0

    def jump(self, *_: object) -> None:
        self._ahead_s = HOUR_S

    def mend(self) -> None:
        self._ahead_s = 0

    def time(self) -> float:
        return self._time() + self._ahead_s

    def time_ns(self) -> int:
        return self._time_ns() + self._ahead_s * 1_000_000_000


class RenewedRoom:
    """Implements `streamer.server.Engines`: a room that is exchanged for a new one at `renew`."""

    def __init__(self) -> None:
        settings = read(os.environ)
        self._agents = list(agent_files.load(settings.agents).values())
        self._vendors = settings.vendors
        self._room = self._new()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._asked = asyncio.Event()

    def _new(self) -> EngineRoom:
        return EngineRoom(self._agents, lambda: datetime.now(tz=UTC).date(), self._vendors)

    def renew(self) -> None:
        """From a signal."""
        if self._loop:
            self._loop.call_soon_threadsafe(self._asked.set)

    async def load(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._room.load()

    async def run(self) -> None:
        while True:
            running = asyncio.create_task(self._room.run(), name="room")
            try:
                await self._asked.wait()
                self._asked.clear()
                room = self._new()
                await room.load()
                self._room = room
                log.info(RENEWED)
            finally:
                running.cancel()
                await asyncio.wait([running])

    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        return self._room.engine_for(agent, mode, so_far)

    def bridge_phrase(self, agent: Agent, mode: Mode) -> bytes:
        return self._room.bridge_phrase(agent, mode)


if __name__ == "__main__":
    clock, room = ShiftingClock(), RenewedRoom()

    def mend(*_: object) -> None:
        clock.mend()
        room.renew()

    signal.signal(signal.SIGUSR1, clock.jump)
    signal.signal(signal.SIGUSR2, mend)
    time.time, time.time_ns = clock.time, clock.time_ns
    sys.exit(main(room))
