"""Hears one caller with the embedded models.

frames -> windows -> probability of speech -> decisions -> words
          windows.py  embedded_vad.py         endpointing.py  embedded_ears.py, from the audio in utterance.py

Recognition begins when the voice pauses, long before the turn is over: when nothing more is said its words are there
as the turn ends, and the decoding costs no time. The words of a pause that was only a pause are thrown away.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from streamer.audio import BYTES_PER_MS, Pcm
from streamer.events import Heard, SpeechStarted, SpeechStopped, TurnEnded, TurnLikely, TurnResumed
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.endpointing import HANGOVER_MS, Began, Decision, Ended, Endpointing, Patience, Paused, Resumed
from streamer.providers.utterance import Utterance
from streamer.providers.windows import Window, WindowCutter

WAITING_MS = 5000
"""Audio that may wait to be heard; beyond it the oldest is dropped."""
STALLED_S = 2.0
"""Without any audio for this long, a voice that was going on has ended."""

Emit = Callable[[Heard], None]


class EmbeddedRecogniser:
    """Implements `streamer.engines.ports.Recogniser`."""

    def __init__(self, models: EmbeddedModels, hangover_ms: int = HANGOVER_MS, stalled_s: float = STALLED_S) -> None:
        self._models = models
        self._stalled_s = stalled_s
        self._activity = models.voice_activity()
        self._cutter = WindowCutter()
        self._endpointing = Endpointing(Patience(hangover_ms=hangover_ms))
        self._utterance = Utterance()
        self._waiting: deque[tuple[bytes, int]] = deque()
        self._waiting_bytes = 0
        self._arrived = asyncio.Event()
        self._drafting: asyncio.Task[str] | None = None
        self._first_voice_ms = 0
        self.dropped_ms = 0

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        """Take the next frame; `dropped_ms` counts what was dropped because more than WAITING_MS was waiting."""
        self._waiting.append((mulaw, media_ms))
        self._waiting_bytes += len(mulaw)
        while self._waiting_bytes > WAITING_MS * BYTES_PER_MS:
            dropped = len(self._waiting.popleft()[0])
            self._waiting_bytes -= dropped
            self.dropped_ms += dropped // BYTES_PER_MS
        self._arrived.set()

    @property
    def waiting_ms(self) -> int:
        """How much audio waits to be heard."""
        return self._waiting_bytes // BYTES_PER_MS

    async def run(self, emit: Emit) -> None:
        """Hear until cancelled. Everything is told in order: no voice begins before the turn before it has ended."""
        try:
            while True:
                windows = await self._next_windows()
                if not windows:
                    await self._act_on(self._endpointing.stop(), emit)
                    continue
                probabilities = await self._models.probabilities(self._activity, [window.pcm for window in windows])
                for window, probability in zip(windows, probabilities, strict=True):
                    self._utterance.add(window)
                    decisions = self._endpointing.window(window.start_ms, window.end_ms, probability)
                    await self._act_on(decisions, emit)
        finally:
            self._drop_draft()

    async def _next_windows(self) -> list[Window]:
        """Every whole window that has arrived, at least one; none when the audio has stalled."""
        windows: list[Window] = []
        while not windows:
            try:
                async with asyncio.timeout(self._stalled_s):
                    await self._arrived.wait()
            except TimeoutError:
                return []
            self._arrived.clear()
            while self._waiting:
                mulaw, media_ms = self._waiting.popleft()
                self._waiting_bytes -= len(mulaw)
                windows += self._cutter.add(mulaw, media_ms)
        return windows

    async def _act_on(self, decisions: tuple[Decision, ...], emit: Emit) -> None:
        for decision in decisions:
            match decision:
                case Began(first_ms):
                    self._first_voice_ms = self._utterance.begin(first_ms)
                    emit(SpeechStarted(self._first_voice_ms))
                case Paused(last_ms=last_ms):
                    self._drafting = asyncio.create_task(self._draft(self._utterance.pcm(last_ms), last_ms, emit))
                case Resumed():
                    self._drop_draft()
                    emit(TurnResumed())
                case Ended(last_ms=last_ms):
                    await self._finish(last_ms, emit)

    async def _draft(self, pcm: Pcm, last_ms: int, emit: Emit) -> str:
        """The words up to a pause, which may be the end of the turn."""
        first_ms = self._first_voice_ms
        text = await self._models.words_in(pcm)
        if text:
            emit(TurnLikely(text, first_ms, last_ms))
        return text

    async def _finish(self, last_ms: int, emit: Emit) -> None:
        """End the turn with the words of its last pause; those of the whole utterance where there was no pause."""
        pcm = self._utterance.pcm(last_ms)
        last_voice_ms = self._utterance.end(last_ms)
        text = await (self._drafting or self._models.words_in(pcm))
        self._drafting = None
        emit(TurnEnded(text, self._first_voice_ms, last_voice_ms) if text else SpeechStopped())

    def _drop_draft(self) -> None:
        """Stop a draft that nobody wants; work that a thread has begun runs out unheard."""
        if self._drafting:
            self._drafting.add_done_callback(_ignore_outcome)
            self._drafting.cancel()
            self._drafting = None


def _ignore_outcome(draft: asyncio.Task[str]) -> None:
    """Take the failure of an unwanted draft: if it matters, the next one fails too and is heard."""
    if not draft.cancelled():
        draft.exception()
