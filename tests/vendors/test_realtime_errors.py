"""Everything the simulated Realtime refuses, each in an error event that leaves the session open; and how it fails."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidMessage, InvalidStatus

from tests.vendors.script import Fault, OpenAIScript, Script
from tests.vendors.script_speech import RealtimeConnection, RealtimeScript, SpokenReply
from tests.vendors.sounds import silence, voice
from tests.vendors.speech_client import PCMU, Talk, realtime, realtime_to, telephone
from tests.vendors.vendors import Vendors

FAST = SpokenReply("Certainly.", first_audio_ms=5, times_realtime=100)
TEXT = {"type": "input_text", "text": "Hi"}
USER = {"type": "message", "role": "user", "content": [TEXT]}


def audio_input(**fields: Any) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"input": fields}}


def audio_output(**fields: Any) -> dict[str, Any]:
    return {"type": "realtime", "audio": {"output": fields}}


def item(**fields: Any) -> dict[str, Any]:
    return {"item": {**USER, **fields}}


def detection(**fields: Any) -> dict[str, Any]:
    return audio_input(turn_detection=fields)


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.type"),
        ({"type": "transcription"}, "invalid_value", "session.type"),
        ({"type": "realtime", "temperature": 0.8}, "unknown_parameter", "session.temperature"),
        ({"type": "realtime", "modalities": ["audio"]}, "unknown_parameter", "session.modalities"),
        (
            {"type": "realtime", "output_modalities": ["audio", "text"]},
            "array_above_max_length",
            "session.output_modalities",
        ),
        ({"type": "realtime", "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"type": "realtime", "instructions": None}, "invalid_type", "session.instructions"),
        ({"type": "realtime", "max_output_tokens": 5000}, "integer_above_max_value", "session.max_output_tokens"),
        ({"type": "realtime", "max_output_tokens": "all"}, "invalid_value", "session.max_output_tokens"),
        ({"type": "realtime", "model": "gpt-realtime-2"}, "invalid_value", "session.model"),
        ({"type": "realtime", "tools": [{"name": "f"}]}, "missing_required_parameter", "session.tools[0].type"),
        ({"type": "realtime", "tools": [{"type": "function"}]}, "missing_required_parameter", "session.tools[0].name"),
        (audio_input(format="g711_ulaw"), "invalid_type", "session.audio.input.format"),
        (audio_input(format={"type": "g711_ulaw"}), "invalid_value", "session.audio.input.format.type"),
        (audio_input(format={**PCMU, "rate": 8000}), "unknown_parameter", "session.audio.input.format.rate"),
        (audio_input(format={"type": "audio/pcm", "rate": 8000}), "invalid_value", "session.audio.input.format.rate"),
        (audio_input(transcription={"model": "nova-3"}), "invalid_value", "session.audio.input.transcription.model"),
        (audio_input(noise_reduction={"type": "loud"}), "invalid_value", "session.audio.input.noise_reduction.type"),
        (detection(type="vad"), "invalid_value", "session.audio.input.turn_detection.type"),
        (
            detection(type="semantic_vad", silence_duration_ms=500),
            "unknown_parameter",
            "session.audio.input.turn_detection.silence_duration_ms",
        ),
        (
            detection(type="server_vad", idle_timeout_ms=100),
            "integer_below_min_value",
            "session.audio.input.turn_detection.idle_timeout_ms",
        ),
        (
            detection(type="server_vad", threshold=1.5),
            "decimal_above_max_value",
            "session.audio.input.turn_detection.threshold",
        ),
        (audio_output(voice="nova"), "invalid_value", "session.audio.output.voice"),
        (audio_output(speed=2.0), "decimal_above_max_value", "session.audio.output.speed"),
    ],
)
async def test_a_session_that_is_refused_stays_as_it_was(session: Any, code: str, param: str) -> None:
    async with realtime() as (vendors, talk):
        before = talk.of("session.updated")[0]["session"]
        await talk.send("session.update", session=session, event_id="mine")
        error = await talk.error(code)
        assert (error["type"], error["param"], error["event_id"]) == ("invalid_request_error", param, "mine")
        await talk.send("session.update", session={"type": "realtime"})
        assert (await talk.until("session.updated"))["session"] == before
        assert vendors.meters.realtime.refusals_by_code == {code: 1}


@pytest.mark.parametrize(
    ("kind", "fields", "code", "param"),
    [
        ("response.make", {}, "invalid_value", "type"),
        ("input_audio_buffer.append", {}, "missing_required_parameter", "audio"),
        ("input_audio_buffer.append", {"audio": "not base64"}, "invalid_value", "audio"),
        ("input_audio_buffer.append", {"audio": None}, "invalid_value", "audio"),
        ("input_audio_buffer.append", {"audio": "////", "rate": 8000}, "unknown_parameter", "rate"),
        ("input_audio_buffer.commit", {}, "input_audio_buffer_commit_empty", None),
        ("output_audio_buffer.clear", {}, "invalid_value", "type"),
        ("response.cancel", {}, "response_cancel_not_active", None),
        ("response.cancel", {"response_id": "resp_0"}, "response_cancel_not_active", None),
        ("response.create", {"response": {"modalities": ["text"]}}, "unknown_parameter", "response.modalities"),
        ("response.create", {"response": {"conversation": "other"}}, "invalid_value", "response.conversation"),
        (
            "response.create",
            {"response": {"input": [{"type": "item_reference", "id": "nobody"}]}},
            "response_create_invalid_item_id",
            "response.input[0].id",
        ),
        ("conversation.item.create", {}, "missing_required_parameter", "item"),
        ("conversation.item.create", item(role="caller"), "invalid_value", "item.role"),
        (
            "conversation.item.create",
            item(role="system", content=[{"type": "input_audio", "audio": ""}]),
            "invalid_value",
            "item.content[0].type",
        ),
        (
            "conversation.item.create",
            item(role="assistant", content=[{"type": "text", "text": "Hi"}]),
            "invalid_value",
            "item.content[0].type",
        ),
        (
            "conversation.item.create",
            item(role="assistant", content=[{"type": "output_audio", "transcript": "Hi"}]),
            "missing_required_parameter",
            "item.content[0].text",
        ),
        (
            "conversation.item.create",
            item(content=[{"type": "input_audio", "text": "Hi"}]),
            "missing_required_parameter",
            "item.content[0].audio",
        ),
        (
            "conversation.item.create",
            item(content=[{"type": "input_audio", "audio": "?"}]),
            "invalid_value",
            "item.content[0].audio",
        ),
        ("conversation.item.create", item(id="x" * 33), "string_above_max_length", "item.id"),
        (
            "conversation.item.create",
            {**item(), "previous_item_id": "nobody"},
            "item_create_invalid_previous_item_id",
            "previous_item_id",
        ),
        (
            "conversation.item.create",
            {"item": {"type": "function_call_output", "call_id": "call_0", "output": "x"}},
            "invalid_tool_call_id",
            "item.call_id",
        ),
        ("conversation.item.delete", {"item_id": "nobody"}, "item_delete_invalid_item_id", "item_id"),
        ("conversation.item.retrieve", {"item_id": "nobody"}, "item_retrieve_invalid_item_id", "item_id"),
        (
            "conversation.item.truncate",
            {"item_id": "nobody", "content_index": 0, "audio_end_ms": 0},
            "item_truncate_invalid_item_id",
            "item_id",
        ),
        (
            "conversation.item.truncate",
            {"item_id": "a", "content_index": 0},
            "missing_required_parameter",
            "audio_end_ms",
        ),
        (
            "conversation.item.truncate",
            {"item_id": "a", "content_index": 0, "audio_end_ms": 1.5},
            "invalid_type",
            "audio_end_ms",
        ),
    ],
)
async def test_an_event_that_is_refused(kind: str, fields: Any, code: str, param: str | None) -> None:
    async with realtime() as (vendors, talk):
        await talk.send(kind, event_id="mine", **fields)
        error = await talk.error(code)
        assert (error["param"], error["event_id"]) == (param, "mine")
        assert vendors.meters.realtime.refusals_by_code == {code: 1}
        await talk.send("response.create")
        await talk.until("response.created")


async def test_what_is_no_event_at_all() -> None:
    async with realtime() as (vendors, talk):
        await talk.send_raw("{not json")
        await talk.error("invalid_event")
        await talk.send_raw('["session.update"]')
        await talk.error("invalid_event")
        await talk.send_raw('{"event_id": "mine"}')
        await talk.error("invalid_event")
        await talk.send_raw(b'{"type": "response.create"}')
        await talk.error("invalid_event")
        assert vendors.meters.realtime.refusals_by_code == {"invalid_event": 4}


async def test_a_second_response_while_one_is_active() -> None:
    async with realtime() as (_, talk):
        await talk.send("response.create")
        active = (await talk.until("response.created"))["response"]["id"]
        await talk.send("response.create", event_id="mine")
        error = await talk.error("conversation_already_has_active_response")
        assert error["event_id"] == "mine"
        assert active in error["message"]
        assert (await talk.until("response.done"))["response"]["status"] == "completed"


async def test_the_voice_cannot_change_once_it_was_heard() -> None:
    async with realtime(RealtimeConnection(replies=(FAST,))) as (_, talk):
        await talk.send("session.update", session=audio_output(voice="cedar"))
        assert (await talk.until("session.updated"))["session"]["audio"]["output"]["voice"] == "cedar"
        await talk.send("response.create")
        await talk.until("response.done")
        await talk.send("session.update", session=audio_output(voice="marin"))
        await talk.error("cannot_update_voice")
        await talk.send("response.create", response={"audio": {"output": {"voice": "marin"}}})
        await talk.error("cannot_update_voice")
        await talk.send("session.update", session=audio_output(voice="cedar"))
        await talk.until("session.updated")


async def test_tracing_cannot_change_once_it_is_on_nor_speed_in_mid_response() -> None:
    async with realtime() as (_, talk):
        await talk.send("session.update", session={"type": "realtime", "tracing": "auto"})
        await talk.send("session.update", session={"type": "realtime", "tracing": None})
        assert (await talk.error("invalid_value"))["param"] == "session.tracing"
        await talk.send("response.create")
        await talk.send("session.update", session=audio_output(speed=1.2))
        assert (await talk.error("invalid_value"))["param"] == "session.audio.output.speed"


async def test_a_truncation_past_the_audio_and_of_what_has_none() -> None:
    async with realtime(RealtimeConnection(replies=(FAST,))) as (vendors, talk):
        await talk.send("response.create")
        item_id = (await talk.until("response.done"))["response"]["output"][0]["id"]
        await talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=601)
        error = await talk.error("invalid_value")
        assert error["message"] == "Audio content of 600ms is already shorter than 601ms"
        await talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=600)
        await talk.until("conversation.item.truncated")
        await talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=300)
        await talk.until("conversation.item.truncated")
        await talk.send("conversation.item.truncate", item_id=item_id, content_index=0, audio_end_ms=301)
        await talk.error("invalid_value")
        await talk.send("conversation.item.truncate", item_id=item_id, content_index=1, audio_end_ms=1)
        assert (await talk.error("invalid_value"))["param"] == "content_index"
        await talk.send("conversation.item.create", item={**USER, "id": "mine"})
        await talk.send("conversation.item.truncate", item_id="mine", content_index=0, audio_end_ms=0)
        assert (await talk.error("invalid_value"))["param"] == "item_id"
        assert vendors.meters.realtime.truncations == 2


async def test_an_id_that_is_taken() -> None:
    async with realtime() as (_, talk):
        await talk.send("conversation.item.create", item={**USER, "id": "mine"})
        await talk.send("conversation.item.create", item={**USER, "id": "mine"})
        assert (await talk.error("item_create_duplicate_item_id"))["param"] == "item.id"


async def test_too_little_audio_to_commit() -> None:
    async with realtime() as (_, talk):
        await talk.send("session.update", session=telephone(turn_detection=None))
        await talk.heard(voice(60))
        await talk.send("input_audio_buffer.commit")
        assert "buffer only has 60.00ms" in (await talk.error("input_audio_buffer_commit_empty"))["message"]


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
        assert await ended(talk) == (3000, "invalid_request_error.invalid_api_key")


async def ended(talk: Talk) -> tuple[int, str]:
    """How the socket is closed: the code (1006 where nobody said) and the reason."""
    with pytest.raises(ConnectionClosed) as raised:
        await talk.until("never")
    closed = raised.value.rcvd
    return (1006, "") if closed is None else (closed.code, closed.reason)


async def test_a_session_expires() -> None:
    async with scripted(RealtimeConnection(expires_s=0.2)) as vendors, realtime_to(vendors) as (talk, _):
        created = await talk.until("session.created")
        assert abs(created["session"]["expires_at"] - time.time()) <= 2
        await talk.error("session_expired")
        assert (await ended(talk))[0] == 1001
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
        assert (await ended(talk))[0] == code
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
