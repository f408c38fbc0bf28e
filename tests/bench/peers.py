"""Another server in our streamer's place: pipecat, from an environment of its own (`make bench-peers` makes it)."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.host import Host, wait_until_ready
from tests.bench.machine import HOST_CORE, Meters, free_port, running
from tests.bench.vendor_process import VendorProcess

PYTHON = Path(".venv-peers/bin/python")


@contextmanager
def pipecat(vendors: VendorProcess, _table_url: str, folder: Path) -> Iterator[Host]:
    """`tests.bench.pipecat_bot` on its own core. It asks for no token and writes to no table."""
    if not PYTHON.exists():
        raise FileNotFoundError(f"{PYTHON} is not there; `make bench-peers` makes it")
    port, log = free_port(), folder / "pipecat.log"
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "PORT": str(port), **vendors.environment()}
    with running([str(PYTHON), "-m", "tests.bench.pipecat_bot"], environment, HOST_CORE, 0, log) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        yield Host("pipecat", f"ws://127.0.0.1:{port}/stream", Meters(process.pid), vendors, lambda _number, _sid: {})
