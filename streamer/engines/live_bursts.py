"""The stream that a Live model speaks in, cut into bursts: a burst is what it says between two silences. No I/O.

Live sends one continuous stream at the pace of speech, silence included, and marks neither beginnings nor ends nor
interruptions. So a burst begins with the first sound and ends after END_MS of silence, or of nothing. Silence is not
passed on: nothing sent is silence at the caller's ear, just as long. Of sound that comes faster than it is spoken no
more than AHEAD_MS is given out before its time; the rest is held, and gone if the burst is cut.

The words come with times of the session's clock, which is not the audio's: within a burst they are counted from its
first word, as the audio is from its first sound.
"""

import audioop
from collections import deque
from dataclasses import dataclass, field

from streamer.playback import BYTES_PER_MS

END_MS = 700
SOFT_END_MS = 120
"""Silence that is passed on behind a sound, which may be too soft to count as one."""
CUSHION_MS = 60
"""Audio before the first sound that is passed on, sent at once: room for what comes late, and for a soft beginning."""
AHEAD_MS = 400
CUT_ENDS_MS = 200
"""Of a burst that was cut nothing more is given out until the model has been silent for so long."""
CUT_LASTS_MS = 2_500
"""A model that speaks on for so long after the cut has kept the floor: it is heard again."""
LATE_WORDS_MS = 100
"""Words this much later than the audio given out count as in it."""
STRAY_WORDS_MS = 3_000
_LOUDEST_SILENCE = 200
"""Of 32768, at the peak."""


@dataclass(frozen=True, slots=True)
class BurstBegan:
    pass


@dataclass(frozen=True, slots=True)
class BurstWorded:
    """Words that are being said, ahead of their sound or with it."""

    text: str


@dataclass(frozen=True, slots=True)
class BurstSounded:
    """Audio, and the words that end in it."""

    mulaw: bytes
    text: str


@dataclass(frozen=True, slots=True)
class BurstEnded:
    pass


Burst = BurstBegan | BurstWorded | BurstSounded | BurstEnded


@dataclass(slots=True)
class Bursts:
    """`now_ms` is any steady millisecond clock. `unheard_words` counts pieces of transcript that belong to no audio
    that was given out; `soundless_since_ms` is when words began to come that no sound has followed."""

    is_open: bool = False
    unheard_words: int = 0
    soundless_since_ms: int | None = None
    _cut_at_ms: int | None = None
    _cushion: bytes = b""
    _silence_ms: int = 0
    _sound_until_ms: int = 0
    _given_until_ms: int = 0
    _waiting: deque[bytes] = field(default_factory=deque)
    _received_ms: int = 0
    _words: deque[tuple[str, int]] = field(default_factory=deque)
    _words_from_ms: int | None = None
    _words_at_ms: int = 0

    def sound(self, mulaw: bytes, now_ms: int) -> list[Burst]:
        """The stream's next audio."""
        duration_ms = len(mulaw) // BYTES_PER_MS
        if is_silent(mulaw):
            self._silent(mulaw, duration_ms)
            return self.due(now_ms)
        is_cut = self._is_cut(now_ms)
        self._silence_ms, self._sound_until_ms = 0, max(self._sound_until_ms, now_ms) + duration_ms
        if is_cut:
            return []
        out: list[Burst] = []
        if not self.is_open:
            self.is_open, self._received_ms, self._given_until_ms, self.soundless_since_ms = True, 0, now_ms, None
            out += [BurstBegan(), *(BurstWorded(text) for text, _ in self._words)]
        self._received_ms += duration_ms
        self._waiting.append(self._cushion + mulaw)
        self._cushion = b""
        return out + self.due(now_ms)

    def words(self, text: str, start_ms: int, end_ms: int, now_ms: int) -> list[Burst]:
        """The transcript's next words, with the session's times."""
        if self._is_cut(now_ms):
            self.unheard_words += 1
            return []
        if not self._words and not self.is_open:
            self.soundless_since_ms = now_ms
        if self._words_from_ms is None:
            self._words_from_ms = start_ms
        self._words.append((text, end_ms - self._words_from_ms))
        self._words_at_ms = now_ms
        return [BurstWorded(text)] if self.is_open else []

    def due(self, now_ms: int) -> list[Burst]:
        """What the time brings: held audio, and the end of a burst."""
        if not self.is_open:
            self._drop_stray_words(now_ms)
            return []
        out: list[Burst] = []
        while self._waiting and self._given_until_ms - now_ms < AHEAD_MS:
            out.append(self._next(now_ms))
        if not self._waiting and now_ms - max(self._sound_until_ms, self._given_until_ms) >= END_MS:
            out += self._end()
        return out

    def cut(self, now_ms: int) -> None:
        """The burst is over for the caller, whatever the model goes on to say of it."""
        self.unheard_words += len(self._words)
        self.forget()
        self._cut_at_ms, self._sound_until_ms = now_ms, min(self._sound_until_ms, now_ms)

    def forget(self) -> None:
        """Another session speaks from here on."""
        self.is_open, self._cut_at_ms, self._words_from_ms, self._cushion = False, None, None, b""
        self.soundless_since_ms = None
        self._waiting.clear()
        self._words.clear()

    def _is_cut(self, now_ms: int) -> bool:
        """Whether what comes now still belongs to a burst that was cut."""
        if self._cut_at_ms is None:
            return False
        silence_ms = max(self._silence_ms, now_ms - self._sound_until_ms)
        if silence_ms >= CUT_ENDS_MS or now_ms - self._cut_at_ms >= CUT_LASTS_MS:
            self._cut_at_ms = None
        return self._cut_at_ms is not None

    def _silent(self, mulaw: bytes, duration_ms: int) -> None:
        is_soft_end = self.is_open and self._silence_ms < SOFT_END_MS
        self._silence_ms += duration_ms
        if self.is_open:
            self._received_ms += duration_ms
        if is_soft_end:
            self._waiting.append(mulaw[: SOFT_END_MS * BYTES_PER_MS])
        else:
            self._cushion = (self._cushion + mulaw)[-CUSHION_MS * BYTES_PER_MS :]

    def _next(self, now_ms: int) -> BurstSounded:
        mulaw = self._waiting.popleft()
        self._given_until_ms = max(self._given_until_ms, now_ms) + len(mulaw) // BYTES_PER_MS
        until_ms = self._received_ms - sum(map(len, self._waiting)) // BYTES_PER_MS + LATE_WORDS_MS
        text = ""
        while self._words and self._words[0][1] <= until_ms:
            text += self._words.popleft()[0]
        return BurstSounded(mulaw, text)

    def _end(self) -> list[Burst]:
        rest = "".join(text for text, _ in self._words)
        self.forget()
        return [BurstSounded(b"", rest), BurstEnded()] if rest else [BurstEnded()]

    def _drop_stray_words(self, now_ms: int) -> None:
        """Words that no sound has followed belong to nothing."""
        if self._words and now_ms - self._words_at_ms >= STRAY_WORDS_MS:
            self.unheard_words += len(self._words)
            self._words.clear()
            self._words_from_ms = None


def is_silent(mulaw: bytes) -> bool:
    return audioop.max(audioop.ulaw2lin(mulaw, 2), 2) <= _LOUDEST_SILENCE
