"""The gauge on a real loop that is being blocked."""

import asyncio
import logging
import time

import pytest

from streamer.admission import WINDOW_MS, LoopLag
from streamer.lag_gauge import gauge


async def test_a_blocked_loop_is_noticed_once_and_so_is_its_recovery(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "streamer.lag_gauge")
    lag = LoopLag(40.0)
    measuring = asyncio.create_task(gauge(lag))
    until_s = time.monotonic() + WINDOW_MS / 1000 + 0.5
    while time.monotonic() < until_s:
        time.sleep(0.12)  # noqa: ASYNC251 - it is the loop that must stand still
        await asyncio.sleep(0.001)
    assert lag.is_busy
    async with asyncio.timeout(20):
        while lag.is_busy:  # noqa: ASYNC110 - the gauge tells nobody but the log
            await asyncio.sleep(0.05)
    measuring.cancel()
    await asyncio.wait([measuring])
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO"]
