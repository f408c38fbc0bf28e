"""Twilio's media clock in epoch milliseconds: frames carry ms since the stream began. No I/O."""

from dataclasses import dataclass

FRAME_MS = 20


@dataclass(slots=True)
class MediaTime:
    """`zero_ms` is the epoch time of the stream's first sample, as far as it is known."""

    zero_ms: int

    def arrived(self, media_ms: int, now_ms: int) -> None:
        """A frame that began at `media_ms` is here: the earliest arrival is the truest. One comparison a frame."""
        self.zero_ms = min(self.zero_ms, now_ms - media_ms - FRAME_MS)

    def epoch_of(self, media_ms: int, now_ms: int) -> int:
        """Nothing that was heard lies in the future, whatever the media clock says."""
        return min(self.zero_ms + media_ms, now_ms)
