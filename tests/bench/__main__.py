"""`python -m tests.bench`: what the streamer adds to a call, and what a call costs it, by number of calls at once.

The vendors are simulated, in a process of their own; the streamer is the one that ships, on a core of its own.
"""

import argparse
from dataclasses import dataclass

import uvloop
from rich.console import Console

from tests.bench.host import StreamerOptions
from tests.bench.machine import MEASURING_CORE, pin, processor
from tests.bench.peers import PEERS, Peer
from tests.bench.report import (
    cost_table,
    greeting_table,
    latency_table,
    notes,
    peers_table,
    profile_tables,
    soak_lines,
    speculation_table,
    stages_table,
)
from tests.bench.runs import EAGER_AHEAD, Ran, greetings, levels, new_folder, our_streamer, soak
from tests.bench.speech import Speech
from tests.bench.vendor_process import Delays, Scripted

RECOGNISERS = {"flux": "deepgram/flux-general-en", "nova": "deepgram/nova-3"}
PEER_CALLS = "1,4,8"
CALLS = "1,25,50,100,200,300"
GREETED_CALLS = 8
OPEN_MS = 200.0
"""What establishing a session takes in --greeting: some round trips across the Atlantic, TLS and the vendor's own."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Our streamer in one mode, and the script that goes with it."""

    title: str
    options: StreamerOptions
    script: Scripted


REALTIME = Measured("offhook, realtime", StreamerOptions(realtime="gpt-realtime-2.1"), Speech())
LIVE = Measured("offhook, live", StreamerOptions(realtime="gpt-live-1"), Speech(is_live=True))


def main() -> None:
    given = _parser().parse_args()
    pin(0, MEASURING_CORE)
    console = Console(width=140)
    console.print(processor())
    measured = _measured(given)
    if given.speculation:
        uvloop.run(_speculation(console, _numbers(given.calls or "1"), given.turns))
    elif given.greeting:
        uvloop.run(_greeting(console, int(given.calls or GREETED_CALLS)))
    elif given.soak:
        uvloop.run(_soak(console, given.soak, int(given.calls or "50"), measured))
    elif given.peers is not None:
        uvloop.run(_peers(console, _numbers(given.calls or PEER_CALLS), given.turns, given.peers))
    else:
        uvloop.run(_levels(console, given, measured))


def _parser() -> argparse.ArgumentParser:
    libraries = "python -m tests.bench.sockets: what a frame costs on each WebSocket library and with each JSON codec."
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, epilog=libraries)
    parser.add_argument("--calls", help=f"numbers of calls at once ({CALLS}, up to the first that is not carried)")
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--recogniser", choices=tuple(RECOGNISERS), default="flux", help="of the pipeline")
    mode.add_argument("--realtime", action="store_true", help="speech to speech, on OpenAI Realtime")
    mode.add_argument("--live", action="store_true", help="speech to speech, on OpenAI Live")
    parser.add_argument("--turns", type=int, default=0, help="turns a call (18 for a single call, otherwise 4)")
    parser.add_argument("--profile", action="store_true", help="sample the streamer with py-spy, at the last level")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--speculation", action="store_true", help="an eager end of turn, with and without speculation")
    what.add_argument(
        "--greeting", action="store_true", help="realtime from `start`: kept phrases and sessions, or none"
    )
    what.add_argument("--soak", type=float, metavar="MINUTES", help="calls one after the other: memory, what is left")
    what.add_argument(
        "--peers", nargs="*", metavar="PEER", help=f"the same calls through {', '.join(PEERS)} (see make bench-peers)"
    )
    return parser


def _measured(given: argparse.Namespace) -> Measured:
    if given.realtime or given.live:
        return LIVE if given.live else REALTIME
    return Measured(f"offhook, {given.recogniser}", StreamerOptions(RECOGNISERS[given.recogniser]), Delays())


def _numbers(text: str) -> list[int]:
    return [int(number) for number in text.split(",")]


async def _levels(console: Console, given: argparse.Namespace, measured: Measured) -> None:
    profile = new_folder() / "profile" if given.profile else None
    calls, is_asked = _numbers(given.calls or CALLS), bool(given.calls or given.profile)
    enter, tell = our_streamer(measured.options), console.print
    ran = await levels(enter, calls, given.turns, tell, measured.script, profile, until_full=not is_asked)
    _print(console, measured.title, ran, measured.script)
    staged = [level for level in ran.levels if level.stages and not level.is_full]
    for level in {level.calls: level for level in (*staged[:1], *staged[-1:])}.values():
        console.print(stages_table(level))
    if profile:
        console.print(*profile_tables(profile))
    console.print(notes(ran.idle_mb, measured.script))


async def _speculation(console: Console, calls: list[int], turns: int) -> None:
    runs = {}
    for speculate in (True, False):
        enter = our_streamer(StreamerOptions(speculate=speculate))
        runs[speculate] = await levels(enter, calls, turns, console.print, EAGER_AHEAD)
    console.print(speculation_table(runs[True].levels, runs[False].levels, EAGER_AHEAD))


async def _greeting(console: Console, calls: int) -> None:
    script, rows = Speech(open_ms=OPEN_MS), []
    for name, without in {
        "kept, warm": (),
        "kept, cold": ("warm",),
        "none, warm": ("phrases",),
        "none, cold": ("phrases", "warm"),
    }.items():
        options = StreamerOptions(realtime="gpt-realtime-2.1", without=without)
        rows.append((name, await greetings(options, calls, console.print, script)))
    console.print(greeting_table(rows, script))
    console.print(notes(rows[0][1].idle_mb, script))


async def _soak(console: Console, minutes: float, lines: int, measured: Measured) -> None:
    soaked = await soak(our_streamer(measured.options), minutes, lines, console.print, measured.script)
    console.print(measured.title, soak_lines(soaked, lines), sep="\n")


async def _peers(console: Console, calls: list[int], turns: int, names: list[str]) -> None:
    """The pipeline and realtime, each with the peers that are here."""
    asked = {name: peer for name, peer in PEERS.items() if name in names or not names}
    missing = {name: why for name, peer in asked.items() if (why := peer.missing())}
    for ours in (_PIPELINE, REALTIME):
        peers = {
            name: peer for name, peer in asked.items() if name not in missing and peer.is_realtime is (ours is REALTIME)
        }
        if peers:
            await _against(console, calls, turns, ours, peers)
    for name, why in missing.items():
        console.print(f"{name}: not measured; {why}")


async def _against(console: Console, calls: list[int], turns: int, ours: Measured, peers: dict[str, Peer]) -> None:
    mine = await levels(our_streamer(ours.options), calls, turns, console.print, ours.script)
    theirs = {
        name: await levels(peer.enter, calls, turns, console.print, ours.script, until_full=True)
        for name, peer in peers.items()
    }
    for title, ran in {ours.title: mine, **theirs}.items():
        _print(console, title, ran, ours.script)
    console.print(peers_table(mine.levels, {name: ran.levels for name, ran in theirs.items()}, ours.script))
    console.print(notes(mine.idle_mb, ours.script))


def _print(console: Console, title: str, ran: Ran, script: Scripted) -> None:
    console.print(latency_table(title, ran.levels, script), cost_table(title, ran.levels))


_PIPELINE = Measured("offhook, flux", StreamerOptions(), Delays())


if __name__ == "__main__":
    main()
