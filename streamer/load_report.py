"""What a task tells CloudWatch of its load once a minute: one line of Embedded Metric Format in its log.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html. All
tasks share one dimension, so that CloudWatch's Average is the average over tasks, which is what scaling follows.
"""

import asyncio
import sys
import time
from typing import TextIO

import orjson

from streamer.admission import Admission

EVERY_S = 60.0


def line(namespace: str, admission: Admission, now_ms: int) -> str:
    """One JSON object without a line end. `RoomTaken` (percent) is 100 for a task that takes no more because its event
    loop is late, however few its calls are: it needs help just as a full one does."""
    taken = 100.0 if admission.lag.is_busy else 100.0 * admission.active / admission.max_calls
    units = {"ActiveCalls": "Count", "RoomTaken": "Percent", "LoopLagP95": "Milliseconds"}
    told = {
        "_aws": {
            "Timestamp": now_ms,
            "CloudWatchMetrics": [
                {
                    "Namespace": namespace,
                    "Dimensions": [["service"]],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit in units.items()],
                }
            ],
        },
        "service": "streamer",
        "ActiveCalls": admission.active,
        "RoomTaken": round(taken, 1),
        "LoopLagP95": round(admission.lag.p95_ms, 1),
    }
    return orjson.dumps(told).decode()


async def report(namespace: str, admission: Admission, out: TextIO = sys.stdout, every_s: float = EVERY_S) -> None:
    """Tell at once and every `every_s`, until cancelled; nothing where the namespace is empty. A task that leaves is
    cancelled first: it takes no calls, so it must not count as room."""
    while namespace:
        out.write(f"{line(namespace, admission, time.time_ns() // 1_000_000)}\n")
        out.flush()
        await asyncio.sleep(every_s)
