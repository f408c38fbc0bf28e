"""What the processor does for a host: py-spy's samples of its process, folded into the busiest functions."""

import asyncio
import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

RATE_HZ = 250
_BESIDE = (Path(sys.executable).parent, Path(".venv-peers/bin"))


def py_spy() -> str:
    """Where py-spy is. Raises FileNotFoundError with what to do."""
    found = shutil.which("py-spy") or next((str(at / "py-spy") for at in _BESIDE if (at / "py-spy").exists()), None)
    if found is None:
        raise FileNotFoundError("--profile needs py-spy on PATH or in .venv-peers: pip install py-spy")
    return found


async def record(pid: int, duration_s: int, path: Path) -> None:
    """Samples what holds a process's interpreter into `path`, one stack a line with its count. The process stands still
    for each sample, so that stacks are whole; its own figures of that time are not to be trusted."""
    command = [py_spy(), "record", "--pid", str(pid), "--duration", str(duration_s), "--rate", str(RATE_HZ)]
    command += ["--format", "raw", "--gil", "--output", str(path)]
    quiet = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=quiet, stderr=quiet)
    if await process.wait() != 0:
        raise RuntimeError("py-spy could not sample the streamer; it needs the right to trace processes")


def busiest(stacks: Iterable[str], most: int) -> list[tuple[str, float, float]]:
    """(function, share of the samples in it, share in it and what it calls), the busiest first."""
    own: Counter[str] = Counter()
    whole: Counter[str] = Counter()
    total = 0
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        frames = [frame.rsplit(":", 1)[0] + ")" if ":" in frame else frame for frame in stack.split(";")]
        samples = int(count)
        total += samples
        own[frames[-1]] += samples
        for frame in set(frames):
            whole[frame] += samples
    return [(frame, samples / total, whole[frame] / total) for frame, samples in own.most_common(most)]


def dearest(stacks: Iterable[str], most: int) -> list[tuple[str, float, float]]:
    """The same, by what a function and its callees take together; Offhook's own code only."""
    found = busiest(stacks, 10_000)
    ours = [row for row in found if "streamer/" in row[0] or "calls/" in row[0]]
    return sorted(ours, key=lambda row: -row[2])[:most]
