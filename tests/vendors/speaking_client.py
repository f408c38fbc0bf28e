"""A client of ElevenLabs' sockets for tests: writes and reads with the SDK's own models."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
from elevenlabs import (
    AudioOutput,
    AudioOutputMulti,
    FinalOutput,
    FinalOutputMulti,
    InitializeConnectionMulti,
)
from websockets.asyncio.client import ClientConnection, connect

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
