"""The WebSocket server: `/stream` for Twilio, `/healthz` and `/readyz` for the load balancer.

A socket is accepted, then authenticated (signature, then the token on `start`, within a bound), then bridged. Calls
share nothing but the loaded providers, the store and the memory of spent tokens.
"""

import asyncio
import http
import logging
import time
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from calls.agent import Agent
from calls.conversation import Conversation
from calls.errors import Blame, Failure, OffhookError, TokenRefused
from calls.record import Mode
from calls.store import CallStore
from calls.stream_token import Grant
from streamer.admission import Admission
from streamer.bridge import Bridge
from streamer.clock import call_clock
from streamer.engines.engine import Engine
from streamer.handshake import (
    ALREADY_STREAMED,
    START_WITHIN_FRAMES,
    START_WITHIN_S,
    UNAUTHORISED,
    SpentTokens,
    admit,
    signature_is_good,
)
from streamer.hold import HOLD, hold
from streamer.journal import Journal
from streamer.session import Session
from streamer.settings import StreamerSettings
from streamer.twilio_stream import FrameRefused, Started, parse

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024
HISTORY_WITHIN_S = 1.0
HANDED_OVER_WITHIN_S = 5.0


class Engines(Protocol):
    """The providers of this task."""

    async def load(self) -> None:
        """Load and warm everything heavy; called once, before the first call."""

    async def run(self) -> None:
        """Own what outlives calls, from `load` on, until cancelled."""

    def engine_for(self, agent: Agent, mode: Mode) -> Engine:
        """A fresh engine for one call. Raises ConfigurationInvalid when the agent asks for what is not here."""


@dataclass(slots=True)
class StreamServer:
    settings: StreamerSettings
    agents: Mapping[str, Agent]
    engines: Engines
    store: CallStore
    admission: Admission = field(init=False)
    spent: SpentTokens = field(default_factory=SpentTokens)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    _empty: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.admission = Admission(self.settings.max_calls)
        self._empty.set()

    async def warm(self) -> None:
        await self.engines.load()
        self.admission.is_warm = True

    def serve(self) -> AbstractAsyncContextManager[Server]:
        """Listening from entering to leaving the context; the server's sockets name the port when it was 0."""
        return serve(
            self.handle,
            self.settings.bind,
            self.settings.port,
            process_request=self.gate,
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=256,
            ping_interval=10,
            ping_timeout=10,
            close_timeout=2,
            open_timeout=5,
            server_header=None,
        )

    async def drain(self, deadline_s: float) -> None:
        """Take no more calls, let those that are here end, and hand over what is left at the deadline."""
        self.admission.is_draining = True
        await self._until_empty(deadline_s)
        leaving = Failure("task-leaving", Blame.OFFHOOK, "The streaming task was stopped for a deploy or scale-in.")
        for bridge in list(self.bridges.values()):
            bridge.hand_over(leaving)
        await self._until_empty(HANDED_OVER_WITHIN_S)

    async def _until_empty(self, deadline_s: float) -> None:
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            log.warning("%d calls still here", len(self.bridges))

    # --- HTTP --------------------------------------------------------------------------------------------------------

    def gate(self, connection: ServerConnection, request: Request) -> Response | None:
        """Answers everything that is not an upgrade on `/stream`; None lets the upgrade go on."""
        path = request.path.split("?", 1)[0]
        if path == "/healthz":
            return connection.respond(http.HTTPStatus.OK, "ok\n")
        why_not = self.admission.why_not()
        if path == "/readyz":
            status = http.HTTPStatus.SERVICE_UNAVAILABLE if why_not else http.HTTPStatus.OK
            return connection.respond(status, f"{why_not or 'ready'}\n")
        if path != "/stream":
            return connection.respond(http.HTTPStatus.NOT_FOUND, "Twilio streams to /stream.\n")
        if why_not:
            log.warning("stream refused: %s", why_not)
            return connection.respond(http.HTTPStatus.SERVICE_UNAVAILABLE, f"{why_not}\n")
        return None

    # --- one stream --------------------------------------------------------------------------------------------------

    async def handle(self, socket: ServerConnection) -> None:
        self.admission.active += 1
        try:
            opened = await self._open(socket)
            if opened and HOLD in opened[0].parameters:
                await hold(socket)
            elif opened:
                await self._bridge(socket, *opened)
        except ConnectionClosed:
            log.info("a socket closed before its stream began")
        finally:
            self.admission.active -= 1

    async def _open(self, socket: ServerConnection) -> tuple[Started, Grant] | None:
        """The authenticated start of a stream, or None once the socket has been closed with the reason why not."""
        if not self._is_signed(socket):
            await _refuse(socket, UNAUTHORISED, "signature missing or wrong")
            return None
        started = await self._started(socket)
        if started is None:
            await _refuse(socket, UNAUTHORISED, "no start message")
            return None
        try:
            grant = admit(started, self.settings.stream_secret, self.spent, time.time())
        except TokenRefused as error:
            await _refuse(socket, UNAUTHORISED, error.failure.code)
            return None
        if grant.call_id in self.bridges:
            await _refuse(socket, ALREADY_STREAMED, "the call has a stream already")
            return None
        return started, grant

    def _is_signed(self, socket: ServerConnection) -> bool:
        if not self.settings.stream_url:
            return True
        request = socket.request
        assert request is not None, "a handler runs after its handshake"
        signatures = request.headers.get_all("X-Twilio-Signature")
        return signature_is_good(self.settings.twilio_auth_token, self.settings.stream_url, request.path, signatures)

    async def _started(self, socket: ServerConnection) -> Started | None:
        try:
            async with asyncio.timeout(START_WITHIN_S):
                for _ in range(START_WITHIN_FRAMES):
                    try:
                        frame = parse(await socket.recv(decode=False))
                    except FrameRefused as error:
                        log.warning("before start: %s", error.failure.sentence)
                        continue
                    if isinstance(frame, Started):
                        return frame
        except TimeoutError:
            log.warning("no start within %g s", START_WITHIN_S)
        return None

    async def _bridge(self, socket: ServerConnection, started: Started, grant: Grant) -> None:
        names = {"callId": grant.call_id, "streamSid": started.stream_sid, "mode": grant.mode.value}
        try:
            engine = self._engine(grant)
        except OffhookError as error:
            log.error("no engine: %s", error.failure.sentence, extra=names)
            await _refuse(socket, 4503, error.failure.code)
            return
        clock = call_clock(time.time, time.monotonic)
        conversation = await self._conversation(grant) if "resumed" in started.parameters else Conversation()
        if grant.call_id in self.bridges:  # another stream of this call came while we read
            await _refuse(socket, ALREADY_STREAMED, "the call has a stream already")
            return
        session = Session(
            self.agents[grant.agent], grant.mode, started.stream_sid, clock.now_ms(), conversation=conversation
        )
        journal = Journal(self.store, grant.call_id)
        bridge = Bridge(socket, started.stream_sid, session, engine, journal, clock.now_ms)
        self.bridges[grant.call_id] = bridge
        self._empty.clear()
        log.info("stream started", extra=names)
        try:
            await bridge.run()
        finally:
            del self.bridges[grant.call_id]
            if not self.bridges:
                self._empty.set()
            log.info("stream ended", extra={**names, "frames": bridge.counters.frames})

    def _engine(self, grant: Grant) -> Engine:
        if grant.agent not in self.agents:
            raise TokenRefused(f"The token names agent {grant.agent!r}, which is not deployed here.", code="no-agent")
        return self.engines.engine_for(self.agents[grant.agent], grant.mode)

    async def _conversation(self, grant: Grant) -> Conversation:
        """What was said before this stream; empty when the table does not answer in time."""
        try:
            async with asyncio.timeout(HISTORY_WITHIN_S):
                return await asyncio.to_thread(self.store.conversation, grant.call_id)
        except (TimeoutError, OffhookError):
            log.warning("conversation so far not read", extra={"callId": grant.call_id})
            return Conversation()


async def _refuse(socket: ServerConnection, code: int, reason: str) -> None:
    log.warning("stream refused: %s", reason, extra={"closeCode": code})
    await socket.close(code, reason)
