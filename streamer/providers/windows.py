"""The caller's frames cut into the windows that voice activity is judged on, each with its media time. Pure."""

from dataclasses import dataclass

import numpy as np

from streamer.audio import BYTES_PER_MS, SILENCE, Pcm, pcm_of

WINDOW_SAMPLES = 256
WINDOW_MS = 32

_FILLED_MS = 1000
"""Lost audio up to this long is replaced by silence; a longer gap only moves the clock."""
_JITTER_MS = 15
"""A frame whose time is off by less than a frame is taken as the next one."""


@dataclass(frozen=True, slots=True)
class Window:
    """32 ms of audio that began at `start_ms` on the media clock."""

    start_ms: int
    pcm: Pcm

    @property
    def end_ms(self) -> int:
        return self.start_ms + WINDOW_MS


class WindowCutter:
    """Collects frames of any size and gives out whole windows."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._start_ms: int | None = None

    def add(self, mulaw: bytes, media_ms: int) -> list[Window]:
        """The windows that are complete with this frame. A frame that was heard before adds nothing."""
        if self._start_ms is None:
            self._start_ms = media_ms
        ahead_ms = media_ms - (self._start_ms + len(self._buffer) // BYTES_PER_MS)
        if abs(ahead_ms) > _FILLED_MS:
            self._buffer.clear()
            self._start_ms = media_ms
        elif ahead_ms > _JITTER_MS:
            self._buffer += SILENCE * (ahead_ms * BYTES_PER_MS)
        elif ahead_ms < -_JITTER_MS:
            return []
        self._buffer += mulaw
        return self._cut(self._start_ms)

    def _cut(self, start_ms: int) -> list[Window]:
        count = len(self._buffer) // WINDOW_SAMPLES
        pcm = pcm_of(bytes(self._buffer[: count * WINDOW_SAMPLES]))
        del self._buffer[: count * WINDOW_SAMPLES]
        self._start_ms = start_ms + count * WINDOW_MS
        return [
            Window(start_ms + index * WINDOW_MS, piece)
            for index, piece in enumerate(np.split(pcm, count) if count else [])
        ]
