"""`python -m tests.bench.observed_streamer`: the streamer as it ships, which on SIGUSR1 writes how many tasks it has
into the file that OFFHOOK_BENCH_TASKS names."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from streamer.__main__ import main


def _count(_sign: int, _frame: FrameType | None) -> None:
    Path(os.environ["OFFHOOK_BENCH_TASKS"]).write_text(str(len(asyncio.all_tasks())), encoding="ascii")


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _count)
    sys.exit(main())
