"""The whole of `offhook up`, `call` and `demo`, as terminals run them: real parts, real short calls."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from offhook.places import SCRIPTS, STATE_FILE

GOODBYE = SCRIPTS.parent / "recordings" / "goodbye.wav"
UP_WITHIN_S = 90
CALL_WITHIN_S = 120
COMMAND = [sys.executable, "-W", "ignore", "-c", "from offhook.cli import main; main()"]


@contextmanager
def up(out: Path) -> Iterator["subprocess.Popen[bytes]"]:
    with (out / "up.log").open("wb") as log:
        running = subprocess.Popen([*COMMAND, "up", "--out", str(out)], stdout=log, stderr=subprocess.STDOUT)
        try:
            end_s = time.monotonic() + UP_WITHIN_S
            while not (out / STATE_FILE).exists():
                assert running.poll() is None, (out / "up.log").read_text()
                assert time.monotonic() < end_s, (out / "up.log").read_text()
                time.sleep(0.1)
            yield running
        finally:
            running.terminate()
            running.wait(30)


def call(out: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [*COMMAND, "call", "+15551230101", "--out", str(out), *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=CALL_WITHIN_S, check=False)


@pytest.fixture(autouse=True)
def children_that_take_ctrl_c() -> Iterator[None]:
    """A shell starts what it puts into the background with SIGINT ignored, and children inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_call_rung_in_from_another_terminal_is_followed_and_kept(tmp_path: Path) -> None:
    script = tmp_path / "goodbye.toml"
    script.write_text(f'[[step]]\nsay = "{GOODBYE}"\n')
    with up(tmp_path) as running:
        unknown = call(tmp_path, "--agent", "nobody")
        assert (unknown.returncode, "no agent named 'nobody'" in unknown.stderr) == (1, True), unknown.stderr
        followed = call(tmp_path, "--inbound", "--script", str(script))
        assert followed.returncode == 0, followed.stdout + followed.stderr
        assert "caller  Goodbye" in followed.stdout
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0
    assert not (tmp_path / STATE_FILE).exists()
    log = (tmp_path / "up.log").read_text()
    assert "Traceback" not in log
    [kept] = tmp_path.glob("*/call.json")
    made = json.loads(kept.read_text())
    assert (made["direction"], made["status"], made["endReason"]) == ("inbound", "completed", "caller-goodbye")
    assert sorted(path.name for path in kept.parent.iterdir()) == ["call.json", "call.wav", "report.html"]


def children_of(parent: int) -> dict[int, str]:
    """The command line of every process below this one, by process id."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):  # it may end while it is looked at
            if int(stat.read_text().rpartition(")")[2].split()[1]) == parent:
                command = (stat.parent / "cmdline").read_text().replace("\0", " ").strip()
                found[int(stat.parent.name)] = command
    return found


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
def test_a_streamer_killed_in_mid_call_leaves_the_call_and_the_house_alive_until_ctrl_c(tmp_path: Path) -> None:
    script = tmp_path / "late-goodbye.toml"
    script.write_text(f'[[step]]\nwait_ms = 4000\n[[step]]\nsay = "{GOODBYE}"\n')
    with up(tmp_path) as running:
        command = [*COMMAND, "call", "+15551230101", "--out", str(tmp_path), "--script", str(script)]
        with (tmp_path / "call.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as calling:
            within(CALL_WITHIN_S, lambda: "the audio stream started" in (tmp_path / "call.log").read_text())
            [streamer] = [pid for pid, name in children_of(running.pid).items() if name.endswith(" streamer")]
            os.kill(streamer, signal.SIGKILL)
            assert calling.wait(CALL_WITHIN_S) == 0, (tmp_path / "call.log").read_text()
        within(60, lambda: "The streamer is ready again." in (tmp_path / "up.log").read_text())
        assert running.poll() is None
        children = children_of(running.pid)
        assert len(children) == 3
        with (tmp_path / "lost.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as calling:
            within(CALL_WITHIN_S, lambda: "the audio stream started" in (tmp_path / "lost.log").read_text())
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 0
            assert calling.wait(10) == 1
        assert "`offhook up` has stopped" in (tmp_path / "lost.log").read_text()
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert "The streamer ended with code -9; starting it again." in (tmp_path / "up.log").read_text()
    made = min((json.loads(kept.read_text()) for kept in tmp_path.glob("*/call.json")), key=started_at)
    assert (made["status"], made["endReason"]) == ("completed", "caller-goodbye")
    assert [rung["mode"] for rung in made["modes"]] == ["pipeline", "traditional"]
    *_, caller, agent = made["turns"]
    assert caller["startedMs"] < caller["endedMs"] < agent["startedMs"] < agent["endedMs"] <= made["recordingMs"]
    assert agent["latencyMs"]["total"] == agent["startedMs"] - caller["endedMs"]


def started_at(made: dict[str, Any]) -> str:
    return str(made["startedAt"])


def within(seconds: float, done: Callable[[], bool]) -> None:
    end_s = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end_s
        time.sleep(0.1)


def test_a_call_into_nothing_says_what_to_start(tmp_path: Path) -> None:
    followed = call(tmp_path)
    assert followed.returncode == 1
    assert "start `offhook up` first" in followed.stderr
    assert "Traceback" not in followed.stderr


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("when", ["in-progress", "Starting"])
def test_ctrl_c_in_a_demo_leaves_no_process_behind(tmp_path: Path, when: str) -> None:
    log = tmp_path / "demo.log"
    with log.open("wb") as written:
        command = [*COMMAND, "demo", "--out", str(tmp_path)]
        with subprocess.Popen(command, stdout=written, stderr=written) as running:
            within(UP_WITHIN_S, lambda: when in log.read_text() and len(children_of(running.pid)) == 3)
            children = children_of(running.pid)
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 130
    assert "Traceback" not in log.read_text()
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]


def test_a_script_that_is_not_right_is_wrong_use(tmp_path: Path) -> None:
    followed = subprocess.run(
        [*COMMAND, "demo", "--out", str(tmp_path), "--script", str(tmp_path / "none.toml")],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert followed.returncode == 2
    assert "none.toml: cannot be read" in followed.stderr
