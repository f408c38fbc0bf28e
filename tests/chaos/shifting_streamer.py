"""`python -m tests.chaos.shifting_streamer`: the streamer, whose wall clock jumps at SIGUSR1.

An hour on at the first signal, an hour back at the second, and so on. What jumps is what Python reads as the time of
day, `time.time` and `time.time_ns`; the system's own clock, which other processes share, does not.
"""

import signal
import sys
import time

from streamer.__main__ import main

HOUR_S = 3_600


class ShiftingClock:
    def __init__(self) -> None:
        self._time, self._time_ns = time.time, time.time_ns
        self._ahead_s = 0

    def jump(self, *_: object) -> None:
        self._ahead_s = 0 if self._ahead_s else HOUR_S

    def time(self) -> float:
        return self._time() + self._ahead_s

    def time_ns(self) -> int:
        return self._time_ns() + self._ahead_s * 1_000_000_000


if __name__ == "__main__":
    clock = ShiftingClock()
    signal.signal(signal.SIGUSR1, clock.jump)
    time.time, time.time_ns = clock.time, clock.time_ns
    sys.exit(main())
