"""Twilio's end of a stream with a person behind it: frames in real time, marks when they are due, and what is heard."""

import asyncio
import base64
import itertools
import json
import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from streamer.playback import leading_silence_ms
from tests.vendors.sounds import FRAME_BYTES, silence, voice
from tests.vendors.speech_tone import tone

FRAME_S = 0.02
_LOOK_S = 0.01
_MOST_AWAKE_S = 0.05
"""As long as a look lasts on a machine that is busy. What it lasts longer, nothing ran at all."""
_SILENCE = silence(20)
_VOICE = voice(20)


@dataclass(frozen=True, slots=True)
class Utterance:
    """Voice and pauses in turn, in ms. `after_s` begins it so long after the agent's voice began, over it; without it
    the caller waits until the agent has spoken and is quiet for `quiet_s`, or `patience_s` are over. One without voice
    only waits, and hangs up. All three are times in which this process ran."""

    stretches_ms: tuple[int, ...] = (600,)
    after_s: float | None = None
    quiet_s: float = 0.45
    patience_s: float = 12.0


class Waiting:
    """For the time to say an utterance, since the loop's `since_s`.

    Caller, streamer and vendors are one process. Where the machine stands still, so does the agent's voice, and that is
    no pause of the agent's: a caller who went by the clock would be over it with the next utterance, or gone, before
    the agent could go on. So a time in which nothing looked counts for no more than _MOST_AWAKE_S."""

    def __init__(self, utterance: Utterance, since_s: float) -> None:
        self._utterance = utterance
        self._looked_s = self._heard_s = since_s
        self._awake_s = 0.0
        self._voice_from_s = self._quiet_from_s = math.inf

    def is_over(self, now_s: float, audible_at_s: Sequence[float]) -> bool:
        """`audible_at_s`: when the agent was heard, of the same clock, in order. To be asked all the time."""
        self._awake_s += min(now_s - self._looked_s, _MOST_AWAKE_S)
        self._looked_s = now_s
        if audible_at_s and audible_at_s[-1] > self._heard_s:
            self._heard_s, self._quiet_from_s = audible_at_s[-1], self._awake_s
            self._voice_from_s = min(self._voice_from_s, self._awake_s)
        if self._awake_s >= self._utterance.patience_s:
            return True
        if self._utterance.after_s is not None:
            return self._awake_s - self._voice_from_s >= self._utterance.after_s
        return self._awake_s - self._quiet_from_s >= self._utterance.quiet_s


@dataclass(slots=True)
class Ear:
    """What the line plays. Times are the loop's."""

    character_ms: int
    played: bytearray = field(default_factory=bytearray)
    audible_at_s: list[float] = field(default_factory=list)
    clears: int = 0
    _waiting: deque[bytes | str] = field(default_factory=deque)

    def take(self, message: dict[str, object]) -> list[str]:
        """A message of the streamer's. Returns the marks that a `clear` brings back."""
        match message:
            case {"event": "media", "media": {"payload": str(payload)}}:
                self._waiting.append(base64.b64decode(payload))
            case {"event": "mark", "mark": {"name": str(name)}}:
                self._waiting.append(name)
            case {"event": "clear"}:
                self.clears += 1
                marks = [waiting for waiting in self._waiting if isinstance(waiting, str)]
                self._waiting.clear()
                return marks
        return []

    def play(self, now_s: float) -> list[str]:
        """The next 20 ms; returns the marks behind what has been played."""
        played, marks = b"", []
        while self._waiting:
            first = self._waiting[0]
            if isinstance(first, str):
                marks.append(first)
                self._waiting.popleft()
                continue
            if len(played) == FRAME_BYTES:
                break
            wanted = FRAME_BYTES - len(played)
            played += first[:wanted]
            self._waiting.popleft()
            if first[wanted:]:
                self._waiting.appendleft(first[wanted:])
        self.played += played
        if leading_silence_ms(played) < len(played) // 8:
            self.audible_at_s.append(now_s)
        return marks

    def times_heard(self, word: str) -> int:
        """How often the word was played, every sound of it. A simulated voice has a tone for every character."""
        return bytes(self.played).count(b"".join(tone(sign, self.character_ms) for sign in word))


class Caller:
    """`run` plays the whole call. Afterwards `close_code` is the streamer's, or None where the caller hung up."""

    def __init__(self, socket: ClientConnection, start: str, character_ms: int) -> None:
        self._socket, self._start = socket, start
        self._now_s = asyncio.get_running_loop().time
        self.ear = Ear(character_ms)
        self.began_s = 0.0
        self.began_at_ms = 0
        self.ended_s = 0.0
        self.spoke_s: list[tuple[float, float]] = []
        self.close_code: int | None = None
        self._frames = 0
        self._voice: deque[bytes] = deque()

    async def run(self, utterances: Sequence[Utterance], stays_s: float) -> None:
        """Say everything, wait for the answer to the last, and hang up; `stays_s` bounds the call."""
        await self._socket.send('{"event":"connected","protocol":"Call","version":"1.0.0"}')
        await self._socket.send(self._start)
        self.began_s, self.began_at_ms = self._now_s(), time.time_ns() // 1_000_000
        listening = asyncio.create_task(self._listen())
        speaking = asyncio.create_task(self._speak(utterances))
        line = asyncio.create_task(self._line())
        try:
            await asyncio.wait({listening, speaking}, timeout=stays_s, return_when=asyncio.FIRST_COMPLETED)
            self.ended_s = self._now_s()
            if not listening.done():
                await self._socket.send('{"event":"stop"}')
                await self._socket.close()
        finally:
            for task in (speaking, line):
                task.cancel()
            await asyncio.wait({speaking, line, listening})
        for task in (speaking, line, listening):
            if not task.cancelled():
                task.result()

    def spoke_from_ms(self, utterance: int) -> float:
        """When an utterance began, epoch."""
        return self.began_at_ms + (self.spoke_s[utterance][0] - self.began_s) * 1000

    @property
    def longest_wait_s(self) -> float:
        """The longest time from the beginning, or the end of an utterance, to the agent's next sound or the end."""
        since = [self.began_s, *(ended_s for _, ended_s in self.spoke_s if ended_s < self.ended_s)]
        heard = [*self.ear.audible_at_s, self.ended_s]
        return max(min((at_s for at_s in heard if at_s >= from_s), default=self.ended_s) - from_s for from_s in since)

    @property
    def longest_pause_s(self) -> float:
        """The longest time between two sounds of the agent, or from the last one to being handed over, in which the
        caller said nothing."""
        heard = [*self.ear.audible_at_s, *([self.ended_s] if self.close_code is not None else [])]
        pairs = itertools.pairwise(heard)
        return max((later - sooner for sooner, later in pairs if not self._spoke_between(sooner, later)), default=0.0)

    def _spoke_between(self, sooner_s: float, later_s: float) -> bool:
        return any(began_s < later_s and ended_s > sooner_s for began_s, ended_s in self.spoke_s)

    async def _listen(self) -> None:
        while True:
            try:
                await self._return(self.ear.take(json.loads(await self._socket.recv())))
            except ConnectionClosed as closed:
                self.close_code = closed.rcvd.code if closed.rcvd is not None and closed.rcvd_then_sent else None
                return

    async def _line(self) -> None:
        """A frame each 20 ms, both ways."""
        while True:
            frame = self._voice.popleft() if self._voice else _SILENCE
            payload = base64.b64encode(frame).decode()
            media = {"payload": payload, "timestamp": str(self._frames * 20)}
            try:
                await self._socket.send(json.dumps({"event": "media", "media": media}))
                await self._return(self.ear.play(self._now_s()))
            except ConnectionClosed:
                return
            self._frames += 1
            await asyncio.sleep(max(0.0, self.began_s + self._frames * FRAME_S - self._now_s()))

    async def _return(self, marks: Sequence[str]) -> None:
        for mark in marks:
            await self._socket.send(json.dumps({"event": "mark", "mark": {"name": mark}}))

    async def _speak(self, utterances: Sequence[Utterance]) -> None:
        since_s = self.began_s
        for utterance in utterances:
            await self._until_it_is_time(utterance, since_s)
            if not utterance.stretches_ms:
                return
            began_s = self._now_s()
            self.spoke_s.append((began_s, math.inf))
            for index, stretch_ms in enumerate(utterance.stretches_ms):
                self._voice += [_SILENCE if index % 2 else _VOICE] * (stretch_ms // 20)
            await asyncio.sleep(sum(utterance.stretches_ms) / 1000)
            since_s = self._now_s()
            self.spoke_s[-1] = (began_s, since_s)
        await self._until_it_is_time(Utterance(), since_s)

    async def _until_it_is_time(self, utterance: Utterance, since_s: float) -> None:
        waiting = Waiting(utterance, since_s)
        while not waiting.is_over(self._now_s(), self.ear.audible_at_s):  # noqa: ASYNC110 - a clock tells nobody
            await asyncio.sleep(_LOOK_S)
