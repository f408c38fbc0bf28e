"""Audio for tests of the recognisers: mu-law 8 kHz."""

from collections.abc import Iterator

from tests.vendors.speech_tone import RATE_HZ, SILENCE, tone

FRAME_BYTES = 160


def voice(duration_ms: int) -> bytes:
    """A tone, loud enough to be voice from its first block to its last."""
    return tone("A", duration_ms)


def silence(duration_ms: int) -> bytes:
    return SILENCE * (duration_ms * RATE_HZ // 1000)


def frames(audio: bytes) -> Iterator[bytes]:
    """20 ms each, as from a telephone."""
    for at in range(0, len(audio), FRAME_BYTES):
        yield audio[at : at + FRAME_BYTES]
