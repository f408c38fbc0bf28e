"""`python -m tests.bench`: what the streamer adds to a call, and what a call costs it, by number of calls at once.

The vendors are simulated, in a process of their own; the streamer is the one that ships, on a core of its own.
"""

import argparse
import asyncio
import random
import tempfile
from pathlib import Path

import uvloop
from rich.console import Console

from tests.bench.host import StreamerOptions, streamer
from tests.bench.level import Level, run_level
from tests.bench.machine import MEASURING_CORE, free_port, pin, processor
from tests.bench.report import cost_table, latency_table, notes, profile_tables, stages_table
from tests.bench.table import forgetful_table
from tests.bench.vendor_process import Delays, vendors


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--calls", default="1,25,50,100", help="numbers of calls at once, separated by commas")
    parser.add_argument("--recogniser", choices=("flux", "nova"), default="flux")
    parser.add_argument("--turns", type=int, default=0, help="turns a call (default: 18 for one call, 4 otherwise)")
    parser.add_argument("--profile", action="store_true", help="sample the streamer with py-spy, at the last level")
    given = parser.parse_args()
    pin(0, MEASURING_CORE)
    console = Console(width=120)
    console.print(f"{processor()}")
    levels = [int(number) for number in given.calls.split(",")]
    uvloop.run(_levels(console, levels, given.turns, RECOGNISERS[given.recogniser], given.profile))


RECOGNISERS = {"flux": "deepgram/flux-general-en", "nova": "deepgram/nova-3"}


async def _levels(console: Console, levels: list[int], turns: int, recogniser: str, profiled: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="offhook-bench-"))
    chance, delays, done = random.Random(1), Delays(), list[Level]()
    async with forgetful_table(free_port()) as table_url:
        with vendors(delays, folder) as simulated:
            entered = streamer(StreamerOptions(recogniser), simulated, table_url, folder)
            host = await asyncio.to_thread(entered.__enter__)
            try:
                idle_mb = host.meters.rss_mb()
                await run_level(host, 1, 2, chance)
                for calls in levels:
                    console.print(f"{calls} calls at once…")
                    to = folder / "profile" if profiled and calls == levels[-1] else None
                    done.append(await run_level(host, calls, turns or (18 if calls == 1 else 4), chance, to))
            finally:
                await asyncio.to_thread(entered.__exit__, None, None, None)
    console.print(latency_table(f"offhook, {recogniser}", done, delays), cost_table(f"offhook, {recogniser}", done))
    for level in done:
        if level.stages:
            console.print(stages_table(level))
    if profiled:
        console.print(*profile_tables(folder / "profile"))
    console.print(notes(idle_mb, delays))


if __name__ == "__main__":
    main()
