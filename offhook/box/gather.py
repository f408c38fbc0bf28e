"""What a `<Gather>` has collected so far, as a function of frames, keys and the line's clock. No I/O.

twilio.com/docs/voice/twiml/gather: the first input decides whether it becomes speech or digits; `timeout` waits for the
first input once the prompt is over, and between keys; the end of speech is `speechTimeout` of silence, or about a
second for "auto". Speech is told from silence by energy, which is enough for a recorded voice on a clean line.
"""

from collections import deque
from dataclasses import dataclass
from enum import Enum, auto

from offhook.box import sound
from offhook.box.verbs import Gather

AUTO_SPEECH_TIMEOUT_MS = 900
PRE_ROLL_FRAMES = 15  # kept from before the onset, so that a soft first consonant is not lost
ONSET_FRAMES = 4  # of the last ONSET_WINDOW that must be loud before it counts as speech: not for a click
ONSET_WINDOW = 6
LOUD_RMS = 400
FRAME_MS = 20


@dataclass(frozen=True, slots=True)
class Digits:
    """Keys pressed, the finishing key left out."""

    keys: str


@dataclass(frozen=True, slots=True)
class Utterance:
    """The caller's speech, mu-law, with a little of the silence around it."""

    mulaw: bytes


@dataclass(frozen=True, slots=True)
class Nothing:
    """The time-out passed without an input."""


Outcome = Digits | Utterance | Nothing


class Phase(Enum):
    WAITING = auto()
    SPEAKING = auto()
    KEYING = auto()
    OVER = auto()


class Collector:
    """One gather. Feed it `frame` and `key`, tell it once when the prompt is over, then read `outcome`."""

    def __init__(self, gather: Gather, *, loud_rms: int = LOUD_RMS) -> None:
        self._gather = gather
        self._loud_rms = loud_rms
        self._phase = Phase.WAITING
        self._prompt_over = False
        self._deadline_ms: int | None = None
        self._recent: deque[tuple[bytes, bool]] = deque(maxlen=max(PRE_ROLL_FRAMES, ONSET_WINDOW))
        self._speech = bytearray()
        self._last_loud_ms = 0
        self._quiet_ms = 0
        self._speech_began_ms = 0
        self._keys = ""
        self._input_ms = (0, 0)
        self.outcome: Outcome | None = None

    @property
    def prompt_must_stop(self) -> bool:
        """Whether an input has begun that silences the prompt: any key, or speech (when bargeIn is true)."""
        return self._phase is not Phase.WAITING

    @property
    def is_speaking(self) -> bool:
        """Whether an utterance has begun and is not over."""
        return self._phase is Phase.SPEAKING

    @property
    def pause_ms(self) -> int:
        """How long the caller, who has begun to speak, has been silent now; 0 in speech and outside it."""
        return self._quiet_ms if self._phase is Phase.SPEAKING else 0

    @property
    def speech(self) -> bytes:
        """The utterance so far, mu-law."""
        return bytes(self._speech)

    @property
    def voiced_until_ms(self) -> int:
        """The last loud frame of the utterance so far."""
        return self._last_loud_ms

    @property
    def input_ms(self) -> tuple[int, int]:
        """When the caller's voice began and ended, or the first and the last key were pressed; zeros before either."""
        return self._input_ms

    def prompt_over(self, now_ms: int) -> None:
        """The prompt has ended or been cut: from now on silence counts."""
        self._prompt_over = True
        if self._phase is Phase.WAITING:
            self._deadline_ms = now_ms + self._gather.timeout_s * 1000

    def frame(self, mulaw: bytes, now_ms: int) -> None:
        """The 20 ms of the caller's side from `now_ms` on."""
        if self._phase is Phase.OVER:
            return
        if self._phase is Phase.SPEAKING:
            self._speaking(mulaw, now_ms)
            return
        if self._hears_speech(mulaw):
            self._phase = Phase.SPEAKING
            self._speech_began_ms = self._last_loud_ms = now_ms
            self._input_ms = (now_ms - self._onset_ms(), now_ms + FRAME_MS)
            self._speech.extend(b"".join(frame for frame, _ in self._recent))
        elif self._deadline_ms is not None and now_ms >= self._deadline_ms:
            self._finish(Digits(self._keys) if self._keys else Nothing())

    def key(self, digit: str, now_ms: int) -> None:
        """One key pressed by the caller."""
        if "dtmf" not in self._gather.inputs or self._phase in (Phase.SPEAKING, Phase.OVER):
            return
        if digit == self._gather.finish_on_key:
            if self._keys:  # documented: it does nothing unless digits precede it
                self._finish(Digits(self._keys))
            return
        self._input_ms = (self._input_ms[0] if self._phase is Phase.KEYING else now_ms, now_ms)
        self._phase = Phase.KEYING
        self._keys += digit
        self._deadline_ms = now_ms + self._gather.timeout_s * 1000
        if self._gather.num_digits is not None and len(self._keys) >= self._gather.num_digits:
            self._finish(Digits(self._keys))

    def resume(self, now_ms: int) -> None:
        """Nothing was recognised in the utterance: it was noise, so wait again as after a prompt."""
        self._phase, self.outcome = Phase.WAITING, None
        self._speech.clear()
        self._recent.clear()
        self.prompt_over(now_ms)

    def _hears_speech(self, mulaw: bytes) -> bool:
        if "speech" not in self._gather.inputs or self._phase is Phase.KEYING:
            return False
        if not self._prompt_over and not self._gather.barge_in:
            return False
        self._recent.append((mulaw, sound.level(mulaw) >= self._loud_rms))
        window = list(self._recent)[-ONSET_WINDOW:]
        return sum(loud for _, loud in window) >= ONSET_FRAMES

    def _onset_ms(self) -> int:
        """How long ago the first loud frame of the window that counts as speech began."""
        window = list(self._recent)[-ONSET_WINDOW:]
        first = next(index for index, (_, loud) in enumerate(window) if loud)
        return (len(window) - 1 - first) * FRAME_MS

    def _speaking(self, mulaw: bytes, now_ms: int) -> None:
        self._speech.extend(mulaw)
        if sound.level(mulaw) >= self._loud_rms:
            self._last_loud_ms = now_ms
            self._input_ms = (self._input_ms[0], now_ms + FRAME_MS)
        timeout_s = self._gather.speech_timeout_s
        quiet_ms = AUTO_SPEECH_TIMEOUT_MS if timeout_s is None else timeout_s * 1000
        self._quiet_ms = now_ms - self._last_loud_ms
        spoken_ms = now_ms - self._speech_began_ms
        if self._quiet_ms >= quiet_ms or spoken_ms >= self._gather.max_speech_s * 1000:
            self._finish(Utterance(bytes(self._speech)))

    def _finish(self, outcome: Outcome) -> None:
        self._phase, self.outcome = Phase.OVER, outcome
