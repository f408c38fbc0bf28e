"""Peers of a vendor's socket, on loopback: one that answers, one that is deaf, one that a test writes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.vendor_socket import VendorSockets
from tests.vendors.script import DeepgramScript, Fault, Listening, Script
from tests.vendors.vendors import Vendors

FLUX = "/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"


def sockets() -> VendorSockets:
    headers = {"Authorization": "Token deepgram-key"}
    return VendorSockets(DEEPGRAM, headers, open_timeout_s=0.2, close_timeout_s=0.2)


def deaf(fault: Fault) -> Vendors:
    return Vendors(Script(deepgram=DeepgramScript((Listening(fault=fault),))))


@asynccontextmanager
async def echo() -> AsyncIterator[str]:
    """The URL of a server that sends every message back, with the key it was given first."""

    async def handle(connection: ServerConnection) -> None:
        request = connection.request
        await connection.send(request.headers["Authorization"] if request is not None else "")
        async for message in connection:
            await connection.send(message)

    async with serve(handle, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{next(iter(server.sockets)).getsockname()[1]}"


@asynccontextmanager
async def peer(
    answer: Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[str]:
    """The URL of a server that reads an upgrade and lets `answer` do the rest."""
    ended: list[asyncio.Event] = []

    async def serve_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(done := asyncio.Event())
        try:
            await answer(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        finally:
            writer.close()
            done.set()

    async with await asyncio.start_server(serve_one, "127.0.0.1", 0) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/listen?a=b"
        async with asyncio.timeout(3):
            for done in ended:
                await done.wait()


def accepted(request: bytes) -> bytes:
    key = request.split(b"Sec-WebSocket-Key: ", 1)[1].split(b"\r\n", 1)[0].decode()
    head = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    return f"{head}Sec-WebSocket-Accept: {accept_key(key)}\r\n\r\n".encode()
