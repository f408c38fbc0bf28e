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
_FRAME_BYTES = 20 * BYTES_PER_MS


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
    """The newest audio, at most `most_ms` of it, the oldest dropped first, in whole frames of 20 ms.

    One buffer, and the places where the media time jumps: keeping a frame makes no object that lives on, so that
    fifty frames a second and call neither fill the caches nor the heap.
    """

    def __init__(self, most_ms: int) -> None:
        self._most_bytes = most_ms * BYTES_PER_MS
        self._sound = bytearray()
        self._dropped_bytes = 0
        self._next_media_ms: int | None = None
        self._stretches: deque[tuple[int, int]] = deque(maxlen=MOST_STRETCHES)
        """Of audio without a gap: how many bytes had ever been added before it, and its media time."""

    @property
    def kept_ms(self) -> int:
        return len(self._sound) // BYTES_PER_MS

    def add(self, mulaw: bytes, media_ms: int) -> int:
        """Keep a frame. Returns how many ms of older audio were dropped for it."""
        sound = self._sound
        if media_ms != self._next_media_ms:
            self._stretches.append((self._dropped_bytes + len(sound), media_ms))
        sound += mulaw
        self._next_media_ms = media_ms + len(mulaw) // BYTES_PER_MS
        return self._shorten(self._most_bytes) if len(sound) > self._most_bytes else 0

    def trim(self, to_ms: int) -> None:
        """Keep the newest `to_ms` only."""
        self._shorten(to_ms * BYTES_PER_MS)

    def _shorten(self, to_bytes: int) -> int:
        over_bytes = len(self._sound) - to_bytes
        return self._drop(-(-over_bytes // _FRAME_BYTES) * _FRAME_BYTES) if over_bytes > 0 else 0

    def _drop(self, size_bytes: int) -> int:
        """Returns how many ms that were."""
        size_bytes = min(size_bytes, len(self._sound))
        del self._sound[:size_bytes]
        self._dropped_bytes += size_bytes
        while len(self._stretches) > 1 and self._stretches[1][0] <= self._dropped_bytes:
            self._stretches.popleft()
        return size_bytes // BYTES_PER_MS

    def confirm(self, media_ms: int) -> None:
        """What ended by `media_ms` is understood and need not be sent again."""
        for began_bytes, size_bytes, began_ms in list(self._kept_stretches()):
            ended_bytes = min(size_bytes, (media_ms - began_ms) * BYTES_PER_MS // _FRAME_BYTES * _FRAME_BYTES)
            if ended_bytes > 0:
                self._drop(began_bytes + ended_bytes - self._dropped_bytes)
            if ended_bytes < size_bytes:
                return

    def __iter__(self) -> Iterator[tuple[bytes, int]]:
        """Frames of at most 20 ms and their media times, in order."""
        return self.since(0)

    def since(self, media_ms: int) -> Iterator[tuple[bytes, int]]:
        """The frames that began at `media_ms` or later."""
        for began_bytes, size_bytes, began_ms in list(self._kept_stretches()):
            skipped = max(0, -(-(media_ms - began_ms) * BYTES_PER_MS // _FRAME_BYTES))
            for offset in range(skipped * _FRAME_BYTES, size_bytes, _FRAME_BYTES):
                start = began_bytes + offset - self._dropped_bytes
                end = min(start + _FRAME_BYTES, began_bytes + size_bytes - self._dropped_bytes)
                yield bytes(self._sound[start:end]), began_ms + offset // BYTES_PER_MS

    def _kept_stretches(self) -> Iterator[tuple[int, int, int]]:
        """Of what is kept of each stretch: where it begins (in bytes ever added), its size in bytes, its media time."""
        ends = [began_bytes for began_bytes, _ in self._stretches][1:]
        ends.append(self._dropped_bytes + len(self._sound))
        for (began_bytes, media_ms), end_bytes in zip(self._stretches, ends):  # noqa: B905 - no stretch, but one end
            gone_bytes = max(0, self._dropped_bytes - began_bytes)
            size_bytes = end_bytes - began_bytes - gone_bytes
            if size_bytes > 0:
                yield began_bytes + gone_bytes, size_bytes, media_ms + gone_bytes // BYTES_PER_MS
