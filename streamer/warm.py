"""How many connections to keep open for calls that have not come yet. Pure; times are seconds of any steady clock.

The next calls are expected as often as the last ones came. A call that is answered takes a connection; until another
stands in its place (`refill_s`) the ones kept must do for whoever comes meanwhile, with two standard deviations of a
Poisson arrival on top. Where nobody has called for `memory_s`, none is kept.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WarmSizing:
    most: int = 8
    memory_s: float = 120.0
    refill_s: float = 1.0

    def wanted(self, answered_at_s: Iterable[float], now_s: float) -> int:
        """How many to keep now, after calls that were answered at these times."""
        recent = sum(1 for at_s in answered_at_s if now_s - at_s < self.memory_s)
        expected = recent / self.memory_s * self.refill_s
        return min(self.most, math.ceil(expected + 2 * math.sqrt(expected)))
