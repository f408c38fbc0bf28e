import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from offhook.missing import MissingPart
from offhook.up_state import UpState, read, remove, write

STATE = UpState(os.getpid(), "http://127.0.0.1:1", "key", "http://127.0.0.1:2", "calls")


def test_what_is_written_is_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "state" / "up.json"
    write(path, STATE)
    assert read(path) == STATE
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_start_takes_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "up.json"
    write(path, replace(STATE, control_key="old"))
    write(path, STATE)
    assert read(path).control_key == "key"


def test_nothing_runs_where_no_file_is(tmp_path: Path) -> None:
    with pytest.raises(MissingPart, match="start `offhook up` first"):
        read(tmp_path / "up.json")
    remove(tmp_path / "up.json")


def test_a_file_that_outlived_its_process_is_told_apart(tmp_path: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    write(tmp_path / "up.json", replace(STATE, pid=ended.pid))
    with pytest.raises(MissingPart, match="no longer running"):
        read(tmp_path / "up.json")


def test_a_spoilt_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "up.json").write_text('{"pid": 1}')
    with pytest.raises(MissingPart, match="stop `offhook up` and start it again"):
        read(tmp_path / "up.json")
