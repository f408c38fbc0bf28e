"""Which words of a spoken reply belong to which of its audio, where a model sends both and says nothing of how they
match. No I/O.

A model's transcript runs ahead of its sound. Words are allotted to sound by a speaking rate that is learnt as replies
are completed, rather too late than too early: what a caller is said to have heard must have been heard.
"""

from dataclasses import dataclass, field

from streamer.playback import BYTES_PER_MS, leading_silence_ms

_FIRST_CHARS_PER_MS = 0.0145
_SLOWEST, _FASTEST = 0.006, 0.030
_CAUTION = 0.96
_LEARN_FROM_MS = 1_000
_WEIGHT = 0.5


def left_to_say(words: str, said: str) -> str:
    """What of `words` comes behind what was said of them; nothing where others were said in their place."""
    begun = said.strip()
    return words[len(begun) :].strip() if words.startswith(begun) else ""


@dataclass(slots=True)
class SpeakingRate:
    """How many characters the voice speaks in a millisecond; one for a call."""

    chars_per_ms: float = _FIRST_CHARS_PER_MS

    def learn(self, chars: int, spoken_ms: float) -> None:
        """So many characters took so long; what is too short to tell changes nothing."""
        if spoken_ms < _LEARN_FROM_MS or not chars:
            return
        measured = min(_FASTEST, max(_SLOWEST, chars / spoken_ms))
        self.chars_per_ms += (measured - self.chars_per_ms) * _WEIGHT


@dataclass(slots=True)
class Wording:
    """One reply. Everything added comes back, once, in order: from `with_audio`, and from `rest` at the end."""

    rate: SpeakingRate
    _text: str = ""
    _told_chars: int = 0
    _voice_ms: float = 0.0
    _has_voice: bool = field(default=False)

    def add(self, text: str) -> None:
        """The next words of the transcript."""
        self._text += text

    def with_audio(self, mulaw: bytes) -> str:
        """The reply's next audio; the words that end in it, as far as they are known."""
        spoken_ms = len(mulaw) / BYTES_PER_MS
        if not self._has_voice:
            silence_ms = leading_silence_ms(mulaw)
            self._has_voice = silence_ms < spoken_ms
            spoken_ms -= silence_ms
        self._voice_ms += spoken_ms
        until = self._last_whole_word(int(self._voice_ms * self.rate.chars_per_ms * _CAUTION))
        told, self._told_chars = self._text[self._told_chars : until], max(self._told_chars, until)
        return told

    def rest(self) -> str:
        """All words have come, and all audio: the words that are left. The rate is learnt from the whole."""
        self.rate.learn(len(self._text.strip()), self._voice_ms)
        return self.unspoken()

    def unspoken(self) -> str:
        """The reply breaks off: the words that no audio has been given."""
        rest, self._told_chars = self._text[self._told_chars :], len(self._text)
        return rest

    def _last_whole_word(self, chars: int) -> int:
        """The end of the last word that is over by `chars`, its space included."""
        space = self._text.rfind(" ", self._told_chars, chars + 1)  # the last word known may go on in the next piece
        return self._told_chars if space < 0 else space + 1
