"""Scripted moments: nothing comes before its own, on whichever loop."""

import asyncio
import time
from functools import partial

from tests.vendors.paced import ON_TIME_S, Alarm, Paced


async def test_an_alarm_never_goes_off_before_its_moment() -> None:
    """Where in its millisecond uvloop's clock stands is chance, so many at once; some are near, and some were waited
    for."""
    now_s = time.monotonic()
    moments_s = [now_s + number * 0.00137 for number in range(70)]
    early: list[float] = []
    gone_off: list[float] = []
    all_have = asyncio.Event()

    def note(at_s: float) -> None:
        gone_off.append(at_s)
        if time.monotonic() < at_s:
            early.append(at_s)
        if len(gone_off) == len(moments_s):
            all_have.set()

    alarms = [Alarm(at_s, partial(note, at_s)) for at_s in moments_s]
    async with asyncio.timeout(5):
        await all_have.wait()
    assert not early
    assert all(alarm.is_over for alarm in alarms)


async def test_an_alarm_that_is_called_off_in_its_last_stretch_is_silent() -> None:
    gone_off: list[str] = []
    at_s = time.monotonic() + 0.06
    alarms: list[Alarm] = []

    def call_off() -> None:
        alarms[0].cancel()

    Alarm(at_s - 0.0005, call_off)
    alarms.append(Alarm(at_s, lambda: gone_off.append("late")))
    await asyncio.sleep(0.08)
    assert alarms[0].is_over
    assert not gone_off


async def test_a_list_is_sent_in_order_and_then_it_is_over() -> None:
    happened: list[str] = []
    now_s = time.monotonic()
    timed = [(now_s - 1, "at once"), (now_s + 0.002, "soon"), (now_s + 0.06, "waited for"), (now_s + 0.0601, "with it")]
    ended = asyncio.Event()
    Paced(timed, happened.append, ended.set)
    assert happened == ["at once"]
    async with asyncio.timeout(5):
        await ended.wait()
    assert happened == ["at once", "soon", "waited for", "with it"]
    assert time.monotonic() >= now_s + 0.0601 - ON_TIME_S


async def test_a_list_that_is_stopped_sends_no_more() -> None:
    happened: list[str] = []
    now_s = time.monotonic()
    paced = Paced([(now_s, "first"), (now_s + 0.002, "second")], happened.append, lambda: happened.append("over"))
    paced.stop()
    await asyncio.sleep(0.01)
    assert happened == ["first"]
