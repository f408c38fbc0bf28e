"""ElevenLabs' stream-input, each message written and read with the SDK's models, and by the SDK's own client."""

import asyncio
from collections.abc import Iterator

import pytest
from elevenlabs import (
    InitializeConnection,
    RealtimeVoiceSettings,
    SendText,
)
from elevenlabs.client import ElevenLabs
from websockets.exceptions import InvalidStatus

from tests.vendors.script import Speaking
from tests.vendors.speaking_client import (
    FAST,
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


def spoken_by_the_sdk(url: str, texts: Iterator[str], key: str = "elevenlabs-key") -> bytes:
    """The only client of ElevenLabs' sockets that the SDK has: it blocks, knows stream-input alone, and always wants
    TLS, which nothing on loopback has."""
    client = ElevenLabs(api_key=key, base_url=url)
    speech = client.text_to_speech
    speech._ws_base_url = url.replace("http", "ws")
    return b"".join(speech.convert_realtime("amy", text=texts, model_id="eleven_flash_v2_5", output_format="ulaw_8000"))


@pytest.mark.filterwarnings("ignore:ConnectionClosed.code is deprecated:DeprecationWarning")
async def test_elevenlabs_own_client(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with Vendors(script()) as vendors:
        audio = await asyncio.to_thread(spoken_by_the_sdk, vendors.elevenlabs_url, iter(["Hello there. ", "And bye."]))
        characters_spoken = vendors.meters.elevenlabs.characters
        assert len(audio) == characters_spoken * FAST.character_ms * 8
        assert characters_spoken >= len("Hello there. And bye.")
        assert not vendors.meters.elevenlabs.refusals


async def test_elevenlabs_own_client_with_a_wrong_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with Vendors(script()) as vendors:
        with pytest.raises(InvalidStatus) as refused:
            await asyncio.to_thread(spoken_by_the_sdk, vendors.elevenlabs_url, iter(["Hello. "]), "wrong")
        assert refused.value.response.status_code == 401
        assert vendors.meters.elevenlabs.characters == 0
