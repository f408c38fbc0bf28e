"""Places replayed calls in a house, so many at a time, and waits for what is kept of each."""

import asyncio
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calls.errors import OffhookError
from calls.record import Direction
from offhook.call_request import CallRequest
from offhook.house import House
from offhook.phone import PlacedCall
from offhook.replay.caller import LINGER_MS, TapeCaller
from offhook.replay.tape import Tape

SLOWER = 3
"""Another setting may make a call last so many times as long, before it is hung up."""
BESIDE_S = 120.0
"""Ringing, the longest silence, the last goodbye and the last callbacks."""
TELL_S = 0.5


@dataclass(frozen=True, slots=True)
class Job:
    """One call to be made. `agent` is the name of an agent of the house; `what` is said of it while it runs."""

    tape: Tape
    agent: str
    what: str


@dataclass(frozen=True, slots=True)
class Ran:
    """`call` is the values of its `call.json`, in `folder`; None, and `why` says why, for a call that was not made."""

    job: Job
    call: dict[str, Any] | None
    folder: Path | None = None
    why: str = ""


OnProgress = Callable[[int, Job, int, bool], None]
"""Told (number of the job, job, ms since answer, whether it is over)."""


async def run_jobs(house: House, jobs: Sequence[Job], *, at_once: int, on_progress: OnProgress) -> list[Ran]:
    """Make every call, in order of `jobs` as far as `at_once` allows. What fails of one call ends no other."""
    free = asyncio.Semaphore(at_once)

    async def one(number: int, job: Job) -> Ran:
        async with free:
            try:
                return await _run(house, number, job, on_progress)
            except OffhookError as error:
                return Ran(job, None, why=error.failure.sentence)
            finally:
                on_progress(number, job, 0, True)

    async with asyncio.TaskGroup() as running:
        tasks = [running.create_task(one(number, job), name=job.what) for number, job in enumerate(jobs)]
    return [task.result() for task in tasks]


async def _run(house: House, number: int, job: Job, on_progress: OnProgress) -> Ran:
    # A number of its own: the box knows by it who picks up.
    request = CallRequest(Direction.OUTBOUND, f"+1555124{number % 10_000:04d}", Path(), job.agent)
    placed = await house.place_with(request, TapeCaller(job.tape))
    house.keeper.is_replay(placed.twilio_sid, job.tape.origin)
    await _ended(house, placed, number, job, on_progress)
    folder = await house.kept(placed)
    text = await asyncio.to_thread((folder / "call.json").read_text, "utf-8")
    return Ran(job, json.loads(text), folder)


async def _ended(house: House, placed: PlacedCall, number: int, job: Job, on_progress: OnProgress) -> None:
    """Until the call is over; it is hung up where it takes far longer than it did."""
    call = house.box.calls[placed.twilio_sid]
    limit_ms = SLOWER * job.tape.duration_ms + LINGER_MS + BESIDE_S * 1000
    while not call.over:
        try:
            line = house.box.line(call)
        except KeyError:
            break
        on_progress(number, job, line.now_ms, False)
        if line.now_ms > limit_ms:
            line.hang_up()
        await asyncio.sleep(TELL_S)
    await house.box.ended(call)
