"""Whether this task takes another call: by how many it has, and by how late its event loop runs. No I/O.

A loop that runs late delays the audio of every call it has, so it takes no more until it is well again. It is judged by
the 95th percentile of its lateness over WINDOW_MS: one long stop is no reason to send callers away, a loop that is late
all the time is. It has to come down to a good part of the bound (WELL_SHARE) before calls are welcome again, so that it
does not waver.
"""

from collections import deque
from dataclasses import dataclass, field

WINDOW_MS = 3_000
WELL_SHARE = 0.3
FEWEST = 5
"""Samples that make a percentile."""


@dataclass(slots=True)
class LoopLag:
    """How late the event loop runs, in ms; busy from `max_ms` on. Times are those of any steady clock."""

    max_ms: float
    is_busy: bool = False
    _samples: deque[tuple[float, float]] = field(default_factory=deque)
    _since_ms: float | None = None

    def add(self, now_ms: float, late_ms: float) -> bool:
        """A sample taken at `now_ms`; true when `is_busy` has changed with it."""
        self._since_ms = now_ms if self._since_ms is None else self._since_ms
        self._samples.append((now_ms, late_ms))
        while self._samples[0][0] <= now_ms - WINDOW_MS:
            self._samples.popleft()
        if now_ms - self._since_ms < WINDOW_MS or len(self._samples) < FEWEST:
            return False
        was_busy = self.is_busy
        self.is_busy = self.p95_ms >= self.max_ms * (WELL_SHARE if was_busy else 1.0)
        return self.is_busy is not was_busy

    @property
    def p95_ms(self) -> float:
        """Nearest rank over the last WINDOW_MS; 0 before the first sample."""
        late = sorted(late_ms for _, late_ms in self._samples)
        return late[-(-len(late) * 95 // 100) - 1] if late else 0.0


@dataclass(slots=True)
class Admission:
    """`max_calls` streams at a time; none before the providers are warm, none once the task is draining, none while
    its loop is too late."""

    max_calls: int
    lag: LoopLag
    active: int = 0
    is_warm: bool = False
    is_draining: bool = False

    def why_not(self) -> str:
        """Empty when a call is welcome; else a few plain words for the load balancer and the log."""
        if not self.is_warm:
            return "warming up"
        if self.is_draining:
            return "draining"
        if self.active >= self.max_calls:
            return "full"
        if self.lag.is_busy:
            return "busy"
        return ""
