"""What a Live session speaks: one stream of audio on the session's clock, speech where there is some. No I/O."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.vendors.realtime_plan import sound_of
from tests.vendors.script_speech import LiveConnection, SpokenReply
from tests.vendors.speech_tone import SILENCE
from tests.vendors.tokens import pieces
from tests.vendors.voice_energy import BYTES_PER_MS


@dataclass(slots=True)
class Speech:
    """Mu-law to be heard from `start_ms` of the session, and its words with where each begins and ends in it."""

    start_ms: float
    mulaw: bytes
    words: list[tuple[float, float, str]]
    is_answer: bool = False
    """To what the caller said last."""
    ended: Callable[[], None] | None = None

    @property
    def end_ms(self) -> float:
        return self.start_ms + len(self.mulaw) / BYTES_PER_MS


def speech_of(reply: SpokenReply, text: str, start_ms: float, *, is_answer: bool) -> Speech:
    """`text` as `reply` speaks. Where it stalls, the rest of it never comes."""
    mulaw = sound_of(reply, text)
    if reply.stall_after_ms is not None:
        mulaw = mulaw[: round(reply.stall_after_ms * BYTES_PER_MS)]
    words, at_ms = [], float(reply.lead_silence_ms)
    for token in pieces(text):
        end_ms = at_ms + len(token) * reply.character_ms
        if end_ms * BYTES_PER_MS <= len(mulaw):
            words.append((at_ms, end_ms, token))
        at_ms = end_ms
    return Speech(start_ms, mulaw, words, is_answer)


class Mouth:
    """Speeches wait for each other. `sound` gets each piece of mu-law, `word` each word with its span in ms."""

    def __init__(
        self, connection: LiveConnection, sound: Callable[[bytes, bool], None], word: Callable[[str, int, int], None]
    ) -> None:
        """`sound` is told as well whether there is speech in the piece."""
        self._piece_ms, self._ahead_ms = connection.piece_ms, connection.ahead_ms
        self._sound, self._word = sound, word
        self._waiting: list[Speech] = []
        self.position_ms = 0.0
        """Up to here audio has gone out."""
        self.is_held = False
        """While the caller speaks: what has not begun waits."""

    def say(self, speech: Speech) -> None:
        """After all that waits, and not before now."""
        after_ms = max((one.end_ms for one in self._waiting), default=0.0)
        speech.start_ms = max(speech.start_ms, after_ms, self.position_ms)
        self._waiting.append(speech)

    def fall_silent(self) -> None:
        """What is spoken, and an answer that waits, is never heard."""
        self._waiting = [one for one in self._waiting if one.start_ms >= self.position_ms and not one.is_answer]

    def advance(self, clock_ms: float) -> None:
        """Lets everything out that is due by the session's clock."""
        while self.position_ms < clock_ms + self._ahead_ms:
            self._let_out(self.position_ms, self.position_ms + self._piece_ms)

    def _let_out(self, from_ms: float, until_ms: float) -> None:
        self.position_ms = until_ms
        piece = bytearray(SILENCE * (self._piece_ms * BYTES_PER_MS))
        spoken = False
        for speech in list(self._waiting):
            if self.is_held and speech.start_ms >= from_ms:
                speech.start_ms = max(speech.start_ms, until_ms)
            if speech.start_ms >= until_ms:
                break
            self._lay_over(piece, speech, from_ms)
            spoken = True
            while speech.words and speech.start_ms + speech.words[0][0] < until_ms:
                start_ms, end_ms, token = speech.words.pop(0)
                self._word(token, round(speech.start_ms + start_ms), round(speech.start_ms + end_ms))
            if speech.end_ms <= until_ms:
                self._waiting.remove(speech)
                if speech.ended is not None:
                    speech.ended()
        self._sound(bytes(piece), spoken)

    def _lay_over(self, piece: bytearray, speech: Speech, from_ms: float) -> None:
        """The part of a speech that falls into a piece beginning at `from_ms`."""
        into = round((speech.start_ms - from_ms) * BYTES_PER_MS)
        part = speech.mulaw[max(0, -into) : len(piece) - into]
        into = max(0, into)
        piece[into : into + len(part)] = part
