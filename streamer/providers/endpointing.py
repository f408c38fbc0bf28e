"""When a voice began, paused, went on and ended: decisions from the probability of speech in each window. Pure.

probability   .1 .9 .9 .9 .8 .2 .1 .1 .1 .1 .1 .1 .9 .9 .9 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1 .1
state         quiet---|talking-------------|paused|talking-------------|paused------------------------|quiet
decision              began                paused resumed              paused                         ended

A window is voice when its probability reaches START; once voice, it stays voice down to STAY. A voice has begun after
`begin_ms` of voice without a clear window between; it pauses after `pause_ms` without voice, and ends after
`hangover_ms`, or when it has gone on for `longest_ms`. All times are the media clock, in ms; nothing is counted in
windows, so a clock that jumps over lost audio is silence like any other.
"""

from dataclasses import dataclass
from enum import Enum, auto

from streamer.turns import Pace

START = 0.5
STAY = 0.35
HANGOVER_MS = 480
LEAST_HANGOVER_MS = 380
WENT_ON_MS = 350
"""A voice so soon after a turn was ended belongs to that turn: it was ended too early."""
PAUSE_MS = 128
"""Voice activity ends some 70 ms after the sound, so this is about 200 ms of true silence."""


@dataclass(frozen=True, slots=True)
class Began:
    first_ms: int


@dataclass(frozen=True, slots=True)
class Paused:
    """Nothing has been heard since `last_ms`; the voice may have ended there."""

    first_ms: int
    last_ms: int


@dataclass(frozen=True, slots=True)
class Resumed:
    """The pause was only a pause."""


@dataclass(frozen=True, slots=True)
class Ended:
    first_ms: int
    last_ms: int


Decision = Began | Paused | Resumed | Ended


class _State(Enum):
    QUIET = auto()
    TALKING = auto()
    PAUSED = auto()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, in ms, until each decision; `pause_ms` below `hangover_ms`, which the caller's own pace moves."""

    begin_ms: int = 96
    pause_ms: int = PAUSE_MS
    hangover_ms: int = HANGOVER_MS
    longest_ms: int = 28_000


class Endpointing:
    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._pace = Pace(patience.hangover_ms, least_ms=min(LEAST_HANGOVER_MS, patience.hangover_ms))
        self._ended_at_ms: int | None = None
        self._state = _State.QUIET
        self._first_ms = 0
        self._last_ms = 0
        self._voiced_ms = 0
        self._voiced = False

    def window(self, start_ms: int, end_ms: int, probability: float) -> tuple[Decision, ...]:
        """What the next window, from `start_ms` to `end_ms`, decides; windows come in order and may leave gaps."""
        overdue = self._overdue(start_ms)
        self._voiced = probability >= (STAY if self._voiced else START)
        if self._state is _State.QUIET:
            return overdue + self._in_quiet(start_ms, end_ms, probability)
        return overdue + self._in_voice(end_ms)

    def stop(self) -> tuple[Decision, ...]:
        """The audio has stopped coming: end what was going on."""
        return self._end() if self._state is not _State.QUIET else ()

    def _overdue(self, now_ms: int) -> tuple[Decision, ...]:
        """The end that was reached in a gap before `now_ms`, where no window was there to show it."""
        if now_ms - self._last_ms < self._pace.patience_ms:
            return ()
        self._voiced_ms = 0
        return self.stop()

    def _in_quiet(self, start_ms: int, end_ms: int, probability: float) -> tuple[Decision, ...]:
        if probability < STAY:
            self._voiced_ms = 0
        if not self._voiced:
            return ()
        if not self._voiced_ms:
            self._first_ms = start_ms
        self._voiced_ms += end_ms - start_ms
        self._last_ms = end_ms
        if self._voiced_ms < self._patience.begin_ms:
            return ()
        self._state = _State.TALKING
        self._learn_of_last_turn()
        return (Began(self._first_ms),)

    def _learn_of_last_turn(self) -> None:
        if self._ended_at_ms is None:
            return
        if self._first_ms - self._ended_at_ms < WENT_ON_MS:
            self._pace.cut_short()
        else:
            self._pace.ended_well()

    def _in_voice(self, end_ms: int) -> tuple[Decision, ...]:
        decided: tuple[Decision, ...] = ()
        if self._voiced:
            if self._state is _State.PAUSED:
                self._state = _State.TALKING
                self._pace.paused(end_ms - self._last_ms)
                decided = (Resumed(),)
            self._last_ms = end_ms
        silent_ms = end_ms - self._last_ms
        if silent_ms >= self._pace.patience_ms or end_ms - self._first_ms >= self._patience.longest_ms:
            return decided + self._end()
        if silent_ms >= self._patience.pause_ms and self._state is _State.TALKING:
            self._state = _State.PAUSED
            return (Paused(self._first_ms, self._last_ms),)
        return decided

    def _end(self) -> tuple[Decision, ...]:
        self._state = _State.QUIET
        self._voiced_ms = 0
        self._voiced = False
        self._ended_at_ms = self._last_ms + self._pace.patience_ms
        return (Ended(self._first_ms, self._last_ms),)
