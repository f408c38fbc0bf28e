"""A call that a Deepgram recogniser hears in tests: frames of a tone or of silence, and what it tells of them."""

import asyncio
from collections.abc import Callable, Sequence

from streamer.engines.ports import Recogniser
from streamer.events import Heard
from tests.vendors.speech_tone import tone

FRAME_MS = 20
FRAME_BYTES = 160
SILENCE = b"\xff" * FRAME_BYTES
VOICE = tone("a", FRAME_MS)


def frames(*stretches: tuple[bytes, int]) -> list[bytes]:
    """Frames of (kind, duration in ms) in turn: [(VOICE, 600), (SILENCE, 1000)]."""
    return [kind for kind, duration_ms in stretches for _ in range(duration_ms // FRAME_MS)]


class Listener:
    """Runs a recogniser and keeps what it tells. `async with Listener(recogniser) as listener`."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.recogniser, self.told = recogniser, list[Heard]()
        self.media_ms = 0
        self._changed = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Listener":
        self._running = asyncio.create_task(self.recogniser.run(self._emit))
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._running is not None
        self._running.cancel()
        await asyncio.wait([self._running])

    def _emit(self, event: Heard) -> None:
        self.told.append(event)
        self._changed.set()

    def hear(self, audio: Sequence[bytes]) -> None:
        """Frames one behind the other on the media clock, as fast as they go."""
        for frame in audio:
            self.recogniser.hear(frame, self.media_ms)
            self.media_ms += FRAME_MS

    async def until(self, is_enough: Callable[[list[Heard]], bool], within_s: float = 5.0) -> list[Heard]:
        """Silence goes on in real time until enough was told; raises what the recogniser raised."""
        assert self._running is not None
        async with asyncio.timeout(within_s):
            while not is_enough(self.told):
                if self._running.done():
                    await self._running
                self.hear([SILENCE])
                await asyncio.sleep(FRAME_MS / 1000)
        return self.told

    async def ended(self, within_s: float = 5.0) -> None:
        """Wait for the recogniser to give up, without any more audio; raises what it raised."""
        assert self._running is not None
        async with asyncio.timeout(within_s):
            await asyncio.shield(self._running)
