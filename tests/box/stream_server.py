"""A line with a stream on it, and a server at its other end that a test writes."""

import asyncio
import audioop
import json
import struct
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.server import ServerConnection, serve

from offhook.box.line import PhoneLine
from offhook.box.media_stream import StreamOptions, run_stream
from offhook.box.ports import Alert, CallIdentity, StreamEvent
from offhook.box.verbs import Stream

SID = "MZ00000000000000000000000000000001"
IDENTITY = CallIdentity("AC1", "CA1", "token-1")
VOICE = audioop.lin2ulaw(struct.pack("<2h", 4000, -4000) * 80, 2)
TONE = audioop.lin2ulaw(struct.pack("<2h", 2000, -2000) * 80, 2)
OPTIONS = StreamOptions(connect_timeout_s=2.0, close_timeout_s=0.5, new_stream_sid=lambda: SID)
Handler = Callable[[ServerConnection], Awaitable[None]]


class Call:
    """A line with a stream on it, and all that was told of it."""

    def __init__(self) -> None:
        self.line = PhoneLine()
        self.told: list[tuple[str, int]] = []
        self.alerts: list[tuple[int, str]] = []
        self.sentences: list[str] = []

    def tell(self, event: StreamEvent) -> None:
        assert (event.stream_sid, event.stream_name) == (SID, "audio")
        self.told.append((event.event, event.error_code))

    def alert(self, alert: Alert) -> None:
        assert alert.call_sid == "CA1"
        self.alerts.append((alert.code, alert.level))
        self.sentences.append(alert.sentence)

    async def stream(self, url: str, options: StreamOptions = OPTIONS) -> None:
        parameters = (("callId", "01J"), ("token", "t"))
        stream = Stream(url, "audio", "inbound_track", "", "POST", parameters)
        async with asyncio.timeout(5):
            await run_stream(stream, IDENTITY, self.line, self.tell, self.alert, options)


@asynccontextmanager
async def server(handler: Handler, **settings: Any) -> AsyncIterator[str]:
    async with serve(handler, "127.0.0.1", 0, compression=None, close_timeout=0.5, **settings) as listening:
        port = next(iter(listening.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}/stream"


async def receive(connection: ServerConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await connection.recv())
    return message


async def begin(connection: ServerConnection) -> None:
    assert (await receive(connection))["event"] == "connected"
    assert (await receive(connection))["event"] == "start"


def media(audio: bytes) -> str:
    return json.dumps({"event": "media", "streamSid": SID, "media": {"payload": b64encode(audio).decode()}})


def mark(name: str) -> str:
    return json.dumps({"event": "mark", "streamSid": SID, "mark": {"name": name}})


CLEAR = json.dumps({"event": "clear", "streamSid": SID})
