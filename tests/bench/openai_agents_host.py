"""`python -m tests.bench.openai_agents_host`, in .venv-peers: a thin host of OpenAI's Agents SDK for Twilio. Prints
nothing.

It does what the SDK's own Twilio example does, in as little code: mu-law both ways, the caller's audio collected to
50 ms, a mark behind each piece of the model's, played pieces told to the SDK's playback tracker, `clear` when the SDK
says that the model was interrupted, no greeting.
"""
# mypy: disable-error-code="import-not-found, import-untyped, attr-defined, misc, untyped-decorator"

import asyncio
import base64
import os
from typing import Any

from agents.realtime import RealtimeAgent, RealtimePlaybackTracker, RealtimeRunner
from fastapi import WebSocket, WebSocketDisconnect

from agents import set_tracing_disabled
from tests.bench.peer_host import serve

COLLECTED_BYTES = 400
_AGENT = RealtimeAgent(name="desk", instructions="You answer a dentist's telephone.")


class Call:
    """One stream of Twilio's and one session of the SDK's."""

    def __init__(self, socket: WebSocket, stream_sid: str) -> None:
        self._socket, self._stream_sid = socket, stream_sid
        self._tracker = RealtimePlaybackTracker()
        self._collected = bytearray()
        self._out: dict[str, tuple[str, int, bytes]] = {}
        self._marks = 0

    async def run(self) -> None:
        """Until the caller is gone."""
        detection = {"type": "semantic_vad", "interrupt_response": True, "create_response": True}
        settings = {
            "input_audio_format": "g711_ulaw",
            "output_audio_format": "g711_ulaw",
            "turn_detection": detection,
        }
        base_url = os.environ["OPENAI_BASE_URL"].replace("http", "ws", 1)
        config: Any = {
            "api_key": os.environ["OPENAI_API_KEY"],
            "url": f"{base_url}/realtime?model=gpt-realtime-2.1",
            "initial_model_settings": {"model_name": "gpt-realtime-2.1", **settings},
            "playback_tracker": self._tracker,
        }
        session = await RealtimeRunner(_AGENT).run(model_config=config)
        async with session:
            telling = asyncio.create_task(self._tell(session))
            try:
                while True:
                    await self._take(session, await self._socket.receive_json())
            except WebSocketDisconnect:
                telling.cancel()

    async def _take(self, session: Any, message: dict[str, Any]) -> None:
        if message["event"] == "media":
            self._collected += base64.b64decode(message["media"]["payload"])
            if len(self._collected) >= COLLECTED_BYTES:
                await session.send_audio(bytes(self._collected))
                self._collected.clear()
        elif message["event"] == "mark":
            played = self._out.pop(message["mark"]["name"], None)
            if played is not None:
                self._tracker.on_play_bytes(*played)

    async def _tell(self, session: Any) -> None:
        async for event in session:
            if event.type == "audio":
                await self._sound(event.audio)
            elif event.type == "audio_interrupted":
                await self._send({"event": "clear"})

    async def _sound(self, audio: Any) -> None:
        self._marks += 1
        name = str(self._marks)
        self._out[name] = (audio.item_id, audio.content_index, audio.data)
        await self._send({"event": "media", "media": {"payload": base64.b64encode(audio.data).decode()}})
        await self._send({"event": "mark", "mark": {"name": name}})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_json({**message, "streamSid": self._stream_sid})


async def converse(socket: WebSocket, stream_sid: str) -> None:
    await Call(socket, stream_sid).run()


if __name__ == "__main__":
    set_tracing_disabled(True)
    serve(converse)
