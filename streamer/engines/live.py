"""The Live engine: one full-duplex model, on one session after the other. `live_talk` decides, this owns the wires.

A session is exchanged for a new one before it expires, while nobody speaks: the new one is started with what was really
heard so far, takes the caller's audio, and the old one is closed. The same is done, once, when a session is lost.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable

from calls.conversation import Conversation
from calls.errors import Failure, ProviderFailed
from calls.usage import Usage
from streamer.engines.live_fixed import FixedWords
from streamer.engines.live_talk import Append, LiveTalk, Out, SayFixed
from streamer.engines.ports import Speaker
from streamer.engines.session_life import SessionLife, life
from streamer.engines.unknown_events import UnknownEvents
from streamer.events import EngineEvent, EngineLost, EngineOrder, Used
from streamer.metering import UsageMeter
from streamer.providers import openai_live_failures as failures
from streamer.providers.openai_error_fields import word
from streamer.providers.openai_live_events import Closed, Failed, Ignored, LiveEvent, UsedSoFar
from streamer.providers.openai_live_session import LiveSession
from streamer.providers.sent_audio import MediaClock
from streamer.providers.vendor_socket import ConnectionLost
from streamer.twilio_stream import Media

log = logging.getLogger(__name__)

LOOK_S = 0.25
"""How often time is looked at where the caller's frames do not bring it."""
WELL_S = 10.0
"""A session that held for so long makes another new one good."""
EXCHANGE_AGAIN_S = 10.0
KEPT_FRAMES = 500
"""10 s of a caller who speaks before there is a session."""
LEAD_IN_MS = 200
REFUSED_FRAMES = 100
"""A session that takes none of so many frames is lost."""

OpenLive = Callable[[Conversation, str], Awaitable[LiveSession]]
"""Starts a session that knows the conversation, and the words that the caller is being told. Raises ProviderFailed."""
EndLive = Callable[[LiveSession, Callable[[Usage], None]], "asyncio.Task[None]"]
"""Ends a session, whatever happens to whoever asked for it; what it used last is told."""


class LiveEngine:
    """Implements `streamer.engines.engine.Engine`. `longest_s`: no session serves for longer; 0: the vendor's limit
    alone bounds it."""

    leads = True

    def __init__(
        self,
        talk: LiveTalk,
        open_session: OpenLive,
        end_session: EndLive,
        so_far: Callable[[], Conversation],
        speaker: Speaker | None,
        longest_s: float = 0.0,
        meter: UsageMeter | None = None,
    ) -> None:
        self._meter = meter or UsageMeter()
        self._talk, self._open_session, self._end_session = talk, open_session, end_session
        self._so_far, self._speaker, self._longest_s = so_far, speaker, longest_s
        self._session: LiveSession | None = None
        self._sessions: set[LiveSession] = set()
        self._closings: set[asyncio.Task[None]] = set()
        self._coming: asyncio.Task[LiveSession] | None = None
        self._emit: Callable[[EngineEvent], None] = lambda _: None
        self._clock = MediaClock()
        self._kept: deque[Media] = deque(maxlen=KEPT_FRAMES)
        self._unsent: list[bytes] = []
        self._fixed = FixedWords(speaker, talk, self._give) if speaker is not None else None
        self._has_asked = False
        self._refused_frames = 0
        self._life = SessionLife(0.0, 0.0)
        self._exchange_from_s = 0.0
        self.unknown = UnknownEvents()
        """Messages that no SDK type names."""

    def hear(self, frame: Media) -> None:
        session, now_ms = self._session, _now_ms()
        if session is None:
            self._kept.append(frame)
        else:
            self._pass_on(session, frame)
        out = self._talk.frame(frame.mulaw, frame.media_ms, now_ms)
        self._give(out if session is None else out + self._talk.due(now_ms))

    def _pass_on(self, session: LiveSession, frame: Media) -> None:
        if session.hear(frame.payload):
            self._clock.sent(len(frame.mulaw), frame.media_ms)
            self._refused_frames = 0
        else:
            self._refused_frames += 1

    def order(self, order: EngineOrder) -> None:
        out = self._talk.order(order, _now_ms())
        if not self._has_asked and self._talk.fixed_words:  # the first session is started with them as its history
            out = [one for one in out if not isinstance(one, Append)]
        self._give(out)
        if self._fixed is not None:
            self._fixed.look()

    async def run(self, emit: Callable[[EngineEvent], None]) -> None:
        self._emit = emit
        self._meter.tell(emit)
        try:
            async with asyncio.TaskGroup() as tasks:
                if self._speaker is not None and self._fixed is not None:
                    tasks.create_task(self._speaker.run(), name="speaker")
                    tasks.create_task(self._fixed.run(), name="fixed words")
                tasks.create_task(self._converse(), name="live session")
        except* ProviderFailed as lost:
            emit(EngineLost(_first(lost)))
        finally:
            await self._let_go()

    # --- sessions ----------------------------------------------------------------------------------------------------

    async def _converse(self) -> None:
        tries, then = 1, list[bytes]()
        while True:
            began_s = _now_s()
            try:
                session = await self._next()
                while True:
                    self._begin(session, then)
                    then = []
                    session = await self._serve(session)
            except ConnectionLost as lost:
                tries = 1 if _now_s() - began_s >= WELL_S else tries
                if tries == 0:
                    raise
                tries -= 1
                log.warning("%s; starting a new session", lost.failure.code)
                then += self._lose_session()

    async def _next(self) -> LiveSession:
        """The one that is being started already, or a new one."""
        coming, self._coming = self._coming, None
        return await (coming if coming is not None else self._start())

    async def _start(self) -> LiveSession:
        self._has_asked = True
        so_far, said = self._so_far(), self._talk.fixed_words
        is_known = any(turn.said == said for turn in so_far.turns)
        session = await self._open_session(so_far, "" if is_known else said)
        self._sessions.add(session)
        return session

    def _begin(self, session: LiveSession, then: list[bytes]) -> None:
        """From here on the caller is heard by this session, and by no other."""
        old, self._session = self._session, session
        self._clock, self._refused_frames = MediaClock(), 0
        if old is not None:
            self._end(old)
        left_s = session.expires_at_s - session.now_s() if session.expires_at_s else 0.0
        self._life, self._exchange_from_s = life(_now_s(), max(left_s, 0.0), self._longest_s), 0.0
        waiting, self._unsent = [*self._unsent, *then], []
        session.append(waiting)
        since_ms = self._talk.turns.voice_since_media_ms
        for frame in self._kept:
            if since_ms is not None and frame.media_ms >= since_ms - LEAD_IN_MS:
                self._pass_on(session, frame)
        self._kept.clear()
        self._talk.turns.heard_anew(_now_ms())

    async def _serve(self, session: LiveSession) -> LiveSession:
        """Converse on `session` until another has been started in its place; returns that one."""
        while True:
            event = None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    event = await session.receive()
            if event is not None:
                self._take(session, event)
            else:
                self._give(self._talk.due(_now_ms()))
            if late := self._talk.late(_now_ms()):
                raise late
            if self._refused_frames > REFUSED_FRAMES:
                raise failures.not_taken()
            if (coming := self._exchanged(_now_ms())) is not None:
                return coming

    def _take(self, session: LiveSession, event: LiveEvent) -> None:
        match event:
            case UsedSoFar(seconds):
                self._told(session.meter.total(seconds))
            case Closed(reason, seconds):
                self._told(session.meter.total(seconds))
                raise failures.ended(reason)
            case Failed(fields):
                log.warning("OpenAI Live refused a command: %s", word(fields.get("code")) or "no code")
            case Ignored(is_known=False, kind=kind):
                self.unknown.note(kind)
            case _:
                self._give(self._talk.event(event, lambda at_ms: self._clock.ended(at_ms / 1000), _now_ms()))

    def _exchanged(self, now_ms: int) -> LiveSession | None:
        """The session that takes over now: started towards the end of the present one, taken while nobody speaks."""
        now_s = _now_s()
        if not self._life.is_due(now_s) or now_s < self._exchange_from_s:
            return None
        is_time = self._talk.is_quiet(now_ms) or self._life.is_urgent(now_s)
        if self._coming is None and is_time:
            self._coming = asyncio.create_task(self._start(), name="next live session")
        if self._coming is None or not self._coming.done() or not is_time:
            return None
        coming, self._coming = self._coming, None
        try:
            return coming.result()
        except ProviderFailed as failed:
            log.warning("no session to go on with: %s", failed.failure.code)
            self._exchange_from_s = now_s + EXCHANGE_AGAIN_S
            return None

    def _lose_session(self) -> list[bytes]:
        """Returns what the next session is to be told."""
        old, self._session = self._session, None
        if old is not None:
            self._end(old)
        out, then = self._talk.session_lost()
        self._give(out)
        return then

    def _end(self, session: LiveSession) -> None:
        self._sessions.discard(session)
        closing = self._end_session(session, self._told)
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)

    async def _let_go(self) -> None:
        """Close every session; their closings go on even if nobody waits for them any longer."""
        self._session = None
        if self._coming is not None:
            self._coming.cancel()
            await asyncio.gather(self._coming, return_exceptions=True)
        for session in tuple(self._sessions):
            self._end(session)
        if self._closings:
            await asyncio.wait(self._closings)

    def _told(self, usage: Usage | None) -> None:
        if usage is not None:
            self._emit(Used(usage))

    # --- what comes out ----------------------------------------------------------------------------------------------

    def _give(self, out: list[Out]) -> None:
        for one in out:
            match one:
                case Append(texts):
                    if self._session is None:
                        self._unsent += texts
                    else:
                        self._session.append(texts)
                case SayFixed():
                    if self._fixed is not None:
                        self._fixed.say(one)
                case _:
                    self._emit(one)


def _now_s() -> float:
    return asyncio.get_running_loop().time()


def _now_ms() -> int:
    return round(_now_s() * 1000)


def _first(group: BaseExceptionGroup[ProviderFailed]) -> Failure:
    for error in group.exceptions:
        if isinstance(error, ProviderFailed):
            return error.failure
        if isinstance(error, BaseExceptionGroup):
            return _first(error)
    raise AssertionError("the group holds nothing else")
