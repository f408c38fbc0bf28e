"""The port that Twilio streams to, over real sockets: what opens, what is answered, what harms nobody."""

import asyncio
import contextlib
from http import HTTPStatus

import pytest
import uvloop
from websockets.asyncio.client import connect

from streamer.twilio_socket import Patience, listening
from tests.streamer.twilio_line import KEY, UPGRADE, Served, close_code, raw, served, upgraded


async def answer(address: str, request: bytes) -> bytes:
    """All that comes before the other side closes, or cuts who still sends."""
    reader, writer = await raw(address)
    writer.write(request)
    answered = b""
    with contextlib.suppress(ConnectionResetError):
        async with asyncio.timeout(3):
            answered = await reader.read(-1)
    writer.close()
    return answered


@pytest.mark.parametrize(
    "headers",
    [
        "Connection: Upgrade\r\nUpgrade: websocket\r\n",
        "connection: upgrade\r\nupgrade: WebSocket\r\n",
        "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n",
        "CONNECTION: UPGRADE,close\r\nUPGRADE: WEBSOCKET\r\n",
        "Connection: keep-alive\r\nConnection: Upgrade\r\nUpgrade: h2c, websocket\r\n",
        "Connection:Upgrade \r\nUpgrade:websocket\t\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
    ],
)
async def test_every_legal_spelling_of_an_upgrade_connects_without_compression(headers: str) -> None:
    async with served(Served()) as line:
        reader, writer = await raw(line.address)
        writer.write(f"GET /stream?a=b HTTP/1.1\r\nHost: h\r\n{headers}{KEY}\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101 ")
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in head
        assert b"deflate" not in head
        assert (await line.until_open()).path == "/stream?a=b"
        writer.close()


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        ("GET /stream HTTP/1.1\r\nHost: h\r\n\r\n", 426),
        ("GET /stream HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", 426),
        ("GET /stream HTTP/1.1\r\nHost: h\r\nConnection: upgraded\r\nUpgrade: websocket\r\n\r\n", 426),
        ("GET /stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n", 400),
        ("GET /stream HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n", 400),
        ("HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        ("POST /stream HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nhi", 400),
        ("GET /stream HTTP/1.0\r\n\r\n", 400),
        ("\x16\x03\x01 hello\r\n\r\n", 400),
        ("\r\n\r\n", 400),
    ],
)
async def test_what_is_no_upgrade_is_answered_and_opens_nothing(request_head: str, status: int) -> None:
    async with served(Served()) as line:
        assert (await answer(line.address, request_head.encode())).startswith(f"HTTP/1.1 {status} ".encode())
        assert line.sockets == []


async def test_plain_requests_are_answered_whole_and_the_connection_closed() -> None:
    def health(path: str) -> tuple[HTTPStatus, str] | None:
        return (HTTPStatus.OK, "ok\n") if path == "/healthz" else (HTTPStatus.SERVICE_UNAVAILABLE, "full\n")

    line = Served()
    async with listening("127.0.0.1", 0, health, line.serve) as server:
        address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        good = await answer(address, b"GET /healthz?a HTTP/1.1\r\nHost: h\r\n\r\n")
        full = await answer(address, UPGRADE)
    assert good.startswith(b"HTTP/1.1 200 OK\r\n")
    assert b"Content-Length: 3\r\n" in good
    assert good.endswith(b"\r\n\r\nok\n")
    assert full.startswith(b"HTTP/1.1 503 ")
    assert full.endswith(b"\r\n\r\nfull\n")


async def test_thousands_of_bytes_of_junk_end_their_own_connection_only() -> None:
    async with served(Served()) as line, connect(f"ws://{line.address}/", proxy=None) as good:
        assert await answer(line.address, b"\xff" * 40_000) == b""
        assert (await answer(line.address, b"GET / HTTP/1.1\r\n" + b"x: " + b"y" * 20_000)) == b""
        reader, writer = await upgraded(line.address)
        writer.write(bytes(range(256)) * 100)
        assert await close_code(reader) == 1002
        writer.close()
        await good.send("still here")
        await good.close()
        await line.until_ended(2)
        assert line.texts == [b"still here"]


async def test_a_socket_closed_in_the_midst_of_its_handshake_leaves_nothing() -> None:
    async with served(Served(), Patience(open_s=0.1)) as line:
        _, gone = await raw(line.address)
        gone.write(UPGRADE[:40])
        gone.close()
        assert await answer(line.address, UPGRADE[:40]) == b""
        assert await answer(line.address, b"") == b""
        assert line.sockets == []


def test_junk_ends_its_own_connection_only_on_the_loop_that_ships() -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    uvloop.run(test_thousands_of_bytes_of_junk_end_their_own_connection_only())
