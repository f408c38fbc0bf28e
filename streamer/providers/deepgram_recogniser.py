"""One caller's line to Deepgram: audio out as it comes, messages in, one quick new connection when it drops.

hear ─► kept audio ─► socket ─► Deepgram ─► message ─► turns (pure, one for Flux and one for Nova) ─► events
             └──────── sent again when a new connection opens, from the last confirmed turn on

The audio that arrives before the socket is open is in the same buffer, so opening and opening again are one thing.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from streamer.events import Heard
from streamer.metering import unmetered
from streamer.playback import BYTES_PER_MS
from streamer.providers import deepgram_failures
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.sent_audio import KeptAudio, MediaClock
from streamer.providers.vendor_socket import Connect, ConnectionLost, VendorSocket
from streamer.web_socket import SocketClosed

log = logging.getLogger(__name__)

_REPLAY_BYTES = 100 * BYTES_PER_MS
"""Audio that is sent again goes in messages of this size."""
_TICK_S = 0.5
_MOST_GARBLED = 10
_METERED_MS = 60_000
"""A call that is lost from here on loses no more of its bill than this."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`stalled_s`: no message for that long although audio was sent; `speaking_stalled_s`: the same in the middle of a
    turn that can be heard again. `keep_alive_s`: nothing was sent for that long. `reconnects`: how often a connection
    is opened again; one that held for `well_s` makes them all good. `kept_ms`: the most audio that is kept to be sent
    again; `quiet_ms`: what is kept of audio in which the vendor has heard nobody. `opened_again_s`: how long a new
    connection may take, as a caller has waited for the old one already."""

    stalled_s: float
    keep_alive_s: float = 4.0
    reconnects: int = 1
    kept_ms: int = 30_000
    quiet_ms: int = 2_500
    speaking_stalled_s: float = 2.0
    well_s: float = 10.0
    opened_again_s: float = 1.5


class Turns(Protocol):
    """What a caller's turns are, from one vendor's messages. Pure; lives as long as the call."""

    @property
    def is_speaking(self) -> bool:
        """A turn has begun and not ended."""

    @property
    def confirmed_ms(self) -> int:
        """Media time up to which everything was told as part of a finished turn."""

    @property
    def due_at_s(self) -> float | None:
        """When `due` has something to tell if no message comes before."""

    def take(self, message: dict[str, Any], clock: MediaClock, now_s: float, /) -> tuple[Heard, ...]:
        """What a message tells. Raises ProviderFailed for an error; KeyError, TypeError and the like for nonsense."""

    def due(self, now_s: float, /) -> tuple[Heard, ...]:
        """What the time alone tells."""

    def reopened(self, replayed_ms: float, now_s: float, /) -> None:
        """A new connection begins with `replayed_ms` of audio that the old one may have understood in part."""


class DeepgramRecogniser:
    """Implements `streamer.engines.ports.Recogniser`. `keep_alive` is sent as text; without it, as silence. `metered`
    is told how many ms of audio were sent: each minute, and at the end of each connection what is left."""

    def __init__(
        self,
        connect: Connect,
        turns: Turns,
        patience: Patience,
        keep_alive: bytes | None,
        metered: Callable[[int], None] = unmetered,
    ) -> None:
        self._metered = metered
        self._metered_ms = 0
        self._connect, self._turns, self._patience, self._keep_alive = connect, turns, patience, keep_alive
        self._kept = KeptAudio(patience.kept_ms)
        self._clock = MediaClock()
        self._socket: VendorSocket | None = None
        self._was_open = False
        self._unanswered_s: float | None = None
        self._sent_s = 0.0
        self._next_media_ms = 0
        self._garbled = 0
        self._reconnects = patience.reconnects
        self._time: Callable[[], float] = lambda: 0.0
        self._waking: asyncio.TimerHandle | None = None
        self._wakes_at_s = 0.0
        self.dropped_ms = 0

    def hear(self, mulaw: bytes, media_ms: int) -> None:
        """Send the next frame, or keep it until there is a socket; `dropped_ms` counts what nobody has heard."""
        socket = self._socket
        dropped_ms = self._kept.add(mulaw, media_ms)
        self._next_media_ms = media_ms + len(mulaw) // BYTES_PER_MS
        if socket is None:
            self.dropped_ms += dropped_ms
        else:
            self._send(socket, mulaw, media_ms)

    async def run(self, emit: Callable[[Heard], None]) -> None:
        """Hear until cancelled. Raises ProviderFailed; a dropped connection is opened again `reconnects` times."""
        self._time = asyncio.get_running_loop().time
        try:
            while True:
                await self._listen_while_well(emit)
        finally:
            self._kept.trim(0)

    async def _listen_while_well(self, emit: Callable[[Heard], None]) -> None:
        began_s = self._time()
        try:
            await self._listen(emit)
        except ConnectionLost as lost:
            if self._time() - began_s >= self._patience.well_s:
                self._reconnects = self._patience.reconnects
            if self._reconnects == 0:
                raise
            self._reconnects -= 1
            log.warning("%s; opening a new connection", lost.failure.code)

    async def _listen(self, emit: Callable[[Heard], None]) -> None:
        """One connection, from its opening to its end."""
        socket = await self._open()
        try:
            self._begin(socket)
            self._look(socket, emit)
            await socket.deliver(lambda raw: self._take(raw, socket, emit))
        except SocketClosed as closed:
            raise deepgram_failures.closed(closed.code, closed.reason) from closed
        finally:
            if self._waking is not None:
                self._waking.cancel()
            self._socket = None
            self._meter(0)
            socket.close()

    async def _open(self) -> VendorSocket:
        if not self._was_open:
            self._was_open = True
            return await self._connect()
        within_s = self._patience.opened_again_s
        try:
            async with asyncio.timeout(within_s):
                return await self._connect()
        except TimeoutError as error:
            raise DEEPGRAM.unreachable(f"no new connection within {within_s:g} s") from error

    def _begin(self, socket: VendorSocket) -> None:
        """Send what is kept, and everything from now on, in order: nothing else runs in between."""
        self._socket, self._clock, self._metered_ms = socket, MediaClock(), 0
        self._unanswered_s, self._sent_s = None, self._time()
        waiting, began_ms, end_ms = b"", 0, 0
        for mulaw, media_ms in self._kept:
            if waiting and (media_ms != end_ms or len(waiting) >= _REPLAY_BYTES):
                self._send(socket, waiting, began_ms)
                waiting = b""
            began_ms = began_ms if waiting else media_ms
            waiting += mulaw
            end_ms = media_ms + len(mulaw) // BYTES_PER_MS
        if waiting:
            self._send(socket, waiting, began_ms)
        self._turns.reopened(self._clock.sent_ms, self._time())

    def _send(self, socket: VendorSocket, mulaw: bytes, media_ms: int) -> None:
        if not socket.send(mulaw):
            self.dropped_ms += len(mulaw) // BYTES_PER_MS
            return
        self._clock.sent(len(mulaw), media_ms)
        self._sent_s = self._time()
        if self._unanswered_s is None:
            self._unanswered_s = self._sent_s

    def _take(self, raw: bytes, socket: VendorSocket, emit: Callable[[Heard], None]) -> None:
        """A message, in the turn of the loop in which it comes: what waits for the end of a turn waits for nothing
        else."""
        self._unanswered_s = None
        for event in self._understood(raw):
            emit(event)
        self._kept.confirm(self._turns.confirmed_ms)
        if not self._turns.is_speaking:
            self._kept.trim(self._patience.quiet_ms)
        due_at_s = self._turns.due_at_s
        if due_at_s is not None and due_at_s < self._wakes_at_s:
            self._wake_at(due_at_s, socket, emit)

    def _look(self, socket: VendorSocket, emit: Callable[[Heard], None]) -> None:
        """What the time tells is told, and a silent peer is noticed; again in a moment."""
        now_s = self._time()
        self._check(socket, now_s)
        for event in self._turns.due(now_s):
            emit(event)
        due_at_s, tick_at_s = self._turns.due_at_s, now_s + _TICK_S
        self._wake_at(tick_at_s if due_at_s is None else min(due_at_s, tick_at_s), socket, emit)

    def _wake_at(self, at_s: float, socket: VendorSocket, emit: Callable[[Heard], None]) -> None:
        if self._waking is not None:
            self._waking.cancel()
        self._wakes_at_s = at_s
        self._waking = asyncio.get_running_loop().call_at(at_s, self._woken, at_s, socket, emit)

    def _woken(self, at_s: float, socket: VendorSocket, emit: Callable[[Heard], None]) -> None:
        self._forgive(self._time() - at_s)
        try:
            self._look(socket, emit)
        except Exception as error:  # raised to who listens, and not into the event loop
            socket.break_off(error)

    def _forgive(self, late_s: float) -> None:
        """Our own event loop was late: that is not the vendor's silence."""
        if self._unanswered_s is not None:
            self._unanswered_s += late_s

    def _stalled_s(self) -> float:
        """A caller who speaks waits for the answer, so a new connection is tried sooner, where there is one left."""
        patience = self._patience
        if self._turns.is_speaking and self._reconnects:
            return min(patience.stalled_s, patience.speaking_stalled_s)
        return patience.stalled_s

    def _meter(self, least_ms: int) -> None:
        """Tell what this connection was sent and not told yet, if it is so much."""
        sent_ms = round(self._clock.sent_ms)
        if sent_ms - self._metered_ms >= least_ms:
            self._metered(sent_ms - self._metered_ms)
            self._metered_ms = sent_ms

    def _check(self, socket: VendorSocket, now_s: float) -> None:
        self._meter(_METERED_MS)
        stalled_s = self._stalled_s()
        if self._unanswered_s is not None and now_s - self._unanswered_s >= stalled_s:
            raise DEEPGRAM.stalled("nothing, although audio reaches it,", stalled_s)
        if now_s - self._sent_s >= self._patience.keep_alive_s:
            self._sent_s = now_s
            if self._keep_alive is not None:
                socket.send(self._keep_alive, text=True)
            else:
                silence = b"\xff" * (20 * BYTES_PER_MS)
                if socket.send(silence):
                    self._clock.sent(len(silence), self._next_media_ms)

    def _understood(self, raw: bytes) -> tuple[Heard, ...]:
        """The events of a message; one that makes no sense is skipped, many of them are a broken connection."""
        try:
            return self._turns.take(orjson.loads(raw), self._clock, self._time())
        except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
            self._garbled += 1
            log.warning("a message of Deepgram's makes no sense: %s", type(error).__name__)
            if self._garbled > _MOST_GARBLED:
                raise DEEPGRAM.lost("its messages make no sense") from error
            return ()
