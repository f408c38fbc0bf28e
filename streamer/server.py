"""The WebSocket server: `/stream` for Twilio; for who asks after it, `/healthz` (the process answers), `/warmz` (it has
been able to take a call; the load balancer's) and `/readyz` (it takes one now).

A socket is accepted, then authenticated (signature, then the token on `start`, within a bound), then bridged. Calls
share nothing but the loaded providers, the store and the memory of spent tokens.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Protocol

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, Failure, OffhookError, TokenRefused
from calls.record import Mode
from calls.store import CallStore
from calls.stream_token import Grant
from streamer.admission import Admission, LoopLag
from streamer.bridge import Bridge
from streamer.caller_audio import caller_audio
from streamer.clock import call_clock
from streamer.door import Door
from streamer.engines.engine import Engine, leads
from streamer.handshake import ALREADY_STREAMED, START_WITHIN_FRAMES, START_WITHIN_S, UNAUTHORISED
from streamer.hold import HOLD, hold
from streamer.journal import Entry, Journal, refused
from streamer.ladder import Ladder
from streamer.leaving import HANDED_OVER
from streamer.measures import Measures
from streamer.session import Session
from streamer.settings import StreamerSettings
from streamer.thrift import Watched
from streamer.twilio_socket import TwilioSocket, listening
from streamer.twilio_stream import FrameRefused, Started, parse
from streamer.web_socket import SocketClosed

log = logging.getLogger(__name__)

HISTORY_WITHIN_S = 2.0
"""Nobody hears anything meanwhile; but who goes on without it has forgotten the call."""
LEFT_WITHIN_S = 2.0
"""For the stream before to write what it heard. It stops at once, and rarely needs a tenth of that."""
HANDED_OVER_WITHIN_S = 5.0
MOVED_WITHIN_S = 20.0
"""Of the time to drain: how long a call may take to come to a moment in which nobody speaks."""


class Engines(Protocol):
    """The providers of this task."""

    async def load(self) -> None:
        """Load and warm everything heavy; called once, before the first call."""

    async def run(self) -> None:
        """Own what outlives calls, from `load` on, until cancelled."""

    def engine_for(self, agent: Agent, mode: Mode, so_far: Callable[[], Conversation]) -> Engine:
        """A fresh engine for one call; `so_far` tells at any time what was said and heard. Raises OffhookError when
        there is none: the agent asks for what is not here, or what it needs is known to be down."""

    def bridge_phrase(self, agent: Agent, mode: Mode) -> bytes:
        """phrases.bridge as mu-law, in the voice that the agent has in `mode`; empty where it has not been spoken."""


@dataclass(frozen=True, slots=True)
class Held:
    """A call's newest stream, its number in the call, and whether all that it had to write is written."""

    bridge: Bridge
    stream: int
    is_over: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class StreamServer:
    settings: StreamerSettings
    agents: Mapping[str, Agent]
    engines: Engines
    store: CallStore
    measures: Measures = field(default_factory=Measures)
    admission: Admission = field(init=False)
    door: Door = field(init=False)
    _held: dict[str, "Held"] = field(default_factory=dict)
    _empty: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.admission = Admission(self.settings.max_calls, LoopLag(self.settings.max_lag_ms))
        self.door = Door(self.settings)
        self._empty.set()

    @property
    def bridges(self) -> list[Bridge]:
        """Of the calls that are here."""
        return [held.bridge for held in self._held.values()]

    async def warm(self) -> None:
        await self.engines.load()
        self.admission.is_warm = True

    def serve(self) -> AbstractAsyncContextManager[asyncio.Server]:
        """Listening from entering to leaving the context; the server's sockets name the port when it was 0."""
        return listening(self.settings.bind, self.settings.port, self.gate, self.arrived)

    async def drain(self, deadline_s: float) -> None:
        """Take no more calls, let those that are here end; towards the deadline move what is left in its next quiet
        moment, and hand over the rest when it has come."""
        self.admission.is_draining = True
        leaving = Failure("task-leaving", Blame.OFFHOOK, "The streaming task was stopped for a deploy or scale-in.")
        moving_s = min(MOVED_WITHIN_S, deadline_s)
        await self._until_empty(deadline_s - moving_s)
        for bridge in self.bridges:
            bridge.move(leaving)
        await self._until_empty(moving_s)
        for bridge in self.bridges:
            bridge.hand_over(leaving)
        await self._until_empty(HANDED_OVER_WITHIN_S)

    async def _until_empty(self, deadline_s: float) -> None:
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            log.warning("%d calls still here", len(self.bridges))

    # --- HTTP --------------------------------------------------------------------------------------------------------

    def gate(self, path: str) -> tuple[HTTPStatus, str] | None:
        """Answers everything that is not a request for `/stream`; None lets an upgrade go on."""
        if path == "/healthz":
            return HTTPStatus.OK, "ok\n"
        if path == "/warmz":  # 200 when full or draining, too: the unhealthy are replaced, calls and all
            warm = self.admission.is_warm
            return (HTTPStatus.OK, "warm\n") if warm else (HTTPStatus.SERVICE_UNAVAILABLE, "warming up\n")
        why_not = self.admission.why_not()
        if path == "/readyz":
            return (HTTPStatus.SERVICE_UNAVAILABLE if why_not else HTTPStatus.OK), f"{why_not or 'ready'}\n"
        if path != "/stream":
            return HTTPStatus.NOT_FOUND, "Twilio streams to /stream.\n"
        if why_not:
            log.warning("stream refused: %s", why_not)
            return HTTPStatus.SERVICE_UNAVAILABLE, f"{why_not}\n"
        return None

    # --- one stream --------------------------------------------------------------------------------------------------

    def arrived(self, socket: TwilioSocket) -> Coroutine[None, None, None]:
        """A socket counts from the moment it is open, so that no more are let in than there is room for."""
        self.admission.active += 1
        return self._handle(socket)

    async def _handle(self, socket: TwilioSocket) -> None:
        try:
            opened = await self._open(socket)
            if opened and HOLD in opened[0].parameters:
                await hold(socket)
            elif opened:
                await self._bridge(socket, *opened)
        except SocketClosed:
            log.info("a socket closed before its stream began")
        finally:
            self.admission.active -= 1

    async def _open(self, socket: TwilioSocket) -> tuple[Started, Grant] | None:
        """The authenticated start of a stream, or None once the socket has been closed with the reason why not."""
        if not await self.door.is_signed(socket.path, socket.signatures):
            await _refuse(socket, UNAUTHORISED, "signature missing or wrong")
            return None
        started = await self._started(socket)
        if started is None:
            await _refuse(socket, UNAUTHORISED, "no start message")
            return None
        try:
            grant = await self.door.admitted(started)
        except TokenRefused as error:
            await _refuse(socket, UNAUTHORISED, error.failure.code)
            return None
        if not await self._is_free(grant):
            await _refuse(socket, ALREADY_STREAMED, "the call has a stream already")
            return None
        return started, grant

    async def _is_free(self, grant: Grant) -> bool:
        """Twilio asks for a call's next stream when the one before is over, which that one's socket may not know yet,
        and what it heard may still be on its way to the table: it ends now, and is waited for."""
        before = self._held.get(grant.call_id)
        if before is None:
            return True
        if grant.stream <= before.stream:
            return False
        before.bridge.leave()
        try:
            async with asyncio.timeout(LEFT_WITHIN_S):
                await before.is_over.wait()
        except TimeoutError:
            log.warning("the stream before is still being written down", extra={"callId": grant.call_id})
        return self._held.get(grant.call_id) in (None, before)

    async def _started(self, socket: TwilioSocket) -> Started | None:
        try:
            async with asyncio.timeout(START_WITHIN_S):
                for _ in range(START_WITHIN_FRAMES):
                    try:
                        frame = parse(await socket.receive())
                    except FrameRefused as error:
                        log.warning("before start: %s", error.failure.sentence)
                        continue
                    if isinstance(frame, Started):
                        return frame
        except TimeoutError:
            log.warning("no start within %g s", START_WITHIN_S)
        return None

    async def _bridge(self, socket: TwilioSocket, started: Started, grant: Grant) -> None:
        names = {"callId": grant.call_id, "streamSid": started.stream_sid, "mode": grant.mode.value}
        agent = self.agents.get(grant.agent)
        if agent is None:
            await self._refuse_agent(socket, grant)
            return
        clock = call_clock(time.time, time.monotonic)
        resumed = "resumed" in started.parameters
        conversation = await self._conversation(grant) if resumed else Conversation()
        if not await self._is_free(grant):  # another stream of this call came while we read
            await _refuse(socket, ALREADY_STREAMED, "the call has a stream already")
            return
        now_ms = clock.now_ms()
        ladder, bridge_phrase = Ladder(agent.modes, grant.mode, now_ms), self.engines.bridge_phrase(agent, grant.mode)
        session = Session(agent, grant.mode, started.stream_sid, now_ms, conversation, ladder, bridge_phrase, resumed)

        def make_engine(mode: Mode) -> Engine:
            engine = self.engines.engine_for(agent, mode, lambda: session.dialogue.conversation)
            session.dialogue.engine_leads = leads(engine)
            return engine

        def seen(entry: Entry) -> None:
            if not grant.is_test:
                self.measures.written(entry, agent.name)
            budget.seen(entry)

        journal = Journal(self.store, grant.call_id, grant, clock.now_ms, seen, agent.privacy)
        kept = caller_audio(self.settings.caller_audio, agent, grant, started.stream_sid, now_ms)
        bridge = Bridge(socket, started.stream_sid, session, make_engine, journal, clock.now_ms, kept)
        budget = Watched(agent, self.store, grant, now_ms, bridge.economise)
        held = self._held[grant.call_id] = Held(bridge, grant.stream)
        self._empty.clear()
        log.info("stream started", extra=names)
        try:
            await bridge.run()
        finally:
            held.is_over.set()
            budget.close()
            if self._held.get(grant.call_id) is held:
                del self._held[grant.call_id]
            if not self._held:
                self._empty.set()
            log.info("stream ended", extra={**names, "frames": bridge.counters.frames})
        if kept:
            await kept.write(session.dialogue.conversation.turns, caller_left=bridge.was_left)

    async def _refuse_agent(self, socket: TwilioSocket, grant: Grant) -> None:
        """The record says why before the socket closes, as `resume` is asked the moment it does."""
        sentence = f"The token names agent {grant.agent!r}, which this streamer does not have. Deploy both together."
        failure = Failure("agent-not-here", Blame.CONFIGURATION, sentence)
        try:
            async with asyncio.timeout(HISTORY_WITHIN_S):
                await asyncio.to_thread(
                    self.store.change, grant.call_id, lambda record: refused(record, grant.stream, failure)
                )
        except (TimeoutError, OffhookError):
            log.warning("refusal not written", extra={"callId": grant.call_id})
        await _refuse(socket, HANDED_OVER, failure.code)

    async def _conversation(self, grant: Grant) -> Conversation:
        """What was said before this stream; empty when the table does not answer in time."""
        try:
            async with asyncio.timeout(HISTORY_WITHIN_S):
                return await asyncio.to_thread(self.store.conversation, grant.call_id)
        except (TimeoutError, OffhookError):
            log.warning("conversation so far not read", extra={"callId": grant.call_id})
            return Conversation()


async def _refuse(socket: TwilioSocket, code: int, reason: str) -> None:
    log.warning("stream refused: %s", reason, extra={"closeCode": code})
    await socket.close(code, reason)
