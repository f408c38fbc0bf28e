"""One session of OpenAI Live on its socket, from `session.start` to `session.closed`, whoever ends it.

A socket costs nothing; a session is billed from its start until it is closed, silence included. So sockets may be kept
open for the next calls, and a session is started for a call alone and always closed.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from calls.errors import ProviderFailed
from calls.usage import Usage
from streamer.providers import openai_live_failures as failures
from streamer.providers import openai_live_messages as messages
from streamer.providers.openai_live_events import Closed, Failed, LiveEvent, Started, UsedSoFar, understood
from streamer.providers.openai_live_usage import LiveMeter
from streamer.providers.vendor_socket import Connect, VendorSocket
from streamer.web_socket import SocketClosed

STARTED_WITHIN_S = 4.0
CLOSED_WITHIN_S = 1.5
MOST_BEFORE_STARTED = 32
"""Messages that a session may send before it says that it has started."""


@dataclass(slots=True, eq=False)
class LiveSession:
    """A started session. `expires_at_s` is epoch seconds, 0 where the vendor told none."""

    socket: VendorSocket
    meter: LiveMeter
    expires_at_s: float
    started_at_s: float
    is_closed: bool = False
    now_s: Callable[[], float] = time.time

    def hear(self, payload: str) -> bool:
        """The caller's next audio, base64 as it came. False when the session takes nothing."""
        return self.socket.send(messages.audio(payload), text=True)

    def append(self, texts: Iterable[bytes]) -> bool:
        """Messages of `openai_live_messages`, in order, until one is not taken."""
        return all(self.socket.send(text, text=True) for text in texts)

    async def receive(self) -> LiveEvent:
        """The next thing the session says. May be cancelled without losing one. Raises ProviderFailed when the session
        has ended, in whatever way."""
        event = await self._receive()
        if isinstance(event, Failed) and failures.is_final(event.fields):
            raise failures.said(event.fields)
        return event

    async def _receive(self) -> LiveEvent:
        try:
            event = understood(await self.socket.receive())
        except SocketClosed as closed:
            raise failures.closed(closed.code) from closed
        self.is_closed = self.is_closed or isinstance(event, Closed)
        return event

    async def close(self, told: Callable[[Usage], None]) -> None:
        """End the session and its bill, within CLOSED_WITHIN_S; `told` gets what was used since the last total."""
        try:
            if not self.is_closed and self.socket.send(messages.CLOSE, text=True):
                async with asyncio.timeout(CLOSED_WITHIN_S):
                    await self._last_words(told)
        except (TimeoutError, ProviderFailed):
            pass  # the socket's end is the session's, and its bill is estimated
        finally:
            if not self.is_closed:
                _tell(self.meter.estimated(self.now_s() - self.started_at_s), told)
            self.is_closed = True
            self.socket.close()

    async def _last_words(self, told: Callable[[Usage], None]) -> None:
        while not self.is_closed:
            match await self._receive():
                case UsedSoFar(seconds) | Closed(_, seconds):
                    _tell(self.meter.total(seconds), told)


def _tell(usage: Usage | None, told: Callable[[Usage], None]) -> None:
    if usage is not None:
        told(usage)


async def started(connect: Connect, start: bytes, model: str, now_s: Callable[[], float] = time.time) -> LiveSession:
    """A session begun with the message `start` on a new or kept socket. Raises ProviderFailed."""
    socket = await connect()
    try:
        async with asyncio.timeout(STARTED_WITHIN_S):
            event = await _answer(socket, start)
    except TimeoutError as error:
        _abandon(socket)
        raise failures.stalled("no answer to session.start", STARTED_WITHIN_S) from error
    except BaseException:
        _abandon(socket)
        raise
    return LiveSession(socket, LiveMeter(event.session_id, model), event.expires_at_s, now_s(), now_s=now_s)


async def _answer(socket: VendorSocket, start: bytes) -> Started:
    if not socket.send(start, text=True):
        raise failures.not_taken()
    for _ in range(MOST_BEFORE_STARTED):
        try:
            event = understood(await socket.receive())
        except SocketClosed as closed:
            raise failures.closed(closed.code) from closed
        match event:
            case Started():
                return event
            case Failed(fields):
                raise failures.said(fields)
            case Closed(reason):
                raise failures.ended(reason)
    raise failures.garbage()


def _abandon(socket: VendorSocket) -> None:
    """A session that may have started all the same must not go on."""
    socket.send(messages.CLOSE, text=True)
    socket.close()
