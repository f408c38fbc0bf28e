"""The runs: levels, speculation against none, a soak. Each has vendors and a host of its own, ended with it."""

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from tests.bench.at_once import caller, run_level
from tests.bench.collector import collector_held
from tests.bench.host import Host, StreamerOptions, streamer
from tests.bench.level import Level
from tests.bench.machine import free_port
from tests.bench.relation import relate
from tests.bench.stream_caller import Called
from tests.bench.table import forgetful_table
from tests.bench.vendor_process import Delays, Scripted, VendorProcess, vendors

TURNS, TURNS_ALONE = 4, 18
WARMING_TURNS = 2
EAGER_AHEAD = Delays(end_ms=600.0, eager_ms=300.0)
"""The eager end of turn comes 300 ms before the confirmed one."""
SOAK_TURNS = 8
SAMPLED_S = 2.0
BETWEEN_S = 0.5
AFTERWARDS_S = 8.0
"""How long what a call held may take to go: closing handshakes have 1 s, warm sockets age."""
Enter = Callable[[VendorProcess, str, Path], AbstractContextManager[Host]]
Tell = Callable[[str], None]


@dataclass(slots=True)
class Ran:
    """The levels of one host; MB before its first call."""

    levels: list[Level] = field(default_factory=list)
    idle_mb: float = 0.0


@dataclass(slots=True)
class Soaked:
    """Memory by time (seconds since the first call), and what was open before the calls and after them."""

    calls_made: int
    times_s: list[float]
    rss_mb: list[float]
    tasks: tuple[list[str], list[str]]
    sockets: tuple[dict[str, int], dict[str, int]]
    missed: int
    sessions: tuple[int, int] = (0, 0)
    """Of speech to speech, open at the vendor: after the calls, and after the host has ended as well."""


def our_streamer(options: StreamerOptions) -> Enter:
    return lambda simulated, table_url, folder: streamer(options, simulated, table_url, folder)


@asynccontextmanager
async def hosted(
    enter: Enter, delays: Scripted, folder: Path, afterwards: Callable[[VendorProcess], None] | None = None
) -> AsyncIterator[Host]:
    """Vendors, table and host. `afterwards`: called when the host has ended, and the vendors have not."""
    async with forgetful_table(free_port()) as table_url:
        with vendors(delays, folder) as simulated:
            entered = enter(simulated, table_url, folder)
            host = await asyncio.to_thread(entered.__enter__)
            try:
                yield host
            finally:
                await asyncio.to_thread(entered.__exit__, None, None, None)
                if afterwards is not None:
                    await asyncio.to_thread(afterwards, simulated)


async def levels(
    enter: Enter,
    calls: Sequence[int],
    turns: int,
    tell: Tell,
    delays: Scripted,
    profile: Path | None = None,
    *,
    until_full: bool = False,
) -> Ran:
    """One level after the other on the same host; with `until_full` the first that it does not carry is the last
    (one call alone proves nothing: a single turn too many is its limit). `turns` 0: as many as make sense."""
    chance, ran = random.Random(1), Ran()
    async with hosted(enter, delays, new_folder()) as host:
        ran.idle_mb = host.meters.rss_mb()
        await run_level(host, 1, WARMING_TURNS, chance)
        for count in calls:
            tell(f"{host.name}: {count} calls at once…")
            each = turns or (TURNS_ALONE if count == 1 else TURNS)
            ran.levels.append(await run_level(host, count, each, chance, profile if count == calls[-1] else None))
            if until_full and count > 1 and ran.levels[-1].is_full:
                tell(f"{host.name} is full.")
                break
    return ran


async def greetings(options: StreamerOptions, calls: int, tell: Tell, delays: Scripted) -> Level:
    """Calls of one turn, one after the other, on a streamer of their own; the first one warms it and does not count."""
    chance, called = random.Random(3), list[Called]()
    async with hosted(our_streamer(options), delays, new_folder()) as host:
        idle_mb = host.meters.rss_mb()
        await run_level(host, 1, 1, chance)
        tell(f"{calls} calls, one after the other; taken away: {' and '.join(options.without) or 'nothing'}…")
        began_s = time.monotonic()
        with collector_held():
            for _ in range(calls):
                await asyncio.sleep(BETWEEN_S)
                called.append(await caller(host, 1, chance).run())
        level = Level(calls, called, began_s, idle_mb=idle_mb)
        await asyncio.to_thread(relate, host.vendors.moments(began_s), delays, level)
    return level


async def soak(enter: Enter, minutes: float, lines: int, tell: Tell, delays: Scripted) -> Soaked:
    """`lines` calls at once, each followed by the next, for so long."""
    chance, times_s, rss_mb = random.Random(2), list[float](), list[float]()
    open_at_last: list[int] = []
    async with hosted(enter, delays, new_folder(), lambda left: open_at_last.append(_sessions(left))) as host:
        assert host.tasks is not None, "only our streamer is soaked"
        await run_level(host, 2, WARMING_TURNS, chance)
        await asyncio.sleep(AFTERWARDS_S)
        before = await asyncio.to_thread(host.tasks), _connections(host)
        began_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            until_s = began_s + minutes * 60
            running = [tasks.create_task(_line(host, until_s, index * 0.1, chance)) for index in range(lines)]
            while not all(line.done() for line in running):
                times_s.append(time.monotonic() - began_s)
                rss_mb.append(host.meters.rss_mb())
                if len(times_s) % 15 == 0:
                    host.vendors.collect()
                    tell(f"{times_s[-1]:.0f} s: {rss_mb[-1]:.1f} MB")
                await asyncio.sleep(SAMPLED_S)
        await asyncio.sleep(AFTERWARDS_S)
        after = await asyncio.to_thread(host.tasks), _connections(host)
        still_open = await asyncio.to_thread(_sessions, host.vendors)
    sessions = still_open, open_at_last[0]
    calls_made, missed = (sum(one) for one in zip(*(line.result() for line in running), strict=True))
    return Soaked(calls_made, times_s, rss_mb, (before[0], after[0]), (before[1], after[1]), missed, sessions)


async def _line(host: Host, until_s: float, after_s: float, chance: random.Random) -> tuple[int, int]:
    """One call after the other; how many, and how many turns were not answered or calls cut."""
    await asyncio.sleep(after_s)
    calls = missed = 0
    while time.monotonic() < until_s:
        called = await caller(host, SOAK_TURNS, chance).run()
        calls += 1
        missed += called.was_cut + sum(turn.answered_s is None for turn in called.turns)
    return calls, missed


def _sessions(simulated: VendorProcess) -> int:
    return sum(int(simulated.told(meters)["sessions_open"]) for meters in ("realtime", "live"))


def _connections(host: Host) -> dict[str, int]:
    """The host's open connections by whom they lead to; the rest, such as the table, is "other"."""
    ports = {urlsplit(url).port: vendor for vendor, url in host.vendors.urls.items()}
    found: dict[str, int] = {}
    for port, count in host.meters.sockets().items():
        name = ports.get(port, "other")
        found[name] = found.get(name, 0) + count
    return found


def new_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="offhook-bench-"))
