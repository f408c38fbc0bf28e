"""The front over real sockets: whose turn it is, who is left out, and how connections end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from offhook.stack.front import LOOK_EVERY_S, Front, Turns
from offhook.stack.processes import free_port


def test_turns_go_round_those_that_are_ready() -> None:
    turns = Turns([1, 2, 3])
    assert turns.take() == []
    turns.ready = frozenset({1, 3})
    assert [turns.take() for _ in range(3)] == [[1, 3], [3, 1], [1, 3]]
    turns.ready = frozenset({1, 2, 3})
    assert turns.take() == [2, 3, 1]


class Behind:
    """A stand-in for a streamer: answers every request with its name; /readyz with 200 where it is ready."""

    def __init__(self, name: str) -> None:
        self.name, self.is_ready = name, True
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if b"/hang" in head:
            await reader.read()
        status = b"503 no" if b"/readyz" in head and not self.is_ready else b"200 OK"
        body = self.name.encode()
        writer.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\nContent-Length: 1\r\n\r\n" + body)
        await writer.drain()
        writer.close()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["Behind"]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()


async def asked(port: int, path: str = "/") -> str:
    async with httpx.AsyncClient(trust_env=False) as http:
        return (await http.get(f"http://127.0.0.1:{port}{path}")).text


async def until(front: Front, ready: set[int]) -> None:
    async with asyncio.timeout(5):
        while front.turns.ready != ready:  # noqa: ASYNC110 - the front has no need to tell
            await asyncio.sleep(0.01)


async def test_connections_go_to_who_is_ready() -> None:
    port = free_port()
    async with Behind("a").listening() as a, Behind("b").listening() as b, Front([a.port, b.port], port) as front:
        await until(front, {a.port, b.port})
        assert {await asked(port), await asked(port)} == {"a", "b"}
        a.is_ready = False
        await until(front, {b.port})
        assert [await asked(port) for _ in range(3)] == ["b"] * 3
        b.is_ready = False
        await until(front, set())
        assert await asked(port) == "none ready\n"
        a.is_ready = True
        await until(front, {a.port})
        assert await asked(port) == "a"


async def test_a_streamer_that_has_just_died_costs_no_connection() -> None:
    port, nobody = free_port(), free_port()
    async with Behind("a").listening() as a, Front([nobody, a.port], port) as front:
        await until(front, {a.port})
        front.turns.ready = frozenset({nobody, a.port})
        assert [await asked(port) for _ in range(2)] == ["a", "a"]


async def test_a_connection_stays_when_its_streamer_is_no_longer_ready_and_ends_with_the_front() -> None:
    port = free_port()
    async with Behind("a").listening() as a:
        async with Front([a.port], port) as front:
            await until(front, {a.port})
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"GET /hang HTTP/1.1\r\n\r\n")
            a.is_ready = False
            await until(front, set())
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(reader.read(1), LOOK_EVERY_S)
        async with asyncio.timeout(2):
            assert await reader.read() == b""
        writer.close()
