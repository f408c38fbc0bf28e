"""Voice activity: Silero at 8 kHz on onnxruntime. Blocking; `EmbeddedModels` runs it off the event loop."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from streamer.audio import Pcm, Samples, samples_of
from streamer.providers.windows import WINDOW_SAMPLES

State: TypeAlias = npt.NDArray[np.float32]

_CONTEXT_SAMPLES = 32


class VoiceSteps(Protocol):
    def step(self, samples: Samples, state: State) -> tuple[float, State]:
        """The probability of speech in one window that is led by its context, and the state for the next."""


class VoiceModel:
    """The model, shared by the process. Implements `VoiceSteps`."""

    def __init__(self, folder: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "silero_vad.onnx"), options, providers=["CPUExecutionProvider"]
        )

    def step(self, samples: Samples, state: State) -> tuple[float, State]:
        feed = {"input": samples[None], "state": state, "sr": np.array(8000, np.int64)}
        probability, state = self._session.run(None, feed)
        return float(probability[0, 0]), state


class VoiceActivity:
    """What the model remembers of one caller. Used by one thread at a time."""

    def __init__(self, model: VoiceSteps) -> None:
        self._model = model
        self._state: State = np.zeros((2, 1, 128), np.float32)
        self._context: Samples = np.zeros(_CONTEXT_SAMPLES, np.float32)

    def probabilities(self, windows: Sequence[Pcm]) -> list[float]:
        """The probability of speech in each of the next windows of 256 samples."""
        found: list[float] = []
        for window in windows:
            samples = samples_of(window)
            probability, self._state = self._model.step(np.concatenate([self._context, samples]), self._state)
            self._context = samples[WINDOW_SAMPLES - _CONTEXT_SAMPLES :]
            found.append(probability)
        return found
