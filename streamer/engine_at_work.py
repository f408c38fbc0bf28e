"""The engine that a call has at the moment: made, run, and replaced in mid-call, with the caller's voice heard again by
the one that comes after."""

import asyncio
import binascii
import logging
from collections.abc import Callable

from calls.errors import Blame, Failure, OffhookError
from calls.record import Mode
from streamer.engines.engine import Engine, kept_audio
from streamer.events import EngineEvent, EngineLost, EngineOrder, Noted, Used
from streamer.providers.sent_audio import KeptAudio
from streamer.twilio_stream import Media

log = logging.getLogger(__name__)

KEPT_MS = 10_000
"""What of a turn that is not over a new engine hears again."""


class EngineAtWork:
    """`make` gives an engine for a mode, or raises OffhookError; `emit` takes what the one at work says. What a
    replaced engine still says is not heard, except what it used and what is to be noted. `call` names it in the log."""

    def __init__(self, make: Callable[[Mode], Engine], emit: Callable[[EngineEvent], None], call: str) -> None:
        self._make, self._emit, self._call = make, emit, call
        self._kept = KeptAudio(KEPT_MS)
        self._is_keeping = True
        self._engine: Engine | None = None
        self._running: asyncio.Task[None] | None = None

    def start(self, mode: Mode, tasks: asyncio.TaskGroup, since_media_ms: int = 0) -> None:
        """Go on with a new engine, which hears what the caller said since `since_media_ms`. One that cannot be made is
        told like one that was lost."""
        self.stop()
        try:
            engine = self._make(mode)
        except OffhookError as error:
            failure = error.failure
            log.error("no engine: %s", failure.sentence, extra={**self._named(failure), "mode": mode.value})
            asyncio.get_running_loop().call_soon(self._emit, EngineLost(failure))
            return
        self._engine = engine
        self._running = tasks.create_task(self._run(engine), name=f"engine {mode.value}")
        before, own = self._kept, kept_audio(engine)
        if own is not None:  # 80 kB a call, and not twice
            self._kept, self._is_keeping = own, False
        for mulaw, media_ms in before.since(since_media_ms):
            engine.hear(Media(mulaw, media_ms, binascii.b2a_base64(mulaw, newline=False).decode("ascii")))

    def stop(self) -> None:
        """Let the engine go; its own ending belongs to its task."""
        self._engine, self._is_keeping = None, True
        if self._running:
            self._running.cancel()

    def end(self) -> None:
        """The call is over, and what it kept goes at once: the objects of a call hold each other, and only the
        collector finds them, dozens of calls later."""
        self.stop()
        self._kept.trim(0)

    def hear(self, frame: Media) -> None:
        if self._is_keeping:
            self._kept.add(frame.mulaw, frame.media_ms)
        if self._engine:
            self._engine.hear(frame)

    def order(self, order: EngineOrder) -> None:
        """An order that no engine is there for is dropped: whoever lost the engine is about to be told."""
        if self._engine:
            self._engine.order(order)

    async def _run(self, engine: Engine) -> None:
        def emit(event: EngineEvent) -> None:
            if isinstance(event, Noted):
                log.warning(event.failure.sentence, extra=self._named(event.failure))
            if engine is self._engine or isinstance(event, Used | Noted):
                self._emit(event)

        try:
            await engine.run(emit)
        except Exception:  # a defect in an engine must cost the engine, never the call
            broke = Failure("engine-broke", Blame.OFFHOOK, "The engine stopped on a defect of its own.")
            log.exception("engine broke", extra=self._named(broke))
            emit(EngineLost(broke))

    def _named(self, failure: Failure) -> dict[str, str]:
        """What finds the line in the log: by its call, by what failed."""
        return {"callId": self._call, "code": failure.code}
