"""`python -m tests.bench`: what the streamer adds to a call and what a call costs it, by number of calls at once."""

import argparse
import asyncio
import base64
import itertools
import json
import os
import socket
import statistics
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from calls.record import Mode
from calls.stream_token import Grant, mint
from tests.bench.stream_caller import Measured, StreamCaller
from tests.bench.streamer_process import StreamerProcess, light_streamer

# the light providers' script, from the last voice to the first audio: 300 ms of quiet end a turn, speech takes 10 ms
SCRIPTED_MS = 310.0
LOUD, QUIET = (base64.b64encode(bytes([code]) * 160).decode() for code in (0x10, 0xFF))
_calls = itertools.count()


@dataclass(frozen=True, slots=True)
class Level:
    calls: int
    measured: list[Measured]
    cpu_s_per_call_minute: float
    rss_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--calls", default="1,10,25,50", help="numbers of calls at once, separated by commas")
    levels = [int(number) for number in parser.parse_args().calls.split(",")]
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    console = Console()
    log = Path(tempfile.mkdtemp(prefix="offhook-bench-")) / "streamer.log"
    with light_streamer(_free_port(), log) as streamer:
        rows = []
        for calls in levels:
            console.print(f"{calls} calls at once…")
            rows.append(asyncio.run(_level(streamer, calls)))
    console.print(_table(rows))
    console.print(
        "overhead: last voice to first audio, less the providers' script (310 ms). late: the caller's own clock; "
        "where it is late the measuring is at its limit, not the streamer."
    )


async def _level(streamer: StreamerProcess, calls: int) -> Level:
    cpu_before_s, began_s = streamer.cpu_s(), time.monotonic()
    async with asyncio.TaskGroup() as tasks:
        running = []
        for _ in range(calls):
            running.append(tasks.create_task(_caller(streamer).run()))
            await asyncio.sleep(2.0 / calls)  # calls do not begin in one instant
        rss_mb = streamer.rss_mb()
    minutes = calls * (time.monotonic() - began_s - 1.0) / 60
    cpu_s = streamer.cpu_s() - cpu_before_s
    return Level(calls, [task.result() for task in running], cpu_s / minutes, rss_mb)


def _caller(streamer: StreamerProcess) -> StreamCaller:
    number = next(_calls)
    call_id, sid = f"01BENCH{number:06d}", f"CA{number:032x}"
    grant = Grant(call_id, sid, "default", Mode.PIPELINE, f"n{number}", int(time.time()) + 300)
    parameters = {"callId": call_id, "token": mint(streamer.secret, grant)}
    media_format = {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1}
    body = {
        "streamSid": f"MZ{number:032x}",
        "callSid": sid,
        "mediaFormat": media_format,
        "customParameters": parameters,
    }
    start = json.dumps({"event": "start", "start": body})
    return StreamCaller(f"ws://{streamer.address}/stream", start, SCRIPTED_MS, LOUD, QUIET)


def _table(levels: list[Level]) -> Table:
    table = Table(title="Streamer, light providers (ms unless said)")
    for heading in ("calls", "greeting p50", "overhead p50", "p95", "p99", "CPU s/call-min", "RSS MB", "late p99"):
        table.add_column(heading, justify="right")
    table.add_column("answers missed", justify="right")
    for level in levels:
        greeting = [one.greeting_ms for one in level.measured]
        overhead = [ms for one in level.measured for ms in one.overhead_ms]
        late = [ms for one in level.measured for ms in one.late_ms]
        figures = [_at(greeting, 50), _at(overhead, 50), _at(overhead, 95), _at(overhead, 99)]
        table.add_row(
            str(level.calls),
            *(f"{figure:.1f}" for figure in figures),
            f"{level.cpu_s_per_call_minute:.2f}",
            f"{level.rss_mb:.0f}",
            f"{_at(late, 99):.1f}",
            str(sum(one.answers_missed for one in level.measured)),
        )
    return table


def _at(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else float("nan")
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
