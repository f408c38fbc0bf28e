"""Messages sent at scripted moments, without a task."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")

ON_TIME_S = 0.0006
"""What is this early is on time, where nobody has waited for it."""
_WAITED_S = 0.05
_TIMER_S = 0.0016


class Alarm:
    """Calls `what` at a moment of `time.monotonic`, and not before it.

    uvloop's clock has whole milliseconds, and its timers are late by up to two. What somebody waited for, and takes the
    time of, comes to the point: the last stretch is waited for in turns of the loop, which goes on with all else. What
    follows on within 50 ms does not: many calls' audio would be nothing but waiting.
    """

    def __init__(self, at_s: float, what: Callable[[], None]) -> None:
        self._at_s, self._what = at_s, what
        self._loop = asyncio.get_running_loop()
        self.is_over = False
        left_s = at_s - time.monotonic()
        spared_s = _TIMER_S if left_s > _WAITED_S else 0.0
        self._handle: asyncio.Handle = self._loop.call_later(max(0.0, left_s - spared_s), self._look)

    def cancel(self) -> None:
        self.is_over = True
        self._handle.cancel()

    def _look(self) -> None:
        if time.monotonic() < self._at_s:
            self._handle = self._loop.call_soon(self._look)
            return
        self.is_over = True
        self._what()


class Paced(Generic[_Item]):
    """Calls `send` for each item at its own moment and then `done`. `stop` ends it early."""

    def __init__(
        self,
        items: Sequence[tuple[float, _Item]],
        send: Callable[[_Item], None],
        done: Callable[[], None],
    ) -> None:
        """`items`: `time.monotonic` and item, in order of time. What is due already goes out at once."""
        self._items, self._send, self._done = items, send, done
        self._next = 0
        self._alarm: Alarm | None = None
        self._stopped = False
        self._run()

    def stop(self) -> None:
        self._stopped = True
        if self._alarm is not None:
            self._alarm.cancel()

    def _run(self) -> None:
        while not self._stopped:
            if self._next == len(self._items):
                self._stopped = True
                self._done()
                return
            at_s, item = self._items[self._next]
            if at_s > time.monotonic() + ON_TIME_S:
                self._alarm = Alarm(at_s, self._run)
                return
            self._next += 1
            self._send(item)
