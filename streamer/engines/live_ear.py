"""Whether the caller makes a sound, by loudness: OpenAI Live says what was said, never that somebody speaks. Pure.

A frame is voice when it stands out of the line's own noise, whose level is followed quickly down and slowly up. That
costs some microseconds a frame. It cannot tell a voice from a cough or a television: what a voice was is said by the
words that come of it.
"""

import audioop
from dataclasses import dataclass, field

from streamer.playback import BYTES_PER_MS
from streamer.providers.endpointing import Decision, Endpointing, Patience

LEAST_RMS = 250.0
"""Of 32768. Speech on a telephone line is mostly above 1,000; a quiet line is below 50."""
ABOVE_NOISE = 3.0
_RISE = 1.004
"""A frame; the noise level doubles in 3.5 s."""
_FIRST_NOISE = 30.0


@dataclass(slots=True)
class LiveEar:
    noise_rms: float = _FIRST_NOISE
    _turns: Endpointing = field(default_factory=lambda: Endpointing(Patience()))

    def hear(self, mulaw: bytes, media_ms: int) -> tuple[Decision, ...]:
        """What the next frame, which began at `media_ms`, decides."""
        rms = audioop.rms(audioop.ulaw2lin(mulaw, 2), 2)
        is_voice = rms >= max(LEAST_RMS, ABOVE_NOISE * self.noise_rms)
        self.noise_rms = min(max(float(rms), 1.0), self.noise_rms * _RISE)
        end_ms = media_ms + len(mulaw) // BYTES_PER_MS
        return self._turns.window(media_ms, end_ms, 1.0 if is_voice else 0.0)
