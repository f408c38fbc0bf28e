"""ElevenLabs' own client on the simulator's HTTP streams."""

import asyncio
import base64
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import httpx
import pytest
from elevenlabs import StreamingAudioChunkWithTimestampsResponse, VoiceSettings
from elevenlabs.client import AsyncElevenLabs
from elevenlabs.core.api_error import ApiError

from tests.vendors.script import ElevenLabsScript, Script, Speaking
from tests.vendors.sdk_models import parsed
from tests.vendors.speech_tone import SILENCE
from tests.vendors.vendors import Vendors

TEXT = "Hello there."
FAST = Speaking(first_byte_ms=5, times_realtime=1000)


@pytest.fixture
async def vendors() -> AsyncIterator[Vendors]:
    async with Vendors(Script(elevenlabs=ElevenLabsScript((FAST,), voices=("amy",)))) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        yield client


def client_of(vendors: Vendors, http: httpx.AsyncClient, key: str = "elevenlabs-key") -> AsyncElevenLabs:
    return AsyncElevenLabs(api_key=key, base_url=vendors.elevenlabs_url, httpx_client=http)


async def spoken(client: AsyncElevenLabs, voice: str = "amy", **options: Any) -> list[bytes]:
    options = {"text": TEXT, "model_id": "eleven_flash_v2_5", "output_format": "ulaw_8000", **options}
    stream = client.text_to_speech.stream(voice, request_options={"chunk_size": 160}, **options)
    async with aclosing(stream):
        return [chunk async for chunk in stream]


async def test_audio_follows_the_text(vendors: Vendors, http: httpx.AsyncClient) -> None:
    settings = VoiceSettings(stability=0.5, speed=1.1)
    audio = b"".join(await spoken(client_of(vendors, http), voice_settings=settings))
    assert len(audio) == len(TEXT) * 60 * 8
    assert audio == b"".join(await spoken(client_of(vendors, http)))
    assert audio.count(SILENCE) < len(audio) // 10
    assert vendors.meters.elevenlabs.characters == 2 * len(TEXT)
    assert vendors.meters.elevenlabs.audio_s_sent == pytest.approx(2 * len(TEXT) * 0.06)
    assert not vendors.meters.elevenlabs.refusals


async def test_timestamps_lie_on_the_whole_answer(vendors: Vendors, http: httpx.AsyncClient) -> None:
    stream = client_of(vendors, http).text_to_speech.stream_with_timestamps(
        "amy", text=TEXT, model_id="eleven_flash_v2_5", output_format="ulaw_8000"
    )
    chunks = [chunk async for chunk in stream]
    aligned = [chunk.alignment for chunk in chunks if chunk.alignment is not None]
    assert "".join(character for one in aligned for character in one.characters) == TEXT
    starts = [start for one in aligned for start in one.character_start_times_seconds]
    assert starts == pytest.approx([index * 0.06 for index in range(len(TEXT))])
    assert aligned[-1].character_end_times_seconds[-1] == pytest.approx(len(TEXT) * 0.06)
    assert sum(len(base64.b64decode(chunk.audio_base_64)) for chunk in chunks) == len(TEXT) * 480


async def test_every_line_is_in_the_sdks_model(vendors: Vendors, http: httpx.AsyncClient) -> None:
    url = f"{vendors.elevenlabs_url}/v1/text-to-speech/amy/stream/with-timestamps?output_format=ulaw_8000"
    answer = await http.post(url, json={"text": TEXT}, headers={"xi-api-key": "elevenlabs-key"})
    lines = [line for line in answer.text.splitlines() if line]
    assert len([parsed(StreamingAudioChunkWithTimestampsResponse, line) for line in lines]) == 3


async def test_the_first_byte_and_the_pace(http: httpx.AsyncClient) -> None:
    slow = Speaking(first_byte_ms=60, times_realtime=10, lead_silence_ms=100)
    async with Vendors(Script(elevenlabs=ElevenLabsScript((slow,)))) as vendors:
        client = client_of(vendors, http)
        await spoken(client)
        began_s = time.monotonic()
        chunks: list[tuple[float, bytes]] = []
        stream = client.text_to_speech.stream(
            "amy", text=TEXT, output_format="ulaw_8000", request_options={"chunk_size": 160}
        )
        async for chunk in stream:
            chunks.append(((time.monotonic() - began_s) * 1000, chunk))
        assert 60 <= chunks[0][0] < 260
        assert 60 + 58 <= chunks[-1][0] < 60 + 310
        audio = b"".join(chunk for _, chunk in chunks)
        assert audio[:800] == SILENCE * 800
        assert audio[800:880] != SILENCE * 80


@pytest.mark.parametrize(
    ("voice", "options", "status"),
    [
        ("bob", {}, 404),
        ("amy", {"model_id": "eleven_v0"}, 400),
        ("amy", {"text": " "}, 400),
        ("amy", {"output_format": "pcm_16000"}, 422),
        ("amy", {"voice_settings": VoiceSettings(speed=3.0)}, 422),
        ("amy", {"optimize_streaming_latency": 7}, 422),
    ],
)
async def test_what_it_refuses(
    vendors: Vendors, http: httpx.AsyncClient, voice: str, options: dict[str, Any], status: int
) -> None:
    with pytest.raises(ApiError) as refused:
        await spoken(client_of(vendors, http), voice, **options)
    assert refused.value.status_code == status
    assert len(vendors.meters.elevenlabs.refusals) == 1


async def test_unknown_parameters_and_fields(vendors: Vendors, http: httpx.AsyncClient) -> None:
    url, headers = f"{vendors.elevenlabs_url}/v1/text-to-speech/amy/stream", {"xi-api-key": "elevenlabs-key"}
    query = await http.post(url + "?output_format=ulaw_8000&speed=1", json={"text": TEXT}, headers=headers)
    field = await http.post(url + "?output_format=ulaw_8000", json={"text": TEXT, "speed": 1}, headers=headers)
    assert (query.status_code, query.json()["detail"][0]["loc"]) == (422, ["query", "speed"])
    assert (field.status_code, field.json()["detail"][0]["loc"]) == (422, ["body", "speed"])


async def test_keys(vendors: Vendors, http: httpx.AsyncClient) -> None:
    with pytest.raises(ApiError) as refused:
        await spoken(client_of(vendors, http, "wrong"))
    assert refused.value.status_code == 401
    assert refused.value.body["detail"]["status"] == "invalid_api_key"
    url = f"{vendors.elevenlabs_url}/v1/text-to-speech/amy/stream?output_format=ulaw_8000"
    assert (await http.post(url, json={"text": TEXT})).json()["detail"]["status"] == "needs_authorization"


async def test_a_client_that_leaves(http: httpx.AsyncClient) -> None:
    slow = Speaking(first_byte_ms=1, times_realtime=1)
    async with Vendors(Script(elevenlabs=ElevenLabsScript((slow,)))) as vendors:
        stream = client_of(vendors, http).text_to_speech.stream("amy", text=TEXT, output_format="ulaw_8000")
        async with aclosing(stream):
            await anext(stream)
        await asyncio.sleep(0.02)
        meters = vendors.meters.elevenlabs
        assert (meters.requests_cut, meters.connections_open) == (1, 0)
        assert 0 < meters.audio_s_sent < len(TEXT) * 0.06
