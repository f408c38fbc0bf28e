"""A list of messages sent at scripted moments, without a task."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

_Item = TypeVar("_Item")


def call_at(at_s: float, what: Callable[[], None]) -> asyncio.Handle:
    """As the loop's own, from the real time: uvloop's clock has whole milliseconds, and its `call_at` is late by what
    that leaves out. It gives no timer, and so no `when`, for what is due within half of one."""
    return asyncio.get_running_loop().call_later(max(0.0, at_s - time.monotonic()), what)


class Paced(Generic[_Item]):
    """Calls `send` for each item at its own moment and then `done`. `stop` ends it early."""

    def __init__(
        self,
        items: Sequence[tuple[float, _Item]],
        send: Callable[[_Item], None],
        done: Callable[[], None],
    ) -> None:
        """`items`: loop time and item, in order of time. What is due already goes out at once."""
        self._items, self._send, self._done = items, send, done
        self._loop = asyncio.get_running_loop()
        self._next = 0
        self._timer: asyncio.Handle | None = None
        self._stopped = False
        self._run()

    def stop(self) -> None:
        self._stopped = True
        if self._timer is not None:
            self._timer.cancel()

    def _run(self) -> None:
        while not self._stopped:
            if self._next == len(self._items):
                self._stopped = True
                self._done()
                return
            at_s, item = self._items[self._next]
            if at_s > self._loop.time() + 0.0006:
                self._timer = call_at(at_s, self._run)
                return
            self._next += 1
            self._send(item)
