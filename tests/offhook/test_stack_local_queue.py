import json
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from handlers.watch_queue import Watched, WatchFailed, read
from offhook.stack import local_queue
from offhook.stack.local_queue import TRIES, LocalQueue

SOON_S = 0.05


class Handler:
    """Takes down each event and when it came; reports or breaks the first ones as told."""

    def __init__(self, *answers: bool | Exception) -> None:
        self.answers = list(answers)
        self.came: queue.Queue[tuple[float, dict[str, Any]]] = queue.Queue()

    def __call__(self, event: dict[str, Any]) -> dict[str, Any]:
        self.came.put((time.monotonic(), event))
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        ids = [] if answer else [{"itemIdentifier": record["messageId"]} for record in event["Records"]]
        return {"batchItemFailures": ids}

    def next(self) -> tuple[float, Watched]:
        at_s, event = self.came.get(timeout=5)
        (record,) = event["Records"]
        return at_s, read(record["body"])


@contextmanager
def open_queue(handler: Handler, delay_s: float = SOON_S) -> Iterator[LocalQueue]:
    opened = LocalQueue(handler, delay_s, again_after_s=SOON_S)
    try:
        yield opened
    finally:
        opened.close()


def test_a_message_comes_after_its_delay_and_not_before() -> None:
    handler = Handler()
    with open_queue(handler, 0.3) as opened:
        given_s = time.monotonic()
        opened.watch("01A", 1)
        opened.watch("01A", 2)
        came_s, first = handler.next()
        assert came_s - given_s >= 0.3
        assert {first, handler.next()[1]} == {Watched("01A", 1), Watched("01A", 2)}


@pytest.mark.parametrize("failed", [False, ValueError("a defect")])
def test_a_message_that_failed_comes_again_and_then_no_more(failed: bool | Exception) -> None:
    handler = Handler(*[failed] * (TRIES + 1))
    with open_queue(handler) as opened:
        opened.watch("01A", 1)
        assert [handler.next()[1] for _ in range(TRIES)] == [Watched("01A", 1)] * TRIES
        with pytest.raises(queue.Empty):
            handler.came.get(timeout=SOON_S * 4)


def test_a_closed_queue_hands_out_nothing() -> None:
    handler = Handler()
    with open_queue(handler, 60) as opened:
        opened.watch("01A", 1)
        began_s = time.monotonic()
    assert time.monotonic() - began_s < 5
    assert handler.came.empty()


def test_only_so_many_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_queue, "MOST_WAITING", 1)
    with open_queue(Handler(), 60) as opened:
        opened.watch("01A", 1)
        with pytest.raises(WatchFailed):
            opened.watch("01A", 2)


def test_one_that_takes_long_holds_up_no_other() -> None:
    slow, release = Handler(), threading.Event()

    def handle(event: dict[str, Any]) -> dict[str, Any]:
        if json.loads(event["Records"][0]["body"])["stream"] == 1:
            release.wait(5)
        return slow(event)

    opened = LocalQueue(handle, SOON_S)
    opened.watch("01A", 1)
    opened.watch("01A", 2)
    assert slow.next()[1] == Watched("01A", 2)
    release.set()
    assert slow.next()[1] == Watched("01A", 1)
    opened.close()
