"""ElevenLabs' stream-input, each message written and read with the SDK's models."""

import asyncio

from elevenlabs import (
    InitializeConnection,
    RealtimeVoiceSettings,
    SendText,
)

from tests.vendors.script import Speaking
from tests.vendors.speaking_client import (
    QUERY,
    characters,
    closed,
    heard,
    opened,
    refusal,
    say,
    script,
)
from tests.vendors.vendors import Vendors


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
