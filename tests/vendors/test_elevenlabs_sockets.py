"""ElevenLabs' multi-stream-input, each message written and read with the SDK's models."""

import asyncio
import time

import orjson
import pytest
from elevenlabs import (
    CloseContext,
    CloseSocket,
    FlushContext,
    GenerationConfig,
    KeepContextAlive,
    SendTextMulti,
)
from websockets.exceptions import InvalidStatus

from tests.vendors.script import Speaking
from tests.vendors.speaking_client import (
    AUTO,
    QUERY,
    audio_ms,
    characters,
    closed,
    heard,
    hello,
    opened,
    refusal,
    say,
    script,
)
from tests.vendors.vendors import Vendors


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
    async with Vendors(script(Speaking(first_byte_ms=60_000))) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"), SendTextMulti(text="Hello. ", context_id="a"))
        await say(socket, CloseContext(context_id="a", close_context=True))
        began_s = time.monotonic()
        assert [message.is_final for message in await heard(socket)] == [True]
        assert time.monotonic() - began_s < 5


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
    idle = Speaking(first_byte_ms=1, times_realtime=1000, inactivity_ms=300)
    async with Vendors(script(idle)) as vendors, opened(vendors) as socket:
        await say(socket, hello("a"))
        for _ in range(3):
            await asyncio.sleep(0.12)
            await say(socket, KeepContextAlive(text="", context_id="a"))
        began_s = time.monotonic()
        assert [message.is_final for message in await heard(socket)] == [True]
        assert time.monotonic() - began_s > 0.2
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
