"""`python -m tests.bench.sockets`: what a frame costs on each WebSocket library and with each JSON codec.

One process relays: a media frame of 20 ms in as text, its audio out as binary, a media frame back as text. The callers
and the vendor are in this process, on picows. CPU is the relay's own, user and kernel, for one such round of three
messages; wall time on a shared machine says nothing. Codecs are timed alone, for one media frame.
"""

import argparse
import asyncio
import base64
import importlib
import json
import multiprocessing
import os
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection

import orjson
import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect, ws_create_server
from rich.console import Console
from rich.table import Table

from tests.bench.machine import HOST_CORE, MEASURING_CORE, pin, processor
from tests.bench.socket_relays import RELAYS

FRAME_S = 0.02
SETTLING_S = 1.0
_STEPS = 10
_FRAME = json.dumps(
    {
        "event": "media",
        "sequenceNumber": "3417",
        "media": {
            "track": "inbound",
            "chunk": "3415",
            "timestamp": "68300",
            "payload": base64.b64encode(bytes(range(160))).decode(),
        },
        "streamSid": "MZ18ad3ab5a668481ce02b83e7395059f0",
    }
).encode()


class _Counter(WSListener):
    """Counts what arrives."""

    taken = 0

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.BINARY):
            type(self).taken += 1


class _Vendor(_Counter):
    taken = 0


class _Caller(_Counter):
    taken = 0


def _cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _relay(name: str, vendor_url: str, told: "Connection[object, object]") -> None:
    """The measured process: tells its port, then its CPU seconds at every SIGUSR1."""
    pin(0, HOST_CORE)

    async def run() -> None:
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: told.send(_cpu_s()))
        await RELAYS[name](vendor_url, told.send)

    uvloop.run(run())


async def _measure(name: str, calls: int, seconds: float) -> tuple[float, float]:
    """CPU microseconds a round, and the share of rounds that came back."""
    vendor = await ws_create_server(lambda _: _Vendor(), "127.0.0.1", 0)
    ours, theirs = multiprocessing.Pipe()
    url = f"ws://127.0.0.1:{vendor.sockets[0].getsockname()[1]}/"
    relay = multiprocessing.get_context("spawn").Process(target=_relay, args=(name, url, theirs), daemon=True)
    relay.start()
    try:
        port = await asyncio.to_thread(ours.recv)
        lines = [(await ws_connect(_Caller, f"ws://127.0.0.1:{port}/"))[0] for _ in range(calls)]
        await _speak(lines, SETTLING_S)
        began_s, came = await _told(relay.pid, ours), _Caller.taken
        rounds = await _speak(lines, seconds)
        await asyncio.sleep(0.2)
        used_s = await _told(relay.pid, ours) - began_s
        return used_s / rounds * 1e6, (_Caller.taken - came) / rounds
    finally:
        relay.terminate()
        await asyncio.to_thread(relay.join)
        vendor.close()


async def _told(pid: int | None, ours: "Connection[object, object]") -> float:
    assert pid is not None
    os.kill(pid, signal.SIGUSR1)
    told = await asyncio.to_thread(ours.recv)
    assert isinstance(told, float)
    return told


async def _speak(lines: list[WSTransport], seconds: float) -> int:
    """Every line sends a frame each 20 ms, not in step; the number of frames sent."""
    time_s = asyncio.get_running_loop().time
    step_s, sent, due_s = FRAME_S / _STEPS, 0, time_s()
    for step in range(int(seconds / step_s)):
        for line in lines[step % _STEPS :: _STEPS]:
            line.send(WSMsgType.TEXT, _FRAME)
            sent += 1
        due_s += step_s
        await asyncio.sleep(due_s - time_s())
    return sent


async def _sockets(console: Console, levels: list[int], seconds: float) -> None:
    table = Table("library", *(f"us a frame, {calls} calls" for calls in levels), title="CPU of a relayed frame")
    for name in RELAYS:
        measured = [await _measure(name, calls, seconds) for calls in levels]
        table.add_row(
            name, *(f"{cost_us:.0f}" + ("" if came > 0.99 else f" ({came:.0%})") for cost_us, came in measured)
        )
    console.print(table)


def _codecs(console: Console) -> None:
    table = Table("codec", "us a media frame", title="Reading one media frame's JSON")
    readers: dict[str, Callable[[bytes], object]] = {"orjson": orjson.loads, "json": json.loads}
    try:
        readers["msgspec"] = importlib.import_module("msgspec.json").decode
    except ImportError:
        console.print("msgspec is not installed here, so it is left out.")
    for name, read in readers.items():
        table.add_row(name, f"{_best_us(read):.2f}")
    console.print(table)


def _best_us(read: Callable[[bytes], object], rounds: int = 20_000) -> float:
    best_s = float("inf")
    for _ in range(5):
        began_s = time.process_time()
        for _ in range(rounds):
            read(_FRAME)
        best_s = min(best_s, time.process_time() - began_s)
    return best_s / rounds * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.sockets", description=__doc__)
    parser.add_argument("--calls", default="50,100", help="numbers of calls at once, separated by commas (50,100)")
    parser.add_argument("--seconds", type=float, default=8.0, help="how long each is measured (8)")
    given = parser.parse_args()
    pin(0, MEASURING_CORE)
    console = Console(width=120)
    console.print(processor())
    _codecs(console)
    uvloop.run(_sockets(console, [int(number) for number in given.calls.split(",")], given.seconds))


if __name__ == "__main__":
    main()
