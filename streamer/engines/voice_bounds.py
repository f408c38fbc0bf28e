"""Where a voice begins and ends in the caller's audio. No I/O.

For a vendor that says when a turn was over but not when its last voice was (semantic turn detection waits as long as
the words suggest), the audio itself is asked: a stretch counts as voice when a tenth of it is louder than -36 dBFS.
"""

from collections.abc import Callable, Iterable, Iterator

from streamer.playback import BYTES_PER_MS

_LOUD_SHARE = 10
_LOOKED_AT_MS = 320

# mu-law codes whose linear magnitude is below 524 of 32768
_QUIET = bytes(code for code in range(256) if (code & 0x7F) >= 0x5C)


def is_voice(mulaw: bytes) -> bool:
    return len(mulaw.translate(None, _QUIET)) * _LOUD_SHARE >= len(mulaw) > 0


def voice_start(frames: Iterable[tuple[bytes, int]], from_ms: int, until_ms: int) -> int | None:
    """Media time of the first voice between the two; None where there is none. `frames` are audio and the media time at
    which it began, in order."""
    return next((at_ms for mulaw, at_ms in frames if from_ms <= at_ms < until_ms and is_voice(mulaw)), None)


def voice_end(since: Callable[[int], Iterable[tuple[bytes, int]]], from_ms: int, until_ms: int) -> int | None:
    """Media time of the end of the last voice between the two; None where there is none. `since` gives the
    frames from a media time on. A turn may be long, and its last voice is mostly near its end."""
    to_ms = until_ms
    while to_ms > from_ms:
        begin_ms = max(from_ms, to_ms - _LOOKED_AT_MS)
        for mulaw, media_ms in reversed(list(_before(to_ms, since(begin_ms)))):
            if is_voice(mulaw):
                return min(media_ms + len(mulaw) // BYTES_PER_MS, until_ms)
        to_ms = begin_ms
    return None


def _before(to_ms: int, frames: Iterable[tuple[bytes, int]]) -> Iterator[tuple[bytes, int]]:
    for frame in frames:
        if frame[1] >= to_ms:
            return
        yield frame
