"""A media stream from Twilio's end, as light as Python has it, so that the callers are not what limits a level."""

import asyncio
from collections.abc import Callable

from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

_TEXT, _CLOSE = WSMsgType.TEXT, WSMsgType.CLOSE


class StreamSocket(WSListener):
    """Each text message goes to `on_text`; `closed` is done at the end."""

    def __init__(self, on_text: Callable[[bytes], None]) -> None:
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._on_text = on_text
        self._transport: WSTransport | None = None
        self.is_closing = False

    async def open(self, url: str) -> None:
        """Once, first. Raises what the connection or the handshake failed with."""
        await ws_connect(lambda: self, url, use_aiofastnet=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is _TEXT:
            self._on_text(frame.get_payload_as_bytes())
        elif frame.msg_type is _CLOSE:
            self.is_closing = True
            transport.send_close(frame.get_close_code())
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.is_closing, self._transport = True, None
        if not self.closed.done():
            self.closed.set_result(None)

    def send(self, text: bytes) -> None:
        """One text message; nothing once the socket is closing."""
        if self._transport is not None:
            self._transport.send(_TEXT, text)

    def close(self) -> None:
        """The closing handshake; nothing is waited for."""
        if self._transport is not None:
            self._transport.send_close()

    def abort(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=False)
