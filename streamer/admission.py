"""Whether this task takes another call. No I/O."""

from dataclasses import dataclass


@dataclass(slots=True)
class Admission:
    """`max_calls` streams at a time; none before the providers are warm, none once the task is draining."""

    max_calls: int
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
        return ""
