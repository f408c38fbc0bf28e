"""What the simulated Live refuses, and how it fails."""

import asyncio
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from tests.vendors.script import Fault, OpenAIScript, Script
from tests.vendors.script_speech import LiveConnection, LiveScript
from tests.vendors.sounds import silence
from tests.vendors.speech_client import LOOK_UP, client_of, closed, live, live_to
from tests.vendors.vendors import Vendors

APPEND = "session.input_audio.append"
PCMU = {"type": "audio/pcmu", "rate": 8000}
STARTED = {"model": "gpt-live-1", "audio": {"format": PCMU}}
RESPONSES = {"type": "responses", "responses": {"model": "gpt-5.6-luna", "tools": [LOOK_UP]}}


@pytest.mark.parametrize(
    ("session", "code", "param"),
    [
        ({}, "missing_required_parameter", "session.model"),
        ({"model": "gpt-realtime-2.1"}, "model_not_found", None),
        ({"model": "gpt-live-1", "voice": "marin"}, "unknown_parameter", "session.voice"),
        ({"model": "gpt-live-1", "turn_detection": None}, "unknown_parameter", "session.turn_detection"),
        (
            {"model": "gpt-live-1", "audio": {"format": {"type": "audio/pcmu"}}},
            "missing_required_parameter",
            "session.audio.format.rate",
        ),
        (
            {"model": "gpt-live-1", "audio": {"format": {"type": "audio/pcmu", "rate": 16000}}},
            "invalid_value",
            "session.audio.format.rate",
        ),
        (
            {"model": "gpt-live-1", "audio": {"output": {"voice": "nova"}}},
            "invalid_value",
            "session.audio.output.voice",
        ),
        ({"model": "gpt-live-1", "delegation": {"type": "tools"}}, "invalid_value", "session.delegation.type"),
        ({"model": "gpt-live-1", "tools": []}, "unknown_parameter", "session.tools"),
        ({"model": "gpt-live-1", "instructions": "x " * 16_385}, "string_above_max_length", "session.instructions"),
        (
            {"model": "gpt-live-1", "input": [{"role": "user", "content": []}]},
            "invalid_value",
            "session.input[0].content",
        ),
    ],
)
async def test_a_start_that_is_refused(session: Any, code: str, param: str | None) -> None:
    async with Vendors() as vendors, live_to(vendors) as (talk, _):
        await talk.send("session.start", session=session, event_id="mine")
        error = await talk.error(code)
        assert (error.get("param"), error["client_event_id"]) == (param, "mine")
        await talk.send("session.start", session=STARTED)
        await talk.until("session.started")
        assert vendors.meters.live.refusals_by_code == {code: 1}


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("session.start", {"session": STARTED}, "session_already_started"),
        ("session.input_audio.commit", {}, "invalid_value"),
        ("session.input_audio.append", {"audio": "not base64"}, "invalid_value"),
        ("session.commentary.append", {"content": "x"}, "missing_required_parameter"),
        ("session.commentary.append", {"content": "x", "delegation_id": "del_0"}, "invalid_delegation_id"),
        ("session.commentary.append", {"content": "x " * 501, "delegation_id": None}, "string_above_max_length"),
        ("session.update", {"session": {"instructions": "x"}}, "unknown_parameter"),
        ("session.update", {"session": {"delegation": RESPONSES}}, "invalid_delegation"),
        ("session.output_audio.fixture.play", {"audio": ""}, "invalid_value"),
        ("response.create", {}, "invalid_delegation"),
        ("response.cancel", {}, "invalid_value"),
    ],
)
async def test_an_event_that_is_refused(kind: str, fields: Any, code: str) -> None:
    async with live() as (vendors, talk):
        await talk.send(kind, event_id="mine", **fields)
        assert (await talk.error(code))["client_event_id"] == "mine"
        assert vendors.meters.live.refusals_by_code == {code: 1}


async def test_nothing_is_taken_before_the_start() -> None:
    async with Vendors() as vendors, live_to(vendors) as (talk, _):
        await talk.heard(silence(20), APPEND)
        await talk.error("session_not_started")
        assert len(talk.events) == 1


async def test_a_query_and_a_wrong_key_are_refused_at_the_handshake() -> None:
    async with Vendors() as vendors:
        for key, query, status in (("wrong", {}, 401), ("openai-key", {"model": "gpt-live-1"}, 400)):
            async with client_of(vendors, key) as client:
                with pytest.raises(InvalidStatus) as raised:
                    async with client.live.connect(extra_query=query, websocket_connection_options=no_proxy()):
                        pass
                assert raised.value.response.status_code == status


def no_proxy() -> Any:
    return {"proxy": None}


async def test_a_session_expires() -> None:
    async with live(LiveConnection(expires_s=0.2)) as (vendors, talk):
        over = await talk.until("session.closed")
        assert over["reason"] == "expired"
        assert (await closed(talk))[0] == 1000
        await asyncio.sleep(0.05)
        assert vendors.meters.live.sessions_open == 0


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault("close", after_messages=2, code=1011), 1011), (Fault("drop", after_messages=2), 1006)],
)
async def test_a_connection_breaks(fault: Fault, code: int) -> None:
    async with live(LiveConnection(fault=fault)) as (_, talk):
        await talk.heard(silence(100), APPEND)
        assert (await closed(talk))[0] == code


async def test_an_error_an_unknown_event_and_an_event_that_is_ignored() -> None:
    fault = Fault("error", after_messages=2, reason="credit_balance_exhausted", code=0)
    connection = LiveConnection(fault=fault, unknown_every=2, ignored=("session.input_audio.mute",))
    script = Script(openai=OpenAIScript(live=LiveScript((connection,))))
    async with Vendors(script) as vendors, live_to(vendors) as (talk, _):
        await talk.send("session.start", session=STARTED)
        await talk.until("session.started")
        await talk.send("session.input_audio.mute")
        await talk.heard(silence(300), APPEND)
        await talk.error("credit_balance_exhausted")
        await talk.send("session.close")
        await talk.until("session.closed")
        assert "session.weather.updated" in talk.types()
        assert "session.input_audio.muted" not in talk.types()
