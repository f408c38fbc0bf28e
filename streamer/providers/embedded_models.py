"""Everything heavy of embedded speech, loaded once for the process, and the threads that run it.

Two pools, so that a long decode never holds up the short steps that a call's timing hangs on: one thread for voice
activity (0.15 ms a window), LANES threads for recognition and synthesis. ONNX Runtime and CTranslate2 release the GIL.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol, TypeVar

import numpy as np

from calls.errors import ProviderFailed
from streamer.audio import RATE_HZ, Pcm
from streamer.providers.embedded_ears import Ears
from streamer.providers.embedded_vad import VoiceActivity, VoiceModel, VoiceSteps
from streamer.providers.embedded_voice import Voice
from streamer.providers.embedded_weights import HIBARI, SILERO, WHISPER, check_runtimes, checked_folder
from streamer.providers.windows import WINDOW_SAMPLES

LANES = 2
BATCH = 16
"""Windows judged in one piece of work: half a second of audio."""
DEADLINE_S = 10.0
"""No piece of work may keep a call waiting for longer."""

PHRASES_BYTES = 8 * 1024 * 1024
"""How much speech is kept for the next time it is asked for: about 17 minutes."""


class Hearing(Protocol):
    def words_in(self, pcm: Pcm) -> str:
        """The words of one utterance. Blocking, from up to LANES threads at once."""


class Speaking(Protocol):
    def pieces(self, text: str) -> list[str]:
        """`text` in the pieces that are spoken one by one; joined they are `text` again. Quick."""

    def mulaw(self, piece: str) -> bytes:
        """A piece as speech. Blocking, from up to LANES threads at once."""


_Result = TypeVar("_Result")


class EmbeddedModels:
    """Made by `load`, closed by `close`; the async methods are for one event loop."""

    def __init__(
        self,
        ears: Hearing,
        voice: Speaking,
        voice_model: VoiceSteps,
        phrases_bytes: int = PHRASES_BYTES,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._ears = ears
        self._voice = voice
        self._voice_model = voice_model
        self._deadline_s = deadline_s
        self._phrases = Phrasebook(phrases_bytes)
        self._quick = ThreadPoolExecutor(1, "voice-activity")
        self._heavy = ThreadPoolExecutor(LANES, "speech")

    @classmethod
    def load(cls, deadline_s: float = DEADLINE_S) -> "EmbeddedModels":
        """Find, check, load and warm every model. Blocks for a second or two: call it before the first call. What is
        asked of the models later may take `deadline_s`.

        ConfigurationInvalid when a package is missing or holds other files than those tested, with what to install;
        ProviderFailed when what is installed cannot be loaded on this machine.
        """
        check_runtimes()
        with ThreadPoolExecutor(3, "loading") as pool:
            ears = pool.submit(lambda: _warm_ears(Ears(checked_folder(WHISPER), LANES)))
            voice = pool.submit(lambda: _warm_voice(Voice(checked_folder(HIBARI))))
            voice_model = pool.submit(lambda: _warm_voice_model(VoiceModel(checked_folder(SILERO))))
            try:
                return cls(ears.result(), voice.result(), voice_model.result(), deadline_s=deadline_s)
            except (ImportError, OSError, RuntimeError) as error:
                raise ProviderFailed(
                    f"Embedded speech cannot be loaded on this machine: {error}.", code="embedded-not-loaded"
                ) from error

    def close(self) -> None:
        """Stop the threads; work that has not begun is dropped."""
        self._quick.shutdown(wait=False, cancel_futures=True)
        self._heavy.shutdown(wait=False, cancel_futures=True)

    def voice_activity(self) -> VoiceActivity:
        """A fresh memory of one caller's voice."""
        return VoiceActivity(self._voice_model)

    async def probabilities(self, activity: VoiceActivity, windows: Sequence[Pcm]) -> list[float]:
        """The probability of speech in each window, batch by batch, so that others get their turn. ProviderFailed."""
        found: list[float] = []
        for start in range(0, len(windows), BATCH):
            batch = windows[start : start + BATCH]
            found += await self._run(self._quick, "voice activity", partial(activity.probabilities, batch))
        return found

    async def words_in(self, pcm: Pcm) -> str:
        """The words of one utterance; empty when there are none. ProviderFailed."""
        return await self._run(self._heavy, "recognition", partial(self._ears.words_in, pcm))

    def pieces(self, text: str) -> list[str]:
        """`text` in the pieces that are spoken one by one; joined they are `text` again."""
        return self._voice.pieces(text)

    async def mulaw(self, piece: str) -> bytes:
        """A piece as speech, from memory where it was spoken before. ProviderFailed."""
        known = self._phrases.get(piece)
        if known is not None:
            return known
        mulaw = await self._run(self._heavy, "synthesis", partial(self._voice.mulaw, piece))
        self._phrases.put(piece, mulaw)
        return mulaw

    async def _run(self, pool: ThreadPoolExecutor, task: str, work: Callable[[], _Result]) -> _Result:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await asyncio.get_running_loop().run_in_executor(pool, work)
        except TimeoutError as error:
            raise ProviderFailed(
                f"Embedded {task} took longer than {self._deadline_s:g} s: this machine is too busy.",
                code="embedded-too-slow",
                retryable=True,
            ) from error
        except Exception as error:  # the runtimes raise types of their own; whatever they raise, the provider failed
            raise ProviderFailed(
                f"Embedded {task} failed with {type(error).__name__}.", code="embedded-failed", retryable=True
            ) from error


class Phrasebook:
    """Speech by its text, the longest unused forgotten first, never more than `most_bytes` of audio."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._spoken: OrderedDict[str, bytes] = OrderedDict()

    def get(self, text: str) -> bytes | None:
        mulaw = self._spoken.get(text)
        if mulaw is not None:
            self._spoken.move_to_end(text)
        return mulaw

    def put(self, text: str, mulaw: bytes) -> None:
        self._bytes += len(mulaw) - len(self._spoken.pop(text, b""))
        self._spoken[text] = mulaw
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._spoken.popitem(last=False)[1])


def _warm_ears(ears: Ears) -> Ears:
    ears.words_in(np.zeros(RATE_HZ // 2, np.int16))
    return ears


def _warm_voice(voice: Voice) -> Voice:
    voice.pieces("One. Two.")
    voice.mulaw("Hello, it is Tuesday at 3 p.m.")
    return voice


def _warm_voice_model(model: VoiceModel) -> VoiceModel:
    VoiceActivity(model).probabilities([np.zeros(WINDOW_SAMPLES, np.int16)])
    return model
