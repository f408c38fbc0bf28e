"""The streamer under measurement: its own process, its own core where the machine has two, its own meters."""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

READY_WITHIN_S = 30.0


@dataclass(frozen=True, slots=True)
class StreamerProcess:
    pid: int
    address: str
    secret: str

    def cpu_s(self) -> float:
        """Processor seconds used so far, user and system."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


@contextmanager
def light_streamer(port: int, log: Path) -> Iterator[StreamerProcess]:
    """The real server with light providers (`tests.fakes.light`), no table behind it."""
    secret = secrets.token_hex(16)
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "OFFHOOK_BIND": "127.0.0.1",
        "OFFHOOK_STREAM_SECRET": secret,
        "OFFHOOK_TABLE": "none",
        "OFFHOOK_MAX_CALLS": "1000",
        "OFFHOOK_DRAIN_S": "0",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    }
    command = [sys.executable, "-m", "tests.fakes.light_streamer"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        if (os.cpu_count() or 1) > 1:
            os.sched_setaffinity(process.pid, {1})
        _wait_until_ready(f"http://127.0.0.1:{port}/readyz", process)
        yield StreamerProcess(process.pid, f"127.0.0.1:{port}", secret)
    finally:
        process.terminate()
        process.wait(20)


def _wait_until_ready(url: str, process: "subprocess.Popen[bytes]") -> None:
    until_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    raise RuntimeError(f"the streamer did not get ready at {url}")
