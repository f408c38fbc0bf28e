"""Looks after the parts of a running stack: what calls cannot do without ends it, the streamer is started again.

Without a streamer calls go on in traditional mode, so its death is told and made good, RESTARTS times within
WITHIN_S at most: a streamer that cannot run would otherwise keep the machine busy with starting.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

from offhook.stack.processes import Process, ProcessFailed

RESTARTS = 5
WITHIN_S = 60.0
LOOK_EVERY_S = 0.2


class Restarts:
    """How often something may be started again. `now_s` is any steady clock."""

    def __init__(self, restarts: int = RESTARTS, within_s: float = WITHIN_S) -> None:
        self._restarts = restarts
        self._within_s = within_s
        self._taken_s: deque[float] = deque()

    def take(self, now_s: float) -> bool:
        """Whether one more restart is allowed now; it counts when it is."""
        while self._taken_s and now_s - self._taken_s[0] >= self._within_s:
            self._taken_s.popleft()
        if len(self._taken_s) >= self._restarts:
            return False
        self._taken_s.append(now_s)
        return True


class Watch:
    """One watch over a stack. `vital` parts must live; `tell` hears in plain words what becomes of the streamer.

    A part that was stopped or killed through its `Process` is not missed.
    """

    def __init__(
        self,
        vital: Sequence[Process],
        streamer: Process,
        tell: Callable[[str], None],
        *,
        ready_within_s: float,
        restarts: Restarts | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._vital = vital
        self._streamer = streamer
        self._tell = tell
        self._ready_within_s = ready_within_s
        self._restarts = Restarts() if restarts is None else restarts
        self._clock = clock
        self._starting_until_s: float | None = None
        self._given_up = False

    async def run(self) -> None:
        """Runs until it is cancelled. ProcessFailed, with the end of its log, as soon as a vital part has ended."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look(self) -> None:
        """One look at every part, of about a second at most. ProcessFailed as `run`."""
        for part in self._vital:
            part.check()
        if self._given_up or self._streamer.pid is None:
            return
        if (code := self._streamer.exit_code) is not None:
            await self._died(f"The streamer ended with code {code}")
        elif self._starting_until_s is not None:
            await self._starting(self._starting_until_s)

    async def _starting(self, until_s: float) -> None:
        try:
            ready = await asyncio.to_thread(self._streamer.is_ready)
        except ProcessFailed:
            return  # it has ended: the next look sees to that
        if ready:
            self._starting_until_s = None
            self._tell("The streamer is ready again.")
        elif self._clock() >= until_s:
            await self._died(f"The streamer was not ready within {self._ready_within_s:g} s")

    async def _died(self, how: str) -> None:
        self._starting_until_s = None
        # What is left of it is taken away: its place in the process table, its tether, or a streamer that hangs.
        await asyncio.to_thread(self._streamer.kill)
        if not self._restarts.take(self._clock()):
            self._give_up(f"{how}, too often to start it again")
            return
        try:
            self._streamer.start()
        except ProcessFailed as error:
            self._give_up(f"{how}, and {error.failure.sentence}")
            return
        self._starting_until_s = self._clock() + self._ready_within_s
        self._tell(
            f"{how}; starting it again. Meanwhile calls go on in traditional mode. Its log: {self._streamer.log}"
        )

    def _give_up(self, why: str) -> None:
        self._given_up = True
        self._tell(f"{why}. It stays away; calls go on in traditional mode. Its log: {self._streamer.log}")
