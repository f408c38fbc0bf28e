"""Other servers in our streamer's place, from an environment of their own (`make bench-peers` makes it)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.host import Host, wait_until_ready
from tests.bench.machine import HOST_CORE, Meters, free_port, running
from tests.bench.vendor_process import VendorProcess

PYTHON = Path(".venv-peers/bin/python")
SAMPLE = Path(".venv-peers/speech-assistant/main.py")


@dataclass(frozen=True, slots=True)
class Peer:
    """A module that serves media streams at PORT, under /stream, and says so at /readyz. It asks for no token and
    writes to no table. `needs` is a file of its that we do not bring, and `fetch` how to."""

    name: str
    module: str
    is_realtime: bool = False
    python: Path = PYTHON
    needs: Path = PYTHON
    fetch: str = "`make bench-peers` makes .venv-peers"

    def missing(self) -> str:
        """Why it cannot be measured here; empty where it can."""
        absent = next((path for path in (self.python, self.needs) if not path.exists()), None)
        return f"{absent} is not there: {self.fetch}" if absent else ""

    @contextmanager
    def enter(self, vendors: VendorProcess, _table_url: str, folder: Path) -> Iterator[Host]:
        """On its own core."""
        port, log = free_port(), folder / "peer.log"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PORT": str(port),
            "OFFHOOK_BENCH_SAMPLE": str(SAMPLE),
            **vendors.environment(),
        }
        with running([str(self.python), "-m", self.module], environment, HOST_CORE, 0, log) as process:
            wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
            yield Host(self.name, f"ws://127.0.0.1:{port}/stream", Meters(process.pid), vendors, _no_parameters)


def _no_parameters(_number: int, _sid: str) -> dict[str, str]:
    return {}


_ours = Path(sys.executable)
_fetch_sample = (
    "put main.py of github.com/twilio-samples/speech-assistant-openai-realtime-api-python there; "
    "docs/benchmarks.md has the command"
)
PEERS = {
    peer.name: peer
    for peer in (
        Peer("pipecat-flux", "tests.bench.pipecat_bot"),
        Peer("floor", "tests.bench.floor", is_realtime=True, python=_ours, needs=_ours),
        Peer("twilio-sample", "tests.bench.twilio_sample", is_realtime=True, needs=SAMPLE, fetch=_fetch_sample),
        Peer("openai-agents", "tests.bench.openai_agents_host", is_realtime=True),
        Peer("pipecat-realtime", "tests.bench.pipecat_realtime", is_realtime=True),
    )
}
