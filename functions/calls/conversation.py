"""What was said, what was heard, what was cut: the one conversation that every mode drives."""

from dataclasses import dataclass
from enum import StrEnum

from calls.latency import Waterfall


class Role(StrEnum):
    CALLER = "caller"
    AGENT = "agent"


BROKEN_OFF = "broken-off"
"""The id of a turn of the agent that whoever was speaking it could not finish; another is asked to go on with it, and
it is never written down under this name."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One finished turn; it never changes once written.

    For the caller `said` and `heard` are the same recognised words (keys pressed are written "[keys 12#]").
    For the agent `said` is everything that was to be spoken, `heard` only what playback marks prove was played,
    and `cut` is true where the two differ because the caller interrupted or left.
    Times are epoch milliseconds: when the first sound of the turn began and when its last sound ended.
    `id` is unique in the call and chosen by the writer, so that writing the same turn twice changes nothing.
    """

    id: str
    role: Role
    said: str
    heard: str
    cut: bool
    started_at_ms: int
    ended_at_ms: int
    mode: str
    latency: Waterfall = Waterfall()


@dataclass(frozen=True, slots=True)
class Conversation:
    """The turns of a call in the order they began."""

    turns: tuple[Turn, ...] = ()

    def adding(self, turn: Turn) -> "Conversation":
        """A conversation that also holds `turn`, in its place by time; unchanged if a turn of that id is there."""
        if any(known.id == turn.id for known in self.turns):
            return self
        return Conversation(tuple(sorted((*self.turns, turn), key=lambda t: t.started_at_ms)))

    @property
    def unanswered(self) -> tuple[Turn, ...]:
        """The caller's turns that no agent turn has answered; a turn of which nothing was heard answers nothing, nor
        does one that broke off."""
        waiting: list[Turn] = []
        for turn in reversed(self.turns):
            if turn.role is Role.AGENT and turn.heard and turn.id != BROKEN_OFF:
                break
            if turn.role is Role.CALLER:
                waiting.append(turn)
        return tuple(reversed(waiting))
