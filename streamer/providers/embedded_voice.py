"""Text to speech: hibari's one bundled voice. Blocking; `EmbeddedModels` runs it off the event loop."""

import re
from pathlib import Path

from calls.errors import ConfigurationInvalid
from streamer.audio import RATE_HZ, mulaw_of, pcm_from, resampled, trimmed

NAME = "heart"
"""The voice inside the package. hibari fetches every other one from a network, so no other is ever asked for."""

_LEAD_MS = 10
_PAUSE_MS = 120
_SEED = 1
"""The voice has noise in it; a fixed seed makes the same words the same sound."""

_LONGEST_PIECE = 240
"""Characters spoken at once: a sentence without an end must not hold up the first sound."""
_BREAK = re.compile(r".*[,;:—]\s+|.*\s+", re.DOTALL)


def check_name(voice: str) -> None:
    """ConfigurationInvalid unless `voice` is the one that ships."""
    if voice != NAME:
        raise ConfigurationInvalid(
            f'The embedded voice is called "{NAME}"; there is no embedded voice "{voice}".', code="voice-unknown"
        )


class Voice:
    """One model for the process; several threads may call it at once."""

    def __init__(self, folder: Path) -> None:
        from hibari import Hibari

        self._hibari = Hibari(voice=NAME, model=str(folder / "hibari.onnx"))

    def pieces(self, text: str) -> list[str]:
        """`text` cut after its sentences, and long sentences after a clause or word; joined they are `text` again."""
        pieces: list[str] = []
        taken = 0
        for sentence in self._hibari.split_sentences(text):
            found = text.index(sentence, taken)
            if pieces:
                pieces[-1] += text[taken:found]
                taken = found
            pieces.append(text[taken : found + len(sentence)])
            taken = found + len(sentence)
        if not pieces:
            return [text] if text else []
        pieces[-1] += text[taken:]
        return [part for piece in pieces for part in _parts(piece)]

    def mulaw(self, piece: str) -> bytes:
        """A piece of text as speech with a short pause after it; empty when there is nothing to pronounce."""
        if not any(sign.isalnum() for sign in piece):
            return b""  # marks alone would be spoken as noise
        samples = self._hibari(piece, seed=_SEED)
        pcm = pcm_from(resampled(samples, self._hibari.sample_rate, RATE_HZ))
        return mulaw_of(trimmed(pcm, _LEAD_MS, _PAUSE_MS))


def _parts(piece: str) -> list[str]:
    parts: list[str] = []
    while len(piece) > _LONGEST_PIECE:
        broken = _BREAK.match(piece[:_LONGEST_PIECE])
        end = broken.end() if broken else _LONGEST_PIECE
        parts.append(piece[:end])
        piece = piece[end:]
    return [*parts, piece]
