"""The Twilio end of one bidirectional `<Connect><Stream>`: a WebSocket client on the call's phone line.

How a stream ends, with Twilio's code. All but 31930 are fatal to the stream, none to the call: the next verb runs.

    before it began     31901 no answer in time · 31902 refused · 31904 unreachable · 31910 TLS · 31920 not a 101
                        31922 not wss (ws is let through to loopback hosts only)
    by the server       31921 closed · 31903 connection lost · 31924 WebSocket protocol broken
                        31950 malformed message · 31951 invalid message
    by the call         no code: hang-up, or the verb was cancelled; `stop` is sent and the socket closed
    goes on             31930 the server does not read: the caller's audio is discarded meanwhile

Documented: the codes and their causes; 31930, 31950 and 31951 as warnings; the server's close ends the stream and the
TwiML goes on. Our reading, where the documentation is silent: 31950 and 31951 close the stream; unplayed audio is
dropped when the stream ends; a server's close with an ordinary code is stream-stopped, with any other stream-error.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import broadcast
from websockets.exceptions import ConnectionClosed

from offhook.box import stream_messages
from offhook.box.playout import FRAME_MS, PlayoutFull
from offhook.box.ports import Alert, CallIdentity, Line, StreamEvent
from offhook.box.stream_connection import NotConnected, StreamOptions, dial
from offhook.box.stream_messages import CONNECTED, Breach, Clear, Mark, Media, TwilioMessages
from offhook.box.verbs import Stream

__all__ = ["StreamOptions", "run_stream"]

_ORDINARY_CLOSE = frozenset({1000, 1001, 1005})
_POLICY_VIOLATION = 1008
_DRAIN_POLL_S = 0.02


@dataclass(frozen=True, slots=True)
class _End:
    """How the stream ended: code 0 when the call ended it. `close_code` is sent if the socket is still open."""

    code: int = 0
    sentence: str = ""
    is_error: bool = False
    close_code: int = 1000


async def run_stream(
    stream: Stream,
    identity: CallIdentity,
    line: Line,
    tell: Callable[[StreamEvent], None],
    alert: Callable[[Alert], None],
    options: StreamOptions | None = None,
) -> None:
    """Play the stream until it ends; return however it ends (see the module's docstring), so that the next verb runs.

    `stream.url` must be absolute. `tell` hears stream-started and then one of stream-stopped and stream-error;
    stream-error alone when the stream never began; nothing when the call ends before that. `alert` hears every code.
    When cancelled (the call was given other TwiML), the stream is stopped first, within `close_timeout_s`.
    """
    options = options or StreamOptions()
    debugger = _Debugger(stream, identity, options.new_stream_sid(), tell, alert)
    hang_up = asyncio.create_task(line.ended())
    try:
        socket = await _dial_unless_hung_up(stream.url, identity, options, hang_up)
        if socket is not None:
            await _MediaStream(socket, line, debugger, options).play(hang_up)
    except NotConnected as failure:
        debugger.ended(_End(failure.code, failure.sentence, is_error=True))
    finally:
        hang_up.cancel()


async def _dial_unless_hung_up(
    url: str, identity: CallIdentity, options: StreamOptions, hang_up: asyncio.Task[None]
) -> ClientConnection | None:
    dialling = asyncio.create_task(dial(url, identity, options))
    try:
        await asyncio.wait({dialling, hang_up}, return_when=asyncio.FIRST_COMPLETED)
        return dialling.result() if dialling.done() else None
    except asyncio.CancelledError:
        dialling.add_done_callback(_hang_up_on_server)
        raise
    finally:
        if not dialling.done():
            dialling.add_done_callback(_hang_up_on_server)
            dialling.cancel()


def _hang_up_on_server(dialling: asyncio.Task[ClientConnection]) -> None:
    """Nobody waits for this connection any more."""
    if not dialling.cancelled() and dialling.exception() is None:
        dialling.result().transport.abort()


class _Debugger:
    """Tells one stream's events and alerts under its name."""

    def __init__(
        self,
        stream: Stream,
        identity: CallIdentity,
        sid: str,
        tell: Callable[[StreamEvent], None],
        alert: Callable[[Alert], None],
    ) -> None:
        self.stream = stream
        self.identity = identity
        self.sid = sid
        self._tell = tell
        self._alert = alert

    def started(self) -> None:
        self._tell(StreamEvent("stream-started", self.sid, self.stream.name))

    def log(self, code: int, sentence: str) -> None:
        self._alert(Alert(code, stream_messages.level(code), self.identity.call_sid, sentence, self.stream.url))

    def ended(self, end: _End) -> None:
        if end.code:
            self.log(end.code, end.sentence)
        event = "stream-error" if end.is_error else "stream-stopped"
        self._tell(StreamEvent(event, self.sid, self.stream.name, end.sentence, end.code))


class _MediaStream:
    """A stream whose socket is open."""

    def __init__(self, socket: ClientConnection, line: Line, debugger: _Debugger, options: StreamOptions) -> None:
        self._socket = socket
        self._line = line
        self._debugger = debugger
        self._options = options
        self._messages = TwilioMessages(debugger.sid, debugger.identity)
        self._from_ms = line.now_ms
        self._discarded = 0
        self._over = False

    async def play(self, hang_up: asyncio.Task[None]) -> None:
        """From `connected` to the closed socket. Whatever ends it, the end is told."""
        self._send(CONNECTED)
        self._send(self._messages.start(self._debugger.stream.parameters))
        self._debugger.started()
        stop_listening = self._line.listen(self._on_frame, self._on_digit)
        reading = asyncio.create_task(self._read())
        end = _End()
        try:
            await asyncio.wait({reading, hang_up}, return_when=asyncio.FIRST_COMPLETED)
            if reading.done():
                end = reading.result()
        finally:
            stop_listening()
            reading.cancel()
            self._over = True
            self._line.clear()
            await self._close(end)
            self._debugger.ended(end)

    async def _read(self) -> _End:
        """Obey the server until it closes the socket or breaks the rules. One that floods the box without reading its
        answers is read no further until it does."""
        while True:
            try:
                self._obey(stream_messages.read(await self._socket.recv(), self._debugger.sid))
            except ConnectionClosed as closed:
                return _closed_by_server(closed)
            except Breach as breach:
                return _End(breach.code, breach.sentence, is_error=True, close_code=_POLICY_VIOLATION)
            except PlayoutFull as full:
                return _End(stream_messages.INVALID, str(full), is_error=True, close_code=_POLICY_VIOLATION)
            while self._is_congested() and not self._over:  # noqa: ASYNC110 - a transport has no event to wait for
                await asyncio.sleep(_DRAIN_POLL_S)

    def _obey(self, message: Media | Mark | Clear) -> None:
        match message:
            case Media(mulaw):
                self._line.enqueue(mulaw)
            case Mark(name):
                self._line.mark(name, self._return_mark)
            case Clear():
                self._line.clear()

    def _on_frame(self, mulaw: bytes, at_ms: int) -> None:
        """The hot path, once a slot: no task, no await."""
        elapsed_ms = at_ms - self._from_ms
        if self._options.cut_after_ms is not None and elapsed_ms >= self._options.cut_after_ms:
            self._socket.transport.abort()
        elif self._is_congested():
            self._discard()
        else:
            self._send(self._messages.media(mulaw, elapsed_ms))

    def _on_digit(self, digit: str) -> None:
        self._send(self._messages.dtmf(digit))

    def _return_mark(self, name: str) -> None:
        if not self._over:
            self._send(self._messages.mark(name))

    def _send(self, message: bytes) -> None:
        """Write without waiting; nothing is written to a socket that is closing. What bounds the backlog: media is
        discarded while it is too long, marks answer messages that are then not read, keys are pressed by hand."""
        broadcast((self._socket,), message, text=True)

    def _is_congested(self) -> bool:
        return self._socket.transport.get_write_buffer_size() > self._options.max_backlog_bytes

    def _discard(self) -> None:
        if self._discarded == 0:
            self._debugger.log(31930, "the server does not take the caller's audio; it is being discarded")
        self._discarded += 1

    async def _close(self, end: _End) -> None:
        self._send(self._messages.stop())
        if self._discarded:
            self._debugger.log(31930, f"{self._discarded * FRAME_MS} ms of the caller's audio were discarded in all")
        try:
            # The socket has this time-out for the close handshake, but none for writing to a server that does not read.
            async with asyncio.timeout(self._options.close_timeout_s + 0.1):
                await self._socket.close(end.close_code, str(end.code) if end.code else "")
        except TimeoutError:
            self._socket.transport.abort()


def _closed_by_server(closed: ConnectionClosed) -> _End:
    """What a lost or closed connection means. `sent` without a prior `rcvd` is the box's own objection: 1002 and 1007
    for a broken frame, 1009 for a message above `max_message_bytes`."""
    if closed.sent is not None and not closed.rcvd_then_sent:
        if closed.sent.code == 1009:
            return _End(stream_messages.INVALID, "a message is larger than the box accepts", is_error=True)
        if closed.sent.code in (1002, 1007):
            return _End(31924, "the server broke the WebSocket protocol", is_error=True)
    if closed.rcvd is None:
        return _End(31903, "the connection was lost without a close", is_error=True)
    code = closed.rcvd.code
    return _End(31921, f"the server closed the connection with code {code}", is_error=code not in _ORDINARY_CLOSE)
