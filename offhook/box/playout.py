"""The agent's side of a line: buffered audio played 20 ms at a time, and the marks between. No I/O, no clock.

Twilio's rules (Media Streams, messages to Twilio): media is buffered and played in the order received, whatever its
size; a mark comes back when what was buffered before it has been played, or at once when nothing is; `clear` empties
the buffer and brings back every mark that was waiting. Twilio documents no ceiling; the limits here are the box's own.
"""

from collections import deque
from collections.abc import Callable

FRAME_BYTES = 160
FRAME_MS = 20
SILENCE = b"\xff" * FRAME_BYTES
"""One frame of mu-law silence. Compared by identity on the frame path."""

UTTERANCE_GAP_MS = 400
"""Audio that goes on within this time after the buffer ran dry belongs to the same utterance: the gap was a fault."""

_BUFFER_LIMIT_BYTES = 30 * 60 * 8000
_MARK_LIMIT = 10_000


class PlayoutFull(Exception):
    """More audio or marks were sent ahead than the box keeps for one call."""


class Playout:
    """A buffer of mu-law audio with marks in it.

    Call `next_frame` once for every 20 ms slot: it means that the frame before has been played to its end.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._marks: deque[tuple[int, str, Callable[[str], None]]] = deque()
        self._enqueued_bytes = 0
        self._taken_bytes = 0
        self._sounding = False
        self._dry_ms = UTTERANCE_GAP_MS
        self.delay_ms = 0
        """Silence inserted since the current utterance began: how late its audio now is."""
        self.frames_played = 0
        self.underruns = 0
        self.underrun_ms = 0

    @property
    def audible(self) -> bool:
        """True while enqueued audio is being played, silence in it included."""
        return self._sounding or bool(self._buffer)

    def enqueue(self, mulaw: bytes) -> None:
        """Append audio of any length. Raises PlayoutFull beyond half an hour of it, and appends nothing."""
        if len(self._buffer) + len(mulaw) > _BUFFER_LIMIT_BYTES:
            raise PlayoutFull("more than 30 minutes of audio were sent ahead")
        self._buffer += mulaw
        self._enqueued_bytes += len(mulaw)

    def mark(self, name: str, on_played: Callable[[str], None]) -> None:
        """Call `on_played(name)` when everything before has been played, now if nothing is. Raises PlayoutFull."""
        if not self.audible:
            on_played(name)
            return
        if len(self._marks) >= _MARK_LIMIT:
            raise PlayoutFull(f"more than {_MARK_LIMIT} marks are waiting")
        self._marks.append((self._enqueued_bytes, name, on_played))

    def clear(self) -> None:
        """Drop the audio, stop the sound, and return the waiting marks in order."""
        self._buffer.clear()
        self._taken_bytes = self._enqueued_bytes
        self._sounding = False
        self._dry_ms = UTTERANCE_GAP_MS
        self._return_marks()

    def drop(self) -> None:
        """Drop the audio and the marks: nobody is there to be told."""
        self._marks.clear()
        self.clear()

    def next_frame(self) -> bytes:
        """The next 160 bytes to sound: SILENCE itself when nothing is buffered, a short rest filled up with silence."""
        self._sounding = False
        self._return_marks()
        if not self._buffer:
            self._dry_ms += FRAME_MS
            return SILENCE
        self._note_gap()
        frame = bytes(self._buffer[:FRAME_BYTES])
        del self._buffer[:FRAME_BYTES]
        self._taken_bytes += len(frame)
        self._sounding = True
        self.frames_played += 1
        return frame if len(frame) == FRAME_BYTES else frame.ljust(FRAME_BYTES, b"\xff")

    def _return_marks(self) -> None:
        while self._marks and self._marks[0][0] <= self._taken_bytes:
            _, name, on_played = self._marks.popleft()
            on_played(name)

    def _note_gap(self) -> None:
        if self._dry_ms >= UTTERANCE_GAP_MS:
            self.delay_ms = 0
        elif self._dry_ms:
            self.underruns += 1
            self.underrun_ms += self._dry_ms
            self.delay_ms += self._dry_ms
        self._dry_ms = 0
