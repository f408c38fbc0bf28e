"""When another session takes a call over: behind a lost one, and ahead of a limit. No I/O, no clock."""

from dataclasses import dataclass, field

from streamer.engines.session_life import SessionLife, life

REPLACED_ONCE_IN_S = 30.0
SPARE_AGAIN_S = 10.0


@dataclass(slots=True)
class Succession:
    """`now_s` is any steady clock. `is_sparing`: the session that is to take over is being made ready."""

    is_sparing: bool = False
    _life: SessionLife = field(default_factory=lambda: SessionLife(0.0, 0.0))
    _spare_after_s: float = 0.0
    _replaced_at_s: float | None = None

    def began(self, now_s: float, left_s: float, longest_s: float) -> None:
        """The call stands on another session, of which `left_s` are left at the vendor's (0: unknown)."""
        self._life = life(now_s, left_s, longest_s)

    def is_due(self, now_s: float) -> bool:
        """The present session comes to its limit: the next one is to be made ready, and takes over in a pause."""
        return self._life.is_due(now_s)

    def is_urgent(self, now_s: float) -> bool:
        """... and takes over as soon as it can."""
        return self._life.is_urgent(now_s)

    def may_spare(self, now_s: float) -> bool:
        """Whether to make a spare one ready; then it is being made."""
        if self.is_sparing or now_s < self._spare_after_s:
            return False
        self.is_sparing = True
        return True

    def no_spare(self, now_s: float) -> None:
        """The spare one could not be had, or is gone: another is asked for a little later."""
        self.is_sparing, self._spare_after_s = False, now_s + SPARE_AGAIN_S

    def may_replace(self, now_s: float) -> bool:
        """Whether a lost session is followed by a new one: not where another was needed just before."""
        is_again = self._replaced_at_s is not None and now_s - self._replaced_at_s < REPLACED_ONCE_IN_S
        if not is_again:
            self._replaced_at_s = now_s
        return not is_again
