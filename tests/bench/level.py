"""The figures of so many calls at once on one host."""

from dataclasses import dataclass, field

from tests.bench.stream_caller import Called
from tests.bench.usage import Usage

LATE_S = 0.02
MISSED_SHARE = 0.03


@dataclass(slots=True)
class Level:
    """The figures of one run; ms, MB."""

    calls: int
    called: list[Called]
    began_s: float
    usage: Usage = Usage()
    idle_mb: float = 0.0
    clear_ms: list[float] = field(default_factory=list)
    clears_missed: int = 0
    ready_ms: list[float] = field(default_factory=list)
    """From `start` to a vendor's connection that is ready for the call, where the script has such a moment."""
    stages: list[dict[str, float]] = field(default_factory=list)
    """Of the turns in `plain_v2v_ms` whose moments are all known; see `stages`."""

    @property
    def v2v_ms(self) -> list[float]:
        """Last voice to first sound, each answered turn."""
        return self.plain_v2v_ms + self.barged_v2v_ms

    @property
    def plain_v2v_ms(self) -> list[float]:
        """The same of turns into which nothing was being said."""
        return self._answered_ms(barged=False)

    @property
    def barged_v2v_ms(self) -> list[float]:
        """The same of turns that were spoken into an answer."""
        return self._answered_ms(barged=True)

    def _answered_ms(self, *, barged: bool) -> list[float]:
        turns = [turn for call in self.called for turn in call.turns if turn.is_interruption is barged]
        return [(turn.answered_s - turn.ended_s) * 1000 for turn in turns if turn.answered_s is not None]

    @property
    def missed(self) -> int:
        return sum(turn.answered_s is None for call in self.called for turn in call.turns)

    @property
    def cut(self) -> int:
        """Calls that the host ended."""
        return sum(call.was_cut for call in self.called)

    @property
    def is_full(self) -> bool:
        """The host did not carry the calls: it ended some, answers did not come, or they broke up. Of those that came
        nothing can be said then: the caller may have heard the answer to another turn."""
        turns = sum(len(call.turns) for call in self.called)
        lost = self.missed + self.cut > MISSED_SHARE * turns
        return lost or self.late_frames > len(self.gap_ms) / 100

    @property
    def greeting_ms(self) -> list[float]:
        return [(call.greeted_s - call.started_s) * 1000 for call in self.called if call.greeted_s is not None]

    @property
    def gap_ms(self) -> list[float]:
        return [gap_s * 1000 for call in self.called for gap_s in call.gaps_s]

    @property
    def own_late_ms(self) -> list[float]:
        return [late_s * 1000 for call in self.called for late_s in call.late_s]

    @property
    def late_frames(self) -> int:
        return sum(gap_s >= LATE_S for call in self.called for gap_s in call.gaps_s)

    @property
    def mb_per_call(self) -> float:
        return (self.usage.busy_mb - self.idle_mb) / self.calls
