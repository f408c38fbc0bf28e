"""Sockets to vendors that answer, and to vendors that are dead, on loopback."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from calls.errors import Blame, ProviderFailed
from streamer.providers.deepgram_failures import DEEPGRAM
from streamer.providers.vendor_socket import MOST_UNSENT_BYTES, ConnectionLost, VendorSockets, socket_base
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
        with pytest.raises(ConnectionClosed):
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

    assert closed_s < 0.02
    assert 0.1 < ended_s < 0.6


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
    assert 0.15 < took_s < 0.6


async def test_a_handshake_that_is_given_up_ends_at_once() -> None:
    async with deaf(Fault("stall")) as vendors:
        opening = asyncio.create_task(VendorSockets(DEEPGRAM, {}).open(socket_base(vendors.deepgram_url) + FLUX))
        await asyncio.sleep(0.05)
        began_s = time.monotonic()
        opening.cancel()
        await asyncio.wait([opening])

        assert time.monotonic() - began_s < 0.1


async def test_tls_that_fails_is_a_matter_of_configuration() -> None:
    async def speak_plainly(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(speak_plainly, "127.0.0.1", 0) as server:
        with pytest.raises(ProviderFailed) as caught:
            await sockets().open(f"wss://127.0.0.1:{server.sockets[0].getsockname()[1]}")

    assert caught.value.failure.code == "deepgram-unreachable"
    assert caught.value.failure.blame is Blame.CONFIGURATION


def test_the_socket_base_of_an_http_base() -> None:
    assert socket_base("https://api.deepgram.com") == "wss://api.deepgram.com"
    assert socket_base("http://127.0.0.1:9") == "ws://127.0.0.1:9"
    assert socket_base("wss://api.deepgram.com") == "wss://api.deepgram.com"
