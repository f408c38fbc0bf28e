"""What a phone line learns of itself on the way: how late its clock ran, and when each side was audible. No I/O."""

import audioop
from dataclasses import dataclass

VOICED_RMS = 200
"""Mean level (of 32,767) from which 20 ms counts as sound: about -44 dBFS, above comfort noise, below quiet speech."""

SPAN_GAP_MS = 200
"""Silence up to this long inside speech (stops, breaths) does not end a span."""

_STEPS_PER_MS = 10
_LAST_STEP = 100_000


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Lateness in ms; p50 and p99 are exact to 0.1 ms up to ten seconds."""

    p50: float
    p99: float
    max: float


@dataclass(frozen=True, slots=True)
class LineStats:
    """One line's clock and playout so far.

    `late_ticks` ran more than one slot (20 ms) after they were due. An underrun is a playout buffer that ran dry inside
    one utterance and was fed again within `playout.UTTERANCE_GAP_MS`; `underrun_ms` is the silence so caused.
    `outbound_lateness_ms` is how long after its slot each frame of agent audio was played, the slot being its place in
    an utterance played without a gap: silence inserted since the utterance began plus the lateness of the tick.
    """

    ticks: int
    late_ticks: int
    lateness_ms: Percentiles
    frames_played: int
    underruns: int
    underrun_ms: int
    outbound_lateness_ms: Percentiles


class Lateness:
    """A histogram in steps of 0.1 ms: its size does not grow with the length of the call."""

    def __init__(self) -> None:
        self._steps: dict[int, int] = {}
        self._max_ms = 0.0

    @property
    def count(self) -> int:
        return sum(self._steps.values())

    def add(self, late_ms: float) -> None:
        """Count one event; one that came early (negative) was on time."""
        step = 0
        if late_ms > 0.0:
            step = min(int(late_ms * _STEPS_PER_MS + 0.5), _LAST_STEP)
            self._max_ms = max(self._max_ms, late_ms)
        self._steps[step] = self._steps.get(step, 0) + 1

    def percentiles(self) -> Percentiles:
        """Nearest rank; zeros when nothing was counted."""
        return Percentiles(p50=self._rank(0.50), p99=self._rank(0.99), max=round(self._max_ms, 3))

    def _rank(self, share: float) -> float:
        wanted = share * self.count
        seen = 0
        for step in sorted(self._steps):
            seen += self._steps[step]
            if seen >= wanted:
                return step / _STEPS_PER_MS
        return 0.0


class VoicedSpans:
    """When one side of the line was audible by energy, as (start_ms, end_ms) in order."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int]] = []

    def add(self, mulaw: bytes, start_ms: int, end_ms: int) -> None:
        """One frame that sounds from `start_ms` to `end_ms`."""
        if audioop.rms(audioop.ulaw2lin(mulaw, 2), 2) < VOICED_RMS:
            return
        if self._spans and start_ms - self._spans[-1][1] <= SPAN_GAP_MS:
            self._spans[-1] = (self._spans[-1][0], end_ms)
        else:
            self._spans.append((start_ms, end_ms))

    @property
    def spans(self) -> tuple[tuple[int, int], ...]:
        return tuple(self._spans)

    @property
    def last_end_ms(self) -> int:
        """End of the last sound; 0 when there was none."""
        return self._spans[-1][1] if self._spans else 0
