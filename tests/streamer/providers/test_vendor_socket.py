"""Sockets to vendors that answer, and to vendors that are dead, on loopback."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine

import pytest
import uvloop

from streamer.providers.vendor_socket import MOST_UNSENT_BYTES, socket_base
from streamer.web_socket import SocketClosed
from tests.streamer.providers.vendor_peers import FLUX, accepted, deaf, echo, peer, sockets
from tests.vendors.script import Fault


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


def test_messages_are_the_same_on_the_loop_that_ships() -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Callable[[], Coroutine[None, None, None]]] = [
        test_messages_go_and_come_and_the_key_is_in_the_header,
        test_a_peer_that_takes_nothing_is_not_filled_without_bound,
        test_messages_in_fragments_come_whole_and_the_close_code_is_told,
        test_messages_that_nobody_takes_are_left_with_the_vendor,
    ]
    for test in tests:
        uvloop.run(test())


def test_the_socket_base_of_an_http_base() -> None:
    assert socket_base("https://api.deepgram.com") == "wss://api.deepgram.com"
    assert socket_base("http://127.0.0.1:9") == "ws://127.0.0.1:9"
    assert socket_base("wss://api.deepgram.com") == "wss://api.deepgram.com"
