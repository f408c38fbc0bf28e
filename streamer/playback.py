"""The heard-ledger of one stream: what is waiting, what was sent, what marks prove was played, what was cut. No I/O.

Audio goes out in chunks of at most CHUNK_MS, a mark behind each. Twilio returns a mark when the audio before it has
been played, or when a `clear` drops it (https://www.twilio.com/docs/voice/media-streams/websocket-messages), so marks
still out when we clear do not count as heard. A word counts as heard when the chunk in which it ends has been played;
inside a piece of speech words are placed in time by their share of its letters.

Audio is handed out at most AHEAD_MS before it is due, so that a `clear` finds little to drop and Twilio's buffer,
whose size is not documented, is never flooded.
"""

from collections import deque
from dataclasses import dataclass, field, replace

BYTES_PER_MS = 8
CHUNK_MS = 100
AHEAD_MS = 1_500

# mu-law codes whose linear magnitude is below about 100 of 32768 (-50 dBFS): silence to an ear on the phone
_SILENT = bytes(code for code in range(256) if (code & 0x7F) >= 0x73)


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio to send, and the mark to send behind it. `text` is the words that end in it."""

    mark: str
    mulaw: bytes
    text: str

    @property
    def duration_ms(self) -> int:
        return len(self.mulaw) // BYTES_PER_MS


@dataclass(slots=True)
class Playback:
    """One reply's way to the caller's ear. `name` starts its marks; `now_ms` is any steady millisecond clock."""

    name: str
    waiting: deque[Chunk] = field(default_factory=deque)
    sent: deque[Chunk] = field(default_factory=deque)
    heard_text: str = ""
    played_ms: int = 0
    first_sent_at_ms: int | None = None
    first_heard_at_ms: int | None = None
    last_heard_at_ms: int | None = None
    _buffered_until_ms: int = 0
    _chunks_made: int = 0
    _lead_ms: int = 0

    def add(self, mulaw: bytes, text: str) -> None:
        """Append a piece of speech and the words it speaks. Words without sound belong to the sound before them."""
        step = CHUNK_MS * BYTES_PER_MS
        if not mulaw:
            self._word_the_last(text)
            return
        if self._chunks_made == 0:
            self._lead_ms = leading_silence_ms(mulaw)
        last = self.waiting[-1] if self.waiting else None
        if last and len(last.mulaw) + len(mulaw) <= step:
            # Small pieces that wait anyway go out as one: every message and mark costs both ends.
            self.waiting[-1] = replace(last, mulaw=last.mulaw + mulaw, text=last.text + text)
            return
        starts = range(0, len(mulaw), step)
        texts = _spread(text, len(starts))
        for start, words in zip(starts, texts, strict=True):
            self._chunks_made += 1
            self.waiting.append(Chunk(f"{self.name}-{self._chunks_made}", mulaw[start : start + step], words))

    def _word_the_last(self, text: str) -> None:
        for chunks in (self.waiting, self.sent):
            if chunks:
                chunks[-1] = replace(chunks[-1], text=chunks[-1].text + text)
                return
        self.heard_text += text

    def due(self, now_ms: int) -> list[Chunk]:
        """The chunks to send now, in order; each counts as sent from here on."""
        out: list[Chunk] = []
        while self.waiting and self._buffered_until_ms - now_ms < AHEAD_MS:
            chunk = self.waiting.popleft()
            if self.first_sent_at_ms is None:
                self.first_sent_at_ms = now_ms
            self._buffered_until_ms = max(self._buffered_until_ms, now_ms) + chunk.duration_ms
            self.sent.append(chunk)
            out.append(chunk)
        return out

    @property
    def due_at_ms(self) -> int | None:
        """When `due` has something again; None when nothing waits."""
        return self._buffered_until_ms - AHEAD_MS if self.waiting else None

    def returned(self, mark: str, now_ms: int) -> bool:
        """A mark came back: everything up to it was played. False for a mark that is not out (late, or not ours)."""
        if not any(chunk.mark == mark for chunk in self.sent):
            return False
        while True:
            chunk = self.sent.popleft()
            if self.first_heard_at_ms is None:
                self.first_heard_at_ms = now_ms - chunk.duration_ms + self._lead_ms
            self.heard_text += chunk.text
            self.played_ms += chunk.duration_ms
            self.last_heard_at_ms = now_ms
            if chunk.mark == mark:
                return True

    def take_back(self) -> bool:
        """Everything that is out and not heard waits again, under new marks: those of before come back with the
        `clear` that goes with this. True when something was out."""
        if not self.sent:
            return False
        again = [replace(chunk, mark=f"{chunk.mark}x") for chunk in self.sent]
        self.sent.clear()
        self.waiting.extendleft(reversed(again))
        self._buffered_until_ms = 0
        return True

    def cut(self) -> None:
        """Forget what waits and what is out: the `clear` that goes with this makes sure nobody hears it."""
        self.waiting.clear()
        self.sent.clear()

    @property
    def is_empty(self) -> bool:
        """Everything added so far has been heard (or cut)."""
        return not self.waiting and not self.sent

    @property
    def is_audible(self) -> bool:
        """Something has been sent that has not come back as played."""
        return bool(self.sent)


def leading_silence_ms(mulaw: bytes) -> int:
    return (len(mulaw) - len(mulaw.lstrip(_SILENT))) // BYTES_PER_MS


def _spread(text: str, slots: int) -> list[str]:
    """`text` dealt out word by word over `slots` equal stretches of time; joined again it is the same text."""
    texts = [""] * slots
    if slots == 0:
        return texts
    spoken_chars = 0
    for word in _words(text):
        last_letter = spoken_chars + len(word.rstrip())
        spoken_chars += len(word)
        texts[min(slots - 1, max(0, -(-last_letter * slots // len(text)) - 1))] += word
    return texts


def _words(text: str) -> list[str]:
    """Words with the white space that follows them."""
    words: list[str] = []
    for piece in text.split(" "):
        words.append(piece + " ")
    words[-1] = words[-1][:-1]
    return [word for word in words if word]
