"""A media stream from Twilio's end, as light as Python has it: websockets' sans-I/O protocol on a transport."""

import asyncio
from collections.abc import Callable
from typing import cast

from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri


class StreamSocket(asyncio.Protocol):
    """`opened` is done after the handshake, `closed` at the end. Each text message goes to `on_text`."""

    def __init__(self, url: str, on_text: Callable[[bytes], None]) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._protocol = ClientProtocol(parse_uri(url))
        self._on_text = on_text
        self._message = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._protocol.send_request(self._protocol.connect())
        self._flush()

    def data_received(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Response) and not self.opened.done():
                if self._protocol.handshake_exc is None:
                    self.opened.set_result(None)
                else:
                    self.opened.set_exception(self._protocol.handshake_exc)
        self._flush()

    def eof_received(self) -> bool:
        self._protocol.receive_eof()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(ConnectionResetError("the stream was closed before it was open"))
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, text: bytes) -> None:
        """One text message; nothing once the socket is closing."""
        if not self._transport.is_closing() and not self.closed.done():
            self._protocol.send_text(text)
            self._flush()

    def close(self) -> None:
        """The closing handshake; nothing is waited for."""
        if not self._transport.is_closing():
            self._protocol.send_close(1000)
            self._flush()

    def abort(self) -> None:
        self._transport.abort()

    @property
    def is_closing(self) -> bool:
        return self._protocol.close_rcvd is not None or self._transport.is_closing()

    def _take(self, frame: Frame) -> None:
        if frame.opcode is Opcode.TEXT and frame.fin:
            self._on_text(bytes(frame.data))
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            self._message += frame.data
            if frame.fin:
                whole = bytes(self._message)
                self._message.clear()
                self._on_text(whole)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._transport.write(data)
        if self._protocol.close_expected() and not self._transport.is_closing():
            self._transport.close()
