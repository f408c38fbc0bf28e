"""What a caller does, 20 ms by 20 ms: waits until the agent has spoken, pauses, speaks; at times into it. Pure."""

from dataclasses import dataclass, field
from enum import Enum, auto

from tests.bench.playout import Playout

VOICE_FRAMES = 60
INTERRUPTS_EVERY = 3
INTO_IT_S = 1.0
"""How long an answer is listened to before it is spoken into."""
PATIENCE_S = 6.0
"""An answer that has not begun by then is missed."""


class Frame(Enum):
    """What the caller sends next."""

    QUIET = auto()
    VOICE = auto()
    GONE = auto()


@dataclass(slots=True)
class Turn:
    """One turn of the caller and what came of it; monotonic seconds. `began_s` and `ended_s`: the first voiced frame
    was begun, the last was sent."""

    began_s: float
    is_interruption: bool
    ended_s: float = 0.0
    answered_s: float | None = None
    cleared_s: float | None = None


@dataclass(slots=True)
class Dialogue:
    """`pause_s` is how long this caller thinks before it speaks, so that callers do not speak all at once."""

    turns_wanted: int
    pause_s: float
    voice_frames: int = VOICE_FRAMES
    turns: list[Turn] = field(default_factory=list)
    _frames_left: int = 0
    _owed_since_s: float | None = None

    def begin(self, now_s: float) -> None:
        """The call is there; the greeting is what the caller waits for."""
        self._owed_since_s = now_s

    def next(self, now_s: float, playout: Playout) -> Frame:
        """What the frame that is sent at `now_s` holds."""
        if self._frames_left:
            return self._speak(now_s, playout)
        self._settle(playout)
        if not self._may_speak(now_s, playout):
            return Frame.QUIET
        if len(self.turns) >= self.turns_wanted:
            return Frame.GONE
        interrupts = self._interrupts and not playout.is_quiet(now_s)
        self.turns.append(Turn(now_s - 0.02, interrupts))
        playout.cleared_s = None
        self._frames_left = self.voice_frames
        return self._speak(now_s, playout)

    def _speak(self, now_s: float, playout: Playout) -> Frame:
        self._frames_left -= 1
        if not self._frames_left:
            turn = self.turns[-1]
            turn.ended_s = self._owed_since_s = now_s
            turn.cleared_s = playout.cleared_s
            playout.expect()
        return Frame.VOICE

    def _settle(self, playout: Playout) -> None:
        if self.turns and self.turns[-1].answered_s is None and self._owed_since_s is not None:
            self.turns[-1].answered_s = playout.first_s

    @property
    def _interrupts(self) -> bool:
        return 0 < len(self.turns) < self.turns_wanted and (len(self.turns) + 1) % INTERRUPTS_EVERY == 0

    def _may_speak(self, now_s: float, playout: Playout) -> bool:
        owed_s, first_s = self._owed_since_s, playout.first_s
        if owed_s is None or first_s is None:
            return owed_s is not None and now_s - owed_s >= PATIENCE_S
        if self._interrupts:
            return now_s - first_s >= INTO_IT_S
        return now_s - playout.until_s >= self.pause_s
