"""Where the voice in a stream of mu-law audio begins and ends, by its energy. Pure; time is media time.

Media time counts the audio received: 8 bytes of mu-law at 8 kHz are a millisecond.
"""

import audioop
from dataclasses import dataclass

BYTES_PER_MS = 8
BLOCK_MS = 5
_BLOCK_BYTES = BLOCK_MS * BYTES_PER_MS
_BLOCK_SAMPLES_BYTES = 2 * _BLOCK_BYTES
_SILENCE = b"\xff"


@dataclass(slots=True)
class Stretch:
    """Voice without a pause that mattered: first and end of it in media time, and how much of it was voice."""

    began_ms: float
    ended_ms: float
    voiced_ms: float


class VoiceEnergy:
    """Finds stretches of voice, exact to a block of 5 ms. Only `forget` ends one: pauses are judged elsewhere."""

    def __init__(self, threshold: int) -> None:
        """`threshold`: RMS of linear samples (full scale 32768) from which a block counts as voice."""
        self._threshold = threshold
        self._part = b""
        self.received_ms = 0.0
        self.stretch: Stretch | None = None

    def hear(self, mulaw: bytes) -> None:
        """Takes the next audio. Bytes short of a block wait for the rest of it."""
        if not self._part and len(mulaw) % _BLOCK_BYTES == 0 and not mulaw.strip(_SILENCE):
            self.received_ms += len(mulaw) / BYTES_PER_MS  # most of what is heard is nothing at all
            return
        linear = audioop.ulaw2lin(self._part + mulaw, 2)
        whole = len(linear) // _BLOCK_SAMPLES_BYTES * _BLOCK_SAMPLES_BYTES
        block_ms = self.received_ms - len(self._part) / BYTES_PER_MS
        self.received_ms += len(mulaw) / BYTES_PER_MS
        self._part = (self._part + mulaw)[whole // 2 :]
        for at in range(0, whole, _BLOCK_SAMPLES_BYTES):
            if audioop.rms(linear[at : at + _BLOCK_SAMPLES_BYTES], 2) >= self._threshold:
                self._voice(block_ms)
            block_ms += BLOCK_MS

    def forget(self) -> None:
        """The stretch is over; the next voice begins another."""
        self.stretch = None

    def _voice(self, block_ms: float) -> None:
        end_ms = block_ms + BLOCK_MS
        if self.stretch is None:
            self.stretch = Stretch(block_ms, end_ms, BLOCK_MS)
        else:
            self.stretch.ended_ms = end_ms
            self.stretch.voiced_ms += BLOCK_MS
