"""So many calls at once on one host, and what came of them."""

import asyncio
import itertools
import random
import time
from pathlib import Path

from tests.bench.collector import collector_held
from tests.bench.dialogue import Dialogue
from tests.bench.host import Host
from tests.bench.level import Level
from tests.bench.relation import relate
from tests.bench.samples import record
from tests.bench.stream_caller import StreamCaller
from tests.bench.usage import SETTLED_S, measured

CALLS_A_SECOND = 25
"""How fast calls arrive, on average."""
PROFILED_S = 10
_numbers = itertools.count(1)


def caller(host: Host, turns: int, chance: random.Random) -> StreamCaller:
    number = next(_numbers)
    stream_sid, start = host.start(number)
    return StreamCaller(host.url, number, stream_sid, start, Dialogue(turns, 0.4 + 0.6 * chance.random()))


async def run_level(host: Host, calls: int, turns: int, chance: random.Random, profile: Path | None = None) -> Level:
    """Calls arrive at random, hold `turns` turns each, and hang up. `profile`: where to put samples of the host."""
    idle_mb, began_s = host.meters.rss_mb(), time.monotonic()
    host.vendors.collect()
    with collector_held():
        async with asyncio.TaskGroup() as tasks:
            running = []
            for _ in range(calls):
                running.append(tasks.create_task(caller(host, turns, chance).run()))
                await asyncio.sleep(2 * chance.random() / CALLS_A_SECOND)  # not in step with the others' 20 ms
            measuring = tasks.create_task(measured(host, running))
            if profile is not None:
                await asyncio.sleep(SETTLED_S)
                tasks.create_task(record(host.meters.pid, PROFILED_S, profile))
    level = Level(calls, [task.result() for task in running], began_s, measuring.result(), idle_mb)
    await asyncio.to_thread(relate, host.vendors.moments(began_s), host.vendors.delays, level)
    return level
