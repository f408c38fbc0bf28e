"""`python -m tests.bench.observed_streamer`: the streamer as it ships, which on SIGUSR1 writes the names of its tasks
into the file that OFFHOOK_BENCH_TASKS names."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from streamer.__main__ import main


def _count(_sign: int, _frame: FrameType | None) -> None:
    names = [f"{task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks()]
    Path(os.environ["OFFHOOK_BENCH_TASKS"]).write_text("\n".join(names) + "\n\n", encoding="utf-8")


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _count)
    sys.exit(main())
