"""Who has the floor. No I/O: recognised speech and time come in, decisions come out.

The agent keeps the floor until the caller has really taken it: a voice that lasts `barge_in_ms`, or words. A cough
that ends before that is nobody's turn. The silence watchdog runs on the wall clock, not on loudness, because comfort
noise on a phone line fools loudness.
"""

import math
import re
from dataclasses import dataclass, field
from enum import Enum, auto

from calls.agent import Limits, TurnTaking

WORDLESS_MS = 5_000
"""A voice without a word for so long is a noise on the line, where words are told while they are spoken."""
WORDLESS_LATE_MS = 25_000
"""The same where words are told after the turn only."""
_PAUSES_KEPT = 8
_PAUSES_KNOWN = 4
_CUT_SHORT_MS = 160
_STUCK_VOICE_MS = 30_000  # a recogniser that never says the voice stopped must not silence the watchdog

_NOT_WORDS = re.compile(r"[^a-z0-9 ]+")
_LISTENING = frozenset(
    {"uh huh", "uhhuh", "mhm", "mm hmm", "mmhmm", "mm", "hmm", "hm", "ah", "oh", "ok", "okay", "right", "all right"}
    | {"alright", "yeah", "yep", "yes", "sure", "i see", "got it", "go on"}
)


def plain_words(text: str) -> str:
    """Lower-case words with single spaces: what two spellings of the same speech have in common."""
    return " ".join(_NOT_WORDS.sub(" ", text.lower().replace("'", "")).split())


def same_words(one: str, other: str) -> bool:
    return plain_words(one) == plain_words(other)


def is_backchannel(text: str) -> bool:
    """Whether the words may only say that the caller is listening; after a question they are an answer."""
    return plain_words(text) in _LISTENING


@dataclass(slots=True)
class Pace:
    """How long a caller may pause inside a turn, learnt from this caller's own pauses, within bounds. Milliseconds.

    A pause that was only a pause, or a turn that went on after we had ended it, makes us more patient at once; turns
    that end well bring us back, slowly, and below the beginning only for a caller whose pauses are known to be short.
    """

    start_ms: int
    least_ms: int = 380
    most_ms: int = 1_000
    _pauses_ms: list[int] = field(default_factory=list)
    _extra_ms: int = 0

    @property
    def patience_ms(self) -> int:
        """The silence that ends the turn now."""
        longest = max(self._pauses_ms) * 5 // 4 + 100 if self._pauses_ms else 0
        is_known = len(self._pauses_ms) >= _PAUSES_KNOWN
        wanted = max(longest, 0 if is_known else self.start_ms) + self._extra_ms
        return min(self.most_ms, max(self.least_ms, wanted))

    def paused(self, pause_ms: int) -> None:
        """The caller paused so long, and went on."""
        self._pauses_ms = [*self._pauses_ms, pause_ms][-_PAUSES_KEPT:]

    def cut_short(self) -> None:
        """We ended a turn, and the caller went on with it."""
        self._extra_ms = min(self._extra_ms + _CUT_SHORT_MS, self.most_ms)

    def ended_well(self) -> None:
        self._extra_ms = self._extra_ms * 3 // 4


class Silence(Enum):
    """What a silence has grown into."""

    NONE = auto()
    ASK = auto()
    GIVE_UP = auto()


@dataclass(slots=True)
class Floor:
    """Times are epoch milliseconds. `protected_until_ms`: before it the agent cannot be interrupted. `wordless_ms`:
    how long a voice may go on without a word."""

    turn_taking: TurnTaking
    limits: Limits
    protected_until_ms: int = 0
    wordless_ms: int = WORDLESS_MS
    _voice_since_ms: int | None = None
    _words_heard: bool = False
    _quiet_since_ms: int | None = None
    _asked: bool = False

    def voice_started(self, at_ms: int) -> None:
        self._voice_since_ms = at_ms
        self._words_heard = False

    def voice_stopped(self) -> None:
        self._voice_since_ms = None

    def words(self) -> None:
        """The voice has words in it that mean something."""
        self._words_heard = True

    def turn_taken(self) -> None:
        """The caller has said something to the purpose: the silence counter starts over."""
        self._voice_since_ms = None
        self._asked = False

    @property
    def caller_speaks(self) -> bool:
        return self._voice_since_ms is not None

    def interrupts(self, now_ms: int) -> bool:
        """Whether the caller's voice, as it stands, takes the floor from a speaking agent."""
        if self._voice_since_ms is None or now_ms < self.protected_until_ms:
            return False
        return self._words_heard or now_ms - self._voice_since_ms >= self.turn_taking.barge_in_ms

    def is_noise(self, now_ms: int) -> bool:
        """The voice goes on, and no word has come of it."""
        return (
            self._voice_since_ms is not None
            and not self._words_heard
            and now_ms - self._voice_since_ms > self.wordless_ms
        )

    def due_at_ms(self, agent_busy: bool) -> float:
        """When `interrupts`, `is_noise` or `silence` may next say something else by time alone, at the earliest."""
        quiet_ms, voice_ms = self._quiet_since_ms, self._voice_since_ms
        silence_ms = math.inf if quiet_ms is None else quiet_ms + self.limits.silence_s * 1000
        if voice_ms is None:
            return silence_ms
        stuck_ms = voice_ms + _STUCK_VOICE_MS
        taken_ms = voice_ms if self._words_heard else voice_ms + self.turn_taking.barge_in_ms
        noise_ms = math.inf if self._words_heard else voice_ms + self.wordless_ms
        return min(silence_ms, stuck_ms, noise_ms, max(taken_ms, self.protected_until_ms) if agent_busy else math.inf)

    def silence(self, now_ms: int, agent_busy: bool) -> Silence:
        """Call it as time passes. Each ASK or GIVE_UP is answered once; the next silence is counted from there."""
        voice = self._voice_since_ms is not None and now_ms - self._voice_since_ms < _STUCK_VOICE_MS
        if agent_busy or voice:
            self._quiet_since_ms = None
            return Silence.NONE
        if self._quiet_since_ms is None:
            self._quiet_since_ms = now_ms
        if now_ms - self._quiet_since_ms < self.limits.silence_s * 1000:
            return Silence.NONE
        self._quiet_since_ms = None
        if self._asked:
            return Silence.GIVE_UP
        self._asked = True
        return Silence.ASK
