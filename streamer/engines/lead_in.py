"""What of a reply's audio comes before its first voice. No I/O, no clock.

An answer may be nothing but silence, and then it is none: so silence is held back until there is a voice, and goes out
with a breath of it. A caller who waits gains what is left out.
"""

from dataclasses import dataclass

from streamer.playback import BYTES_PER_MS, leading_silence_ms

LEAD_KEPT_MS = 40
MOST_SILENT_MS = 2_000
"""Nobody begins a sentence with so much silence: no voice will come."""


def without_lead(mulaw: bytes) -> bytes:
    """The audio with no more than a breath of silence before it; nothing where there is no voice in it."""
    lead_ms = leading_silence_ms(mulaw)
    if lead_ms >= len(mulaw) // BYTES_PER_MS:
        return b""
    return mulaw[max(0, lead_ms - LEAD_KEPT_MS) * BYTES_PER_MS :]


@dataclass(slots=True)
class LeadIn:
    """One reply's. `skipped_ms` of its audio were left out before the voice."""

    has_voice: bool = False
    skipped_ms: int = 0
    _silent_bytes: int = 0
    _last: bytes = b""

    def take(self, mulaw: bytes) -> bytes:
        """The reply's next audio; what is to be heard now, which is nothing as long as nobody speaks."""
        if self.has_voice:
            return mulaw
        heard = without_lead(self._last + mulaw)
        if heard:
            self.has_voice = True
            self.skipped_ms = (self._silent_bytes + len(mulaw) - len(heard)) // BYTES_PER_MS
            self._last = b""
        else:
            self._silent_bytes += len(mulaw)
            self._last = (self._last + mulaw)[-LEAD_KEPT_MS * BYTES_PER_MS :]
        return heard

    @property
    def is_too_long(self) -> bool:
        return not self.has_voice and self._silent_bytes > MOST_SILENT_MS * BYTES_PER_MS
