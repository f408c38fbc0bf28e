"""The clock of one call: epoch milliseconds at the start, carried on by the monotonic clock, so a change of the
machine's time in mid-call moves nothing."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CallClock:
    epoch_ms: int
    monotonic_s: Callable[[], float]
    started_s: float

    def now_ms(self) -> int:
        return self.epoch_ms + int((self.monotonic_s() - self.started_s) * 1000)


def call_clock(epoch_s: Callable[[], float], monotonic_s: Callable[[], float]) -> CallClock:
    return CallClock(int(epoch_s() * 1000), monotonic_s, monotonic_s())
