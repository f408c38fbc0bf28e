"""`python -m tests.bench.observed_streamer`: the streamer as it ships, which on SIGUSR1 writes the names of its tasks
into the file that OFFHOOK_BENCH_TASKS names. What OFFHOOK_BENCH_WITHOUT names ("phrases", "warm") is taken away."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from streamer.__main__ import main
from streamer.providers.phrase_cache import PhraseFolder
from streamer.warm import WarmSizing


def _count(_sign: int, _frame: FrameType | None) -> None:
    names = [f"{task.get_name()}: {task.get_coro()}" for task in asyncio.all_tasks()]
    Path(os.environ["OFFHOOK_BENCH_TASKS"]).write_text("\n".join(names) + "\n\n", encoding="utf-8")


async def _no_phrase(_folder: PhraseFolder, _key: str) -> None:
    return None


def _none_kept(*_arguments: object) -> int:
    return 0


def _take_away(what: list[str]) -> None:
    if "phrases" in what:
        setattr(PhraseFolder, "has", _none_kept)  # noqa: B010 - a method of the measured class, on purpose
        setattr(PhraseFolder, "get", _no_phrase)  # noqa: B010 - a method of the measured class, on purpose
    if "warm" in what:
        setattr(WarmSizing, "wanted", _none_kept)  # noqa: B010 - likewise


if __name__ == "__main__":
    signal.signal(signal.SIGUSR1, _count)
    _take_away(os.environ.get("OFFHOOK_BENCH_WITHOUT", "").split(","))
    sys.exit(main())
