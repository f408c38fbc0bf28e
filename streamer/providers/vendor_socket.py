"""WebSockets to vendors: opened by a deadline, written without waiting, closed without waiting.

A vendor that is dead must not hold up a call. So `send` writes at once or says no, and `close` hands the closing
handshake to `VendorSockets`, which outlives the call.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from picows import WSMsgType, WSTransport

from calls.errors import Blame, ProviderFailed
from streamer.providers.vendor_handshake import HandshakeBroken, HandshakeRefused, open_socket
from streamer.web_socket import WebSocket

MOST_UNSENT_BYTES = 64 * 1024
"""What may wait in one socket's write buffer; 8 s of telephone audio."""
MOST_CLOSINGS = 500
"""Closing handshakes under way at once; beyond it sockets are cut."""
MOST_MESSAGE_BYTES = 4 * 1024 * 1024
_TEXT, _BINARY = WSMsgType.TEXT, WSMsgType.BINARY


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


def _nothing() -> int:
    return 0


class VendorSocket(WebSocket):
    """One open socket. Made by `VendorSockets.open`. A close that is begun lasts `close_s` at most; `closings` holds
    those under way."""

    def __init__(self, close_s: float, closings: "set[VendorSocket]") -> None:
        super().__init__(MOST_MESSAGE_BYTES, close_s, takes_binary=True)
        self._closings = closings
        self._unsent_bytes: Callable[[], int] = _nothing

    def send(self, message: bytes, *, text: bool = False) -> bool:
        """Write one message now, as text (UTF-8) or binary. False when the socket is closing or its peer takes nothing;
        `receive` then tells of the end."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent or transport.is_disconnected:
            return False
        if self._unsent_bytes() > MOST_UNSENT_BYTES:
            return False
        transport.send(_TEXT if text else _BINARY, message)
        return True

    def close(self) -> None:
        """Begin the end and return at once. Safe to call twice."""
        if self.has_ended:
            return
        if len(self._closings) >= MOST_CLOSINGS:
            self.cut()
            return
        self._closings.add(self)
        self.begin_close()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._unsent_bytes = transport.underlying_transport.get_write_buffer_size
        super().on_ws_connected(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._unsent_bytes = _nothing
        self._closings.discard(self)
        super().on_ws_disconnected(transport)


Connect: TypeAlias = Callable[[], Awaitable[VendorSocket]]
"""Opens a socket, or takes a warm one. Raises ProviderFailed."""


class VendorSockets:
    """Opens one vendor's sockets for the whole process, and owns their closing. `headers` carry the key; without `tls`
    a vendor's certificate must be one that the system trusts."""

    def __init__(
        self,
        vendor: Vendor,
        headers: Mapping[str, str],
        open_timeout_s: float = 2.0,
        close_timeout_s: float = 1.0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._vendor, self._headers = vendor, {"User-Agent": "offhook", **headers}
        self._open_timeout_s, self._close_timeout_s = open_timeout_s, close_timeout_s
        self._tls = tls
        self._closings: set[VendorSocket] = set()

    def rekey(self, headers: Mapping[str, str]) -> None:
        """Sockets opened from now on carry these; those that are open stay."""
        self._headers = {"User-Agent": "offhook", **headers}

    def warm(self) -> None:
        """Pay for the TLS context (some 25 ms) before the first call does."""
        self._tls = self._tls or ssl.create_default_context()

    async def open(self, url: str) -> VendorSocket:
        """A connected socket to a ws or wss URL. Raises ProviderFailed, by the deadline at the latest."""
        tls = None
        if url.startswith("wss:"):
            self.warm()
            tls = self._tls
        socket = VendorSocket(self._close_timeout_s, self._closings)
        try:
            async with asyncio.timeout(self._open_timeout_s):
                await open_socket(socket, url, self._headers, tls, MOST_MESSAGE_BYTES)
        except HandshakeRefused as refused:
            raise self._vendor.refused(refused.status, refused.body) from refused
        except TimeoutError as error:
            raise self._vendor.unreachable(f"no answer within {self._open_timeout_s:g} s") from error
        except ssl.SSLError as error:
            raise ProviderFailed(
                f"No safe connection to {self._vendor.name} can be made (TLS). Check its base URL and the CA bundle.",
                code=f"{self._vendor.code}-unreachable",
                blame=Blame.CONFIGURATION,
            ) from error
        except (OSError, HandshakeBroken) as error:
            raise self._vendor.turned_away(f"the connection failed with {type(error).__name__}") from error
        return socket

    async def aclose(self) -> None:
        """Wait for every closing handshake; each has its own deadline."""
        for socket in list(self._closings):
            await socket.wait_ended()


def socket_base(base_url: str) -> str:
    """The ws or wss base of an http or https one."""
    return "ws" + base_url.removeprefix("http") if base_url.startswith("http") else base_url
