"""One caller over a media stream: frames on a true 20 ms clock, what comes back played as Twilio plays it."""

import asyncio
import binascii
import time
from dataclasses import dataclass, field

import orjson

from tests.bench.dialogue import Dialogue, Frame, Turn
from tests.bench.playout import Playout
from tests.bench.stream_socket import StreamSocket
from tests.vendors.speech_tone import SILENCE, tone

FRAME_S = 0.02
CLOSES_WITHIN_S = 5.0
_QUIET = binascii.b2a_base64(SILENCE * 160, newline=False)
_VOICE = binascii.b2a_base64(tone("A", 20), newline=False)


@dataclass(slots=True)
class Called:
    """One call as its caller knows it; monotonic seconds. `late_s`: how late the caller's own clock was."""

    number: int
    started_s: float = 0.0
    greeted_s: float | None = None
    ended_s: float = 0.0
    turns: list[Turn] = field(default_factory=list)
    gaps_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)
    was_cut: bool = False
    """The other end closed the stream in mid-call."""


_MEDIA = (
    b'{"event":"media","sequenceNumber":"%d","media":{"track":"inbound","chunk":"%d","timestamp":"%d",'
    b'"payload":"%s"},"streamSid":"%s"}'
)


class StreamCaller:
    """`start` is the text of Twilio's `start` message."""

    def __init__(self, url: str, number: int, stream_sid: str, start: bytes, dialogue: Dialogue) -> None:
        self._url, self._start, self._dialogue = url, start, dialogue
        self._stream_sid = stream_sid
        self._playout = Playout()
        self._socket: StreamSocket
        self.called = Called(number, turns=dialogue.turns)

    async def run(self) -> Called:
        self._socket = StreamSocket(self._on_text)
        try:
            await self._socket.open(self._url)
            self._socket.send(b'{"event":"connected","protocol":"Call","version":"1.0.0"}')
            self._socket.send(self._start)
            self.called.started_s = time.monotonic()
            await self._talk()
            self.called.ended_s = time.monotonic()
            self._socket.send(b'{"event":"stop","streamSid":"%s","stop":{}}' % self._stream_sid.encode())
            self._socket.close()
            async with asyncio.timeout(CLOSES_WITHIN_S):
                await self._socket.closed
        except TimeoutError:
            self._socket.abort()
        finally:
            self._socket.abort()
        self.called.gaps_s = self._playout.late_s
        return self.called

    async def _talk(self) -> None:
        called, playout, dialogue = self.called, self._playout, self._dialogue
        dialogue.begin(called.started_s)
        due_s, number = called.started_s, 0
        while True:
            due_s += FRAME_S
            now_s = time.monotonic()
            if due_s > now_s:
                await asyncio.sleep(due_s - now_s)
                now_s = time.monotonic()
            called.late_s.append(max(0.0, now_s - due_s))
            if self._socket.is_closing:
                called.was_cut = True
                return
            if called.greeted_s is None and not called.turns:
                called.greeted_s = playout.first_s
            frame = dialogue.next(now_s, playout)
            if frame is Frame.GONE:
                return
            self._send(_VOICE if frame is Frame.VOICE else _QUIET, number)
            number += 1
            self._return(playout.played(now_s))

    def _send(self, payload: bytes, number: int) -> None:
        self._socket.send(_MEDIA % (number + 2, number + 1, number * 20, payload, self._stream_sid.encode()))

    def _return(self, marks: list[str]) -> None:
        for name in marks:
            mark = {"event": "mark", "streamSid": self._stream_sid, "mark": {"name": name}}
            self._socket.send(orjson.dumps(mark))

    def _on_text(self, text: bytes) -> None:
        now_s, message = time.monotonic(), orjson.loads(text)
        match message["event"]:
            case "media":
                self._playout.media(binascii.a2b_base64(message["media"]["payload"]), now_s)
            case "mark":
                self._playout.mark(message["mark"]["name"])
            case "clear":
                self._return(self._playout.clear(now_s))
