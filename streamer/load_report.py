"""What a task tells CloudWatch: of its load once a minute, of its calls every few seconds; lines of Embedded Metric
Format in its log (`calls.emf`).

All tasks share one dimension, so that CloudWatch's Average is the average over tasks, which is what scaling follows.
"""

import asyncio
import sys
import time
from dataclasses import dataclass
from typing import TextIO

from calls.metrics import ACTIVE_CALLS, LOOP_LAG, ROOM_TAKEN, Measure, measure
from streamer.admission import Admission
from streamer.measures import Measures

LOAD_EVERY_S = 60.0
CALLS_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Every:
    """How often is told, in seconds."""

    load_s: float = LOAD_EVERY_S
    calls_s: float = CALLS_EVERY_S


def load(admission: Admission) -> list[Measure]:
    """RoomTaken is 100 for a task that takes no more because its event loop is late, however few its calls are: it
    needs help just as a full one does."""
    taken = 100.0 if admission.lag.is_busy else 100.0 * admission.active / admission.max_calls
    return [
        measure(ACTIVE_CALLS, admission.active),
        measure(ROOM_TAKEN, round(taken, 1)),
        measure(LOOP_LAG, round(admission.lag.p95_ms, 1)),
    ]


def tell(namespace: str, measures: Measures, out: TextIO) -> None:
    """Write out what was noted since the last time."""
    told = measures.take(namespace, time.time_ns() // 1_000_000)
    if told:
        out.write("".join(f"{line}\n" for line in told))
        out.flush()


async def report_load(
    namespace: str, admission: Admission, measures: Measures, out: TextIO = sys.stdout, every_s: float = LOAD_EVERY_S
) -> None:
    """Tell at once and every `every_s`, until cancelled; nothing where the namespace is empty. A task that leaves is
    cancelled first: it takes no calls, so it must not count as room."""
    while namespace:
        measures.note(load(admission))
        tell(namespace, measures, out)
        await asyncio.sleep(every_s)


async def report_calls(
    namespace: str, measures: Measures, out: TextIO = sys.stdout, every_s: float = CALLS_EVERY_S
) -> None:
    """Tell of calls every `every_s` until cancelled, also while the task leaves; whoever cancels tells the rest."""
    while namespace:
        await asyncio.sleep(every_s)
        tell(namespace, measures, out)
