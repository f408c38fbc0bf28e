"""How Twilio's socket ends: closes, cuts, peers that are silent or gone, and defects of whoever serves."""

import asyncio
from collections.abc import Coroutine

import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Opcode

from streamer.twilio_socket import MOST_UNSENT_BYTES, Patience, TwilioSocket, listening
from tests.streamer.twilio_line import Served, close_code, frame, served, upgraded


async def test_what_was_sent_before_a_close_arrives_and_nothing_after_it() -> None:
    async with served(Served()) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        socket = await line.until_open()
        socket.send("one")
        socket.send("two")
        closing = asyncio.create_task(socket.close(4503, "gather"))
        assert [await twilio.recv(), await twilio.recv()] == ["one", "two"]
        await closing
        socket.send("late")
        with pytest.raises(ConnectionClosed) as closed:
            await twilio.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4503, "gather")
        assert line.ended == 1
        assert not socket.is_open


async def test_a_peer_that_does_not_answer_a_close_is_cut() -> None:
    async with served(Served(), Patience(close_s=0.1)) as line:
        reader, writer = await upgraded(line.address)
        socket = await line.until_open()
        async with asyncio.timeout(1):
            await socket.close(1000)
        assert await close_code(reader) == 1000
        assert await reader.read() == b""
        writer.close()


async def test_a_peer_that_goes_without_a_word_is_told_once() -> None:
    async with served(Served()) as line:
        _, writer = await upgraded(line.address)
        await line.until_open()
        writer.transport.abort()
        await line.until_ended()
        await asyncio.sleep(0.05)
        assert line.ended == 1


async def test_a_half_open_peer_is_pinged_and_cut() -> None:
    async with served(Served(), Patience(ping_s=0.1)) as line:
        reader, writer = await upgraded(line.address)
        assert (await reader.readexactly(2))[0] == 0x89
        await line.until_ended()
        writer.close()


async def test_a_peer_that_answers_pings_stays() -> None:
    async with served(Served(), Patience(ping_s=0.05)) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        await asyncio.sleep(0.4)
        await twilio.send("here")
        await twilio.close()
        await line.until_ended()
        assert line.texts == [b"here"]


async def test_a_peer_that_reads_nothing_is_given_up() -> None:
    async with served(Served()) as line:
        _, writer = await upgraded(line.address)
        socket, most_bytes = await line.until_open(), 0
        for _ in range(20_000):
            socket.send("x" * 1_000)
            most_bytes = max(most_bytes, socket.unsent_bytes)
        await line.until_ended()
        assert 0 < most_bytes <= MOST_UNSENT_BYTES + 2_000
        writer.close()


async def test_a_defect_in_who_takes_messages_ends_its_own_socket() -> None:
    class Defective(Served):
        async def serve(self, socket: TwilioSocket) -> None:
            self.sockets.append(socket)
            socket.attach(self._break, self._end)
            await socket.wait_ended()

        def _break(self, _message: bytes) -> None:
            raise RuntimeError("a defect")

    async with served(Defective()) as line:
        reader, writer = await upgraded(line.address)
        writer.write(frame(Opcode.TEXT, b"x"))
        assert await close_code(reader) == 1011
        await line.until_ended()
        writer.close()


async def test_a_defect_in_who_serves_ends_its_own_socket() -> None:
    async def broken(_socket: TwilioSocket) -> None:
        raise RuntimeError("a defect")

    async with listening("127.0.0.1", 0, lambda _: None, broken) as server:
        reader, writer = await upgraded(f"127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert await close_code(reader) == 1011
        writer.close()


async def test_leaving_closes_every_socket_and_waits_for_who_serves() -> None:
    line = Served()
    async with served(line):
        reader, writer = await upgraded(line.address)
        await line.until_open()
        writer.write(b"")
        leaving = asyncio.create_task(close_code(reader))
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(0.2, writer.close)
    assert await leaving == 1001
    assert line.ended == 1


def test_a_socket_ends_alike_on_the_loop_that_ships() -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Coroutine[None, None, None]] = [
        test_what_was_sent_before_a_close_arrives_and_nothing_after_it(),
        test_a_peer_that_goes_without_a_word_is_told_once(),
        test_a_half_open_peer_is_pinged_and_cut(),
        test_a_peer_that_reads_nothing_is_given_up(),
        test_leaving_closes_every_socket_and_waits_for_who_serves(),
    ]
    for test in tests:
        uvloop.run(test)
