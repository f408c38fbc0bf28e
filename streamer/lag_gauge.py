"""Measures how late the event loop runs, for as long as the task takes calls."""

import asyncio
import logging
import time

from streamer.admission import LoopLag

log = logging.getLogger(__name__)

SAMPLE_EVERY_S = 0.05


async def gauge(lag: LoopLag) -> None:
    """Runs until it is cancelled. Logs each time that calls are no longer, or again, welcome."""
    while True:
        before_s = time.monotonic()
        await asyncio.sleep(SAMPLE_EVERY_S)
        now_s = time.monotonic()
        if lag.add(now_s * 1000, (now_s - before_s - SAMPLE_EVERY_S) * 1000):
            told = {"lagP95Ms": round(lag.p95_ms)}
            if lag.is_busy:
                log.warning("the event loop is late: no more calls for now", extra=told)
            else:
                log.info("the event loop is well again: calls are welcome", extra=told)
