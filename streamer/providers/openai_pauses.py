"""Models that limit the rate of requests, as the whole process knows it: who is asked first, and who is left alone.

A reply made ahead of time that met a limit is asked for again a moment later, at the turn's end: that must not be the
same request to the same model while OpenAI asks to wait, nor while another model is there. A model that fails again and
again comes last for a while too (`streamer.breaker`). No I/O, no clock.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from calls.openai_failures import RateLimited, rate_limited
from streamer.breaker import Breaker

UNSAID_S = 2.0
"""How long a model that limits without saying for how long comes behind the others; it is asked all the same."""
MOST_S = 60.0
"""Nobody is left alone for longer, whatever is asked for."""


@dataclass(frozen=True, slots=True)
class _Pause:
    until_s: float
    asked_s: float | None


class Pauses:
    """Moments in seconds of any one clock."""

    def __init__(self) -> None:
        self._pauses: dict[str, _Pause] = {}
        self._breakers: defaultdict[str, Breaker] = defaultdict(Breaker)

    def failed(self, model: str, now_s: float) -> None:
        """The model gave no reply, for a reason of its own."""
        self._breakers[model].failed(now_s)

    def served(self, model: str) -> None:
        self._breakers[model].served()

    def note(self, model: str, limited: RateLimited, now_s: float) -> None:
        asked_s = UNSAID_S if limited.retry_after_s is None else min(limited.retry_after_s, MOST_S)
        self._pauses[model] = _Pause(now_s + asked_s, limited.retry_after_s)

    def in_order(self, models: Sequence[str], now_s: float) -> list[str]:
        """Those without a limit as they are, then the others, the one that is free soonest first; behind them the ones
        that fail."""
        return sorted(models, key=lambda model: (self._breakers[model].is_open(now_s), self._left_s(model, now_s)))

    def wait_s(self, model: str, within_s: float, now_s: float) -> float:
        """How long to wait before `model` is asked, mostly 0. Raises RateLimited when that is `within_s` or longer."""
        pause = self._pauses.get(model)
        if pause is None or pause.asked_s is None:
            return 0.0
        left_s = self._left_s(model, now_s)
        if left_s and left_s >= within_s:
            raise rate_limited(f"{pause.asked_s:g}", model)
        return left_s

    def _left_s(self, model: str, now_s: float) -> float:
        pause = self._pauses.get(model)
        return max(0.0, pause.until_s - now_s) if pause else 0.0
