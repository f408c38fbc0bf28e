"""`python -m tests.bench.floor`: a bare relay between Twilio and OpenAI Realtime, on uvloop and picows.

No state, no errors handled, no logs, no truncation: what any server in Python has to pay.
"""

import asyncio
import os

import orjson
import uvloop
from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_connect,
    ws_create_server,
)

_TEXT = WSMsgType.TEXT
GREETING = "Hello, this is Maple Street Dental. I am an automated assistant. How can I help you?"
_PCMU = {"type": "audio/pcmu"}
_SESSION = {
    "type": "realtime",
    "instructions": "You answer a dentist's telephone.",
    "audio": {
        "input": {"format": _PCMU, "turn_detection": {"type": "semantic_vad"}},
        "output": {"format": _PCMU, "voice": "marin"},
    },
}


class Twilio(WSListener):
    """One call."""

    def __init__(self) -> None:
        self.transport: WSTransport | None = None
        self.stream_sid = b""
        self._model: WSTransport | None = None
        self._opening: asyncio.Task[None] | None = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not _TEXT:
            transport.disconnect()
            return
        message = orjson.loads(frame.get_payload_as_memoryview())
        if message["event"] == "media" and self._model is not None:
            payload = message["media"]["payload"].encode()
            self._model.send(_TEXT, b'{"type":"input_audio_buffer.append","audio":"%s"}' % payload)
        elif message["event"] == "start":
            self.stream_sid = message["start"]["streamSid"].encode()
            self._opening = asyncio.get_running_loop().create_task(self._open())

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._model is not None:
            self._model.disconnect()

    async def _open(self) -> None:
        url = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1) + "/realtime?model=gpt-realtime-2.1"
        headers = {"Authorization": f"Bearer {os.environ['OPENAI_API_KEY']}"}
        model, _ = await ws_connect(lambda: Model(self), url, extra_headers=headers, use_aiofastnet=False)
        model.send(_TEXT, orjson.dumps({"type": "session.update", "session": _SESSION}))
        say = {"instructions": f'Say exactly: "{GREETING}"'}
        model.send(_TEXT, orjson.dumps({"type": "response.create", "response": say}))
        self._model = model


class Model(WSListener):
    """Its session."""

    def __init__(self, call: Twilio) -> None:
        self._call = call

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is not _TEXT or self._call.transport is None:
            return
        event = orjson.loads(frame.get_payload_as_memoryview())
        if event["type"] == "response.output_audio.delta":
            text = b'{"event":"media","streamSid":"%s","media":{"payload":"%s"}}'
            self._call.transport.send(_TEXT, text % (self._call.stream_sid, event["delta"].encode()))
        elif event["type"] == "input_audio_buffer.speech_started":
            self._call.transport.send(_TEXT, b'{"event":"clear","streamSid":"%s"}' % self._call.stream_sid)


def _accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
    if request.path == b"/stream":
        return Twilio()
    return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(b"ready"), None)


async def _serve() -> None:
    await ws_create_server(_accept, "127.0.0.1", int(os.environ["PORT"]), use_aiofastnet=False)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_serve())
