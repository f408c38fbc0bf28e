"""The port that Twilio streams to, over real sockets: what opens, what is answered, what is cut, what harms nobody."""

import asyncio
import contextlib
import struct
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from streamer.twilio_socket import MAX_MESSAGE_BYTES, MOST_UNSENT_BYTES, Patience, TwilioSocket, listening
from streamer.web_socket import SocketClosed

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


# --- handshakes ------------------------------------------------------------------------------------------------------


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


# --- messages --------------------------------------------------------------------------------------------------------


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


async def test_a_message_is_waited_for_only_so_long() -> None:
    async with served(Served(attaches=False)) as line:
        now_s = asyncio.get_running_loop().time
        async with connect(f"ws://{line.address}/", proxy=None) as twilio:
            socket = await line.until_open()
            assert await socket.receive_by(now_s() + 0.02) is None
            assert await socket.receive_by(now_s() - 1) is None
            await twilio.send("late")
            assert await socket.receive_by(now_s() + 3) == b"late"
            await twilio.send("last")
        assert await socket.receive_by(now_s() + 3) == b"last"
        with pytest.raises(SocketClosed):
            await socket.receive_by(now_s() + 3)


async def test_a_receive_that_was_cancelled_loses_nothing() -> None:
    async with served(Served(attaches=False)) as line, connect(f"ws://{line.address}/", proxy=None) as twilio:
        socket = await line.until_open()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.receive(), 0.02)
        await twilio.send("kept")
        assert await asyncio.wait_for(socket.receive(), 3) == b"kept"


# --- the end ---------------------------------------------------------------------------------------------------------


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


def test_all_of_it_on_the_loop_that_ships() -> None:
    """pytest runs on asyncio's own loop; the streamer on uvloop."""
    tests: list[Coroutine[None, None, None]] = [
        test_fragments_become_one_message_and_pings_in_between_are_answered(),
        test_messages_wait_in_order_for_who_takes_them(),
        test_what_nobody_takes_is_bounded(),
        test_what_was_sent_before_a_close_arrives_and_nothing_after_it(),
        test_a_peer_that_goes_without_a_word_is_told_once(),
        test_a_half_open_peer_is_pinged_and_cut(),
        test_a_peer_that_reads_nothing_is_given_up(),
        test_thousands_of_bytes_of_junk_end_their_own_connection_only(),
        test_leaving_closes_every_socket_and_waits_for_who_serves(),
    ]
    for test in tests:
        uvloop.run(test)
