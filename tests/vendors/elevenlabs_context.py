"""One stream of speech on a socket: text gathers in a buffer, generations come of it, audio goes out at its moments."""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from tests.vendors import elevenlabs_messages as says
from tests.vendors.elevenlabs_parameters import SocketParameters
from tests.vendors.meters import Meters
from tests.vendors.paced import ON_TIME_S, Alarm
from tests.vendors.script import Speaking
from tests.vendors.speech_tone import RATE_HZ, spoken

LEAST_TRIGGERED = 50
"""Characters from which try_trigger_generation generates."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Audio on its way: when it is due by `time.monotonic`, and whether a flush asked for it."""

    at_s: float
    message: bytes
    audio_s: float


class SpeechContext:
    """Calls `send` for every piece of audio, and `ended` once, after `close` or `finish` and what they let through."""

    def __init__(
        self,
        name: str | None,
        speaking: Speaking,
        parameters: SocketParameters,
        schedule: tuple[float, ...] | None,
        meters: Meters,
        number: int,
        send: Callable[[bytes], None],
        ended: Callable[["SpeechContext"], None],
    ) -> None:
        self.name = name
        self.closing = False
        self._speaking, self._parameters, self._meters, self._number = speaking, parameters, meters, number
        self._schedule = schedule or says.DEFAULT_SCHEDULE
        self._send, self._ended = send, ended
        self._silent = speaking.fault is not None and speaking.fault.kind == "silence"
        self._buffer = ""
        self._generations = 0
        self._waiting: deque[Waiting] = deque()
        self._flushed = 0
        self._free_s = 0.0
        self._over = self._spoke = False
        self._alarm: Alarm | None = None

    def add(self, text: str) -> None:
        """Text to speak; generates as much as auto_mode or the schedule asks for."""
        if not self._buffer:
            if not text.strip():
                return
            self._meters.moment(self._number, "text")
        self._buffer += text
        if self._parameters.auto_mode:
            self._generate()
            return
        needed = self._schedule[min(self._generations, len(self._schedule) - 1)]
        if len(self._buffer) >= needed:
            self._generate()

    def trigger(self) -> None:
        """try_trigger_generation."""
        if len(self._buffer) >= LEAST_TRIGGERED:
            self._generate()

    def flush(self) -> None:
        """Generates what is left; all audio on its way survives a `close`."""
        self._generate()
        self._flushed = len(self._waiting)

    def close(self) -> None:
        """Nothing more is generated: audio that no flush asked for is dropped, the rest goes out, then it has ended."""
        self.closing = True
        self._buffer = ""
        while len(self._waiting) > self._flushed:
            self._waiting.pop()
        self._go()

    def finish(self) -> None:
        """Flushes, and has ended after the last audio."""
        self.flush()
        self.closing = True
        self._go()

    def stop(self) -> None:
        """The socket is gone."""
        self._over = True
        self._waiting.clear()
        if self._alarm is not None:
            self._alarm.cancel()

    def _generate(self) -> None:
        text, self._buffer = self._buffer, ""
        if not text.strip():
            return
        self._generations += 1
        self._meters.characters += len(text)
        speaking = self._speaking
        pieces = spoken(
            text, speaking.character_ms, speaking.piece_characters, speaking.lead_silence_ms, silent=self._silent
        )
        moment_s = max(time.monotonic() + speaking.first_byte_ms / 1000, self._free_s)
        for index, piece in enumerate(pieces):
            begins_ms = 0 if index == 0 else piece.starts_ms[0]
            aligned = [piece] if self._parameters.sync_alignment else pieces if index == 0 else []
            message = says.audio(piece, begins_ms, aligned, self.name)
            self._waiting.append(Waiting(moment_s, message, len(piece.audio) / RATE_HZ))
            moment_s += piece.duration_ms / speaking.times_realtime / 1000
        self._free_s = moment_s
        self._go()

    def _go(self) -> None:
        """Sends what is due and waits for the next."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        while self._waiting and not self._over:
            if self._waiting[0].at_s > time.monotonic() + ON_TIME_S:
                self._alarm = Alarm(self._waiting[0].at_s, self._go)
                return
            self._put(self._waiting.popleft())
        if self.closing and not self._over:
            self._over = True
            self._ended(self)

    def _put(self, waiting: Waiting) -> None:
        self._flushed = max(0, self._flushed - 1)
        if not self._spoke:
            self._spoke = True
            self._meters.moment(self._number, "first audio")
        self._meters.audio_s_sent += waiting.audio_s
        self._send(waiting.message)
