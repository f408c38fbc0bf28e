"""`python -m tests.vendors`: the three vendors in a process of their own, until it is told to stop.

Prints one JSON line with the URLs when it listens, and one with all meters at the end (SIGTERM, SIGINT, or the end of
standard input with --with-parent).
"""

import argparse
import asyncio
import gc
import json
import os
import signal
import sys
from dataclasses import fields
from pathlib import Path

import uvloop

from tests.vendors.script import Script
from tests.vendors.script_file import BadScript, read_script
from tests.vendors.vendors import Vendors


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.vendors", description="Simulated Deepgram, OpenAI and ElevenLabs.")
    parser.add_argument("--script", type=Path, help="JSON file with the fields of tests.vendors.script.Script")
    for name in ("deepgram", "openai", "elevenlabs"):
        parser.add_argument(f"--{name}-port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends")
    parser.add_argument("--hold-collector", action="store_true", help="no garbage collection but on SIGUSR1")
    given = parser.parse_args()
    try:
        script = Script() if given.script is None else read_script(given.script)
    except (BadScript, OSError) as error:
        parser.error(f"{given.script}: {error}")
    ports = (given.deepgram_port, given.openai_port, given.elevenlabs_port)
    if given.hold_collector:
        hold_collector()
    uvloop.run(serve(script, ports, with_parent=given.with_parent))


def hold_collector() -> None:
    """For a benchmark: a full collection stops every simulated vendor for 40 ms at a hundred calls, and what their
    answers are late by then would be told of the server that waits for them. What is loaded is frozen; the rest is
    collected when the benchmark says, between what it measures."""
    gc.collect()
    gc.freeze()
    gc.disable()
    signal.signal(signal.SIGUSR1, lambda _number, _frame: gc.collect())


async def serve(script: Script, ports: tuple[int, int, int], *, with_parent: bool) -> None:
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), lambda: stopped.set() if not os.read(sys.stdin.fileno(), 4096) else None)
    async with Vendors(script, ports) as vendors:
        urls = {"deepgram": vendors.deepgram_url, "openai": vendors.openai_url, "elevenlabs": vendors.elevenlabs_url}
        _print(urls)
        await stopped.wait()
    meters = vendors.meters
    _print({one.name: getattr(meters, one.name).as_json() for one in fields(meters)})


def _print(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
