"""Which words a piece of synthesised speech speaks, from the times that the vendor gives its characters. Pure.

Vendors send audio in pieces, and the times of characters with them: for this piece only, for a whole sentence ahead,
or not at all for a while. Here every character waits until the audio has come up to its end; a word goes out with the
piece in which its last letter ends. Only letters and digits are matched: vendors add spaces and drop signs. Words that
no alignment ever named go out at the end, so the texts joined are always the text asked for.
"""

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from streamer.engines.ports import Spoken
from streamer.playback import BYTES_PER_MS, leading_silence_ms
from streamer.providers import elevenlabs_failures

SILENCE = b"\xff"
LONGEST_SILENCE_MS = 3_000
"""Audio that begins with more silence than this is no speech."""
CLOSING_MS = 20
"""The silence that carries words whose audio cannot be told apart."""

_USUAL_CHARACTER_MS = 65
_QUICKEST_CHARACTER_MS = 45
_WORD = re.compile(r"\s*\S+\s*")
_ABSOLUTE_MS = 50


@dataclass(frozen=True, slots=True)
class Aligned:
    """Characters with the ms from the start of their audio at which each begins and ends."""

    characters: Sequence[str]
    begin_ms: Sequence[float]
    end_ms: Sequence[float]


@dataclass(frozen=True, slots=True)
class SpeechPiece:
    """Audio as a vendor sent it, and what it told of its characters (possibly of later audio's, too)."""

    mulaw: bytes
    aligned: Aligned | None


@dataclass(frozen=True, slots=True)
class _Word:
    """A word with the white space around it: where it ends in the text, and how many letters the text has by then."""

    end: int
    letters: int


class Narration:
    """One utterance: `add` what is to be spoken, `take` what is spoken, `end` when no more comes."""

    def __init__(self) -> None:
        self._text = ""
        self._letters = ""
        self._words: deque[_Word] = deque()
        self._given = 0
        self._matched = 0
        self._heard_letters = 0
        self._due: deque[tuple[float, int]] = deque()
        self._audio_ms = 0.0
        self._from_ms = 0.0
        self._is_aligned = False
        self.is_audible = False

    def add(self, text: str) -> None:
        """The next text that is to be spoken."""
        for word in _WORD.finditer(text):
            self._letters += _letters(word[0])
            self._words.append(_Word(len(self._text) + word.end(), len(self._letters)))
        self._text += text

    @property
    def spoken_characters(self) -> int | None:
        """How much of the texts joined has been spoken, in whole words; None where the vendor did not tell."""
        if not self.is_audible:
            return 0
        return self._given if self._is_aligned else None

    def take(self, piece: SpeechPiece) -> Spoken | None:
        """The piece with its words, without the silence before the first sound; None while there is no sound.

        Raises ProviderFailed when there is too much silence to be speech.
        """
        if piece.aligned is not None:
            self._align(piece.aligned)
        self._audio_ms += len(piece.mulaw) / BYTES_PER_MS
        mulaw = piece.mulaw
        if not self.is_audible:
            mulaw = mulaw[leading_silence_ms(mulaw) * BYTES_PER_MS :]
            if len(mulaw) < BYTES_PER_MS:
                if self._audio_ms > LONGEST_SILENCE_MS:
                    raise elevenlabs_failures.silent()
                return None
            self.is_audible = True
        return Spoken(mulaw, self._words_by(self._letters_by())) if mulaw else None

    def end(self) -> Spoken | None:
        """What is left of the text, with a moment of silence.

        Raises ProviderFailed when the speech was none, or stopped long before its text.
        """
        if self._letters and not self.is_audible:
            raise elevenlabs_failures.silent()
        if self._is_cut_short():
            raise elevenlabs_failures.cut_short()
        rest, self._given = self._text[self._given :], len(self._text)
        self._words.clear()
        return Spoken(SILENCE * (CLOSING_MS * BYTES_PER_MS), rest) if rest else None

    def _align(self, aligned: Aligned) -> None:
        """Note when each letter will have been spoken. Times count from this piece's audio, or from the beginning."""
        told = [index for index, character in enumerate(aligned.characters) if character.isalnum()]
        if not told:
            return
        self._is_aligned = True
        letters = "".join(aligned.characters[index].casefold()[:1] for index in told)
        told_before = self._told_before(letters)
        if not told_before:
            is_absolute = aligned.begin_ms[0] + _ABSOLUTE_MS >= self._audio_ms
            self._from_ms = 0.0 if is_absolute else self._audio_ms
        for index, letter in list(zip(told, letters, strict=True))[told_before:]:
            if self._letters[self._matched : self._matched + 1] == letter:
                self._matched += 1
                self._due.append((self._from_ms + aligned.end_ms[index], self._matched))

    def _told_before(self, letters: str) -> int:
        """How many of `letters` repeat an earlier alignment: vendors sometimes begin a sentence's times anew."""
        if self._letters.startswith(letters, self._matched):
            return 0
        begin = self._letters.rfind(letters, 0, self._matched + len(letters))
        return self._matched - begin if begin >= 0 else 0

    def _letters_by(self) -> int:
        """How many letters have been spoken by now; by the usual pace where nothing was ever told."""
        if not self._is_aligned:
            return int(self._audio_ms / _USUAL_CHARACTER_MS)
        while self._due and self._due[0][0] <= self._audio_ms + 1:
            self._heard_letters = self._due.popleft()[1]
        return self._heard_letters

    def _words_by(self, letters: int) -> str:
        begin = self._given
        while self._words and self._words[0].letters <= letters:
            self._given = self._words.popleft().end
        return self._text[begin : self._given]

    def _is_cut_short(self) -> bool:
        is_told = self._is_aligned and self._matched < 0.8 * len(self._letters)
        return is_told and self._audio_ms < _QUICKEST_CHARACTER_MS * len(self._letters)


def _letters(text: str) -> str:
    return "".join(sign.casefold()[:1] for sign in text if sign.isalnum())
