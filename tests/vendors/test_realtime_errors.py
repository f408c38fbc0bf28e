"""Everything the simulated Realtime refuses, each in an error event that leaves the session open."""

from typing import Any

import pytest

from tests.vendors.script_speech import RealtimeConnection, SpokenReply
from tests.vendors.sounds import voice
from tests.vendors.speech_client import PCMU, realtime, telephone

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
