"""A process under measurement: what the kernel says of it, and on which core it runs. Linux."""

import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_ESTABLISHED = "01"
HOST_CORE, MEASURING_CORE = 1, 0
VENDOR_CORE = 2 if (os.cpu_count() or 1) > 2 else MEASURING_CORE
"""The streamer has a core to itself. Callers and vendors share the other where there are two, which ends the measuring
at some 150 to 200 calls; a third one is the vendors'."""


@dataclass(frozen=True, slots=True)
class Meters:
    """Reads /proc for one process."""

    pid: int

    def cpu_s(self) -> float:
        """Processor seconds used so far, user and system, all threads."""
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def rss_mb(self) -> float:
        pages = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000

    def sockets(self) -> dict[int, int]:
        """How many established TCP connections, by the port at the other end."""
        inodes = set()
        for entry in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):  # closed while we looked
                inodes.add(os.readlink(entry).removeprefix("socket:[").removesuffix("]"))
        found: dict[int, int] = {}
        for line in Path(f"/proc/{self.pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[9] in inodes and fields[3] == _ESTABLISHED:
                port = int(fields[2].rsplit(":", 1)[1], 16)
                found[port] = found.get(port, 0) + 1
        return found


@contextlib.contextmanager
def running(
    command: Sequence[str], environment: Mapping[str, str], core: int, output: int | IO[bytes], log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """The process, pinned to `core` where the machine has it; ended with SIGTERM, and with SIGKILL after 20 s."""
    with log.open("ab") as errors:
        process = subprocess.Popen(command, env=dict(environment), stdout=output or errors, stderr=errors)
    try:
        pin(process.pid, core)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)


@dataclass(frozen=True, slots=True)
class MachineTime:
    """Seconds of all processors together since the machine started: used by anything that runs on it, and stolen, which
    is when the hypervisor let something ready wait."""

    used_s: float
    stolen_s: float


def machine_time() -> MachineTime:
    stat = Path("/proc/stat").read_text(encoding="ascii")
    return machine_time_in(stat, os.sysconf("SC_CLK_TCK"))


def machine_time_in(stat: str, ticks_per_s: int) -> MachineTime:
    """The same of the text of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, and guests, which are
    in user (proc_stat(5))."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, stat.split("\n", 1)[0].split()[1:9])
    return MachineTime((user + nice + system + irq + softirq) / ticks_per_s, steal / ticks_per_s)


def pin(pid: int, core: int) -> None:
    """Keeps a process to one core; no change on a machine with one core only."""
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(pid, {core})


def processor() -> str:
    """What the benchmark ran on, for its first line."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = next((line.split(":", 1)[1].strip() for line in info.splitlines() if line.startswith("model name")), "?")
    return f"{os.cpu_count()} cores, {model}, load {os.getloadavg()[0]:.2f} before the first run"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
