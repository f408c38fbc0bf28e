"""Where a voice begins and ends in the caller's audio. No I/O.

For a vendor that says when a turn was over but not when its last voice was (semantic turn detection waits as long as
the words suggest), the audio itself is asked: a stretch counts as voice when a tenth of it is louder than -36 dBFS.
"""

from collections.abc import Iterable

from streamer.playback import BYTES_PER_MS

_LOUD_SHARE = 10

# mu-law codes whose linear magnitude is below 524 of 32768
_QUIET = bytes(code for code in range(256) if (code & 0x7F) >= 0x5C)


def is_voice(mulaw: bytes) -> bool:
    return len(mulaw.translate(None, _QUIET)) * _LOUD_SHARE >= len(mulaw) > 0


def voiced_span(frames: Iterable[tuple[bytes, int]], from_ms: int, until_ms: int) -> tuple[int, int] | None:
    """Media time of the first and the last voice between the two; None where there is none. `frames` are audio and the
    media time at which it began, in order."""
    between = [frame for frame in frames if from_ms <= frame[1] < until_ms]
    first_ms = next((media_ms for mulaw, media_ms in between if is_voice(mulaw)), None)
    if first_ms is None:
        return None
    last = next((mulaw, media_ms) for mulaw, media_ms in reversed(between) if is_voice(mulaw))
    return first_ms, min(last[1] + len(last[0]) // BYTES_PER_MS, until_ms)
