"""Sockets to vendors that answer, and to vendors that are dead, on loopback."""

import asyncio
import contextlib
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import uvloop
from websockets.asyncio.server import ServerConnection, serve
from websockets.utils import accept_key

from calls.errors import Blame, ProviderFailed
from streamer.providers import elevenlabs_failures
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.elevenlabs_failures import ELEVENLABS
from streamer.providers.vendor_socket import MOST_UNSENT_BYTES, ConnectionLost, VendorSockets, socket_base
from streamer.web_socket import SocketClosed
from tests.vendors.script import DeepgramScript, Fault, Listening, Script
from tests.vendors.vendors import Vendors

FLUX = "/v2/listen?model=flux-general-en&encoding=mulaw&sample_rate=8000"
QUOTA = b'{"detail":{"status":"quota_exceeded"}}'


def self_signed(folder: Path) -> Path:
    """A certificate for localhost, with its key, that nobody has signed."""
    pem = folder / "pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    made = [
        *command.split(),
        "-addext",
        "subjectAltName=DNS:localhost",
        "-keyout",
        str(pem),
        "-out",
        str(folder / "crt"),
    ]
    subprocess.run(made, check=True, capture_output=True)
    pem.write_text(pem.read_text() + (folder / "crt").read_text())
    return pem


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


async def test_messages_go_and_come_and_the_key_is_in_the_header() -> None:
    opener = sockets()
    async with echo() as url:
        socket = await opener.open(url)
        assert await socket.receive() == b"Token deepgram-key"
        assert socket.send(b"\x00\xff")
        assert socket.send(b'{"type":"KeepAlive"}', text=True)
        assert [await socket.receive(), await socket.receive()] == [b"\x00\xff", b'{"type":"KeepAlive"}']
        socket.close()
        socket.close()
        await opener.aclose()

        assert not socket.is_open
        assert not socket.send(b"late")
        with pytest.raises(SocketClosed):
            await socket.receive()


async def test_a_dead_peer_does_not_hold_up_who_closes() -> None:
    opener = sockets()
    async with deaf(Fault("stall", after_messages=1)) as vendors:
        socket = await opener.open(socket_base(vendors.deepgram_url) + FLUX)
        await socket.receive()
        began_s = time.monotonic()
        socket.close()
        closed_s = time.monotonic() - began_s
        await opener.aclose()
        ended_s = time.monotonic() - began_s

    assert closed_s < 0.1 < ended_s < 5


async def test_a_peer_that_takes_nothing_is_not_filled_without_bound() -> None:
    opener = sockets()
    async with echo() as url:
        socket = await opener.open(url)
        message = b"\x00" * 16_000
        sent = sum(socket.send(message) for _ in range(2_000))

        assert sent < 2_000
        assert socket.unsent_bytes <= MOST_UNSENT_BYTES + len(message) + 16
        socket.close()
        await opener.aclose()


async def test_a_handshake_that_is_not_answered_ends_at_the_deadline() -> None:
    async with deaf(Fault("stall")) as vendors:
        began_s = time.monotonic()
        with pytest.raises(ProviderFailed) as caught:
            await sockets().open(socket_base(vendors.deepgram_url) + FLUX)
        took_s = time.monotonic() - began_s

    assert not isinstance(caught.value, ConnectionLost)
    assert caught.value.failure.code == "deepgram-unreachable"
    assert 0.15 < took_s < 5


async def test_a_handshake_that_is_given_up_ends_at_once() -> None:
    async with deaf(Fault("stall")) as vendors:
        opening = asyncio.create_task(VendorSockets(DEEPGRAM, {}).open(socket_base(vendors.deepgram_url) + FLUX))
        await asyncio.sleep(0.05)
        began_s = time.monotonic()
        opening.cancel()
        await asyncio.wait([opening])

        assert time.monotonic() - began_s < 1


async def test_tls_that_fails_is_a_matter_of_configuration() -> None:
    async def speak_plainly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        with pytest.raises(ProviderFailed) as caught:
            await sockets().open(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert caught.value.failure.code == "deepgram-unreachable"
    assert caught.value.failure.blame is Blame.CONFIGURATION


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


@pytest.mark.parametrize(
    "parts",
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 38\r\n\r\n", b'{"detail":{"status":', b'"quota_exceeded"}} '),
        (b"HTTP/1.1 401 Unauthorized\r\nTransfer-Enc", b"oding: chunked\r\n\r\n26\r\n", QUOTA + b"  \r\n0\r\n\r\n"),
        (b"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\n\r\n", QUOTA),
        (b"HTTP/1.0 401 Unauthorized\r\n\r\n" + QUOTA,),
    ],
)
async def test_a_refusal_is_read_to_its_end_however_it_comes(parts: tuple[bytes, ...]) -> None:
    async def refuse(_request: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for part in parts:
            writer.write(part)
            await asyncio.sleep(0.02)

    async with peer(refuse) as url:
        with pytest.raises(ProviderFailed) as caught:
            await VendorSockets(ELEVENLABS, {}).open(url)
    assert caught.value.failure.code == elevenlabs_failures.said("quota_exceeded").failure.code


@pytest.mark.parametrize(
    "answered",
    [
        b"",
        b"220 mail.example ESMTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n",
        b"HTTP/1.1 101 OK\r\n" + b"x" * 70_000,
    ],
)
async def test_what_is_no_answer_is_turned_away(answered: bytes) -> None:
    async def answer(_request: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answered)
        await asyncio.sleep(0.02)

    async with peer(answer) as url:
        with pytest.raises(ConnectionLost):
            await VendorSockets(DEEPGRAM, {}).open(url)


async def test_an_opening_that_is_given_up_leaves_no_connection() -> None:
    async def stall(_request: bytes, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionResetError):
            assert await asyncio.wait_for(reader.read(), 0.5) == b""

    async with peer(stall) as url:
        with pytest.raises(ProviderFailed):
            await VendorSockets(DEEPGRAM, {}, open_timeout_s=0.1).open(url)


async def test_the_request_names_path_host_key_and_no_extension() -> None:
    heads: list[bytes] = []

    async def answer(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(request)
        writer.write(accepted(request) + b"\x81\x05early")
        await reader.read()

    async with peer(answer) as url:
        socket = await sockets().open(url)
        assert await socket.receive() == b"early"
        socket.close()
    lines = heads[0].decode().split("\r\n")
    assert lines[0] == "GET /listen?a=b HTTP/1.1"
    assert f"Host: {url.split('/')[2]}" in lines
    assert "Authorization: Token deepgram-key" in lines
    assert "User-Agent: offhook" in lines
    assert not any("Extensions" in line for line in lines)


async def test_messages_in_fragments_come_whole_and_the_close_code_is_told() -> None:
    async def answer(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepted(request))
        for data in (b'\x01\x03{"a', b"\x89\x00", b'\x80\x03":1', b"\x82\x02\x00\x01", b"\x88\x05\x03\xf0why"):
            writer.write(data)
            await asyncio.sleep(0.01)
        await reader.read()

    async with peer(answer) as url:
        socket = await sockets().open(url)
        assert [await socket.receive(), await socket.receive()] == [b'{"a":1', b"\x00\x01"]
        with pytest.raises(SocketClosed) as closed:
            await socket.receive()
        assert (closed.value.code, closed.value.reason) == (1008, "why")
        assert not socket.is_open
        assert not socket.send(b"late")


async def test_messages_that_nobody_takes_are_left_with_the_vendor() -> None:
    stuck = asyncio.Event()

    async def send_much(writer: asyncio.StreamWriter) -> None:
        for _ in range(2_000):
            writer.write(b"\x82\x7e\xea\x60" + b"x" * 60_000)
            await writer.drain()

    async def answer(request: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(accepted(request))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send_much(writer), 0.3)
        stuck.set()
        with contextlib.suppress(ConnectionResetError):
            await reader.read()

    async with peer(answer) as url:
        socket = await sockets().open(url)
        await stuck.wait()
        for _ in range(60):
            assert len(await socket.receive()) == 60_000
        socket.cut()


async def test_messages_may_come_as_calls() -> None:
    opener, taken, ended = sockets(), list[bytes](), asyncio.Event()
    async with echo() as url:
        socket = await opener.open(url)
        socket.attach(taken.append, ended.set)
        socket.send(b"1")
        socket.send(b"2", text=True)
        async with asyncio.timeout(3):
            while len(taken) < 3:  # noqa: ASYNC110  # messages are told by calls
                await asyncio.sleep(0.005)
        socket.close()
        await asyncio.wait_for(ended.wait(), 3)
        await opener.aclose()
    assert taken == [b"Token deepgram-key", b"1", b"2"]


async def test_tls_is_spoken_and_a_certificate_of_nobody_known_is_refused(tmp_path: Path) -> None:
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(self_signed(tmp_path))

    async def handle(connection: ServerConnection) -> None:
        await connection.send("hello")
        async for message in connection:
            await connection.send(message)

    async with serve(handle, "localhost", 0, ssl=served) as server:
        url = f"wss://localhost:{next(iter(server.sockets)).getsockname()[1]}/"
        with pytest.raises(ProviderFailed) as caught:
            await VendorSockets(DEEPGRAM, {}).open(url)
        assert caught.value.failure.blame is Blame.CONFIGURATION
        trusting = VendorSockets(DEEPGRAM, {}, tls=ssl.create_default_context(cafile=str(tmp_path / "pem")))
        socket = await trusting.open(url)
        assert await socket.receive() == b"hello"
        assert socket.send(b"\x00" * 100_000)
        assert await asyncio.wait_for(socket.receive(), 3) == b"\x00" * 100_000
        socket.close()
        await trusting.aclose()


def test_all_of_it_on_the_loop_that_ships(tmp_path: Path) -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Callable[[], Coroutine[None, None, None]]] = [
        test_messages_go_and_come_and_the_key_is_in_the_header,
        test_a_peer_that_takes_nothing_is_not_filled_without_bound,
        test_a_handshake_that_is_not_answered_ends_at_the_deadline,
        test_an_opening_that_is_given_up_leaves_no_connection,
        test_messages_in_fragments_come_whole_and_the_close_code_is_told,
        test_messages_that_nobody_takes_are_left_with_the_vendor,
        test_tls_that_fails_is_a_matter_of_configuration,
        partial(test_tls_is_spoken_and_a_certificate_of_nobody_known_is_refused, tmp_path),
    ]
    for test in tests:
        uvloop.run(test())


def test_the_socket_base_of_an_http_base() -> None:
    assert socket_base("https://api.deepgram.com") == "wss://api.deepgram.com"
    assert socket_base("http://127.0.0.1:9") == "ws://127.0.0.1:9"
    assert socket_base("wss://api.deepgram.com") == "wss://api.deepgram.com"
