"""What the callers need of a server that takes media streams, ours or another's; and our streamer as one."""

import os
import re
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson

from calls.record import Mode
from calls.stream_token import Grant, mint
from tests.bench.machine import HOST_CORE, Meters, free_port, running
from tests.bench.vendor_process import VendorProcess
from tests.whole.realtime_agent import agents_on_realtime
from tests.whole.vendor_agent import agents_on_vendors

READY_WITHIN_S = 60.0
MOST_CALLS, MOST_LAG_MS = 2_000, 60_000
"""Past every limit of the streamer's own: where it ends is what is measured."""
BARGE_IN_MS = 60
"""On speech to speech, so that what is measured is the way from the vendor's first sign to our `clear`: an agent as it
ships waits until a voice has lasted for 300 ms."""


@dataclass(frozen=True, slots=True)
class Host:
    """`parameters` makes the `<Parameter>`s of call `number` with CallSid `sid`. `tasks` names what runs in it."""

    name: str
    url: str
    meters: Meters
    vendors: VendorProcess
    parameters: Callable[[int, str], dict[str, str]]
    tasks: Callable[[], list[str]] | None = None

    def start(self, number: int) -> tuple[str, bytes]:
        """The stream's sid, and Twilio's `start` message."""
        stream_sid, sid = f"MZ{number:032x}", f"CA{number:032x}"
        body = {
            "accountSid": f"AC{0:032x}",
            "streamSid": stream_sid,
            "callSid": sid,
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
            "customParameters": self.parameters(number, sid),
        }
        message = {"event": "start", "sequenceNumber": "1", "start": body, "streamSid": stream_sid}
        return stream_sid, orjson.dumps(message)


@dataclass(frozen=True, slots=True)
class StreamerOptions:
    """`realtime` is the model that calls speak with, where they are on speech to speech. `without` takes away what the
    streamer keeps for its calls: "phrases" that were spoken before, "warm" connections."""

    recogniser: str = "deepgram/flux-general-en"
    speculate: bool = True
    realtime: str = ""
    without: tuple[str, ...] = ()

    @property
    def mode(self) -> Mode:
        return Mode.REALTIME if self.realtime else Mode.PIPELINE

    def agents(self, folder: Path) -> Path:
        """A folder with the agent that calls come to."""
        agents = agents_on_realtime(folder) if self.realtime else agents_on_vendors(folder, self.recogniser)
        agent = agents / "default.toml"
        if not self.speculate:
            _change(agent, r"^speculate = true", "speculate = false")
        if self.realtime:
            _change(agent, r"^\[models\]", f'[models]\nrealtime = "openai/{self.realtime}"')
            _change(agent, r"^barge_in_ms = \d+", f"barge_in_ms = {BARGE_IN_MS}")
        return agents


@contextmanager
def streamer(options: StreamerOptions, vendors: VendorProcess, table_url: str, folder: Path) -> Iterator[Host]:
    """`python -m streamer` as it ships, on its own core, with a token and no signature on its streams."""
    secret, port, counted = secrets.token_hex(16), free_port(), folder / "tasks"
    environment = {
        "PATH": os.environ["PATH"],
        "PORT": str(port),
        "OFFHOOK_BIND": "127.0.0.1",
        "OFFHOOK_STREAM_SECRET": secret,
        "OFFHOOK_TABLE": "calls",
        "OFFHOOK_AGENTS": str(options.agents(folder / "agents")),
        "OFFHOOK_MAX_CALLS": str(MOST_CALLS),
        "OFFHOOK_MAX_LAG_MS": str(MOST_LAG_MS),
        "OFFHOOK_DRAIN_S": "0",
        "AWS_ENDPOINT_URL": table_url,
        "OFFHOOK_PHRASES": str(folder / "phrases"),
        "OFFHOOK_BENCH_TASKS": str(counted),
        "OFFHOOK_BENCH_WITHOUT": ",".join(options.without),
        "HOME": str(folder),
        **vendors.environment(),
    }
    command = [sys.executable, "-m", "tests.bench.observed_streamer"]
    log = folder / "streamer.log"
    with running(command, environment, HOST_CORE, 0, log) as process:
        wait_until_ready(f"http://127.0.0.1:{port}/readyz", process, log)
        meters = Meters(process.pid)

        def parameters(number: int, sid: str) -> dict[str, str]:
            grant = Grant(f"01BENCH{number:06d}", sid, "default", options.mode, f"n{number}", int(time.time()) + 300)
            return {"callId": grant.call_id, "token": mint(secret, grant)}

        yield Host(
            "offhook", f"ws://127.0.0.1:{port}/stream", meters, vendors, parameters, lambda: _tasks(process, counted)
        )


def wait_until_ready(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when `url` answers 200. Raises RuntimeError when that does not come, or the process has ended."""
    until_s = time.monotonic() + READY_WITHIN_S
    while time.monotonic() < until_s and process.poll() is None:
        try:
            if httpx.get(url, trust_env=False).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass  # not listening yet
        time.sleep(0.1)
    raise RuntimeError(f"no server got ready at {url}; see {log}")


def _tasks(process: "subprocess.Popen[bytes]", counted: Path) -> list[str]:
    counted.unlink(missing_ok=True)
    process.send_signal(10)  # SIGUSR1, see observed_streamer
    until_s = time.monotonic() + 5
    while time.monotonic() < until_s:
        if counted.exists() and (text := counted.read_text(encoding="utf-8")).endswith("\n\n"):
            return text.split("\n")[:-2]
        time.sleep(0.05)
    raise RuntimeError("the streamer did not name its tasks")


def _change(path: Path, what: str, into: str) -> None:
    text, changes = re.subn(what, into, path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    if changes != 1:
        raise RuntimeError(f"{path} has {changes} lines like {what!r}")
    path.write_text(text, encoding="utf-8")
