"""How much the vendor still grants, as `rate_limits.updated` tells. No I/O, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_LOW_SHARE = 0.1


@dataclass(slots=True)
class RateLimits:
    """One session's. `now_s` is any steady clock."""

    _until_s: float = 0.0
    _has_warned: bool = False

    def told(self, limits: Iterable[Mapping[str, Any]], now_s: float) -> str:
        """The limits as they stand, whatever their shape. Returns what is low, once: "99 of 1000 tokens"."""
        self._until_s, low = 0.0, ""
        for limit in limits:
            most, left, resets_s = limit.get("limit"), limit.get("remaining"), limit.get("reset_seconds")
            if isinstance(left, int) and left <= 0 and isinstance(resets_s, int | float):
                self._until_s = max(self._until_s, now_s + resets_s)
            if isinstance(most, int) and isinstance(left, int) and left < most * _LOW_SHARE:
                low = low or f"{left} of {most} {str(limit.get('name'))[:32]}"
        if not low or self._has_warned:
            return ""
        self._has_warned = True
        return low

    def spent_for_s(self, now_s: float) -> float:
        """How long no more is granted; 0 where nothing is used up."""
        return max(0.0, self._until_s - now_s)
