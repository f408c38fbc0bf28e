"""One TCP connection of a simulated vendor: HTTP/1.1 and WebSocket on the same port, without a task or a queue.

h11 reads requests and frames answers, websockets' sans-I/O protocol reads and writes frames; what arrives is handed on
in the same turn of the event loop, so a scripted delay starts when the bytes came.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import h11
from websockets.server import ServerProtocol

from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.web_socket import Socket

MOST_WAITING_BYTES = 16 << 20
"""A client that reads nothing while this much waits for it is cut off."""
MOST_BODY_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A request with its whole body. `headers` have lower-case names, `query` keeps repeats, `at_s` is
    `time.monotonic`."""

    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: dict[str, str]
    body: bytes
    at_s: float


Serve: TypeAlias = Callable[[Request, Exchange], None]
Open: TypeAlias = Callable[[Request, Socket], None]


class Connection(asyncio.Protocol):
    """Hands plain requests to `serve` and WebSocket handshakes to `open_socket`; each must answer or end its side."""

    def __init__(self, serve: Serve, open_socket: Open, meters: Meters, held: set["Connection"]) -> None:
        self._serve, self._open_socket, self._meters, self._held = serve, open_socket, meters, held
        self._http = h11.Connection(h11.SERVER)
        self._head: h11.Request | None = None
        self._body = bytearray()
        self._raw = bytearray()
        self._exchange: Exchange | None = None
        self._socket: Socket | None = None
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self._held.add(self)
        self._meters.connections_opened += 1
        self._meters.connections_open += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self._held.discard(self)
        self._meters.connections_open -= 1
        for side in (self._exchange, self._socket):
            if side is not None:
                side.gone()

    def data_received(self, data: bytes) -> None:
        if self._socket is not None:
            self._socket.receive(data)
            return
        if self._head is None:
            self._raw += data
        try:
            self._http.receive_data(data)
            self._read_requests()
        except h11.RemoteProtocolError as error:
            self._meters.refuse(f"not HTTP: {error}")
            self.transport.abort()

    def eof_received(self) -> bool:
        if self._socket is not None:
            self._socket.receive_eof()
        return False

    def write(self, data: bytes) -> None:
        """Sends `data`, or cuts the connection if far too much is unread."""
        if self.transport.is_closing():
            return
        self.transport.write(data)
        if self.transport.get_write_buffer_size() > MOST_WAITING_BYTES:
            self._meters.refuse("a client stopped reading")
            self.transport.abort()

    def _read_requests(self) -> None:
        while True:
            event = self._http.next_event()
            if isinstance(event, h11.Request):
                self._head = event
                if dict(event.headers).get(b"upgrade", b"").lower() == b"websocket":
                    self._upgrade()
                    return
            elif isinstance(event, h11.Data):
                self._body += event.data
                if len(self._body) > MOST_BODY_BYTES:
                    self._meters.refuse("a request body is too large")
                    self.transport.abort()
                    return
            elif isinstance(event, h11.EndOfMessage):
                self._begin()
            else:
                if isinstance(event, h11.ConnectionClosed):
                    self.transport.close()
                return

    def _request(self) -> Request:
        assert self._head is not None
        url = urlsplit(self._head.target.decode("ascii"))
        return Request(
            self._head.method.decode(),
            unquote(url.path),
            tuple(parse_qsl(url.query, keep_blank_values=True)),
            {name.decode().lower(): value.decode("latin-1") for name, value in self._head.headers},
            bytes(self._body),
            time.monotonic(),
        )

    def _begin(self) -> None:
        request = self._request()
        self._exchange = Exchange(self._http, self.write, self.transport, self._finish)
        self._serve(request, self._exchange)

    def _finish(self) -> None:
        """After an answer: ready for the next request, or closed when either side asked for it."""
        self._exchange, self._head = None, None
        self._body.clear()
        self._raw.clear()
        if self._http.our_state is h11.MUST_CLOSE:
            self.transport.close()
            return
        self._http.start_next_cycle()
        self._read_requests()

    def _upgrade(self) -> None:
        request, protocol = self._request(), ServerProtocol(max_size=1 << 20)
        socket = Socket(protocol, self.write, self.transport)
        self._socket = socket
        head, end, early = bytes(self._raw).partition(b"\r\n\r\n")
        socket.receive(head + end)
        self._raw.clear()
        if socket.asked is None or early:
            self._meters.refuse("not a WebSocket handshake")
            self.transport.abort()
            return
        self._open_socket(request, socket)


def json_answer(exchange: Exchange, status: int, body: bytes, headers: tuple[tuple[str, str], ...] = ()) -> None:
    """One whole JSON answer."""
    reason = HTTPStatus(status).phrase
    exchange.start(status, reason, (("content-type", "application/json"), *headers), len(body))
    exchange.send(body)
    exchange.end()
