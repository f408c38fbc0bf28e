from pathlib import Path

import httpx
import pytest

from offhook.stack.ministack import local_client, running
from offhook.stack.processes import ProcessFailed, free_port


def test_it_serves_tables_on_loopback_for_as_long_as_it_is_needed(tmp_path: Path) -> None:
    with running(tmp_path / "logs" / "ministack.log") as url:
        assert url.startswith("http://127.0.0.1:")
        assert local_client(url).list_tables()["TableNames"] == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_it_is_stopped_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), running(tmp_path / "ministack.log") as url:
        raise ZeroDivisionError
    with pytest.raises(httpx.ConnectError):
        httpx.get(url, trust_env=False)


def test_one_that_is_not_ready_in_time_is_told_and_stopped(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="ministack was not ready within 0 s"), running(tmp_path / "log", 0):
        pass


def test_a_client_of_the_stack_needs_no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    client = local_client(f"http://127.0.0.1:{free_port()}")
    assert client.meta.region_name == "us-east-1"
