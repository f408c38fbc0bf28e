"""Sounds that mean something to the tests: how loud a tone is says which words it stands for."""

import audioop
import struct

from offhook.box import sound

WORDS = {4000: "book a table please", 2000: "goodbye", 1000: ""}


def spoken(level: int, duration_ms: int = 400) -> bytes:
    """A square wave of this RMS, mu-law."""
    cycle = struct.pack("<20h", *([level] * 10 + [-level] * 10))
    return audioop.lin2ulaw(cycle * (duration_ms * 8 // 20), 2)


class FakeEars:
    """Hears the words that the loudest 20 ms of an utterance stands for. Implements `ports.Ears`."""

    def __init__(self) -> None:
        self.heard_ms: list[int] = []

    async def recognise(self, mulaw: bytes) -> str:
        self.heard_ms.append(len(mulaw) // 8)
        loudest = max(sound.level(mulaw[at : at + 160]) for at in range(0, len(mulaw), 160))
        return next(words for level, words in WORDS.items() if abs(loudest - level) < level / 10)


class FakeMouth:
    """Says every text as 20 ms of tone a character. Implements `ports.Mouth`."""

    def __init__(self) -> None:
        self.said: list[str] = []

    async def synthesise(self, text: str, voice: str, language: str) -> bytes:
        self.said.append(text)
        return spoken(3000, 20 * len(text))
