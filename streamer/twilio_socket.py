"""The port that Twilio streams to: plain HTTP is answered, an upgrade becomes a TwilioSocket and a task that serves it.

A refused upgrade, a request that is no HTTP, a handshake that takes longer than its deadline: all end here.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeAlias

from picows import (
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from streamer.web_socket import BROKEN, GOING_AWAY, NORMAL, PING_S, WebSocket

log = logging.getLogger(__name__)

MAX_MESSAGE_BYTES = 64 * 1024
MOST_UNSENT_BYTES = 256 * 1024
"""What may wait for Twilio to read it: some 20 s of audio, when a second or two is all that is ever sent ahead."""
ENDED_WITHIN_S = 5.0

Answer: TypeAlias = Callable[[str], tuple[HTTPStatus, str] | None]
"""A path -> the answer to it, or None where an upgrade may go on."""


@dataclass(frozen=True, slots=True)
class Patience:
    """`open_s`: for a whole handshake; `ping_s`: how long a peer may be silent before it is pinged, and then
    again before it is cut; `close_s`: for the closing handshake."""

    open_s: float = 5.0
    ping_s: float = PING_S
    close_s: float = 2.0


class TwilioSocket(WebSocket):
    """One stream of Twilio's: text messages both ways. `path` and `signatures` are those of the upgrade."""

    def __init__(
        self, path: str, signatures: list[str], close_s: float, on_open: "Callable[[TwilioSocket], None]"
    ) -> None:
        super().__init__(MAX_MESSAGE_BYTES, close_s, takes_binary=False)
        self.path, self.signatures = path, signatures
        self._on_open = on_open

    def send(self, text: str) -> None:
        """Write one message now, in order; nothing once the socket is ending."""
        if self._transport is not None:
            self._transport.send(WSMsgType.TEXT, text)

    async def close(self, code: int = NORMAL, reason: str = "") -> None:
        """Returns when the socket has ended, by the deadline of its Patience."""
        self.begin_close(code, reason)
        await self.wait_ended()

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.underlying_transport.set_write_buffer_limits(high=MOST_UNSENT_BYTES)
        super().on_ws_connected(transport)
        self._on_open(self)

    def pause_writing(self) -> None:
        log.error("Twilio does not read; the stream is given up")
        self.cut()


PATIENCE = Patience()
Serve: TypeAlias = Callable[[TwilioSocket], Coroutine[None, None, None]]


@asynccontextmanager
async def listening(
    bind: str, port: int, answer: Answer, serve: Serve, patience: Patience = PATIENCE
) -> AsyncIterator[asyncio.Server]:
    """Listen from entering to leaving. `serve` is called in the turn of the loop in which a socket opens; what it
    returns runs as a task, and the socket is closed when that is over. Leaving closes every socket, and waits."""
    streams = _Streams(serve)

    def accept(request: WSUpgradeRequest) -> WSListener | WSUpgradeResponseWithListener:
        path = request.path.decode("latin-1")
        answered = answer(path.split("?", 1)[0])
        if answered is None and not _wants_upgrade(request):
            answered = (HTTPStatus.UPGRADE_REQUIRED, "A WebSocket is spoken here.\n")
        if answered is not None:
            return _plain(*answered)
        return TwilioSocket(path, request.headers.getall("X-Twilio-Signature", []), patience.close_s, streams.opened)

    server = await ws_create_server(
        accept,
        bind,
        port,
        websocket_handshake_timeout=patience.open_s,
        enable_auto_ping=True,
        auto_ping_idle_timeout=patience.ping_s,
        auto_ping_reply_timeout=patience.ping_s,
        max_frame_size=MAX_MESSAGE_BYTES,
        use_aiofastnet=False,
    )
    try:
        yield server
    finally:
        server.close()
        await streams.end()


class _Streams:
    """The sockets that are open, each with the task that serves it."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self._serving: dict[asyncio.Task[None], TwilioSocket] = {}

    def opened(self, socket: TwilioSocket) -> None:
        task = asyncio.get_running_loop().create_task(_serve(socket, self._serve(socket)), name="stream")
        self._serving[task] = socket
        task.add_done_callback(self._serving.pop)

    async def end(self) -> None:
        """Close every socket, and cut those that have not ended within ENDED_WITHIN_S."""
        for socket in list(self._serving.values()):
            socket.begin_close(GOING_AWAY, "the task is leaving")
        if self._serving:
            _, late = await asyncio.wait(list(self._serving), timeout=ENDED_WITHIN_S)
            for task in late:
                task.cancel()
                self._serving[task].cut()


async def _serve(socket: TwilioSocket, serving: Coroutine[None, None, None]) -> None:
    """A defect costs its own socket only."""
    try:
        await serving
    except Exception:
        log.exception("a stream broke")
        socket.begin_close(BROKEN)
    await socket.close()


def _wants_upgrade(request: WSUpgradeRequest) -> bool:
    """Whether this is an upgrade by RFC 6455 4.2.1, whose headers are lists ("keep-alive, Upgrade"); picows takes one
    spelling of them, so that is what they become."""
    for name, token in (("Connection", "upgrade"), ("Upgrade", "websocket")):
        given = ",".join(request.headers.getall(name, [])).lower().split(",")
        if token not in (word.strip() for word in given):
            return False
        request.headers[name] = token
    return True


def _plain(status: HTTPStatus, text: str) -> WSUpgradeResponseWithListener:
    body, headers = text.encode(), [("Content-Type", "text/plain; charset=utf-8")]
    if status is HTTPStatus.UPGRADE_REQUIRED:
        headers.append(("Upgrade", "websocket"))
    if status < HTTPStatus.BAD_REQUEST:
        response = WSUpgradeResponse.create_ok_response(body, headers)
    else:
        response = WSUpgradeResponse.create_error_response(status, body, headers)
    return WSUpgradeResponseWithListener(response, None)
