import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from offhook.stack.environment import local
from offhook.stack.processes import Process, ProcessFailed, free_port

Make = Callable[..., Process]


def url_of(port: int, path: str) -> str:
    return f"http://127.0.0.1:{port}{path}"


def is_alive(pid: int) -> bool:
    """A process that has ended but was not reaped by its parent is not alive."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def make(tmp_path: Path, port: int) -> Iterator[Make]:
    made: list[Process] = []

    def process(behaviour: str = "", module: str = "tests.offhook.stand_ins.serving") -> Process:
        environment = {**local(os.environ), "PORT": str(port), "STAND_IN": behaviour}
        made.append(Process("the part", module, environment, tmp_path / "logs" / "part.log", url_of(port, "/readyz")))
        return made[-1]

    yield process
    for each in made:
        each.kill()


def test_a_process_is_ready_when_its_probe_says_so(make: Make, port: int) -> None:
    process = make()
    process.start()
    process.wait_ready(20)
    assert httpx.get(url_of(port, "/healthz"), trust_env=False).status_code == 200
    assert process.pid is not None
    assert is_alive(process.pid)


def test_a_stopped_process_is_gone_and_may_start_again(make: Make) -> None:
    process = make()
    process.start()
    process.wait_ready(20)
    pid = process.pid
    process.stop()
    assert pid is not None
    assert not is_alive(pid)
    assert (process.pid, process.exit_code) == (None, None)
    process.start()
    process.wait_ready(20)
    assert process.pid != pid
    assert process.last_lines() == ["standing in", "standing in"]


def test_a_killed_process_is_gone(make: Make) -> None:
    process = make()
    process.start()
    process.wait_ready(20)
    pid = process.pid
    process.kill()
    assert pid is not None
    assert not is_alive(pid)
    process.check()


def test_a_process_that_is_deaf_to_sigterm_is_killed(make: Make) -> None:
    process = make("stubborn")
    process.start()
    process.wait_ready(20)
    pid, started_s = process.pid, time.monotonic()
    process.stop(grace_s=0.3)
    assert pid is not None
    assert not is_alive(pid)
    assert 0.3 <= time.monotonic() - started_s < 3


def test_an_end_that_nobody_asked_for_is_told_with_the_end_of_the_log(make: Make, port: int) -> None:
    process = make()
    process.start()
    process.wait_ready(20)
    with pytest.raises(httpx.TransportError):
        httpx.get(url_of(port, "/end"), trust_env=False)
    with pytest.raises(ProcessFailed) as failed:
        process.wait_ready(5)
    assert "the part ended with code 4" in failed.value.failure.sentence
    assert failed.value.failure.sentence.endswith("asked to end")
    assert process.exit_code == 4


def test_a_process_that_ends_at_once_is_not_waited_for(make: Make) -> None:
    process = make("broken")
    process.start()
    started_s = time.monotonic()
    with pytest.raises(ProcessFailed, match="ended with code 3"):
        process.wait_ready(30)
    assert time.monotonic() - started_s < 15


def test_a_module_that_is_not_there_is_named(make: Make) -> None:
    process = make(module="no_such_module")
    process.start()
    with pytest.raises(ProcessFailed, match="No module named no_such_module"):
        process.wait_ready(20)


def test_a_process_that_is_not_ready_in_time_is_named(make: Make) -> None:
    process = make("late")
    process.start()
    with pytest.raises(ProcessFailed, match=r"the part was not ready within 0.4 s"):
        process.wait_ready(0.4)


def test_a_process_that_never_started_is_not_waited_for(make: Make) -> None:
    process = make()
    with pytest.raises(ProcessFailed, match="is not running"):
        process.wait_ready(20)
    process.stop()
    process.kill()
    assert process.last_lines() == []


def test_a_process_is_started_once(make: Make) -> None:
    process = make()
    process.start()
    with pytest.raises(ProcessFailed, match="running already"):
        process.start()


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, port: int) -> None:
    command = [sys.executable, "-m", "tests.offhook.stand_ins.parent", str(tmp_path / "child.log"), str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert is_alive(child)
        parent.send_signal(signal.SIGKILL)
    until_s = time.monotonic() + 10
    while is_alive(child) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert not is_alive(child)
