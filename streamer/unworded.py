"""Turns of the caller that are over and whose words are still being written down: a speech-to-speech model answers a
voice before anybody has its words. No I/O."""

import math
from collections import OrderedDict
from dataclasses import dataclass, field, replace

from streamer.reply_in_progress import TurnEnd

WORDS_WITHIN_MS = 700
"""How long a voice over the agent waits for its words before it counts as a turn: "uh-huh" is known by its words."""
LISTENING_MS = 900
"""A voice longer than this is no "uh-huh": nobody needs its words to know that it takes the floor."""
MOST_UNWORDED = 16
NO_WORDS = "[unclear]"
"""What stands in the record where nobody could write down what the caller said."""


@dataclass(frozen=True, slots=True)
class UnwordedTurn:
    """`decide_at_ms` is set while it is open whether the turn takes the floor from a speaking agent."""

    ref: str
    first_voice_at_ms: int
    end: TurnEnd
    decide_at_ms: int | None = None

    @property
    def is_long(self) -> bool:
        """Too long to be a mere sign of listening."""
        return self.end.last_voice_at_ms - self.first_voice_at_ms > LISTENING_MS


@dataclass(slots=True)
class UnwordedTurns:
    _turns: OrderedDict[str, UnwordedTurn] = field(default_factory=OrderedDict)

    def add(self, turn: UnwordedTurn) -> UnwordedTurn | None:
        """Returns the oldest one when there are too many: its words are not waited for any longer."""
        self._turns[turn.ref] = turn
        return self._turns.popitem(last=False)[1] if len(self._turns) > MOST_UNWORDED else None

    def take(self, ref: str) -> UnwordedTurn | None:
        """The turn whose words are there; None when nobody waits for them."""
        return self._turns.pop(ref, None)

    def forget(self, end: TurnEnd) -> bool:
        """Take away the turn that ended so; whether there was one."""
        for turn in self._turns.values():
            if turn.end == end:
                del self._turns[turn.ref]
                return True
        return False

    def decide(self) -> TurnEnd | None:
        """Every voice over the agent counts as a turn, whose words are only waited for from here on; the end of the
        last one, None where there was none."""
        end = None
        for ref, turn in self._turns.items():
            if turn.decide_at_ms is not None:
                self._turns[ref], end = replace(turn, decide_at_ms=None), turn.end
        return end

    def overdue(self, now_ms: int) -> UnwordedTurn | None:
        """A turn over the agent whose words have not come in time; it is taken away."""
        for turn in self._turns.values():
            if turn.decide_at_ms is not None and now_ms >= turn.decide_at_ms:
                return self._turns.pop(turn.ref)
        return None

    @property
    def due_at_ms(self) -> float:
        """When `overdue` may next give a turn by time alone."""
        return min(
            (turn.decide_at_ms for turn in self._turns.values() if turn.decide_at_ms is not None), default=math.inf
        )

    def take_all(self) -> list[UnwordedTurn]:
        """Everything that is left, oldest first, at the end of a stream or an engine."""
        turns = list(self._turns.values())
        self._turns.clear()
        return turns
