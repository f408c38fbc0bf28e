"""What one call's line really carried for the application: each text as it was spoken, each input as it was made.

Twilio tells an application none of this; the box keeps it beside the recording, whose clock it shares: all times are
ms since answer.
"""

from dataclasses import dataclass, field, replace

from offhook.box import sound
from offhook.box.line_stats import VOICED_RMS

BYTES_PER_MS = 8
FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Spoken:
    """One playing of a `<Say>`: its audio was on the line from `start_ms` to `end_ms`, of `whole_ms` that it lasts.

    The sound in it (by energy) was heard from `sound_start_ms` to `sound_end_ms`; both are `start_ms` where nothing
    was. `cut` is true when it did not come to its end: the caller spoke, pressed a key or left.
    """

    text: str
    start_ms: int
    end_ms: int
    whole_ms: int
    sound_start_ms: int
    sound_end_ms: int
    cut: bool


@dataclass(frozen=True, slots=True)
class Understood:
    """What one `<Gather>` took in: words or keys, made from `start_ms` to `end_ms` (voice by energy), and when the
    gather decided that they were over. The application was asked what comes next at `asked_ms`, and had answered at
    `answered_ms`; both are 0 where it did not come to that."""

    speech: str
    digits: str
    start_ms: int
    end_ms: int
    decided_ms: int
    asked_ms: int = 0
    answered_ms: int = 0


@dataclass(frozen=True, slots=True)
class Pressed:
    """A key of the caller's, whoever listened."""

    key: str
    at_ms: int


@dataclass(slots=True)
class LineLog:
    """Each in the order it happened."""

    spoken: list[Spoken] = field(default_factory=list)
    understood: list[Understood] = field(default_factory=list)
    pressed: list[Pressed] = field(default_factory=list)

    def answered(self, asked_ms: int, answered_ms: int) -> None:
        """The application was asked about the newest input, and has answered."""
        self.understood[-1] = replace(self.understood[-1], asked_ms=asked_ms, answered_ms=answered_ms)


def spoken(text: str, mulaw: bytes, start_ms: int, end_ms: int) -> Spoken:
    """A playing of `mulaw` that began at `start_ms` and was over, or broken off, at `end_ms`."""
    whole_ms = -(-len(mulaw) // BYTES_PER_MS)
    end_ms = min(max(start_ms, end_ms), start_ms + whole_ms)
    played = mulaw[: (end_ms - start_ms) * BYTES_PER_MS]
    frame_bytes = FRAME_MS * BYTES_PER_MS
    loud_ms = [
        at // BYTES_PER_MS
        for at in range(0, len(played), frame_bytes)
        if sound.level(played[at : at + frame_bytes]) >= VOICED_RMS
    ]
    sound_start_ms = start_ms + loud_ms[0] if loud_ms else start_ms
    sound_end_ms = min(end_ms, start_ms + loud_ms[-1] + FRAME_MS) if loud_ms else start_ms
    return Spoken(text, start_ms, end_ms, whole_ms, sound_start_ms, sound_end_ms, end_ms - start_ms < whole_ms)
