"""A time-out that is put off far more often than it runs out."""

import asyncio
from collections.abc import Callable


class IdleTimer:
    """Calls `idled` once, when `touch` has not been called for the time given. Running from the start."""

    def __init__(self, after_ms: float, idled: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._after_s, self._idled = after_ms / 1000, idled
        self._touched_s = self._loop.time()
        self._timer: asyncio.TimerHandle | None = self._loop.call_later(self._after_s, self._look)

    def touch(self) -> None:
        self._touched_s = self._loop.time()

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        due_s = self._touched_s + self._after_s
        if due_s > self._loop.time():
            self._timer = self._loop.call_at(due_s, self._look)
            return
        self._timer = None
        self._idled()
