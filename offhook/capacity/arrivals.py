"""When calls come, and how long they last. Pure, but for the chance that it is given."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass

DAY_S = 86_400
_NIGHT, _EVENING = (0.002,) * 7, (0.03, 0.012, 0.008, 0.006, 0.004, 0.003, 0.003)
HOURLY_SHARE = (*_NIGHT, 0.02, 0.08, 0.12, 0.14, 0.11, 0.08, 0.09, 0.11, 0.1, 0.07, *_EVENING)
"""Of a day's calls, those in each of its hours: a line that is called at work. Called evenly, each would be 0.042."""


@dataclass(frozen=True, slots=True)
class Burst:
    """From `start_s` to `start_s + lasts_s` calls come `factor` times as often; it takes `ramp_s` to get there."""

    factor: float = 10.0
    start_s: float = 900.0
    lasts_s: float = 600.0
    ramp_s: float = 0.0

    def at(self, at_s: float) -> float:
        """How many times as often calls come as they usually do."""
        into_s, left_s = at_s - self.start_s, self.start_s + self.lasts_s - at_s
        if into_s < 0 or left_s <= 0:
            return 1.0
        share = 1.0 if self.ramp_s <= 0 else min(1.0, into_s / self.ramp_s)
        return 1.0 + (self.factor - 1.0) * share


NO_BURST = Burst(factor=1.0)


@dataclass(frozen=True, slots=True)
class Load:
    """`usual_per_s` calls a second, of `mean_s` on average (lognormal: half are shorter than about four fifths of it,
    one in twenty takes more than twice as long)."""

    usual_per_s: float
    mean_s: float = 180.0
    burst: Burst = NO_BURST
    spread: float = 0.6

    def at_once(self) -> float:
        """Calls at once when nothing unusual happens (Little's law)."""
        return self.usual_per_s * self.mean_s

    def arrivals(self, until_s: float, chance: random.Random) -> Iterator[float]:
        """Moments in order: a Poisson process, thinned where there is no burst."""
        most_per_s = self.usual_per_s * max(1.0, self.burst.factor)
        at_s = 0.0
        while most_per_s > 0:
            at_s += chance.expovariate(most_per_s)
            if at_s >= until_s:
                return
            if chance.random() * most_per_s < self.usual_per_s * self.burst.at(at_s):
                yield at_s

    def lasts_s(self, chance: random.Random) -> float:
        return chance.lognormvariate(math.log(self.mean_s) - self.spread**2 / 2, self.spread)


def busiest_per_s(calls_per_day: float) -> float:
    """Calls a second in the busiest hour of a day."""
    return calls_per_day * max(HOURLY_SHARE) / 3600
