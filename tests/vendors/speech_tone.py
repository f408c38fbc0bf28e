"""Speech without a voice: a tone whose length follows the text, the same for the same text every time. Pure."""

import audioop
import math
import struct
from dataclasses import dataclass
from functools import lru_cache

RATE_HZ = 8000
SILENCE = b"\xff"
"""The mu-law byte of a zero sample."""
_AMPLITUDE = 9000


@dataclass(frozen=True, slots=True)
class Piece:
    """Audio of some characters: mu-law 8 kHz. `starts_ms` count from the beginning of the generation."""

    characters: str
    audio: bytes
    starts_ms: tuple[int, ...]
    character_ms: int

    @property
    def duration_ms(self) -> float:
        return len(self.audio) * 1000 / RATE_HZ


@lru_cache(maxsize=4096)
def tone(character: str, duration_ms: int) -> bytes:
    """One character: whole periods of a tone that belongs to it, so that characters join without a click."""
    wanted_hz = 300 + 50 * (ord(character) % 8)
    periods = max(1, round(wanted_hz * duration_ms / 1000))
    samples = RATE_HZ * duration_ms // 1000
    wave = (round(_AMPLITUDE * math.sin(2 * math.pi * periods * at / samples)) for at in range(samples))
    return audioop.lin2ulaw(struct.pack(f"<{samples}h", *wave), 2)


def spoken(
    text: str, character_ms: int, piece_characters: int, lead_ms: int = 0, *, silent: bool = False
) -> list[Piece]:
    """The pieces of one generation: `lead_ms` of silence, then `character_ms` a character. `silent`: silence alone."""
    pieces = []
    for at in range(0, len(text), piece_characters):
        characters = text[at : at + piece_characters]
        audio = b"".join(tone(one, character_ms) for one in characters)
        if silent:
            audio = SILENCE * len(audio)
        if at == 0:
            audio = SILENCE * (lead_ms * RATE_HZ // 1000) + audio
        starts = tuple(lead_ms + (at + index) * character_ms for index in range(len(characters)))
        pieces.append(Piece(characters, audio, starts, character_ms))
    return pieces
