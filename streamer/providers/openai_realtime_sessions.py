"""Sessions of OpenAI Realtime: established, not yet configured, kept ready for the next calls. No call waits for a
handshake, and no session outlives its call.
"""

import asyncio
import binascii
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import orjson

from calls.errors import ProviderFailed
from streamer.providers import openai_realtime_failures as failures
from streamer.providers.openai_realtime_messages import realtime_url
from streamer.providers.vendor_socket import VendorSocket, VendorSockets
from streamer.providers.warm_sockets import WarmSockets
from streamer.web_socket import SocketClosed

log = logging.getLogger(__name__)

CREATED_WITHIN_S = 3.0
IDLE_S = 600.0
"""How long a session is kept for a call; the vendor's limit on a session is an hour."""
SPENT_BEFORE_S = 300.0
"""A kept session with less life than this is not given away."""
_OF_THE_MODEL = frozenset(("openai-realtime-model-unknown", "openai-realtime-forbidden"))


@dataclass(slots=True)
class RealtimeSession:
    """An open session of `model`. `expires_at_s` is the vendor's limit in epoch seconds, 0 where it says none."""

    socket: VendorSocket
    model: str
    expires_at_s: float
    now_s: Callable[[], float] = time.time

    @property
    def is_open(self) -> bool:
        """Open, and with a call's life before it."""
        is_spent = 0 < self.expires_at_s < self.now_s() + SPENT_BEFORE_S
        return self.socket.is_open and not is_spent

    def send(self, message: bytes) -> bool:
        """One client event, written now. False when the session is over or takes nothing."""
        return self.socket.send(message, text=True)

    async def receive(self) -> bytes:
        """The next server event. Raises ProviderFailed when the session has ended, in whatever way."""
        try:
            return await self.socket.receive()
        except SocketClosed as closed:
            raise failures.closed(closed.code) from closed

    async def deliver(self, take: Callable[[bytes], None]) -> NoReturn:
        """Call `take` with each server event as it comes. Raises ProviderFailed when the session has ended, or what
        `take` raises."""
        try:
            await self.socket.deliver(take)
        except SocketClosed as closed:
            raise failures.closed(closed.code) from closed

    def close(self) -> None:
        """Safe to call twice."""
        self.socket.close()


class RealtimeSessions:
    """Sessions for one agent's models, in order: the first that the vendor grants. One for each such list and
    process."""

    def __init__(self, sockets: VendorSockets, base_url: str, models: Sequence[str]) -> None:
        self._sockets, self._base_url, self._models = sockets, base_url, tuple(models)
        self._pool: WarmSockets[RealtimeSession] = WarmSockets(self.open, IDLE_S)

    async def run(self) -> None:
        """Keep sessions for the next calls, as many as the last ones ask for, until cancelled."""
        await self._pool.run()

    def renew(self) -> None:
        """Let go the kept sessions, as their key has been replaced."""
        self._pool.renew()

    async def take(self) -> RealtimeSession:
        """A session for a call that was answered: a kept one or a new one. Raises ProviderFailed."""
        return await self._pool.take()

    async def open(self) -> RealtimeSession:
        """A new session, once `session.created` is read. Raises ProviderFailed."""
        for model in self._models[:-1]:
            try:
                return await self._open(model)
            except ProviderFailed as failed:
                if failed.failure.code not in _OF_THE_MODEL:
                    raise
                log.error("%s is passed over: %s", model, failed.failure.sentence)
        return await self._open(self._models[-1])

    async def _open(self, model: str) -> RealtimeSession:
        session = RealtimeSession(await self._sockets.open(realtime_url(self._base_url, model)), model, 0.0)
        try:
            async with asyncio.timeout(CREATED_WITHIN_S):
                session.expires_at_s = _created(await session.receive())
        except TimeoutError as error:
            session.close()
            raise failures.stalled("no session.created", CREATED_WITHIN_S) from error
        except BaseException:
            session.close()
            raise
        return session


def parsed(message: bytes) -> Mapping[str, Any]:
    """A server event; {} for what is none."""
    try:
        event = orjson.loads(message)
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("type"), str) else {}


def audio_of(event: Mapping[str, Any]) -> bytes:
    """The mu-law of an audio delta; empty where it is none."""
    try:
        return binascii.a2b_base64(event["delta"])
    except (KeyError, TypeError, ValueError):
        return b""


def table(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What stands under `name`; empty where that is no object."""
    value = event.get(name)
    return value if isinstance(value, dict) else {}


def tables(event: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """The objects in the list under `name`."""
    value = event.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _created(message: bytes) -> float:
    """When the session that this first event tells of expires."""
    event = parsed(message)
    if event.get("type") == "error":
        raise failures.said(table(event, "error"))
    session = table(event, "session")
    if event.get("type") != "session.created" or not session:
        raise failures.garbage()
    expires = session.get("expires_at")
    return float(expires) if isinstance(expires, int | float) else 0.0
