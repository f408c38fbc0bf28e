"""Audio for tests of whatever listens: mu-law 8 kHz."""

import audioop
import wave
from collections.abc import Iterator
from pathlib import Path

from tests.vendors.speech_tone import RATE_HZ, SILENCE, tone

FRAME_BYTES = 160
_RECORDINGS = Path(__file__).parents[2] / "offhook" / "recordings"


def voice(duration_ms: int) -> bytes:
    """A tone, loud enough to be voice from its first block to its last."""
    return tone("A", duration_ms)


def silence(duration_ms: int) -> bytes:
    return SILENCE * (duration_ms * RATE_HZ // 1000)


def frames(audio: bytes) -> Iterator[bytes]:
    """20 ms each, as from a telephone."""
    for at in range(0, len(audio), FRAME_BYTES):
        yield audio[at : at + FRAME_BYTES]


def recording(name: str) -> bytes:
    """Real speech: one of the recordings for the demo calls, without its extension."""
    with wave.open(str(_RECORDINGS / f"{name}.wav")) as file:
        linear = file.readframes(file.getnframes())
        if file.getframerate() != RATE_HZ:
            linear, _ = audioop.ratecv(linear, file.getsampwidth(), 1, file.getframerate(), RATE_HZ, None)
    return audioop.lin2ulaw(linear, 2)
