"""The same relay on several WebSocket libraries: Twilio's frame in, its audio on to a vendor, a frame back.

Each `serve` listens on a free port until its task is cancelled, and calls `ready` with the port.
"""

import asyncio
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias

import orjson
from aiohttp import ClientSession, WSMsgType, web
from picows import WSFrame, WSListener, WSTransport, WSUpgradeRequest, ws_connect, ws_create_server
from picows import WSMsgType as Picows
from websockets.asyncio.client import connect
from websockets.asyncio.connection import broadcast
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websockets_serve

Ready: TypeAlias = Callable[[int], None]
Serve: TypeAlias = Callable[[str, Ready], Awaitable[None]]


def audio_of(text: bytes) -> bytes:
    """What the streamer does with a media frame: JSON, then base64."""
    return binascii.a2b_base64(orjson.loads(text)["media"]["payload"], strict_mode=True)


def frame_of(mulaw: bytes) -> str:
    """A media frame to Twilio."""
    payload = binascii.b2a_base64(mulaw, newline=False).decode("ascii")
    return f'{{"event":"media","streamSid":"MZ1","media":{{"payload":"{payload}"}}}}'


async def on_websockets(vendor_url: str, ready: Ready) -> None:
    async def handle(twilio: ServerConnection) -> None:
        async with connect(vendor_url, compression=None, proxy=None) as vendor:
            async for text in _bytes_of(twilio):
                mulaw = audio_of(text)
                broadcast((vendor,), mulaw)
                await twilio.send(frame_of(mulaw))

    async with websockets_serve(handle, "127.0.0.1", 0, compression=None) as server:
        ready(_port(server.sockets[0].getsockname()))
        await asyncio.Event().wait()


async def _bytes_of(socket: ServerConnection) -> AsyncIterator[bytes]:
    async for message in socket:
        yield message if isinstance(message, bytes) else message.encode()


async def on_aiohttp(vendor_url: str, ready: Ready) -> None:
    async def handle(request: web.Request) -> web.WebSocketResponse:
        twilio = web.WebSocketResponse(compress=False)
        await twilio.prepare(request)
        async with ClientSession() as session, session.ws_connect(vendor_url) as vendor:
            async for message in twilio:
                if message.type is WSMsgType.TEXT:
                    mulaw = audio_of(message.data)
                    await vendor.send_bytes(mulaw)
                    await twilio.send_str(frame_of(mulaw))
        return twilio

    application = web.Application()
    application.router.add_get("/", handle)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    ready(_port(runner.addresses[0]))
    await asyncio.Event().wait()


class _Twilio(WSListener):
    """`is_queued`: messages pass a queue and a task, as they must for a consumer that awaits."""

    def __init__(self, vendor_url: str, *, fast_net: bool, is_queued: bool) -> None:
        self._vendor_url, self._fast_net = vendor_url, fast_net
        self._vendor: WSTransport | None = None
        self._queue: asyncio.Queue[bytes] | None = asyncio.Queue(64) if is_queued else None
        self._tasks: set[asyncio.Task[None]] = set()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._own(self._open())
        if self._queue is not None:
            self._own(self._take(transport, self._queue))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type != Picows.TEXT:
            return
        text = frame.get_payload_as_bytes()
        if self._queue is None:
            self._relay(transport, text)
        else:
            self._queue.put_nowait(text)

    def _relay(self, transport: WSTransport, text: bytes) -> None:
        mulaw = audio_of(text)
        if self._vendor is not None:
            self._vendor.send(Picows.BINARY, mulaw)
        transport.send(Picows.TEXT, frame_of(mulaw))

    async def _open(self) -> None:
        self._vendor, _ = await ws_connect(WSListener, self._vendor_url, use_aiofastnet=self._fast_net)

    async def _take(self, transport: WSTransport, queue: "asyncio.Queue[bytes]") -> None:
        while True:
            self._relay(transport, await queue.get())

    def _own(self, work: Awaitable[None]) -> None:
        self._tasks.add(asyncio.ensure_future(work))


async def _on_picows(vendor_url: str, ready: Ready, *, fast_net: bool, is_queued: bool) -> None:
    def accept(_request: WSUpgradeRequest) -> WSListener:
        return _Twilio(vendor_url, fast_net=fast_net, is_queued=is_queued)

    server = await ws_create_server(accept, "127.0.0.1", 0, use_aiofastnet=fast_net)
    ready(_port(server.sockets[0].getsockname()))
    await asyncio.Event().wait()


async def on_picows(vendor_url: str, ready: Ready) -> None:
    await _on_picows(vendor_url, ready, fast_net=False, is_queued=False)


async def on_picows_with_queues(vendor_url: str, ready: Ready) -> None:
    await _on_picows(vendor_url, ready, fast_net=False, is_queued=True)


async def on_picows_and_aiofastnet(vendor_url: str, ready: Ready) -> None:
    await _on_picows(vendor_url, ready, fast_net=True, is_queued=False)


def _port(address: tuple[str, int] | tuple[object, ...]) -> int:
    port = address[1]
    assert isinstance(port, int)
    return port


RELAYS: dict[str, Serve] = {
    "websockets": on_websockets,
    "aiohttp": on_aiohttp,
    "picows, a queue and a task": on_picows_with_queues,
    "picows, callbacks": on_picows,
    "picows and aiofastnet, callbacks": on_picows_and_aiofastnet,
}
