"""The port that Twilio streams to, and what tests do at its other end: raw requests, frames, upgrades."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.frames import Frame, Opcode

from streamer.twilio_socket import Patience, TwilioSocket, listening

PATIENCE = Patience()
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
UPGRADE = f"GET /stream HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n{KEY}\r\n".encode()
MASK = b"\x01\x02\x03\x04"


class Served:
    """What became of the sockets: each is attached at once, or left waiting."""

    def __init__(self, *, attaches: bool = True) -> None:
        self._attaches = attaches
        self.sockets: list[TwilioSocket] = []
        self.texts: list[bytes] = []
        self.ended = 0
        self.address = ""

    async def serve(self, socket: TwilioSocket) -> None:
        self.sockets.append(socket)
        if self._attaches:
            socket.attach(self.texts.append, self._end)
        await socket.wait_ended()

    def _end(self) -> None:
        self.ended += 1

    async def until_ended(self, times: int = 1) -> None:
        async with asyncio.timeout(3):
            while self.ended < times:  # noqa: ASYNC110  # the end is told by a call
                await asyncio.sleep(0.005)

    async def until_open(self) -> TwilioSocket:
        async with asyncio.timeout(3):
            while not self.sockets:  # noqa: ASYNC110  # as above
                await asyncio.sleep(0.005)
        return self.sockets[-1]


@asynccontextmanager
async def served(served: Served, patience: Patience = PATIENCE) -> AsyncIterator[Served]:
    async with listening("127.0.0.1", 0, lambda _: None, served.serve, patience) as server:
        served.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield served


async def raw(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = address.split(":")
    return await asyncio.open_connection(host, int(port))


async def upgraded(address: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await raw(address)
    writer.write(UPGRADE)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
    return reader, writer


def frame(opcode: Opcode, data: bytes, *, fin: bool = True) -> bytes:
    return Frame(opcode, data, fin=fin).serialize(mask=True)


async def close_code(reader: asyncio.StreamReader) -> int:
    """The code of the close frame that comes, whatever comes before it."""
    async with asyncio.timeout(3):
        while True:
            head = await reader.readexactly(2)
            data = await reader.readexactly(head[1])
            if head[0] == 0x88:
                code: int = struct.unpack("!H", data[:2])[0]
                return code
