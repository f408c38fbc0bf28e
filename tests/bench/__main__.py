"""`python -m tests.bench`: what the streamer adds to a call, and what a call costs it, by number of calls at once.

The vendors are simulated, in a process of their own; the streamer is the one that ships, on a core of its own.
"""

import argparse

import uvloop
from rich.console import Console

from tests.bench.host import StreamerOptions
from tests.bench.machine import MEASURING_CORE, pin, processor
from tests.bench.peers import pipecat
from tests.bench.report import (
    cost_table,
    latency_table,
    notes,
    peers_table,
    profile_tables,
    soak_lines,
    speculation_table,
    stages_table,
)
from tests.bench.runs import EAGER_AHEAD, levels, new_folder, our_streamer, soak
from tests.bench.vendor_process import Delays

RECOGNISERS = {"flux": "deepgram/flux-general-en", "nova": "deepgram/nova-3"}
PEER_CALLS = "1,4,8"


def main() -> None:
    libraries = "python -m tests.bench.sockets: what a frame costs on each WebSocket library and with each JSON codec."
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, epilog=libraries)
    parser.add_argument("--calls", help="numbers of calls at once, separated by commas (1,25,50,100)")
    parser.add_argument("--recogniser", choices=tuple(RECOGNISERS), default="flux")
    parser.add_argument("--turns", type=int, default=0, help="turns a call (18 for a single call, otherwise 4)")
    parser.add_argument("--profile", action="store_true", help="sample the streamer with py-spy, at the last level")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--speculation", action="store_true", help="an eager end of turn, with and without speculation")
    what.add_argument("--soak", type=float, metavar="MINUTES", help="calls one after the other: memory, what is left")
    what.add_argument("--peers", action="store_true", help="the same calls through pipecat (see make bench-peers)")
    given = parser.parse_args()
    pin(0, MEASURING_CORE)
    console = Console(width=120)
    console.print(processor())
    if given.speculation:
        uvloop.run(_speculation(console, _numbers(given.calls or "1"), given.turns))
    elif given.soak:
        uvloop.run(_soak(console, given.soak, int(given.calls or "50")))
    elif given.peers:
        uvloop.run(_peers(console, _numbers(given.calls or PEER_CALLS), given.turns))
    else:
        recogniser, numbers = given.recogniser, _numbers(given.calls or "1,25,50,100")
        uvloop.run(_levels(console, numbers, given.turns, recogniser, profiled=given.profile))


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


async def _levels(console: Console, calls: list[int], turns: int, recogniser: str, *, profiled: bool) -> None:
    delays, profile = Delays(), new_folder() / "profile" if profiled else None
    enter = our_streamer(StreamerOptions(RECOGNISERS[recogniser]))
    ran = await levels(enter, calls, turns, console.print, delays, profile)
    title = f"offhook, {recogniser}"
    console.print(latency_table(title, ran.levels, delays), cost_table(title, ran.levels))
    for level in ran.levels:
        if level.stages:
            console.print(stages_table(level))
    if profile:
        console.print(*profile_tables(profile))
    console.print(notes(ran.idle_mb, delays))


async def _speculation(console: Console, calls: list[int], turns: int) -> None:
    runs = {}
    for speculate in (True, False):
        enter = our_streamer(StreamerOptions(speculate=speculate))
        runs[speculate] = await levels(enter, calls, turns, console.print, EAGER_AHEAD)
    console.print(speculation_table(runs[True].levels, runs[False].levels, EAGER_AHEAD))


async def _soak(console: Console, minutes: float, lines: int) -> None:
    soaked = await soak(our_streamer(StreamerOptions()), minutes, lines, console.print)
    console.print(soak_lines(soaked, lines))


async def _peers(console: Console, calls: list[int], turns: int) -> None:
    delays = Delays()
    ours = await levels(our_streamer(StreamerOptions()), calls, turns, console.print, delays)
    theirs = await levels(pipecat, calls, turns, console.print, delays)
    for title, ran in (("offhook, flux", ours), ("pipecat, flux", theirs)):
        console.print(latency_table(title, ran.levels, delays), cost_table(title, ran.levels))
    console.print(peers_table(ours.levels, theirs.levels, delays))
    console.print(notes(ours.idle_mb, delays))


if __name__ == "__main__":
    main()
