"""Messages over Twilio's socket: their order, their bounds, who takes them, and what breaks the protocol."""

import asyncio
import struct
from collections.abc import Coroutine

import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.frames import Opcode

from streamer.twilio_socket import MAX_MESSAGE_BYTES, Patience
from streamer.web_socket import SocketClosed
from tests.streamer.twilio_line import MASK, Served, close_code, frame, served, upgraded


async def test_fragments_become_one_message_and_pings_in_between_are_answered() -> None:
    async with served(Served()) as line:
        reader, writer = await upgraded(line.address)
        writer.write(
            frame(Opcode.TEXT, b'{"ev', fin=False) + frame(Opcode.PING, b"12") + frame(Opcode.CONT, b"ent", fin=False)
        )
        assert await reader.readexactly(4) == b"\x8a\x0212"
        writer.write(frame(Opcode.CONT, b'":1}') + frame(Opcode.PONG, b"") + frame(Opcode.TEXT, b"next"))
        writer.write(frame(Opcode.CLOSE, struct.pack("!H", 1000)))
        assert await close_code(reader) == 1000
        await line.until_ended()
        assert line.texts == [b'{"event":1}', b"next"]
        writer.close()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (frame(Opcode.BINARY, b"\x00"), 1003),
        (frame(Opcode.TEXT, b"x" * (MAX_MESSAGE_BYTES + 1)), 1009),
        (frame(Opcode.TEXT, b"x" * MAX_MESSAGE_BYTES, fin=False) + frame(Opcode.CONT, b"x"), 1009),
        (frame(Opcode.CONT, b"x"), 1002),
        (frame(Opcode.TEXT, b"x", fin=False) + frame(Opcode.TEXT, b"x"), 1002),
        (b"\xc1\x81" + MASK + b"x", 1002),
        (b"\x81\x01x", 1002),
        (b"\x83\x80" + MASK, 1002),
        (frame(Opcode.CLOSE, b"\x00\x01"), 1002),
    ],
    # Masks are random, and a test's name may not be: the processes that share the tests compare them.
    ids=[
        "binary",
        "too long",
        "too long in parts",
        "continues nothing",
        "begun within a message",
        "reserved bit",
        "no mask",
        "no such opcode",
        "no such close code",
    ],
)
async def test_a_breach_of_the_protocol_ends_the_socket_with_its_code(sent: bytes, code: int) -> None:
    async with served(Served(), Patience(close_s=0.1)) as line:
        reader, writer = await upgraded(line.address)
        writer.write(sent)
        assert await close_code(reader) == code
        await line.until_ended()
        assert line.texts == []
        writer.close()


async def test_messages_wait_in_order_for_who_takes_them() -> None:
    async with served(Served(attaches=False)) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        for number in range(500):
            await twilio.send(str(number))
        socket = await line.until_open()
        assert await socket.receive() == b"0"
        taken: list[bytes] = []
        socket.attach(taken.append, lambda: None)
        async with asyncio.timeout(3):
            while len(taken) < 499:  # noqa: ASYNC110  # messages are told by calls
                await asyncio.sleep(0.005)
        assert taken == [str(number).encode() for number in range(1, 500)]


async def test_what_nobody_takes_is_bounded() -> None:
    async with served(Served(attaches=False)) as line:
        _, writer = await upgraded(line.address)
        chunk = frame(Opcode.TEXT, b"x" * 60_000)
        for _ in range(400):
            writer.write(chunk)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(writer.drain(), 0.3)
        writer.transport.abort()


async def test_receive_tells_of_the_end_after_the_last_message() -> None:
    async with served(Served(attaches=False)) as line:
        async with connect(f"ws://{line.address}/", proxy=None) as twilio:
            await twilio.send("last")
            socket = await line.until_open()
            await twilio.close(4000, "bye")
        assert await socket.receive() == b"last"
        with pytest.raises(SocketClosed) as closed:
            await socket.receive()
        assert (closed.value.code, closed.value.reason) == (4000, "bye")
        told = asyncio.Event()
        socket.attach(lambda _: None, told.set)
        assert told.is_set()


async def test_messages_are_delivered_as_they_come_until_the_end() -> None:
    async with served(Served(attaches=False)) as line:
        taken: list[bytes] = []
        async with connect(f"ws://{line.address}/", proxy=None) as twilio:
            await twilio.send("first")
            socket = await line.until_open()
            delivering = asyncio.create_task(socket.deliver(taken.append))
            await twilio.send("last")
            await twilio.close(4000, "bye")
        with pytest.raises(SocketClosed) as closed:
            await asyncio.wait_for(delivering, 3)
        assert (taken, closed.value.code) == ([b"first", b"last"], 4000)


async def test_what_a_delivered_message_breaks_is_told_to_who_had_it_delivered() -> None:
    async with served(Served(attaches=False)) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        taken: list[bytes] = []

        def breaks(message: bytes) -> None:
            taken.append(message)
            raise ValueError("a defect")

        socket = await line.until_open()
        delivering = asyncio.create_task(socket.deliver(breaks))
        await twilio.send("1")
        await twilio.send("2")
        with pytest.raises(ValueError, match="a defect"):
            await asyncio.wait_for(delivering, 3)
        assert taken == [b"1"]
        assert socket.is_open


async def test_a_delivery_can_be_broken_off() -> None:
    async with served(Served(attaches=False)) as line, connect(f"ws://{line.address}/", proxy=None):
        socket = await line.until_open()
        delivering = asyncio.create_task(socket.deliver(lambda _: None))
        await asyncio.sleep(0)
        socket.break_off(ValueError("enough"))
        socket.break_off(ValueError("too late"))
        with pytest.raises(ValueError, match="enough"):
            await asyncio.wait_for(delivering, 3)
        assert socket.is_open


async def test_a_receive_that_was_cancelled_loses_nothing() -> None:
    async with served(Served(attaches=False)) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        socket = await line.until_open()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.02)
        await twilio.send("kept")
        assert await asyncio.wait_for(socket.receive(), 3) == b"kept"


def test_messages_are_the_same_on_the_loop_that_ships() -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Coroutine[None, None, None]] = [
        test_fragments_become_one_message_and_pings_in_between_are_answered(),
        test_messages_wait_in_order_for_who_takes_them(),
        test_what_nobody_takes_is_bounded(),
    ]
    for test in tests:
        uvloop.run(test)
