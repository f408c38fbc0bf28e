"""The values that the store's contract is told with, and a way to do many things at the same moment."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TypeVar

from calls.conversation import Role, Turn
from calls.errors import (
    OffhookError,
)
from calls.record import CallRecord, Direction
from calls.usage import Kind, Unit, Usage

CALL_ID = "01JD8Z0000000000000000000A"
OTHER_CALL_ID = "01JD8Z0000000000000000000B"
SID = "CA00000000000000000000000000000001"
OTHER_SID = "CA00000000000000000000000000000002"
DAY_MS = 24 * 60 * 60 * 1000
LOST_WITHIN_S = 12.0

Outcome = TypeVar("Outcome")


class Clock:
    """Epoch milliseconds, standing still until a test moves it; far ahead, so that no engine deletes what is alive."""

    def __init__(self) -> None:
        self.now_ms = 4_000_000_000_000

    def __call__(self) -> int:
        return self.now_ms


def a_call(call_id: str = CALL_ID, twilio_sid: str = "") -> CallRecord:
    return CallRecord(
        call_id, Direction.OUTBOUND, "default", "+14155550100", "+14155550123", 1_780_000_000_000, twilio_sid
    )


def a_turn(turn_id: str, started_at_ms: int = 1_780_000_001_000, said: str = "I would like Tuesday.") -> Turn:
    return Turn(turn_id, Role.CALLER, said, said, False, started_at_ms, started_at_ms + 900, "pipeline")


def a_usage(usage_id: str, at_ms: int = 1_780_000_001_000, characters: int = 120) -> Usage:
    return Usage(usage_id, "elevenlabs", "eleven_flash_v2_5", Kind.SPEECH, {Unit.CHARACTERS: characters}, "t1", at_ms)


def one_more(record: CallRecord) -> CallRecord:
    return replace(record, streams_served=record.streams_served + 1)


def at_once(tasks: Sequence[Callable[[], Outcome]]) -> list[Outcome | OffhookError]:
    """Run every task in a thread of its own, all started at the same moment; what each returned or refused."""
    start = threading.Barrier(len(tasks), timeout=30)

    def run(task: Callable[[], Outcome]) -> Outcome | OffhookError:
        start.wait()
        try:
            return task()
        except OffhookError as error:
            return error

    with ThreadPoolExecutor(len(tasks)) as threads:
        return list(threads.map(run, tasks))
