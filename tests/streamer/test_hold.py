"""A held stream over a real socket: not a byte leaves, and the other side may end it."""

import asyncio

import pytest
from websockets.asyncio.client import connect

from streamer.hold import hold
from streamer.twilio_socket import Patience, TwilioSocket, listening
from streamer.web_socket import SocketClosed

UPGRADE = (
    b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


async def test_a_held_stream_sends_no_ping() -> None:
    async with listening("127.0.0.1", 0, lambda _: None, hold, Patience(ping_s=0.05)) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(UPGRADE)
        assert b"101 Switching Protocols" in await reader.readuntil(b"\r\n\r\n")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(1), 0.3)
        writer.close()


async def test_it_ends_with_the_other_side() -> None:
    ended = asyncio.Event()

    async def handler(socket: TwilioSocket) -> None:
        with pytest.raises(SocketClosed):
            await hold(socket)
        ended.set()

    async with listening("127.0.0.1", 0, lambda _: None, handler) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with connect(f"ws://127.0.0.1:{port}", proxy=None) as socket:
            await (await socket.ping())
        await asyncio.wait_for(ended.wait(), 2)
