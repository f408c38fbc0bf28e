"""The answering side of one HTTP request: whole or streamed, and cut off on demand."""

import asyncio
from collections.abc import Callable

import h11

from tests.vendors.web_socket import reset


class Exchange:
    """`start`, any number of `send`, `end`. Once the client is gone everything is a no-op and `on_gone` was called."""

    def __init__(
        self,
        http: h11.Connection,
        write: Callable[[bytes], None],
        transport: asyncio.Transport,
        finish: Callable[[], None],
    ) -> None:
        self._http, self._write, self._transport, self._finish = http, write, transport, finish
        self.over = False
        self.on_gone: Callable[[], None] | None = None
        """Called once if the client leaves before `end`."""

    def start(self, status: int, reason: str, headers: tuple[tuple[str, str], ...], length: int | None = None) -> None:
        """The head. Without a `length` (in bytes) the body is chunked."""
        if self.over:
            return
        size = ("transfer-encoding", "chunked") if length is None else ("content-length", str(length))
        head = h11.Response(status_code=status, reason=reason.encode(), headers=[*headers, size])
        self._put(head)

    def send(self, data: bytes) -> None:
        if data and not self.over:
            self._put(h11.Data(data=data))

    def end(self) -> None:
        if self.over:
            return
        self.over = True
        self._put(h11.EndOfMessage())
        self._finish()

    def drop(self) -> None:
        """Cuts the connection in the middle of whatever it was doing."""
        self.over = True
        self._transport.abort()

    def reset(self) -> None:
        """Resets the TCP connection."""
        self.over = True
        reset(self._transport)

    def raw(self, data: bytes) -> None:
        """Bytes that are no HTTP, and the end of the connection."""
        self.over = True
        self._write(data)
        self._transport.close()

    def gone(self) -> None:
        """Told by the connection that the client has left."""
        if self.over:
            return
        self.over = True
        if self.on_gone is not None:
            self.on_gone()

    def _put(self, event: h11.Response | h11.Data | h11.EndOfMessage) -> None:
        data = self._http.send(event)
        if data:
            self._write(data)
