"""A vendor's key is replaced: what is opened from then on carries the new one, what a call holds goes on."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from calls.agent import Models
from calls.errors import ConfigurationInvalid, ProviderFailed
from streamer.metering import UsageMeter
from streamer.providers.openai_client import OpenAIClient
from streamer.providers.openai_live import OpenAILive
from streamer.providers.openai_realtime import OpenAIRealtime
from streamer.providers.vendors import Vendors, VendorSettings
from tests.fakes.agents import AGENT
from tests.vendors import vendors as simulated
from tests.vendors.script import ElevenLabsScript, Script, Speaking

MODELS = Models("deepgram/flux-general-en", "openai/gpt-6-luna", "elevenlabs/eleven_flash_v2_5")
TALKER = replace(AGENT, models=replace(MODELS, realtime="openai/gpt-realtime-2.1"))
SCRIPT = Script(elevenlabs=ElevenLabsScript((Speaking(first_byte_ms=5, times_realtime=50),) * 4))


@pytest.fixture
async def there() -> AsyncIterator[simulated.Vendors]:
    async with simulated.Vendors(SCRIPT) as vendors:
        yield vendors


def keys(there: simulated.Vendors, folder: Path, key: str = "") -> VendorSettings:
    """Settings with the simulators' own keys, or with `key` in place of each."""
    script = there.script
    return VendorSettings(
        key or script.deepgram.api_key,
        there.deepgram_url,
        key or script.openai.api_key,
        there.openai_url,
        key or script.elevenlabs.api_key,
        there.elevenlabs_url,
        folder,
    )


async def said(vendors: Vendors) -> int:
    """How many bytes of speech a few words make."""
    async with contextlib.aclosing(vendors.speaker(TALKER, UsageMeter()).speak("Not a fixed phrase.")) as pieces:
        return sum([len(piece.mulaw) async for piece in pieces])


async def test_speech_is_asked_for_with_the_new_key(there: simulated.Vendors, tmp_path: Path) -> None:
    vendors = Vendors(keys(there, tmp_path, "a-key-that-was-revoked"))
    with pytest.raises(ProviderFailed) as refused:
        await said(vendors)
    assert refused.value.failure.code.startswith("elevenlabs-")
    vendors.rekey(keys(there, tmp_path))
    assert await said(vendors) > 0
    await vendors.aclose()


async def test_replies_are_asked_for_with_the_new_key(there: simulated.Vendors) -> None:
    client = OpenAIClient("a-key-that-was-revoked", there.openai_url)
    with pytest.raises(ProviderFailed):
        await client.warm("gpt-6-luna")
    client.rekey(there.script.openai.api_key)
    await client.warm("gpt-6-luna")
    await client.close()


async def test_a_first_key_is_used_too(there: simulated.Vendors, tmp_path: Path) -> None:
    vendors = Vendors(replace(keys(there, tmp_path), openai_key=""))
    vendors.rekey(keys(there, tmp_path))
    vendors.thinker(TALKER, lambda: date(2026, 11, 23), UsageMeter())
    await vendors.aclose()


async def test_sessions_are_opened_with_the_new_key_and_those_that_are_held_go_on(
    there: simulated.Vendors, tmp_path: Path
) -> None:
    realtime = OpenAIRealtime(there.script.openai.api_key, there.openai_url, tmp_path)
    held = await realtime.sessions(TALKER).take()
    realtime.rekey("a-key-that-was-revoked")
    with pytest.raises(ProviderFailed):
        await realtime.sessions(TALKER).take()
    realtime.rekey(there.script.openai.api_key)
    another = await realtime.sessions(TALKER).take()
    assert held.is_open
    held.close()
    another.close()
    await realtime.aclose()


async def test_live_sessions_are_the_new_keys(there: simulated.Vendors) -> None:
    live = OpenAILive("", there.openai_url)
    with pytest.raises(ConfigurationInvalid):
        live.check(TALKER)
    live.rekey(there.script.openai.api_key)
    live.check(TALKER)
    await live.aclose()
