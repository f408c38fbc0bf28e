"""One breaker per vendor, shared by the calls of a task, so that the tenth call does not wait for what the ninth has
learnt. Pure; times are seconds of any steady clock.

    closed    failures are counted; MOST_FAILURES of them within WITHIN_S open it
    open      nobody asks the vendor for OPEN_S, longer each time it fails again
    trying    one call may; if it is served well the breaker closes, if not it opens again
"""

from collections import deque
from dataclasses import dataclass, field

MOST_FAILURES = 3
WITHIN_S = 30.0
OPEN_S = 10.0
MOST_OPEN_S = 120.0
TRIED_WITHIN_S = 20.0
"""How long the one call that tries has: after it another may."""


@dataclass(slots=True)
class Breaker:
    _failed_at_s: deque[float] = field(default_factory=lambda: deque(maxlen=MOST_FAILURES))
    _open_until_s: float | None = None
    _open_s: float = OPEN_S
    _tried_at_s: float | None = None

    def is_open(self, now_s: float) -> bool:
        """Whether the vendor is to be left alone. Says no to one caller in a while, who finds out."""
        if self._open_until_s is None:
            return False
        if now_s < self._open_until_s:
            return True
        if self._tried_at_s is not None and now_s - self._tried_at_s < TRIED_WITHIN_S:
            return True
        self._tried_at_s = now_s
        return False

    def failed(self, now_s: float, *, for_good: bool = False) -> None:
        """The vendor failed a call. `for_good`: it will not be better for the next one either (a refused key)."""
        self._failed_at_s.append(now_s)
        if self._open_until_s is not None:
            if self._tried_at_s is not None:  # the one who tried has found out
                self._open_s = min(MOST_OPEN_S, self._open_s * 2)
                self._open(now_s)
            return
        is_many = len(self._failed_at_s) == MOST_FAILURES and now_s - self._failed_at_s[0] <= WITHIN_S
        if for_good or is_many:
            self._open(now_s)

    def served(self) -> None:
        """The vendor did what it was asked."""
        self._failed_at_s.clear()
        self._open_until_s, self._tried_at_s, self._open_s = None, None, OPEN_S

    def _open(self, now_s: float) -> None:
        self._open_until_s, self._tried_at_s = now_s + self._open_s, None
