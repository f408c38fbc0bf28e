"""The audio of the utterance that is going on, and a little of what came before it. Pure."""

from collections import deque

import numpy as np

from streamer.audio import RATE_HZ, Pcm, voice_span
from streamer.providers.windows import WINDOW_MS, Window

BEFORE_MS = 320
"""Kept from before the voice began: soft beginnings come before the decision, and the background is measured here."""
AFTER_MS = 128
"""Kept from after it, so that a last consonant is whole. Not above the pause after which recognition begins."""

_LATE_MS = 128
"""How much later than the sound itself voice activity may begin and end."""
_PER_MS = RATE_HZ // 1000


class Utterance:
    """Keeps the newest windows in quiet, and every window from `begin` to `end`."""

    def __init__(self) -> None:
        self._windows: deque[Window] = deque()
        self._going_on = False

    def add(self, window: Window) -> None:
        self._windows.append(window)
        if not self._going_on:
            self._forget_before(window.end_ms - 2 * BEFORE_MS)

    def begin(self, first_ms: int) -> int:
        """The voice began in the window at `first_ms`. Returns when its sound began, by its energy."""
        self._going_on = True
        self._forget_before(first_ms - BEFORE_MS)
        first, end = self._voice_ms()
        return min(max(first, first_ms - _LATE_MS), first_ms + WINDOW_MS) if end else first_ms

    def pcm(self, last_ms: int) -> Pcm:
        """The utterance whose voice ended at `last_ms`, with what is kept around it."""
        pieces = [window.pcm for window in self._windows if window.start_ms < last_ms + AFTER_MS]
        return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)

    def end(self, last_ms: int) -> int:
        """The voice ended in the window that ends at `last_ms`. Returns when its sound ended, by its energy."""
        _, end = self._voice_ms()
        self._going_on = False
        self._forget_before(last_ms)
        return max(min(end, last_ms), last_ms - _LATE_MS) if end else last_ms

    def _voice_ms(self) -> tuple[int, int]:
        """Media times of the sound that stands out, looked up window by window: there may be gaps between them."""
        if not self._windows:
            return 0, 0
        first, end = voice_span(np.concatenate([window.pcm for window in self._windows]))
        return (self._media_ms(first), self._media_ms(end - 1) + 1) if end else (0, 0)

    def _media_ms(self, sample: int) -> int:
        window = self._windows[sample // self._windows[0].pcm.size]
        return window.start_ms + sample % window.pcm.size // _PER_MS

    def _forget_before(self, media_ms: int) -> None:
        while self._windows and self._windows[0].end_ms <= media_ms:
            self._windows.popleft()
