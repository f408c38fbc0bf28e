"""A session without a vendor: what it is sent is read back as events, what it says is put into it."""

import asyncio
import base64
import json
from collections.abc import AsyncGenerator, AsyncIterable, Callable
from typing import Any, NoReturn

from calls.errors import ProviderFailed
from streamer.engines.ports import Spoken
from streamer.events import EngineEvent
from streamer.providers import openai_realtime_failures as failures
from streamer.providers.openai_realtime_sessions import RealtimeSession
from streamer.providers.vendor_socket import VendorSocket
from streamer.twilio_stream import Media
from tests.vendors.sounds import silence, voice


class _OpenSocket(VendorSocket):
    @property
    def is_open(self) -> bool:
        return True


class FakeSession(RealtimeSession):
    """Stands in for an open session."""

    def __init__(self, expires_at_s: float = 0.0) -> None:
        self.model, self.expires_at_s = "m", expires_at_s
        self.sent: list[dict[str, Any]] = []
        self.is_closed = False
        self.takes = True
        self.socket = _OpenSocket(1.0, set())
        self._incoming: asyncio.Queue[bytes | ProviderFailed] = asyncio.Queue()

    @property
    def is_open(self) -> bool:
        return not self.is_closed

    def send(self, message: bytes) -> bool:
        if self.is_closed or not self.takes:
            return False
        self.sent.append(json.loads(message))
        return True

    async def receive(self) -> bytes:
        message = await self._incoming.get()
        if isinstance(message, ProviderFailed):
            raise message
        return message

    async def deliver(self, take: Callable[[bytes], None]) -> NoReturn:
        while True:
            take(await self.receive())

    def close(self) -> None:
        if not self.is_closed:
            self.is_closed = True
            self._incoming.put_nowait(failures.closed(1006))

    def break_off(self, failed: ProviderFailed | None = None) -> None:
        self._incoming.put_nowait(failed or failures.closed(1006))

    def say(self, kind: str, **fields: Any) -> None:
        self._incoming.put_nowait(json.dumps({"type": kind, **fields}).encode())

    def of(self, kind: str) -> list[dict[str, Any]]:
        """What was sent of this type."""
        return [one for one in self.sent if one["type"] == kind]

    def told(self) -> list[tuple[str, str]]:
        """The texts that it was told, by whom."""
        items = [one["item"] for one in self.of("conversation.item.create")]
        return [(one["role"], one["content"][0].get("text", "(audio)")) for one in items]


class FakeSpeaker:
    """Speaks every text at once, 20 ms long; those in `missing` not at all. It has all but those in `unkept`."""

    def __init__(self) -> None:
        self.missing: set[str] = set()
        self.unkept: set[str] = set()
        self.kept: dict[str, bytes] = {}

    async def run(self) -> None:
        """Nothing to own."""

    async def speak(self, text: str) -> AsyncGenerator[Spoken, None]:
        if text in self.missing:
            raise failures.silent("m")
        yield Spoken(voice(20), text)

    def has(self, text: str) -> bool:
        return text not in self.unkept

    async def keep(self, text: str, mulaw: bytes) -> None:
        self.kept[text] = mulaw

    async def speak_all(self, texts: AsyncIterable[str]) -> AsyncGenerator[Spoken, None]:
        async for text in texts:
            async for piece in self.speak(text):
                yield piece


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


class Events(list[EngineEvent]):
    """What an engine told."""

    def of(self, kind: type) -> list[Any]:
        return [event for event in self if isinstance(event, kind)]


def frame(number: int, *, is_voice: bool = False) -> Media:
    mulaw = voice(20) if is_voice else silence(20)
    return Media(mulaw, number * 20, base64.b64encode(mulaw).decode())


def audio(response_id: str, duration_ms: int, item_id: str = "item", *, is_voice: bool = True) -> dict[str, Any]:
    """The fields of an audio delta."""
    delta = base64.b64encode(voice(duration_ms) if is_voice else silence(duration_ms)).decode()
    return {"response_id": response_id, "item_id": item_id, "content_index": 0, "delta": delta}


async def settled() -> None:
    """Everything that can happen without time has happened."""
    for _ in range(20):
        await asyncio.sleep(0)
