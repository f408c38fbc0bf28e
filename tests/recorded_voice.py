"""A recorded human voice for tests, the embedded models that hear it, and a way to let a recogniser hear it."""

import asyncio
import wave
from functools import cache
from pathlib import Path

import numpy as np

from streamer.audio import RATE_HZ, Pcm, mulaw_of
from streamer.events import Heard, SpeechStopped, TurnEnded
from streamer.providers.embedded_models import EmbeddedModels
from streamer.providers.embedded_recogniser import EmbeddedRecogniser

RECORDINGS = Path(__file__).parent.parent / "offhook" / "recordings"
FRAME_BYTES = 160
HEARD_WITHIN_S = 60.0
"""What the models do is looked at here, not how fast a machine does it that is busy with something else."""


@cache
def models() -> EmbeddedModels:
    """The real models, loaded once for the whole test run."""
    return EmbeddedModels.load(HEARD_WITHIN_S)


def silence(duration_ms: int) -> Pcm:
    return np.zeros(duration_ms * RATE_HZ // 1000, np.int16)


def spoken(*names: str) -> Pcm:
    """Recordings joined end to end: "hello", "digits/5"."""
    return np.concatenate([_read(RECORDINGS / f"{name}.wav") for name in names])


def _read(path: Path) -> Pcm:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (RATE_HZ, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), np.int16)


async def heard(recogniser: EmbeddedRecogniser, pcm: Pcm, ends: int = 1) -> list[Heard]:
    """What the recogniser tells of `pcm`, frame by frame on the media clock, until it has told `ends` ends."""
    told: list[Heard] = []
    over = asyncio.Event()

    def emit(event: Heard) -> None:
        told.append(event)
        if sum(isinstance(one, TurnEnded | SpeechStopped) for one in told) == ends:
            over.set()

    running = asyncio.create_task(recogniser.run(emit))
    try:
        async with asyncio.timeout(30):
            mulaw = mulaw_of(pcm)
            for start in range(0, len(mulaw), FRAME_BYTES):
                while recogniser.waiting_ms > 3000:  # noqa: ASYNC110  # nothing tells that it has caught up
                    await asyncio.sleep(0.001)
                recogniser.hear(mulaw[start : start + FRAME_BYTES], start // 8)
            await over.wait()
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    return told


def turns(told: list[Heard]) -> list[TurnEnded]:
    return [event for event in told if isinstance(event, TurnEnded)]
