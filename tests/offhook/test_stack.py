"""The stack with stand-ins for the handlers and the streamer; the whole product in it is tested with whole calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from calls.record import CallRecord, Direction
from offhook.stack.processes import ProcessFailed
from offhook.stack.stack import Stack

SERVING = "tests.offhook.stand_ins.serving"
CALL = CallRecord("01JD8Z0000000000000000000A", Direction.INBOUND, "default", "+14155550100", "+14155550123", 1_000)


def stack_of_stand_ins(folder: Path) -> Stack:
    return Stack(folder, folder / "agents", "http://127.0.0.1:9", web_module=SERVING, streamer_module=SERVING)


async def setting(base_url: str, name: str) -> str:
    async with httpx.AsyncClient(trust_env=False) as client:
        return (await client.get(f"{base_url}/setting/{name}")).text


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[Stack]:
    async with stack_of_stand_ins(tmp_path) as running:
        yield running


async def test_a_running_stack(stack: Stack, tmp_path: Path) -> None:
    """One start for all that a healthy stack offers, as it takes seconds."""
    streamer_url = stack.stream_url.replace("ws://", "http://")
    stack.store.create(CALL)
    assert stack.store.by_call_id(CALL.call_id) == CALL
    assert await setting(stack.public_url, "OFFHOOK_API_KEYS") == stack.api_key
    assert await setting(stack.public_url, "TWILIO_AUTH_TOKEN") == stack.auth_token
    assert await setting(stack.public_url, "OFFHOOK_STREAM_URL") == stack.stream_url
    assert await setting(streamer_url, "OFFHOOK_AGENTS") == str(tmp_path / "agents")
    secret = await setting(streamer_url, "OFFHOOK_STREAM_SECRET")
    assert secret == await setting(stack.public_url, "OFFHOOK_STREAM_SECRET")
    assert len(secret) == 64
    assert {name: log.exists() for name, log in stack.logs.items()} == {
        "ministack": True,
        "web": True,
        "streamer": True,
    }

    await stack.kill_streamer()
    with pytest.raises(httpx.ConnectError):
        await setting(streamer_url, "PORT")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stack.watch(), 0.3)
    await stack.restart_streamer()
    assert streamer_url.endswith(await setting(streamer_url, "PORT"))

    with pytest.raises(httpx.TransportError):
        await _get(f"{stack.public_url}/end")
    with pytest.raises(ProcessFailed, match="the web process ended with code 4"):
        await asyncio.wait_for(stack.watch(), 5)


async def _get(url: str) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        await client.get(url)


async def test_nothing_is_left_when_a_part_cannot_start(tmp_path: Path) -> None:
    stack = Stack(
        tmp_path,
        tmp_path,
        "http://127.0.0.1:9",
        web_module=SERVING,
        streamer_module="no_such_module",
        account_sid="AC1",
        auth_token="token",
        stream_url="ws://127.0.0.1:9",
    )
    assert (stack.account_sid, stack.auth_token, stack.stream_url) == ("AC1", "token", "ws://127.0.0.1:9")
    with pytest.raises(ProcessFailed, match="No module named no_such_module"):
        async with stack:
            pytest.fail("it has no streamer")
    with pytest.raises(httpx.ConnectError):
        await _get(stack.public_url)
    with pytest.raises(httpx.ConnectError):
        await _get(stack.settings.aws_endpoint_url)


async def test_a_stack_that_does_not_run_has_no_store(tmp_path: Path) -> None:
    with pytest.raises(ProcessFailed, match="not running"):
        _ = stack_of_stand_ins(tmp_path).store


def test_every_stack_has_secrets_of_its_own(tmp_path: Path) -> None:
    one, other = stack_of_stand_ins(tmp_path).settings, stack_of_stand_ins(tmp_path).settings
    assert len({one.stream_secret, one.api_key, one.auth_token} | {other.stream_secret, other.api_key}) == 5
    assert (len(one.account_sid), one.account_sid[:2]) == (34, "AC")
