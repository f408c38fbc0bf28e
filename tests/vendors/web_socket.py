"""One WebSocket of a simulated vendor, driven by callbacks."""

import asyncio
import socket
import struct
from collections.abc import Callable

from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request as Handshake
from websockets.http11 import Response
from websockets.server import ServerProtocol
from websockets.speedups import apply_mask

_NO_LINGER = struct.pack("ii", 1, 0)
SWITCHING_PROTOCOLS = 101
_WHOLE_TEXT, _WHOLE_BINARY = 0x81, 0x82
_MASKED = 0x80
_MOST_TAKEN_BYTES = 65_535
LAST_WORDS_S = 2.0
"""How long a client has to answer our close before the connection is cut."""


def reset(transport: asyncio.Transport) -> None:
    """Ends a TCP connection with RST."""
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
    transport.abort()


class Socket:
    """`accept` or `reject` the handshake first. Messages then arrive through `on_text` and `on_bytes`.

    After the end, whoever ended it, `on_gone` has been called once and every method is a no-op.
    """

    def __init__(self, protocol: ServerProtocol, write: Callable[[bytes], None], transport: asyncio.Transport) -> None:
        self._protocol, self._write, self._transport = protocol, write, transport
        self._message = bytearray()
        self._opcode = Opcode.TEXT
        self._cut: asyncio.TimerHandle | None = None
        self.asked: Handshake | None = None
        self.is_open = False
        self.closing = False
        self._stalled = False
        self._rest = b""
        self.on_text: Callable[[bytes], None] = lambda _: None
        self.on_bytes: Callable[[bytes], None] = lambda _: None
        self.on_gone: Callable[[], None] = lambda: None

    def accept(self, headers: dict[str, str] | None = None) -> None:
        """Answers 101, or why this is no handshake; `is_open` tells which."""
        if self.asked is None or self._transport.is_closing():
            return
        response = self._protocol.accept(self.asked)
        response.headers.update(headers or {})
        self._protocol.send_response(response)
        self.is_open = response.status_code == SWITCHING_PROTOCOLS
        self._flush()
        if not self.is_open:
            self._transport.close()

    def reject(self, status: int, reason: str, body: bytes, headers: dict[str, str] | None = None) -> None:
        """Answers the handshake with an HTTP error and closes."""
        if self._transport.is_closing():
            return
        said = Headers({"Content-Type": "application/json", "Content-Length": str(len(body)), "Connection": "close"})
        said.update(headers or {})
        self._protocol.send_response(Response(status, reason, said, body))
        self._flush()
        self._transport.close()

    def send(self, message: bytes) -> None:
        """A text message, already encoded."""
        if self.is_open and not self.closing and not self._stalled:
            self._protocol.send_text(message)
            self._flush()

    def close(self, code: int, reason: str = "") -> None:
        """The closing handshake; a client that does not answer is cut off after two seconds."""
        if not self.is_open or self.closing or self._stalled:
            return
        self.closing = True
        self._protocol.send_close(code, reason)
        self._flush()
        self._cut = asyncio.get_running_loop().call_later(LAST_WORDS_S, self._transport.abort)

    def drop(self) -> None:
        """Cuts the connection without a word: the client sees 1006."""
        self.closing = True
        self._transport.abort()

    def stall(self) -> None:
        """From now on a dead peer: reads nothing, answers nothing, not even a ping or a close."""
        self._stalled = True

    def raw(self, data: bytes) -> None:
        """Bytes that are no handshake, and the end of the connection."""
        self._write(data)
        self._transport.close()

    def reset(self) -> None:
        """Resets the TCP connection."""
        self.closing = True
        reset(self._transport)

    def receive(self, data: bytes) -> None:
        if self._stalled:
            return
        if self.asked is not None and not self.is_open:
            self.drop()  # Frames before the handshake was answered.
            return
        if self.is_open:
            self._read(self._rest + data if self._rest else data)
        else:
            self._leave_to_protocol(data)

    def _read(self, data: bytes) -> None:
        """Whole messages are taken here, which costs a third of what the protocol takes; any other frame, and what is
        beyond 64 KB, is left to it, once it is there from end to end."""
        at = 0
        while at < len(data):
            begin, end = _payload(data, at)
            if end > len(data):
                break
            is_whole = data[at] in (_WHOLE_TEXT, _WHOLE_BINARY) and data[at + 1] & _MASKED and not self._message
            if is_whole and end - begin <= _MOST_TAKEN_BYTES:
                if not self.closing:
                    take = self.on_text if data[at] == _WHOLE_TEXT else self.on_bytes
                    take(apply_mask(data[begin:end], data[begin - 4 : begin]))
            else:
                self._leave_to_protocol(data[at:end])
            at = end
        self._rest = data[at:]

    def _leave_to_protocol(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Frame):
                self._take(event)
            elif isinstance(event, Handshake):
                self.asked = event
        self._flush()

    def receive_eof(self) -> None:
        if self._stalled:
            return
        self._protocol.receive_eof()
        self._flush()

    def gone(self) -> None:
        """Told by the connection that it is over."""
        self.closing = True
        if self._cut is not None:
            self._cut.cancel()
        self.on_gone()

    def _take(self, frame: Frame) -> None:
        if frame.opcode in (Opcode.TEXT, Opcode.BINARY):
            self._opcode = frame.opcode
        elif frame.opcode is not Opcode.CONT:
            return
        if frame.fin and not self._message:
            whole = bytes(frame.data)
        else:
            self._message += frame.data
            if not frame.fin:
                return
            whole = bytes(self._message)
            self._message.clear()
        if self.closing:
            return
        (self.on_text if self._opcode is Opcode.TEXT else self.on_bytes)(whole)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data:
                self._write(data)
        if self._protocol.close_expected() and self.is_open and not self._transport.is_closing():
            self.closing = True
            self._transport.close()


def _payload(data: bytes, at: int) -> tuple[int, int]:
    """Where the payload of the frame at `at` begins and ends (RFC 6455 5.2); beyond the data where its head is not
    there yet."""
    head = data[at : at + 10]
    if len(head) < 2:
        return at, len(data) + 1
    size, begin = head[1] & 0x7F, at + 2
    if size > 125:
        length = 2 if size == 126 else 8
        if len(head) < 2 + length:
            return at, len(data) + 1
        size, begin = int.from_bytes(head[2 : 2 + length], "big"), begin + length
    begin += 4 if head[1] & _MASKED else 0
    return begin, begin + size
