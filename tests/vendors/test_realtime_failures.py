"""How the simulated Realtime fails: at the handshake, by errors of its own, in mid-response, or by saying nothing."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus

from tests.vendors.script import Fault, OpenAIScript, Script
from tests.vendors.script_speech import RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.sounds import silence
from tests.vendors.speech_client import closed, realtime, realtime_to, telephone
from tests.vendors.vendors import Vendors


@asynccontextmanager
async def scripted(connection: RealtimeConnection, **options: Any) -> AsyncIterator[Vendors]:
    async with Vendors(Script(openai=OpenAIScript(realtime=RealtimeScript((connection,), **options)))) as vendors:
        yield vendors


async def refused(vendors: Vendors, key: str = "openai-key", model: str = "gpt-realtime-2.1") -> tuple[int, bytes]:
    with pytest.raises(InvalidStatus) as raised:
        async with realtime_to(vendors, key, model):
            pass
    response = raised.value.response
    return response.status_code, bytes(response.body or b"")


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (Fault("status", status=401), 401, b"invalid_api_key"),
        (Fault("status", status=429, retry_after_s=2), 429, b"rate_limit_exceeded"),
        (Fault("status", status=429, reason="insufficient_quota"), 429, b"insufficient_quota"),
        (Fault("status", status=500), 500, b"server_error"),
    ],
)
async def test_a_handshake_is_answered_with_a_status(fault: Fault, status: int, code: bytes) -> None:
    async with scripted(RealtimeConnection(fault=fault)) as vendors:
        told, body = await refused(vendors)
        assert told == status
        assert code in body
        assert vendors.meters.realtime.sessions_opened == 0


async def test_a_wrong_key_and_a_wrong_model_at_the_handshake() -> None:
    async with scripted(RealtimeConnection()) as vendors:
        assert (await refused(vendors, key="wrong"))[0] == 401
        assert (await refused(vendors, model="gpt-4o-realtime-preview"))[0] == 404
        assert vendors.meters.realtime.refusals_by_code == {"invalid_api_key": 1, "model_not_found": 1}


async def test_a_wrong_key_after_the_handshake() -> None:
    async with scripted(RealtimeConnection(), wrong_key="event") as vendors, realtime_to(vendors, "wrong") as (talk, _):
        await talk.error("invalid_api_key")
        assert await closed(talk) == (3000, "invalid_request_error.invalid_api_key")


async def test_a_session_expires() -> None:
    async with scripted(RealtimeConnection(expires_s=0.2)) as vendors, realtime_to(vendors) as (talk, _):
        created = await talk.until("session.created")
        assert abs(created["session"]["expires_at"] - time.time()) <= 2
        await talk.error("session_expired")
        assert (await closed(talk))[0] == 1001
        await asyncio.sleep(0.05)
        assert vendors.meters.realtime.sessions_open == 0


@pytest.mark.parametrize("code", ["insufficient_quota", "rate_limit_exceeded", "server_error"])
async def test_an_error_comes_by_itself_and_the_session_stays_open(code: str) -> None:
    fault = Fault("error", after_messages=1, reason=code, code=0)
    async with scripted(RealtimeConnection(fault=fault)) as vendors, realtime_to(vendors) as (talk, _):
        await talk.error(code)
        await talk.send("response.create")
        await talk.until("response.done")
        assert not vendors.meters.realtime.refusals


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault("close", after_messages=3, code=1011, reason="keepalive"), 1011),
        (Fault("drop", after_messages=3), 1006),
        (Fault("reset", after_messages=3), 1006),
        (Fault("error", after_messages=3, reason="server_error"), 1011),
    ],
)
async def test_a_connection_breaks_in_mid_response(fault: Fault, code: int) -> None:
    reply = SpokenReply("A long answer.", first_audio_ms=5, fault=fault)
    async with realtime(RealtimeConnection(replies=(reply,))) as (vendors, talk):
        await talk.send("response.create")
        assert (await closed(talk))[0] == code
        assert talk.of("response.created")
        assert not talk.of("response.done")
        await asyncio.sleep(0.05)
        assert vendors.meters.realtime.sessions_open == 0


async def test_garbage_comes_between() -> None:
    reply = SpokenReply("Certainly.", first_audio_ms=5, fault=Fault("garbage", after_messages=3))
    async with realtime(RealtimeConnection(replies=(reply,))) as (_, talk):
        await talk.send("response.create")
        await talk.until("response.done")
        assert len(talk.garbage) == 1


@pytest.mark.parametrize("kind", ["reset", "drop", "garbage"])
async def test_a_handshake_is_not_answered(kind: Any) -> None:
    async with scripted(RealtimeConnection(fault=Fault(kind))) as vendors:
        with pytest.raises((InvalidMessage, ConnectionError, EOFError)):
            async with realtime_to(vendors):
                pass


@pytest.mark.parametrize("kind", ["session.update", "response.create"])
async def test_an_event_is_never_answered(kind: str) -> None:
    async with scripted(RealtimeConnection(ignored=(kind,))) as vendors, realtime_to(vendors) as (talk, _):
        await talk.until("session.created")
        await talk.send(kind, **({"session": telephone()} if kind == "session.update" else {}))
        await talk.heard(silence(20))
        await talk.send("input_audio_buffer.clear")
        await talk.until("input_audio_buffer.cleared")
        assert len(talk.events) == 2
        assert not vendors.meters.realtime.refusals
