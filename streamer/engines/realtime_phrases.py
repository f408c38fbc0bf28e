"""Fixed words in a call on OpenAI Realtime: kept audio, or spoken outside the call's session."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from calls.errors import Failure, ProviderFailed
from streamer.engines.lead_in import without_lead
from streamer.engines.ports import PhraseSpeaker
from streamer.events import EngineEvent, ReplyFilled
from streamer.metering import making as billed_to

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ear:
    """Who is told of a phrase: each piece of it with its words, then its end, or why there is no more of it."""

    sounded: Callable[[bytes, str], None]
    done: Callable[[], None]
    lost: Callable[[Failure], None]


class Phrases:
    """One call's. `emit` as in `Engine.run`; everything is spoken and kept in `tasks`."""

    def __init__(self, speaker: PhraseSpeaker, emit: Callable[[EngineEvent], None], tasks: asyncio.TaskGroup) -> None:
        self._speaker, self._emit, self._tasks = speaker, emit, tasks

    def has(self, text: str) -> bool:
        """Whether it is kept, so that nobody has to make it."""
        return self._speaker.has(text)

    def speak(self, reply_id: int, text: str, ear: Ear) -> "asyncio.Task[None]":
        """As reply `reply_id`, until it is cancelled."""
        return self._tasks.create_task(self._speak(reply_id, text, ear), name=f"phrase {reply_id}")

    def fill(self, reply_id: int, text: str) -> None:
        """A filler; one that cannot be spoken is done without."""
        self._tasks.create_task(self._fill(reply_id, text), name=f"filler {reply_id}")

    def keep(self, reply_id: int, text: str, mulaw: bytes) -> None:
        """What the model made of it is there at once for the next call."""
        self._tasks.create_task(self._speaker.keep(text, without_lead(mulaw)), name=f"keep {reply_id}")

    async def _speak(self, reply_id: int, text: str, ear: Ear) -> None:
        billed_to(reply_id)
        try:
            async with contextlib.aclosing(self._speaker.speak(text)) as pieces:
                async for piece in pieces:
                    ear.sounded(piece.mulaw, piece.text)
        except ProviderFailed as failed:
            ear.lost(failed.failure)
            return
        ear.done()

    async def _fill(self, reply_id: int, text: str) -> None:
        billed_to(reply_id)
        try:
            async with contextlib.aclosing(self._speaker.speak(text)) as pieces:
                mulaw = b"".join([piece.mulaw async for piece in pieces])
        except ProviderFailed as failed:
            log.warning("no filler: %s", failed.failure.code)
            return
        self._emit(ReplyFilled(reply_id, mulaw, text))
