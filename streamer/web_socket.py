"""One WebSocket as whole messages and one end, on picows: no task and no queue between the wire and who takes messages.

Whoever has the socket either waits for messages (`receive`), or is called with each (`attach`). What nobody has taken
yet waits here; when much waits, nothing more is read from the wire.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NoReturn, cast

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

NORMAL, NO_CODE, NO_HANDSHAKE = 1000, 1005, 1006
GOING_AWAY, PROTOCOL_ERROR, UNSUPPORTED, TOO_BIG, BROKEN = 1001, 1002, 1003, 1009, 1011
PING_S = 10.0
"""A peer that has been silent for so long is pinged, and cut off when it has not answered for as long again."""
_MESSAGES_WAITING = 64
_MOST_REASON_BYTES = 123

_TEXT, _BINARY, _CONTINUATION, _CLOSE = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION, WSMsgType.CLOSE


class SocketClosed(Exception):
    """The socket has ended. `code` and `reason` are the peer's; 1005 for a close without a code, 1006 for none."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"closed with {code}")
        self.code, self.reason = code, reason


class WebSocket(WSListener):
    """`most_message_bytes` bounds a message, whole or in fragments; a longer one ends the socket with 1009. While
    `is_silent` the peer is not pinged. Unless it `takes_binary`, only text is taken, and the rest ends it with 1003."""

    def __init__(self, most_message_bytes: int, close_within_s: float, *, takes_binary: bool) -> None:
        self._takes_binary = takes_binary
        self._most_message_bytes, self._close_within_s = most_message_bytes, close_within_s
        self._transport: WSTransport | None = None
        self._fragments = bytearray()
        self._fragments_are_text: bool | None = None
        self._waiting: deque[bytes] = deque()
        self._more = asyncio.Event()
        self._is_paused = False
        self.is_silent = False
        self._on_message: Callable[[bytes], None] | None = None
        self._on_end: Callable[[], None] | None = None
        self._over: asyncio.Future[None] | None = None
        self._cutting: asyncio.TimerHandle | None = None
        self._end: SocketClosed | None = None
        self._ended = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Messages can be sent: no end of it has begun on this side."""
        transport = self._transport
        return transport is not None and not (transport.is_close_frame_sent or transport.is_disconnected)

    @property
    def has_ended(self) -> bool:
        """No message goes or comes any more."""
        return self._end is not None

    @property
    def unsent_bytes(self) -> int:
        """What the peer has not taken yet."""
        return 0 if self._transport is None else self._transport.underlying_transport.get_write_buffer_size()

    async def receive(self) -> bytes:
        """The next message. May be cancelled at any time without losing one. Raises SocketClosed after the last."""
        while not self._waiting:
            if self._end is not None:
                raise self._end
            self._more.clear()
            await self._more.wait()
        message = self._waiting.popleft()
        self._read_on()
        return message

    def attach(self, on_message: Callable[[bytes], None], on_end: Callable[[], None]) -> None:
        """From now on call `on_message` with each message, those that wait first, and `on_end` once. Neither may block;
        what `on_message` raises ends the socket with 1011."""
        while self._waiting:
            on_message(self._waiting.popleft())
        self._on_message, self._on_end = on_message, on_end
        self._read_on()
        if self._end is not None:
            self._detach()

    async def deliver(self, on_message: Callable[[bytes], None]) -> NoReturn:
        """Call `on_message` with each message as it comes, those that wait first, with no turn of the loop in between.
        Raises SocketClosed after the last, or at once what `on_message` raises, or `break_off` was given."""
        self._over = over = asyncio.get_running_loop().create_future()

        def take(message: bytes) -> None:
            if over.done():
                return
            try:
                on_message(message)
            except Exception as error:  # raised to who waits here, and not through the wire's own code
                over.set_exception(error)

        self.attach(take, lambda: None if over.done() else over.set_result(None))
        try:
            await over
        finally:
            self._on_message = self._on_end = self._over = None
        assert self._end is not None, "only an end or an error gets here"
        raise self._end

    def break_off(self, error: Exception) -> None:
        """Who waits in `deliver` is raised this."""
        if self._over is not None and not self._over.done():
            self._over.set_exception(error)

    def begin_close(self, code: int = NORMAL, reason: str = "") -> None:
        """Begin the end and return at once: what was sent goes out first, a peer that takes no part in it is cut."""
        transport = self._transport
        if transport is None or self._end is not None:
            return
        if not transport.is_close_frame_sent:
            transport.send_close(cast("WSCloseCode", code), reason.encode()[:_MOST_REASON_BYTES])
        if self._cutting is None:
            self._cutting = asyncio.get_running_loop().call_later(self._close_within_s, self.cut)

    async def wait_ended(self) -> None:
        """Until the socket that was opened has ended."""
        await self._ended.wait()

    def cut(self) -> None:
        """End the connection now, whatever was not sent."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # --- what a kind of socket may want to know ----------------------------------------------------------------------

    def opened(self) -> None:
        """The handshake is done."""

    # --- from picows -------------------------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        self.opened()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        kind = frame.msg_type
        if transport.is_close_frame_sent:
            if kind is _CLOSE:
                transport.disconnect()
        elif frame.rsv1 or frame.rsv2 or frame.rsv3:
            self.begin_close(PROTOCOL_ERROR, "no extension was agreed upon")
        elif not frame.fin or self._fragments_are_text is not None or (kind is not _TEXT and kind is not _BINARY):
            self._take_part(transport, frame, kind)
        elif kind is _TEXT and self._on_message is not None:  # fifty times a second on every call
            self._on_message(frame.get_payload_as_bytes())
        else:
            self._take(frame.get_payload_as_bytes(), is_text=kind is _TEXT)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        if self._cutting is not None:
            self._cutting.cancel()
        handshake = transport.close_handshake
        told = handshake.recv if handshake is not None else None
        self._end = (
            SocketClosed(NO_HANDSHAKE, "")
            if told is None
            else SocketClosed(told.code.value or NO_CODE, told.reason or "")
        )
        self._more.set()
        self._ended.set()
        self._detach()

    def send_user_specific_ping(self, transport: WSTransport) -> None:
        if self.is_silent:  # picows waits for an answer from after this call on
            asyncio.get_running_loop().call_soon(transport.notify_user_specific_pong_received)
        else:
            transport.send_ping()

    def pause_writing(self) -> None:
        """Writing goes on; its bounds are those of who sends."""

    def resume_writing(self) -> None:
        """As above."""

    # --- messages ----------------------------------------------------------------------------------------------------

    def _take(self, message: bytes, *, is_text: bool) -> None:
        if not is_text and not self._takes_binary:
            self.begin_close(UNSUPPORTED, "text only")
        elif self._on_message is not None:
            self._on_message(message)
        else:
            self._waiting.append(message)
            self._more.set()
            if len(self._waiting) >= _MESSAGES_WAITING and not self._is_paused:
                self._reading(False)

    def _take_part(self, transport: WSTransport, frame: WSFrame, kind: WSMsgType) -> None:
        """A fragment, or a control frame; pings are answered by picows."""
        if kind is _CLOSE:
            code = frame.get_close_code().value
            self.begin_close(code if code >= NORMAL and code not in (NO_CODE, NO_HANDSHAKE) else NORMAL)
            transport.disconnect()
            return
        if kind not in (_TEXT, _BINARY, _CONTINUATION):
            return
        if (kind is _CONTINUATION) is (self._fragments_are_text is None):
            self.begin_close(PROTOCOL_ERROR, "fragments out of order")
            return
        if kind is not _CONTINUATION:
            self._fragments_are_text = kind is _TEXT
        if len(self._fragments) + frame.payload_size > self._most_message_bytes:
            self.begin_close(TOO_BIG, f"over {self._most_message_bytes} bytes")
            return
        self._fragments += frame.get_payload_as_bytes()
        if frame.fin:
            message, is_text = bytes(self._fragments), self._fragments_are_text is True
            self._fragments.clear()
            self._fragments_are_text = None
            self._take(message, is_text=is_text)

    def _read_on(self) -> None:
        if self._is_paused and len(self._waiting) < _MESSAGES_WAITING // 4:
            self._reading(True)

    def _reading(self, on: bool) -> None:
        assert self._transport is not None, "messages come from an open socket"
        self._is_paused = not on
        wire = cast("asyncio.ReadTransport", self._transport.underlying_transport)
        if wire.is_closing():
            return
        if on:
            wire.resume_reading()
        else:
            wire.pause_reading()

    def _detach(self) -> None:
        on_end, self._on_message, self._on_end = self._on_end, None, None
        if on_end is not None:
            on_end()
