"""Embedded speech behind the Twilio box's ports: what its `<Gather>` hears and its `<Say>` speaks."""

import numpy as np

from streamer.audio import Pcm, pcm_of
from streamer.providers.embedded_ears import LONGEST_S
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.endpointing import START, Patience
from streamer.providers.windows import WINDOW_MS, WINDOW_SAMPLES

_AROUND = 10
"""Windows kept before and after the voice: 320 ms."""
_LEAST_VOICED = Patience().begin_ms // WINDOW_MS
_LONGEST = LONGEST_S * 1000 // WINDOW_MS


class EmbeddedEars:
    """Implements `offhook.box.ports.Ears`."""

    def __init__(self, models: EmbeddedModels) -> None:
        self._models = models

    async def recognise(self, mulaw: bytes) -> str:
        """The words in one utterance of any length; empty when nobody speaks in it. ProviderFailed."""
        windows = _windows(pcm_of(mulaw))
        probabilities = await self._models.probabilities(self._models.voice_activity(), windows)
        voiced = [index for index, probability in enumerate(probabilities) if probability >= START]
        if len(voiced) < _LEAST_VOICED:
            return ""
        spoken = windows[max(0, voiced[0] - _AROUND) : voiced[-1] + 1 + _AROUND]
        words = [
            await self._models.words_in(np.concatenate(spoken[start : start + _LONGEST]))
            for start in range(0, len(spoken), _LONGEST)
        ]
        return " ".join(text for text in words if text)


class EmbeddedMouth:
    """Implements `offhook.box.ports.Mouth`."""

    def __init__(self, models: EmbeddedModels) -> None:
        self._models = models

    async def synthesise(self, text: str, voice: str, language: str) -> bytes:  # noqa: ARG002  # one voice ships
        """`text` in the one voice that ships, which is English, whatever voice Twilio was asked for. ProviderFailed."""
        return b"".join([await self._models.mulaw(piece) for piece in self._models.pieces(text)])


def _windows(pcm: Pcm) -> list[Pcm]:
    """Whole windows; the last one is filled up with silence."""
    padded = np.pad(pcm, (0, -pcm.size % WINDOW_SAMPLES))
    return np.split(padded, padded.size // WINDOW_SAMPLES) if padded.size else []
