"""The least caller of a media stream: frames on a true 20 ms clock, a scripted voice, the time of every answer."""

import asyncio
import json
import time
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

FRAME_S = 0.02
LOUD_FRAMES = 30
QUIET_FRAMES = 120
TURNS = 3


@dataclass(slots=True)
class Measured:
    """One call. Milliseconds; `overhead_ms` is last voice to first audio of the answer, less the scripted providers."""

    greeting_ms: float = 0.0
    overhead_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)
    answers_missed: int = 0


@dataclass(slots=True)
class StreamCaller:
    """`scripted_ms` is what the providers take by their script from the last voice to the first audio."""

    url: str
    start_text: str
    scripted_ms: float
    loud: str
    quiet: str
    measured: Measured = field(default_factory=Measured)
    _first_audio_s: float | None = None

    async def run(self) -> Measured:
        async with connect(self.url, proxy=None, compression=None, max_queue=None) as socket:
            await socket.send(self.start_text)
            started_s = time.perf_counter()
            listening = asyncio.create_task(self._listen(socket))
            try:
                await self._speak(socket, started_s)
            finally:
                listening.cancel()
        return self.measured

    async def _listen(self, socket: ClientConnection) -> None:
        try:
            async for text in socket:
                if self._first_audio_s is None and '"media"' in text:
                    self._first_audio_s = time.perf_counter()
                if '"event":"mark"' in text:  # a Twilio that has played it already: the caller never waits
                    message = json.loads(text)
                    await socket.send(json.dumps({"event": "mark", "mark": message["mark"]}))
        except ConnectionClosed:
            return

    async def _speak(self, socket: ClientConnection, started_s: float) -> None:
        clock_s, number = time.perf_counter(), 0
        last_voice_s = started_s
        for turn in range(TURNS + 1):
            for frame in range(QUIET_FRAMES + LOUD_FRAMES):
                is_loud = turn < TURNS and frame >= QUIET_FRAMES
                await self._send(socket, self.loud if is_loud else self.quiet, number)
                if frame == QUIET_FRAMES - 1:
                    self._note(turn, last_voice_s)
                    self._first_audio_s = None
                number += 1
                clock_s += FRAME_S
                wait_s = clock_s - time.perf_counter()
                self.measured.late_ms.append(max(0.0, -wait_s * 1000))
                await asyncio.sleep(max(0.0, wait_s))
            last_voice_s = clock_s

    async def _send(self, socket: ClientConnection, payload: str, number: int) -> None:
        await socket.send(
            f'{{"event":"media","media":{{"track":"inbound","chunk":"{number + 1}","timestamp":"{number * 20}",'
            f'"payload":"{payload}"}}}}'
        )

    def _note(self, turn: int, since_s: float) -> None:
        if self._first_audio_s is None:
            self.measured.answers_missed += 1
        elif turn == 0:
            self.measured.greeting_ms = (self._first_audio_s - since_s) * 1000
        else:
            self.measured.overhead_ms.append((self._first_audio_s - since_s) * 1000 - self.scripted_ms)
