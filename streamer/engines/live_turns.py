"""The caller's turns under a Live model: from a voice detector of our own, the transcript's pieces and the model's
answers. No I/O.

Live tells what the caller said, piece by piece, and neither when a voice begins or ends nor when a turn or its words
are complete. So a turn begins with a voice, and is over when the voice has been silent and left words, or when the
model begins to answer. Its words are complete when no more come for a while. A voice that leaves no words was none.

    voice        ~~~~~~~~~~            ~~~~
    words              two words                    (none)
    model                       ~~~~~~~~~~~~~~
    told         started     taken  worded   started   stopped
"""

from collections import deque
from dataclasses import dataclass, field

from streamer.events import Draft, EngineEvent, SpeechStarted, SpeechStopped, TurnTaken, TurnWorded
from streamer.turns import is_backchannel

WORDLESS_MS = 700
"""How long the words of a voice that has ended are waited for before it counts as none."""
COMPLETE_MS = 450
"""No more words for so long: they are complete."""
COMPLETE_UNDER_ANSWER_MS = 1_000
"""The same while the model answers the turn: nobody waits for the words then."""
UNWORDED_MS = 3_000
"""A turn that the model answers and whose words have not come after so long has none."""
SHORT_MS = 250
"""A voice without words that is this short when the model begins to speak is not what it answers."""
EARLIER_MS = 200
"""Words said this much before a voice began are not its words."""
MOST_PENDING = 8


@dataclass(slots=True)
class _Turn:
    """`is_told`: the session knows that the voice began. `quiet_at_ms`: when it ended, on the steady clock."""

    ref: str
    first_media_ms: int
    last_media_ms: int
    is_talking: bool
    quiet_at_ms: int
    words: str = ""
    words_at_ms: int = 0
    taken_at_ms: int = 0
    is_answered: bool = False

    def add(self, text: str, now_ms: int) -> None:
        self.words += text
        self.words_at_ms = now_ms

    def are_words_complete(self, now_ms: int) -> bool:
        if self.is_talking:
            return False
        if not self.words.strip():
            return now_ms - self.taken_at_ms >= UNWORDED_MS
        return now_ms - self.words_at_ms >= (COMPLETE_UNDER_ANSWER_MS if self.is_answered else COMPLETE_MS)


@dataclass(slots=True)
class CallerTurns:
    """`now_ms` is any steady millisecond clock; `media_ms` is Twilio's. Refs begin with `name`."""

    name: str = "live"
    last_words: str = ""
    """The words of the turn that was worded last."""
    waiting_since_ms: int | None = None
    """Since when the caller has waited for an answer; None where nothing needs one."""
    _open: _Turn | None = None
    _pending: deque[_Turn] = field(default_factory=deque)
    _agent_speaks: bool = False
    _media_ms: int = 0
    _made: int = 0

    @property
    def is_busy(self) -> bool:
        """Somebody speaks, or words are still being waited for."""
        return self._open is not None or bool(self._pending)

    @property
    def words_so_far(self) -> str:
        """What the caller said last, complete or not."""
        said = [turn.words.strip() for turn in (*self._pending, *([self._open] if self._open else []))]
        return " ".join(filter(None, said)) or self.last_words

    @property
    def caller_talks(self) -> bool:
        return self._open is not None and self._open.is_talking

    @property
    def voice_since_media_ms(self) -> int | None:
        """Where the voice began whose words are still to come."""
        turns = [*self._pending, *([self._open] if self._open else [])]
        return turns[0].first_media_ms if turns else None

    def heard_anew(self, now_ms: int) -> None:
        """A session hears that voice from here on: its words are waited for from now."""
        for turn in (*self._pending, *([self._open] if self._open else [])):
            turn.quiet_at_ms = turn.taken_at_ms = now_ms

    def began(self, media_ms: int, now_ms: int) -> list[EngineEvent]:
        """A voice began, or went on after a pause."""
        self._media_ms = max(self._media_ms, media_ms)
        if self._open is not None:
            self._open.is_talking = True
            return []
        self._open = self._new(media_ms, now_ms, is_talking=True)
        return [SpeechStarted(media_ms)]

    def ended(self, media_ms: int, now_ms: int) -> list[EngineEvent]:
        """The voice has been silent since `media_ms`."""
        self._media_ms = max(self._media_ms, media_ms)
        turn = self._open or (self._pending[-1] if self._pending else None)
        if turn is None or not turn.is_talking:
            return []
        turn.is_talking, turn.last_media_ms, turn.quiet_at_ms = False, media_ms, now_ms
        if self.waiting_since_ms is not None or (turn is not self._open and not self._agent_speaks):
            self.waiting_since_ms = now_ms  # a caller who spoke on behind a "mm-hm" of the model's waits for more
        return self.due(now_ms)

    def heard(self, media_ms: int) -> None:
        """Audio up to here has been heard."""
        self._media_ms = media_ms

    def words(self, text: str, said_at_media_ms: int, now_ms: int) -> list[EngineEvent]:
        """The next words of the transcript, and about when they were said. They belong to the voice that goes on, or
        to the last one."""
        is_earlier = self._open is not None and said_at_media_ms < self._open.first_media_ms - EARLIER_MS
        if self._pending and (self._open is None or is_earlier):
            self._pending[-1].add(text, now_ms)
            return []
        if self._open is None:
            if not text.strip():
                return []
            self._open = self._new(self._media_ms, now_ms, is_talking=False)
        self._open.add(text, now_ms)
        return [Draft(self._open.words.strip())] if self._open.is_talking else []

    def agent_begins(self, now_ms: int) -> list[EngineEvent]:
        """The model begins to speak: what the caller said until now is what it answers."""
        self._agent_speaks, self.waiting_since_ms = True, None
        turn, self._open = self._open, None
        if turn is None:
            for waiting in self._pending:
                waiting.is_answered = True
            return []
        if turn.is_talking:
            turn.last_media_ms = self._media_ms
        if not turn.words.strip() and turn.last_media_ms - turn.first_media_ms < SHORT_MS:
            return [SpeechStopped()]
        turn.is_answered = True
        return self._take(turn, now_ms)

    def agent_ends(self) -> None:
        """The model has been silent, or was silenced."""
        self._agent_speaks = False

    def due(self, now_ms: int) -> list[EngineEvent]:
        """What the time brings."""
        out: list[EngineEvent] = []
        turn = self._open
        if turn is not None and not turn.is_talking:
            if turn.words.strip():
                if turn.last_media_ms > turn.first_media_ms or not self._agent_speaks:
                    self._open = None
                    out += self._take(turn, now_ms)
            elif now_ms - turn.quiet_at_ms >= WORDLESS_MS:
                self._open = None
                out.append(SpeechStopped())
        while self._pending and self._pending[0].are_words_complete(now_ms):
            out.append(self._worded(self._pending.popleft()))
        return out

    def close(self) -> list[EngineEvent]:
        """The session that heard them is gone: what is known is all there will be. A turn that still goes on is none:
        the engine that comes next hears it from its beginning."""
        out: list[EngineEvent] = []
        turn, self._open = self._open, None
        if turn is not None:
            out += self._take(turn, 0) if turn.words.strip() and not turn.is_talking else [SpeechStopped()]
        while self._pending:
            out.append(self._worded(self._pending.popleft()))
        return out

    def _new(self, media_ms: int, now_ms: int, *, is_talking: bool) -> _Turn:
        self._made += 1
        return _Turn(f"{self.name}-{self._made}", media_ms, media_ms, is_talking, now_ms)

    def _take(self, turn: _Turn, now_ms: int) -> list[EngineEvent]:
        turn.taken_at_ms = now_ms
        if not turn.is_answered:
            self.waiting_since_ms = now_ms
        self._pending.append(turn)
        out: list[EngineEvent] = [TurnTaken(turn.ref, turn.first_media_ms, turn.last_media_ms)]
        if len(self._pending) > MOST_PENDING:
            out.append(self._worded(self._pending.popleft()))
        return out

    def _worded(self, turn: _Turn) -> TurnWorded:
        self.last_words = turn.words.strip() or self.last_words
        if not turn.words.strip() or is_backchannel(turn.words):
            self.waiting_since_ms = None
        return TurnWorded(turn.ref, turn.words.strip())
