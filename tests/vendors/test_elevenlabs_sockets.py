"""ElevenLabs' speaking sockets, each message read with the SDK's models and written with them."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from elevenlabs import (
    AudioOutput,
    AudioOutputMulti,
    CloseContext,
    CloseSocket,
    FinalOutput,
    FinalOutputMulti,
    FlushContext,
    GenerationConfig,
    InitializeConnection,
    InitializeConnectionMulti,
    KeepContextAlive,
    RealtimeVoiceSettings,
    SendText,
    SendTextMulti,
)
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from tests.vendors.script import ElevenLabsScript, Script, Speaking
from tests.vendors.sdk_models import parsed
from tests.vendors.vendors import Vendors

QUERY = "model_id=eleven_flash_v2_5&output_format=ulaw_8000"
AUTO = QUERY + "&auto_mode=true&sync_alignment=true"
FAST = Speaking(first_byte_ms=2, times_realtime=1000)


def script(speaking: Speaking = FAST) -> Script:
    return Script(elevenlabs=ElevenLabsScript(sockets=(speaking,)))


@asynccontextmanager
async def opened(
    vendors: Vendors, path: str = "multi-stream-input", query: str = AUTO, key: str | None = "elevenlabs-key"
) -> AsyncIterator[ClientConnection]:
    url = f"{vendors.elevenlabs_url.replace('http', 'ws')}/v1/text-to-speech/amy/{path}?{query}"
    headers = {} if key is None else {"xi-api-key": key}
    async with connect(url, additional_headers=headers, proxy=None, compression=None, close_timeout=1) as socket:
        yield socket


async def say(socket: ClientConnection, *messages: Any) -> None:
    """Messages made with the SDK's models."""
    for message in messages:
        await socket.send(message.json(exclude_none=True, by_alias=True))


def hello(context: str | None = None, **options: Any) -> InitializeConnectionMulti:
    return InitializeConnectionMulti(text=" ", context_id=context, **options)


async def heard(socket: ClientConnection, finals: int = 1) -> list[Any]:
    """Messages up to the last of `finals` final ones."""
    found: list[Any] = []
    async with asyncio.timeout(5):
        while finals:
            message = await socket.recv(decode=False)
            is_final = b"isFinal" in message
            is_multi = b"contextId" in message
            kind = (FinalOutputMulti if is_multi else FinalOutput) if is_final else None
            found.append(parsed(kind or (AudioOutputMulti if is_multi else AudioOutput), message))
            finals -= is_final
    return found


def characters(messages: list[Any]) -> str:
    aligned = [message.alignment for message in messages if getattr(message, "alignment", None) is not None]
    return "".join("".join(one.chars) for one in aligned)


def audio_ms(messages: list[Any]) -> float:
    return sum(len(base64.b64decode(message.audio)) for message in messages if hasattr(message, "audio")) / 8


async def closed(socket: ClientConnection) -> tuple[int, str]:
    async with asyncio.timeout(5):
        await socket.wait_closed()
    return socket.close_code or 0, socket.close_reason or ""


async def refusal(socket: ClientConnection) -> str:
    """The error that a socket says before it closes with 1008."""
    async with asyncio.timeout(5):
        error = orjson.loads(await socket.recv())
    assert error.keys() == {"message", "error", "code"}
    assert (await closed(socket))[0] == 1008
    return str(error["error"])


async def test_contexts_speak_side_by_side() -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"), hello("b"))
        await say(socket, SendTextMulti(text="Hello. ", context_id="a"), SendTextMulti(text="Bye. ", context_id="b"))
        await say(socket, FlushContext(context_id="a", flush=True), FlushContext(context_id="b", flush=True))
        await say(socket, CloseContext(context_id="a", close_context=True))
        await say(socket, CloseContext(context_id="b", close_context=True))
        messages = await heard(socket, finals=2)
        of_a = [message for message in messages if message.context_id == "a"]
        assert characters(of_a) == "Hello. "
        assert audio_ms(of_a) == 7 * 60
        assert of_a[-1].is_final is True
        assert of_a[0].alignment.char_start_times_ms == [0, 60, 120, 180]
        assert of_a[1].alignment.char_start_times_ms == [0, 60, 120]
        assert vendors.meters.elevenlabs.characters == 12


async def test_close_context_drops_what_no_flush_asked_for() -> None:
    async with Vendors(script(Speaking(first_byte_ms=200))) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"), SendTextMulti(text="Hello. ", context_id="a"))
        await say(socket, CloseContext(context_id="a", close_context=True))
        began_s = time.monotonic()
        assert [message.is_final for message in await heard(socket)] == [True]
        assert time.monotonic() - began_s < 0.15


async def test_flushed_audio_survives_close_context() -> None:
    async with Vendors(script(Speaking(first_byte_ms=30))) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"), SendTextMulti(text="Hello. ", context_id="a", flush=True))
        await say(socket, CloseContext(context_id="a", close_context=True))
        assert characters(await heard(socket)) == "Hello. "


async def test_a_name_can_be_used_again() -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        for text in ("One. ", "Two. "):
            await say(socket, hello("a"), SendTextMulti(text=text, context_id="a", flush=True))
            await say(socket, CloseContext(context_id="a", close_context=True))
            assert characters(await heard(socket)) == text


async def test_at_most_five_contexts() -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        await say(socket, *(hello(name) for name in "abcdef"))
        assert await refusal(socket) == "max_active_conversations"


async def test_a_closed_context_makes_room() -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        await say(socket, *(hello(name) for name in "abcde"), CloseContext(context_id="a", close_context=True))
        await say(socket, hello("f"), SendTextMulti(text="Hello. ", context_id="f", flush=True))
        await say(socket, CloseContext(context_id="f", close_context=True))
        assert characters(await heard(socket, finals=2)) == "Hello. "


async def test_flushing_an_unknown_context_opens_it() -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        await say(socket, *(hello(name) for name in "abcde"), FlushContext(context_id="f", flush=True))
        assert await refusal(socket) == "max_active_conversations"


async def test_close_socket_lets_flushed_audio_out() -> None:
    async with Vendors(script(Speaking(first_byte_ms=30))) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"), SendTextMulti(text="Hello. ", context_id="a", flush=True))
        await say(socket, CloseSocket(close_socket=True))
        assert characters(await heard(socket)) == "Hello. "
        assert await closed(socket) == (1000, "")
        assert vendors.meters.elevenlabs.sockets_open == 0


async def test_the_schedule_gathers_text() -> None:
    config = GenerationConfig(chunk_length_schedule=[50, 60])
    async with Vendors(script()) as vendors, opened(vendors, query=QUERY + "&sync_alignment=true") as socket:
        await say(socket, hello("a", generation_config=config))
        for _ in range(5):
            await say(socket, SendTextMulti(text="nine ch. ", context_id="a"))
        await asyncio.sleep(0.02)
        assert vendors.meters.elevenlabs.characters == 0
        await say(socket, SendTextMulti(text="nine ch. ", context_id="a"))
        await say(socket, SendTextMulti(text="x" * 59, context_id="a"))
        await asyncio.sleep(0.02)
        assert vendors.meters.elevenlabs.characters == 54
        await say(socket, CloseContext(context_id="a", close_context=True))
        assert characters(await heard(socket)) == "nine ch. " * 6


async def test_without_sync_alignment_it_comes_with_the_first_audio() -> None:
    async with Vendors(script()) as vendors, opened(vendors, query=QUERY + "&auto_mode=true") as socket:
        await say(socket, hello("a"), SendTextMulti(text="Hello. ", context_id="a", flush=True))
        await say(socket, CloseContext(context_id="a", close_context=True))
        first, second, _ = await heard(socket)
        assert "".join(first.alignment.chars) == "Hello. "
        assert second.alignment is None


async def test_a_context_dies_of_inactivity_and_then_the_socket() -> None:
    idle = Speaking(first_byte_ms=1, times_realtime=1000, inactivity_ms=80)
    async with Vendors(script(idle)) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"))
        for _ in range(3):
            await asyncio.sleep(0.05)
            await say(socket, KeepContextAlive(text="", context_id="a"))
        began_s = time.monotonic()
        assert [message.is_final for message in await heard(socket)] == [True]
        assert time.monotonic() - began_s > 0.06
        assert await refusal(socket) == "input_timeout_exceeded"


@pytest.mark.parametrize(
    "messages",
    [
        ['{"text":"Hello ","context_id":"a"}'],
        ['{"text":" ","context_id":"a"}', '{"text":" ","context_id":"a","voice_settings":{"speed":1}}'],
        ['{"text":" ","context_id":"a","voice_settings":{"speed":9}}'],
        ['{"text":" ","generation_config":{"chunk_length_schedule":[20]}}'],
        ['{"text":" ","context":"a"}'],
        ['{"text":" ","flush":"yes"}'],
        ["hello"],
        ["[]"],
    ],
)
async def test_messages_it_refuses(messages: list[str]) -> None:
    async with Vendors(script()) as vendors, opened(vendors) as socket:
        for message in messages:
            await socket.send(message)
        await refusal(socket)
        assert len(vendors.meters.elevenlabs.refusals) == 1


async def test_stream_input_from_beginning_to_end() -> None:
    settings = RealtimeVoiceSettings(stability=0.5)
    async with Vendors(script()) as vendors, opened(vendors, "stream-input", QUERY) as socket:
        await say(socket, InitializeConnection(text=" ", voice_settings=settings))
        await say(socket, SendText(text="Hello there. ", flush=True), SendText(text="And bye. "))
        await socket.send('{"text":""}')
        messages = await heard(socket)
        assert "Hello there. " in characters(messages)
        assert characters(messages).endswith("And bye. ")
        assert await closed(socket) == (1000, "")


async def test_try_trigger_generation_needs_enough_text() -> None:
    async with Vendors(script()) as vendors, opened(vendors, "stream-input", QUERY) as socket:
        await say(socket, InitializeConnection(text=" "), SendText(text="Short. ", try_trigger_generation=True))
        await asyncio.sleep(0.02)
        assert vendors.meters.elevenlabs.characters == 0
        await say(socket, SendText(text="x" * 49 + " ", try_trigger_generation=True))
        await asyncio.sleep(0.02)
        assert vendors.meters.elevenlabs.characters == 57


async def test_stream_input_times_out() -> None:
    idle = Speaking(inactivity_ms=40)
    async with Vendors(script(idle)) as vendors, opened(vendors, "stream-input", QUERY) as socket:
        assert await refusal(socket) == "input_timeout_exceeded"


async def test_settings_of_stream_input_cannot_change() -> None:
    async with Vendors(script()) as vendors, opened(vendors, "stream-input", QUERY) as socket:
        await say(socket, InitializeConnection(text=" "))
        await say(socket, SendText(text="Hello ", voice_settings=RealtimeVoiceSettings(speed=0.9)))
        assert await refusal(socket) == "invalid_message"


async def test_the_key_may_come_with_the_first_message() -> None:
    async with Vendors(script()) as vendors:
        async with opened(vendors, key=None) as socket:
            await say(socket, hello("a", xi_api_key="elevenlabs-key"))
            await say(socket, CloseSocket(close_socket=True))
            await heard(socket)
        async with opened(vendors, key=None) as socket:
            await say(socket, hello("a"))
            assert await refusal(socket) == "invalid_api_key"


@pytest.mark.parametrize(
    ("path", "query", "key", "status"),
    [
        ("multi-stream-input", AUTO, "wrong", 401),
        ("multi-stream-input", "output_format=ulaw_8000&model_id=eleven_v0", "elevenlabs-key", 400),
        ("multi-stream-input", QUERY + "&speed=1", "elevenlabs-key", 422),
        ("stream-input", QUERY + "&inactivity_timeout=181", "elevenlabs-key", 422),
        ("stream-output", QUERY, "elevenlabs-key", 404),
    ],
)
async def test_refused_handshakes(path: str, query: str, key: str, status: int) -> None:
    async with Vendors(script()) as vendors:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(vendors, path, query, key):
                pass
        assert refused.value.response.status_code == status
        assert orjson.loads(refused.value.response.body or b"").keys() == {"detail"}


async def test_audio_comes_when_the_script_says() -> None:
    async with Vendors(script(Speaking(first_byte_ms=60, times_realtime=12))) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"))
        began_s = time.monotonic()
        await say(socket, SendTextMulti(text="Hello there ", context_id="a", flush=True))
        at_ms = []
        for _ in range(3):
            await socket.recv()
            at_ms.append((time.monotonic() - began_s) * 1000)
        assert 60 <= at_ms[0] < 260
        assert 20 < at_ms[2] - at_ms[0] < 240
