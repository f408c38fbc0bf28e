"""Stand-ins as parts; whole calls over a streamer that dies are tested through `offhook up`."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from offhook.stack.processes import Process, ProcessFailed, free_port
from offhook.stack.watch import Restarts, Watch

SERVING = "tests.offhook.stand_ins.serving"


@pytest.fixture
def parts(tmp_path: Path) -> Iterator[tuple[Process, Process]]:
    vital, streamer = (standing_in(name, tmp_path) for name in ("the web process", "the streamer"))
    for part in (vital, streamer):
        part.start()
    for part in (vital, streamer):
        part.wait_ready(20)
    yield vital, streamer
    for part in (vital, streamer):
        part.kill()


def standing_in(name: str, folder: Path, how: str = "") -> Process:
    port = free_port()
    environment = {**os.environ, "PORT": str(port), "STAND_IN": how}
    return Process(name, SERVING, environment, folder / f"{name}.log", f"http://127.0.0.1:{port}/readyz")


def killed(part: Process) -> None:
    assert part.pid is not None
    os.kill(part.pid, signal.SIGKILL)
    end_s = time.monotonic() + 5
    while part.exit_code is None:
        assert time.monotonic() < end_s
        time.sleep(0.01)


async def told(watch: Watch, sentences: list[str], count: int) -> None:
    async with asyncio.timeout(20):
        while len(sentences) < count:
            await watch.look()
            await asyncio.sleep(0.05)


async def test_a_streamer_that_dies_is_started_again_and_in_the_end_left_away(parts: tuple[Process, Process]) -> None:
    vital, streamer = parts
    sentences: list[str] = []
    watch = Watch([vital], streamer, sentences.append, ready_within_s=20, restarts=Restarts(1), clock=lambda: 0.0)
    before = streamer.pid
    killed(streamer)
    await told(watch, sentences, 2)
    assert sentences[0].startswith("The streamer ended with code -9; starting it again.")
    assert "calls go on in traditional mode" in sentences[0]
    assert sentences[1] == "The streamer is ready again."
    assert streamer.pid not in (None, before)
    killed(streamer)
    await told(watch, sentences, 3)
    assert sentences[2].startswith("The streamer ended with code -9, too often to start it again. It stays away;")
    await watch.look()
    assert len(sentences) == 3
    assert streamer.pid is None


async def test_a_vital_part_that_dies_ends_the_watch(parts: tuple[Process, Process]) -> None:
    vital, streamer = parts
    killed(vital)
    with pytest.raises(ProcessFailed, match="the web process ended with code -9"):
        await asyncio.wait_for(Watch([vital], streamer, lambda _: None, ready_within_s=20).run(), 5)


async def test_a_streamer_that_does_not_become_ready_is_taken_away(tmp_path: Path) -> None:
    streamer = standing_in("the streamer", tmp_path, "late")
    streamer.start()
    sentences: list[str] = []
    watch = Watch([], streamer, sentences.append, ready_within_s=0.0, restarts=Restarts(1), clock=lambda: 0.0)
    killed(streamer)
    await told(watch, sentences, 2)
    streamer.kill()
    assert sentences[1].startswith("The streamer was not ready within 0 s, too often to start it again.")


def test_restarts_are_counted_within_their_time() -> None:
    restarts = Restarts(2, within_s=60.0)
    assert [restarts.take(now_s) for now_s in (0.0, 30.0, 59.9, 60.0, 89.9, 90.0)] == [
        True,
        True,
        False,
        True,
        False,
        True,
    ]
