"""How a vendor's socket is opened: what is asked, who refuses or never answers, and whose certificate counts."""

import asyncio
import contextlib
import ssl
import subprocess
import time
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path

import pytest
import uvloop
from websockets.asyncio.server import ServerConnection, serve

from calls.errors import Blame, ProviderFailed
from streamer.providers import elevenlabs_failures
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.elevenlabs_failures import ELEVENLABS
from streamer.providers.vendor_socket import ConnectionLost, VendorSockets, socket_base
from tests.streamer.providers.vendor_peers import FLUX, accepted, deaf, peer, sockets
from tests.vendors.script import Fault

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


def test_a_handshake_is_the_same_on_the_loop_that_ships(tmp_path: Path) -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Callable[[], Coroutine[None, None, None]]] = [
        test_a_handshake_that_is_not_answered_ends_at_the_deadline,
        test_an_opening_that_is_given_up_leaves_no_connection,
        test_tls_that_fails_is_a_matter_of_configuration,
        partial(test_tls_is_spoken_and_a_certificate_of_nobody_known_is_refused, tmp_path),
    ]
    for test in tests:
        uvloop.run(test())
