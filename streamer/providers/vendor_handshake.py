"""The opening of a WebSocket to a vendor: TCP, TLS and the upgrade, with the whole of an answer that refuses it.

picows alone drops the connection as soon as it has seen a refusal's head, and with it the body that says which refusal
it is; and one that is given up in mid-handshake it keeps until a timer of its own. So what the vendor answers passes
here first, until the connection is a WebSocket: from then on picows has the transport for itself.
"""

import asyncio
import logging
import ssl
from collections.abc import Mapping
from typing import cast
from urllib.parse import urlsplit

import h11
from picows import WSAutoPingStrategy
from picows.picows import WSProtocol  # type: ignore[attr-defined]  # public `ws_connect` makes it; it has no stub

from streamer.web_socket import WebSocket

log = logging.getLogger(__name__)

PING_S = 2.2
"""A vendor that says nothing for so long is pinged, and given up when it has not answered for as long again: one whose
connection is frozen tells nobody, and a session that listens has nothing to say while nobody speaks. Longer than our
own event loop may stand still; picows takes no wait for the answer that is longer than the one before it."""
_MOST_ANSWER_BYTES = 64 * 1024
_READ_BUFFER_BYTES = 16 * 1024
_HEAD_END = b"\r\n\r\n"


class HandshakeRefused(Exception):
    """The upgrade was answered with this status and body."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"answered with {status}")
        self.status, self.body = status, body


class HandshakeBroken(Exception):
    """The upgrade was answered with something that is no answer, or not at all before the connection ended."""


async def open_socket(
    socket: WebSocket, url: str, headers: Mapping[str, str], tls: ssl.SSLContext | None, most_message_bytes: int
) -> None:
    """Returns when `socket` is open. Raises HandshakeRefused, HandshakeBroken, OSError (ssl.SSLError is one). It knows
    no deadline; cancelled or failed, it leaves no connection behind."""
    split = urlsplit(url)
    path = (split.path or "/") + (f"?{split.query}" if split.query else "")
    host, port = split.hostname or "", split.port or (443 if split.scheme == "wss" else 80)
    opening = _Opening(socket, split.netloc, path, headers, most_message_bytes)
    try:
        await asyncio.get_running_loop().create_connection(lambda: opening, host, port, ssl=tls)
        await opening.answered
    except BaseException:
        opening.abort()
        raise


class _Opening(asyncio.Protocol):
    """`answered` is done when the socket is open, or failed."""

    def __init__(
        self, socket: WebSocket, host_port: str, path: str, headers: Mapping[str, str], most_message_bytes: int
    ) -> None:
        self.answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._socket = socket
        self._picows = WSProtocol(
            host_port=host_port,
            ws_path=path,
            is_client_side=True,
            ws_listener_factory=lambda *_: socket,
            logger=logging.getLogger("picows.client"),
            disconnect_on_exception=True,
            websocket_handshake_timeout=None,
            enable_auto_ping=True,
            auto_ping_idle_timeout=PING_S,
            auto_ping_reply_timeout=PING_S,
            auto_ping_strategy=WSAutoPingStrategy.PING_WHEN_IDLE,
            enable_auto_pong=True,
            max_frame_size=most_message_bytes,
            extra_headers=headers,
            read_buffer_init_size=_READ_BUFFER_BYTES,
        )
        self._answer = bytearray()
        self._refusal: h11.Connection | None = None
        self._status = 0
        self._body = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._picows.connection_made(transport)  # sends the request

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            self._read_refusal(data)
            return
        self._answer += data
        if _HEAD_END not in self._answer:
            if len(self._answer) > _MOST_ANSWER_BYTES:
                self._fail(HandshakeBroken("an endless answer"))
        elif self._answer.split(b" ", 2)[1:2] == [b"101"]:
            self._hand_over()
        else:
            self._refusal = h11.Connection(h11.CLIENT)
            self._refusal.send(h11.Request(method="GET", target="/", headers=[("Host", "vendor")]))
            self._refusal.send(h11.EndOfMessage())
            self._read_refusal(bytes(self._answer))

    def eof_received(self) -> bool:
        if self._refusal is not None:
            self._read_refusal(b"")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if self._status:
            self._fail(HandshakeRefused(self._status, self._body))
        self._fail(exc or HandshakeBroken("closed before it was answered"))

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self.answered.cancel()

    def _hand_over(self) -> None:
        assert self._transport is not None, "data comes from a transport"
        self._transport.set_protocol(self._picows)
        answer = memoryview(bytes(self._answer))
        while answer:
            room = self._picows.get_buffer(-1)
            taken = min(len(room), len(answer))
            room[:taken] = answer[:taken]
            self._picows.buffer_updated(taken)
            answer = answer[taken:]
        if self._picows.listener is None:
            self._fail(HandshakeBroken("not a WebSocket's answer"))
        elif not self.answered.done():
            self.answered.set_result(None)

    def _read_refusal(self, data: bytes) -> None:
        assert self._refusal is not None, "read after the head"
        try:
            self._refusal.receive_data(data)
            while True:
                event = self._refusal.next_event()
                if isinstance(event, h11.Response):
                    self._status = event.status_code
                elif isinstance(event, h11.Data):
                    self._body += event.data
                else:
                    break
        except h11.RemoteProtocolError as error:
            self._fail(HandshakeRefused(self._status, self._body) if self._status else HandshakeBroken(str(error)))
            return
        if isinstance(event, h11.EndOfMessage) or len(self._body) > _MOST_ANSWER_BYTES:
            self._fail(HandshakeRefused(self._status, self._body))

    def _fail(self, error: Exception) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)
