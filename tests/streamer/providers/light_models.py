"""Light parts for `EmbeddedModels`: any sound is voice, and what is heard and spoken is counted."""

import threading

import numpy as np

from streamer.audio import Pcm, Samples
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_vad import State


class LoudIsVoice:
    """Implements `VoiceSteps`."""

    def step(self, samples: Samples, state: State) -> tuple[float, State]:
        return (1.0 if np.abs(samples[32:]).max() > 0.1 else 0.0), state


class CountingEars:
    """Hears `text` in everything, once `free` is set."""

    def __init__(self, text: str = "words") -> None:
        self.text = text
        self.heard_samples: list[int] = []
        self.free = threading.Event()
        self.free.set()

    def words_in(self, pcm: Pcm) -> str:
        self.heard_samples.append(pcm.size)
        assert self.free.wait(10)
        return self.text


class BrokenEars:
    def words_in(self, pcm: Pcm) -> str:
        raise RuntimeError("out of luck")


class CountingVoice:
    """Speaks a byte a letter; a piece ends with its full stop and the space after it."""

    def __init__(self) -> None:
        self.spoken: list[str] = []

    def pieces(self, text: str) -> list[str]:
        return [f"{part}. " for part in text.split(". ") if part]

    def mulaw(self, piece: str) -> bytes:
        self.spoken.append(piece)
        return piece.encode()


def light_models(
    ears: CountingEars | BrokenEars | None = None,
    voice: CountingVoice | None = None,
    phrases_bytes: int = 1000,
    deadline_s: float = 10,
) -> EmbeddedModels:
    return EmbeddedModels(ears or CountingEars(), voice or CountingVoice(), LoudIsVoice(), phrases_bytes, deadline_s)
