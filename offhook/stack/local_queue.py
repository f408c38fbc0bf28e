"""A queue on one machine: what SQS and Lambda do in AWS, in a thread of this process.

A message becomes due some seconds after it was given and is handed to the handler as an SQS event of one record; where
the handler's answer reports it, it comes again after `again_after_s`, `tries` times in all. Then it is told and
forgotten. The watchdog's numbers are those of template.yaml.
"""

import heapq
import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from handlers.watch_queue import Watched, WatchFailed, written

log = logging.getLogger(__name__)

TRIES = 3
AGAIN_AFTER_S = 15.0
MOST_WAITING = 10_000
WORKERS = 8
_CLOSE_WITHIN_S = 5.0


@dataclass(frozen=True, slots=True)
class _Message:
    number: int
    body: str
    tries: int = 0


class LocalQueue:
    """Implements `handlers.watch_queue.WatchQueue`. `handle` is the handler: an event in, a partial batch response out.
    Close it with `close`: what waits then is dropped."""

    def __init__(
        self,
        handle: Callable[[dict[str, Any]], dict[str, Any]],
        delay_s: float,
        again_after_s: float = AGAIN_AFTER_S,
        *,
        tries: int = TRIES,
        name: str = "watchdog",
    ) -> None:
        self._handle = handle
        self._delay_s = delay_s
        self._again_after_s = again_after_s
        self._tries = tries
        self._name = name
        self._numbers = itertools.count(1)
        self._waiting: list[tuple[float, int, _Message]] = []
        self._changed = threading.Condition()
        self._closed = False
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix=name)
        self._clock = threading.Thread(target=self._run, name=f"{name} queue", daemon=True)
        self._clock.start()

    def watch(self, call_id: str, stream: int) -> None:
        """As the port says. WatchFailed beyond MOST_WAITING messages."""
        self.put(written(Watched(call_id, stream)), self._delay_s)

    def put(self, body: str, delay_s: float) -> None:
        """Hand `body` to the handler so many seconds from now. WatchFailed beyond MOST_WAITING messages."""
        self._put(_Message(next(self._numbers), body), delay_s)

    def close(self) -> None:
        """Hand out nothing more, and wait for what is being handled."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._clock.join(_CLOSE_WITHIN_S)
        self._workers.shutdown()

    def _put(self, message: _Message, delay_s: float) -> None:
        with self._changed:
            if len(self._waiting) >= MOST_WAITING:
                raise WatchFailed(f"Too many messages wait for the {self._name}.", code="watch-full")
            heapq.heappush(self._waiting, (time.monotonic() + delay_s, message.number, message))
            self._changed.notify()

    def _run(self) -> None:
        while (message := self._due()) is not None:
            self._workers.submit(self._deliver, message)

    def _due(self) -> _Message | None:
        """The next message, when it is due; None once the queue is closed."""
        with self._changed:
            while not self._closed:
                wait_s = self._waiting[0][0] - time.monotonic() if self._waiting else None
                if wait_s is not None and wait_s <= 0:
                    return heapq.heappop(self._waiting)[2]
                self._changed.wait(wait_s)
        return None

    def _deliver(self, message: _Message) -> None:
        record = {
            "messageId": str(message.number),
            "body": message.body,
            "attributes": {"ApproximateReceiveCount": str(message.tries + 1)},
            "eventSource": "aws:sqs",
        }
        try:
            failed = bool(self._handle({"Records": [record]})["batchItemFailures"])
        except Exception:
            # What a Lambda that raises is to SQS.
            log.exception("the %s broke", self._name)
            failed = True
        if not failed or self._closed:
            return
        again = _Message(message.number, message.body, message.tries + 1)
        if again.tries >= self._tries:
            log.error("the %s gives up on %s", self._name, message.body)
            return
        self._put(again, self._again_after_s)
