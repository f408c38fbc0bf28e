"""WebSockets to vendors: opened by a deadline, written without waiting, closed without waiting.

A vendor that is dead must not hold up a call. So `send` writes at once or says no, and `close` hands the closing
handshake to a task that belongs to `VendorSockets`, not to the call.
"""

import asyncio
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.connection import broadcast
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.protocol import State

from calls.errors import Blame, ProviderFailed

log = logging.getLogger(__name__)

MOST_UNSENT_BYTES = 64 * 1024
"""What may wait in one socket's write buffer; 8 s of telephone audio."""
MOST_CLOSINGS = 500
"""Closing handshakes under way at once; beyond it sockets are cut."""
MOST_MESSAGE_BYTES = 4 * 1024 * 1024
_MESSAGES_WAITING = 64
_PING_S = 10


class ConnectionLost(ProviderFailed):
    """A connection broke, or could not be made, in a way that may be over at once: worth one quick new try."""


@dataclass(frozen=True, slots=True)
class Vendor:
    """`code` begins its failure codes ("deepgram"), `name` is for people ("Deepgram"). `refused` says what a handshake
    or request that was answered with this status and body means."""

    code: str
    name: str
    refused: Callable[[int, bytes], ProviderFailed]

    def unreachable(self, why: str) -> ProviderFailed:
        """Nobody answered in time: trying again at once would only double the wait."""
        return ProviderFailed(
            f"{self.name} cannot be reached: {why}. Check the network, then the vendor's status page.",
            code=f"{self.code}-unreachable",
            retryable=True,
        )

    def turned_away(self, why: str) -> ConnectionLost:
        """Somebody answered at once, but not as a vendor does."""
        failure = self.unreachable(why).failure
        return ConnectionLost(failure.sentence, code=failure.code, retryable=True)

    def stalled(self, what: str, after_s: float) -> ConnectionLost:
        return ConnectionLost(
            f"{self.name} sent {what} for {after_s:g} s. Check its status page if that happens often.",
            code=f"{self.code}-stalled",
            retryable=True,
        )

    def lost(self, why: str) -> ConnectionLost:
        return ConnectionLost(
            f"The connection to {self.name} was lost: {why}. Check its status page if that happens often.",
            code=f"{self.code}-lost",
            retryable=True,
        )


class VendorSocket:
    """One open socket. Made by `VendorSockets.open`."""

    def __init__(self, connection: ClientConnection, close: Callable[[ClientConnection], None]) -> None:
        self._connection, self._close = connection, close

    @property
    def is_open(self) -> bool:
        return self._connection.state is State.OPEN

    @property
    def unsent_bytes(self) -> int:
        """What the peer has not taken yet."""
        return self._connection.transport.get_write_buffer_size()

    def send(self, message: bytes, *, text: bool = False) -> bool:
        """Write one message now, as text (UTF-8) or binary. False when the socket is closing or its peer takes nothing;
        `receive` then tells of the end."""
        if not self.is_open or self.unsent_bytes > MOST_UNSENT_BYTES:
            return False
        broadcast((self._connection,), message, text=text)
        return True

    async def receive(self) -> bytes:
        """The next message. May be cancelled at any time without losing one. Raises websockets' ConnectionClosed."""
        return await self._connection.recv(decode=False)

    def close(self) -> None:
        """Begin the end and return at once. Safe to call twice."""
        self._close(self._connection)


Connect: TypeAlias = Callable[[], Awaitable[VendorSocket]]
"""Opens a socket, or takes a warm one. Raises ProviderFailed."""


class VendorSockets:
    """Opens one vendor's sockets for the whole process, and owns their closing. `headers` carry the key."""

    def __init__(
        self, vendor: Vendor, headers: Mapping[str, str], open_timeout_s: float = 3.0, close_timeout_s: float = 1.0
    ) -> None:
        self._vendor, self._headers = vendor, headers
        self._open_timeout_s, self._close_timeout_s = open_timeout_s, close_timeout_s
        self._tls: ssl.SSLContext | None = None
        self._closings: set[asyncio.Task[None]] = set()

    def warm(self) -> None:
        """Pay for the TLS context (some 25 ms) before the first call does."""
        self._tls = self._tls or ssl.create_default_context()

    async def open(self, url: str) -> VendorSocket:
        """A connected socket to a ws or wss URL. Raises ProviderFailed, by the deadline at the latest."""
        if url.startswith("wss:"):
            self.warm()
        try:
            connection = await connect(
                url,
                additional_headers=self._headers,
                user_agent_header="offhook",
                ssl=self._tls if url.startswith("wss:") else None,
                compression=None,
                open_timeout=self._open_timeout_s,
                close_timeout=self._close_timeout_s,
                ping_interval=_PING_S,
                ping_timeout=_PING_S,
                max_size=MOST_MESSAGE_BYTES,
                max_queue=_MESSAGES_WAITING,
            )
        except InvalidStatus as error:
            raise self._vendor.refused(error.response.status_code, bytes(error.response.body or b"")) from error
        except TimeoutError as error:
            raise self._vendor.unreachable(f"no answer within {self._open_timeout_s:g} s") from error
        except ssl.SSLError as error:
            raise ProviderFailed(
                f"No safe connection to {self._vendor.name} can be made (TLS). Check its base URL and the CA bundle.",
                code=f"{self._vendor.code}-unreachable",
                blame=Blame.CONFIGURATION,
            ) from error
        except (OSError, WebSocketException) as error:
            raise self._vendor.turned_away(f"the connection failed with {type(error).__name__}") from error
        return VendorSocket(connection, self._close)

    def _close(self, connection: ClientConnection) -> None:
        if connection.state is State.CLOSED:
            return
        if len(self._closings) >= MOST_CLOSINGS:
            connection.transport.abort()
            return
        closing = asyncio.get_running_loop().create_task(self._end(connection), name=f"closing {self._vendor.code}")
        self._closings.add(closing)
        closing.add_done_callback(self._closings.discard)

    async def _end(self, connection: ClientConnection) -> None:
        """The closing handshake; a peer that does not take part in it is cut."""
        try:
            async with asyncio.timeout(self._close_timeout_s):
                await connection.close()
        except (TimeoutError, OSError, ConnectionClosed):
            connection.transport.abort()

    async def aclose(self) -> None:
        """Wait for every closing handshake; each has its own deadline."""
        if self._closings:
            await asyncio.wait(self._closings)


def socket_base(base_url: str) -> str:
    """The ws or wss base of an http or https one."""
    return "ws" + base_url.removeprefix("http") if base_url.startswith("http") else base_url
