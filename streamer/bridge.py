"""Where a call comes together: takes Twilio's frames and the engine's events, asks the session, applies the effects.

Everything that decides is synchronous; nothing is decided between an event and the effects it causes. Frames and events
come as calls, so there is no loop here, and what goes to Twilio is written at once, so order is kept; the socket gives
up a peer that does not read.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from calls.errors import Blame, Failure
from calls.record import Mode
from streamer.caller_audio import CallerAudio
from streamer.engine_at_work import EngineAtWork
from streamer.engines.engine import Engine
from streamer.events import (
    ChangeEngine,
    CloseSocket,
    CommitNext,
    CommitNote,
    CommitTurn,
    CommitUsage,
    Effect,
    EngineEvent,
    SendClear,
    SendMark,
    SendMedia,
)
from streamer.journal import Journal
from streamer.session import MEDIA_AHEAD_MS, Session
from streamer.twilio_stream import (
    DigitPressed,
    Frame,
    FrameRefused,
    MarkReturned,
    Media,
    Started,
    Stopped,
    clear_text,
    mark_text,
    media_text,
    parse,
)

log = logging.getLogger(__name__)

TICK_S = 0.25
"""Media frames carry time fifty times a second; this is for a stream that has stalled."""
TICKS_WITH_FRAMES = 8
"""How seldom a stream that has not stalled is looked at besides."""
SETTLE_S = 3.0
LAST_SETTLE_S = 1.0
"""For what an engine says at its very end: what it used."""
MALFORMED_ALLOWED = 50


class Socket(Protocol):
    """What the bridge needs of a WebSocket (`streamer.twilio_socket.TwilioSocket` has it)."""

    def attach(self, on_message: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """Call `on_message` with each message from now on, and `on_end` once."""

    def send(self, text: str) -> None:
        """Never blocks, never raises; nothing is sent once the socket is ending."""

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Returns when the socket has ended, by a deadline of its own."""


@dataclass(slots=True)
class CallCounters:
    """What a log line and a metric say about the stream."""

    frames: int = 0
    malformed: int = 0
    unexpected: int = 0


class Bridge:
    """`make_engine` gives an engine for a mode, or raises OffhookError. `now_ms` gives epoch milliseconds that never
    run backwards. `caller_audio` is given what the caller says and presses, where it may be kept."""

    def __init__(
        self,
        socket: Socket,
        stream_sid: str,
        session: Session,
        make_engine: Callable[[Mode], Engine],
        journal: Journal,
        now_ms: Callable[[], int],
        caller_audio: CallerAudio | None = None,
    ) -> None:
        self._socket = socket
        self._stream_sid = stream_sid
        self._session = session
        self._engine = EngineAtWork(make_engine, self._on_engine, journal.call_id)
        self._journal = journal
        self._now_ms = now_ms
        self._caller_audio = caller_audio
        self._tasks: asyncio.TaskGroup | None = None
        self._closing: CloseSocket | None = None
        self._finished = asyncio.Event()
        self._due_at_ms: float = 0
        self._ticking: asyncio.TimerHandle | None = None
        self._ticks = 0
        self._is_carried = False
        self.counters = CallCounters()

    async def run(self) -> None:
        """Returns when the call has left the stream, whoever ended it, with everything written that could be."""
        try:
            await self._run()
        finally:
            if self._ticking is not None:
                self._ticking.cancel()

    async def _run(self) -> None:
        async with asyncio.TaskGroup() as keeping:
            writing = keeping.create_task(self._journal.run(), name="journal")
            async with asyncio.TaskGroup() as tasks:
                self._tasks = tasks
                self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)
                self._engine.start(self._session.mode, tasks)
                self._apply(self._session.begin(self._now_ms()))
                self._socket.attach(self._on_text, self._gone)
                await self._finished.wait()
                await self._journal.settle(SETTLE_S)
                if self._closing:
                    await self._socket.close(self._closing.code, self._closing.reason)
                self._engine.end()
            await self._journal.settle(LAST_SETTLE_S)
            writing.cancel()

    @property
    def was_left(self) -> bool:
        """Whether the other side ended the stream, not the session."""
        return self._closing is None

    def move(self, failure: Failure) -> None:
        """This task is leaving: the call goes on elsewhere, from its next quiet moment on."""
        self._apply(self._session.move(failure, self._now_ms()))

    def leave(self) -> None:
        """Twilio has left the stream, which its socket may not have told: the call has another one."""
        self._gone()

    def hand_over(self, failure: Failure) -> None:
        """The call goes on elsewhere, now."""
        self._apply(self._session.hand_over(failure, self._now_ms()))

    def economise(self, decide: Callable[[Session, int], list[Effect]]) -> None:
        """What a budget asks for at the end of a turn (`streamer.thrift`)."""
        self._apply(decide(self._session, self._now_ms()))

    def _on_text(self, text: bytes) -> None:
        self.counters.frames += 1
        now_ms = self._now_ms()
        try:
            frame = parse(text)
        except FrameRefused as error:
            self._breach(error)
            return
        if isinstance(frame, Media):
            self._on_media(frame, now_ms)
        else:
            self._on_sign(frame, now_ms)

    def _on_media(self, frame: Media, now_ms: int) -> None:
        """Fifty times a second on every call."""
        session = self._session
        if frame.media_ms - (now_ms - session.started_at_ms) > MEDIA_AHEAD_MS:
            self._breach(FrameRefused("a media frame is dated far ahead of the stream"))
            return
        session.on_media_time(frame.media_ms, now_ms)
        self._engine.hear(frame)
        if self._caller_audio:
            self._caller_audio.hear(frame)
        self._is_carried = True
        if now_ms < self._due_at_ms:
            return
        effects = session.on_time(now_ms)
        if effects:
            self._apply(effects)
        else:
            self._due_at_ms = session.due_at_ms

    def _on_sign(self, frame: Frame, now_ms: int) -> None:
        match frame:
            case MarkReturned(name):
                self._apply(self._session.on_mark(name, now_ms))
            case DigitPressed(digit):
                if self._caller_audio:
                    self._caller_audio.press(digit, now_ms)
                self._apply(self._session.on_digit(digit, now_ms))
            case Stopped():
                self._gone()
            case Started():
                self.counters.unexpected += 1
                log.warning("a second start on one stream is ignored", extra={"streamSid": self._stream_sid})
            case _:
                self.counters.unexpected += 1

    def _breach(self, error: FrameRefused) -> None:
        self.counters.malformed += 1
        log.warning(error.failure.sentence, extra={"streamSid": self._stream_sid})
        if self.counters.malformed > MALFORMED_ALLOWED:
            failure = Failure("frames-malformed", Blame.TWILIO, "Too many malformed frames arrived on the stream.")
            self._apply(self._session.hand_over(failure, self._now_ms()))

    def _gone(self) -> None:
        """Twilio or the caller has gone; a close of our own ends here too."""
        self._apply(self._session.on_gone(self._now_ms()))
        self._finished.set()

    def _on_engine(self, event: EngineEvent) -> None:
        self._apply(self._session.on_engine(event, self._now_ms()))

    def _tick(self) -> None:
        """A timer and no task: at a hundred calls this alone wakes the loop four hundred times a second."""
        self._ticking = asyncio.get_running_loop().call_later(TICK_S, self._tick)
        self._ticks += 1
        is_carried, self._is_carried = self._is_carried, False
        if not is_carried or self._ticks % TICKS_WITH_FRAMES == 0:
            self._apply(self._session.on_time(self._now_ms()))

    def _apply(self, effects: list[Effect]) -> None:
        self._due_at_ms = 0  # something has happened: what time brings on next has to be asked again
        for effect in effects:
            match effect:
                case SendMedia(mulaw):
                    self._socket.send(media_text(self._stream_sid, mulaw))
                case SendMark(name):
                    self._socket.send(mark_text(self._stream_sid, name))
                case SendClear():
                    self._socket.send(clear_text(self._stream_sid))
                case CommitNext(_, _, failure):
                    self._journal.write(effect)
                    if failure:
                        self._log("the call leaves its stream: %s", failure)
                case CommitTurn() | CommitUsage() | CommitNote():
                    self._journal.write(effect)
                case ChangeEngine():
                    self._journal.write(effect)
                    self._change_engine(effect)
                case CloseSocket():
                    self._closing = effect
                    self._finished.set()
                case _:
                    self._engine.order(effect)

    def _change_engine(self, change: ChangeEngine) -> None:
        self._log("another engine: %s", change.failure)
        assert self._tasks is not None, "effects come from a running bridge"
        self._engine.start(change.mode, self._tasks, self._session.unconfirmed_since_media_ms)

    def _log(self, what: str, failure: Failure) -> None:
        names = {"callId": self._journal.call_id, "streamSid": self._stream_sid, "mode": self._session.mode.value}
        log.warning(what, failure.sentence, extra={**names, "code": failure.code, "blame": failure.blame.value})
