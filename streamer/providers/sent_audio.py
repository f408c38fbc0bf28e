"""The caller's audio on its way to a vendor: what is kept to be sent again, and which clock it is on. Pure.

A vendor counts the audio that one connection was sent; Twilio counts from the start of the stream. The two drift apart
with every lost frame and with every new connection:

Twilio's media clock   0    20   40   60   [lost]  120  140
vendor's audio clock   0    20   40   60           80   100
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Iterator

from streamer.playback import BYTES_PER_MS

MOST_STRETCHES = 128


class MediaClock:
    """One connection's map from the vendor's audio clock to Twilio's."""

    def __init__(self) -> None:
        self._sent_ms = 0.0
        self._next_media_ms: float | None = None
        self._from_ms: list[float] = []
        self._media_ms: list[float] = []

    @property
    def sent_ms(self) -> float:
        """How much audio the connection was sent."""
        return self._sent_ms

    def sent(self, size_bytes: int, media_ms: int) -> None:
        """Audio of that size, which began at `media_ms`, was sent."""
        if media_ms != self._next_media_ms:
            self._from_ms.append(self._sent_ms)
            self._media_ms.append(media_ms)
            if len(self._from_ms) > MOST_STRETCHES:
                del self._from_ms[0], self._media_ms[0]
        duration_ms = size_bytes / BYTES_PER_MS
        self._sent_ms += duration_ms
        self._next_media_ms = media_ms + duration_ms

    def began(self, at_s: float) -> int:
        """Media time of something that begins at `at_s` of the vendor's clock."""
        return self._at(at_s * 1000, bisect_right(self._from_ms, at_s * 1000))

    def ended(self, at_s: float) -> int:
        """Media time of something that ends there: just before a gap, not behind it."""
        return self._at(at_s * 1000, bisect_left(self._from_ms, at_s * 1000))

    def _at(self, at_ms: float, stretches: int) -> int:
        if not self._from_ms:
            return round(at_ms)
        index = max(0, stretches - 1)
        return max(0, round(self._media_ms[index] + at_ms - self._from_ms[index]))


class KeptAudio:
    """The newest audio, at most `most_ms` of it, the oldest dropped first."""

    def __init__(self, most_ms: int) -> None:
        self._most_bytes = most_ms * BYTES_PER_MS
        self._frames: deque[tuple[bytes, int]] = deque()
        self._bytes = 0

    @property
    def kept_ms(self) -> int:
        return self._bytes // BYTES_PER_MS

    def add(self, mulaw: bytes, media_ms: int) -> int:
        """Keep a frame. Returns how many ms of older audio were dropped for it."""
        self._frames.append((mulaw, media_ms))
        self._bytes += len(mulaw)
        return self._shorten(self._most_bytes)

    def trim(self, to_ms: int) -> None:
        """Keep the newest `to_ms` only."""
        self._shorten(to_ms * BYTES_PER_MS)

    def _shorten(self, to_bytes: int) -> int:
        dropped_bytes = 0
        while self._bytes > to_bytes:
            dropped = len(self._frames.popleft()[0])
            self._bytes -= dropped
            dropped_bytes += dropped
        return dropped_bytes // BYTES_PER_MS

    def confirm(self, media_ms: int) -> None:
        """What ended by `media_ms` is understood and need not be sent again."""
        while self._frames and self._frames[0][1] + len(self._frames[0][0]) // BYTES_PER_MS <= media_ms:
            self._bytes -= len(self._frames.popleft()[0])

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        return iter(self._frames)
