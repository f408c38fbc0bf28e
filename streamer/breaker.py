"""One breaker per provider, shared by the calls of a task, so that the tenth call does not wait for what the ninth has
learnt. Pure; times are seconds of any steady clock.

    closed    failures are counted; MOST_FAILURES of them within WITHIN_S open it
    open      nobody asks the vendor for OPEN_S, longer each time it fails again
    trying    one call may; if it is served well the breaker closes, if not it opens again
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from calls.errors import Failure

MOST_FAILURES = 3
WITHIN_S = 30.0
OPEN_S = 10.0
MOST_OPEN_S = 120.0
TRIED_WITHIN_S = 20.0
"""How long the one call that tries has: after it another may."""
LATELY_S = 10.0
"""A provider that failed so lately comes behind its fallbacks: the call that it failed is not given it again."""


UNAUTHORISED = "-unauthorised"
"""How the code of a failure ends that means the key."""


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

    def has_failed_lately(self, now_s: float) -> bool:
        return bool(self._failed_at_s) and now_s - self._failed_at_s[-1] <= LATELY_S

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


def _untold(_provider: str, _failure: Failure) -> None:
    """Nobody counts failures."""


@dataclass(slots=True)
class Breakers:
    """Those of a task, by provider as agents name it ("deepgram/nova-3"). One vendor's models each have their own: a
    key may be good for one and refused for another. `now_s` is a steady clock; `told` hears of every failure."""

    now_s: Callable[[], float]
    told: Callable[[str, Failure], None] = _untold
    _breakers: dict[str, Breaker] = field(default_factory=dict)

    def well(self, providers: Iterable[str]) -> str | None:
        """The first of `providers` that may be asked, one that failed lately behind the others; None: leave all of them
        alone. Whoever is told of one that has been open is the one to try it."""
        now_s = self.now_s()
        for provider in sorted(providers, key=lambda one: self._of(one).has_failed_lately(now_s)):
            if not self._of(provider).is_open(now_s):
                return provider
        return None

    def failed(self, provider: str, failure: Failure) -> None:
        """What one agent's settings are to blame for says nothing of the next call's chances; a key that is refused
        says that it has none."""
        self.told(provider, failure)
        is_of_the_key = failure.code.endswith(UNAUTHORISED)
        if is_of_the_key or failure.retryable:
            self._of(provider).failed(self.now_s(), for_good=is_of_the_key)

    def served(self, provider: str) -> None:
        self._of(provider).served()

    def _of(self, provider: str) -> Breaker:
        return self._breakers.setdefault(provider, Breaker())
