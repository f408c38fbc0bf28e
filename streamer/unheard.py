"""The caller's voice as it arrives here, against what an engine tells of it: one that tells nothing is deaf. No I/O.

    a voice of VOICE_MS in utterances of WORD_MS, over for QUIET_S, and the engine made nothing of it    deaf
    a voice that goes on for GOES_ON_MS, and the engine has told of nobody                               deaf
    a turn that the engine told of, no voice for `turn_ends_s`, and it tells no end of it                stuck

To say that a voice has begun, and then that it was none, is to make nothing of it; but whoever says so listens, and is
believed once.

A sound is asked whether it is speech only then (`speech_sound`): noise, tones and music are nobody's fault. A cough or
an "mm" is shorter than a word counts here. Time is counted by the frames that come, so that neither a stream that
stands still nor an event loop that does is taken for the engine's silence.
"""

from dataclasses import dataclass, field
from enum import Enum, auto

from streamer.audio import pcm_of
from streamer.engines.voice_bounds import is_voice
from streamer.events import (
    Draft,
    EngineEvent,
    ReplyBegun,
    SpeechStarted,
    SpeechStopped,
    TurnEnded,
    TurnLikely,
    TurnResumed,
    TurnTaken,
)
from streamer.playback import BYTES_PER_MS
from streamer.speech_sound import is_speech

VOICE_MS = 600
WORD_MS = 360
PAUSE_MS = 500
QUIET_S = 1.5
OVER_S = 0.7
GOES_ON_MS = 4_000
BEGINS_S = 3.0
"""An engine that has only just begun is still connecting, and hears what was said before it in one go."""
LATE_S = 0.1
KEPT_MS = 4_000


class Verdict(Enum):
    """What an engine is found to be."""

    DEAF = auto()
    STUCK = auto()


@dataclass(slots=True)
class UnheardVoice:
    """Of one engine. `turn_ends_s`: how long after the last voice it may take to tell that a turn is over. `now_s` is
    any steady clock."""

    turn_ends_s: float
    _heard_s: float = 0.0
    _now_s: float | None = None
    _sound: bytearray = field(default_factory=bytearray)
    """Of the utterances that nobody told of, with the pauses in them."""
    _unheard_ms: int = 0
    """Of voice in those that are over."""
    _utterance_ms: int = 0
    _utterance_from: int = 0
    _is_voiced: bool = False
    _voice_at_media_ms: int = 0
    _voice_at_s: float = 0.0
    _in_turn: bool = False
    _told_at_s: float = 0.0
    _none: int = 0
    """How often a voice was said to be none since anything else was told."""

    def hear(self, mulaw: bytes, media_ms: int, now_s: float) -> None:
        """The caller's next frame, as the engine is given it."""
        if self._now_s is not None:
            self._heard_s += min(now_s - self._now_s, LATE_S)
        self._now_s = now_s
        if is_voice(mulaw):
            self._voice(mulaw, media_ms)
        elif self._is_voiced:
            self._sound += mulaw
            if media_ms - self._voice_at_media_ms >= PAUSE_MS:
                self._pause()

    def told(self, event: EngineEvent) -> None:
        """What the engine tells. Words, a turn or an answer of its own show that it hears."""
        match event:
            case SpeechStarted() | Draft() | TurnLikely() | TurnResumed():
                self._in_turn = True
            case SpeechStopped() | TurnEnded() | TurnTaken() | ReplyBegun():
                self._none += self._in_turn
                self._in_turn = False
            case _:
                return
        self._told_at_s = self._heard_s
        if not isinstance(event, SpeechStarted | SpeechStopped):
            self._forget()

    @property
    def caller_waits(self) -> bool:
        """Something was said that the engine did not tell of, or not the end of, and it is over."""
        is_over = not self._is_voiced and self._heard_s - self._voice_at_s >= OVER_S
        return is_over and (self._in_turn or self._unheard_ms > 0)

    def verdict(self) -> Verdict | None:
        """Asked with every frame; cheap while nothing is wrong. A voice that turns out to be none is forgotten."""
        if self._in_turn:
            quiet_s = self._heard_s - max(self._voice_at_s, self._told_at_s)
            return Verdict.STUCK if not self._is_voiced and quiet_s >= self.turn_ends_s else None
        if not self._is_unheard():
            return None
        sound = bytes(self._sound[-KEPT_MS * BYTES_PER_MS :])
        self._forget()
        return Verdict.DEAF if is_speech(pcm_of(sound)) else None

    def _is_unheard(self) -> bool:
        if self._heard_s < BEGINS_S:
            return False
        if self._is_voiced:
            return self._utterance_ms >= GOES_ON_MS
        return self._none != 1 and self._unheard_ms >= VOICE_MS and self._heard_s - self._voice_at_s >= QUIET_S

    def _voice(self, mulaw: bytes, media_ms: int) -> None:
        if not self._is_voiced:
            self._is_voiced, self._utterance_ms, self._utterance_from = True, 0, len(self._sound)
        self._voice_at_media_ms, self._voice_at_s = media_ms, self._heard_s
        self._utterance_ms += len(mulaw) // BYTES_PER_MS
        self._sound += mulaw
        over_bytes = len(self._sound) - 2 * KEPT_MS * BYTES_PER_MS
        if over_bytes > 0:
            del self._sound[: KEPT_MS * BYTES_PER_MS]
            self._utterance_from = max(0, self._utterance_from - KEPT_MS * BYTES_PER_MS)

    def _pause(self) -> None:
        """The utterance is over; a short one is no word."""
        self._is_voiced = False
        if self._utterance_ms >= WORD_MS:
            self._unheard_ms += self._utterance_ms
        else:
            del self._sound[self._utterance_from :]

    def _forget(self) -> None:
        """What has sounded so far is told of, or was nobody. A voice that goes on is counted from here."""
        self._sound.clear()
        self._unheard_ms = self._utterance_ms = self._utterance_from = self._none = 0
