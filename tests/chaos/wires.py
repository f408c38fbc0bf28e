"""What lies between the parts and can be made to fail: a TCP connection, and HTTP requests."""

import asyncio
import os
import random
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import httpx

from offhook.box.serving import served
from offhook.stack.front import relay

HOST = "127.0.0.1"
Message = MutableMapping[str, Any]
HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"transfer-encoding", b"content-length", b"date", b"server"})


@dataclass(slots=True)
class TcpWire:
    """Passes connections on to `to_port`. While it is `frozen` no byte passes and nobody is told (a half-open socket);
    `late_s` delays each piece, by up to half as much again; while `refusing`, new connections are reset; with `canned`
    they are answered so, those whose first bytes have `canned_for` in them, and closed."""

    to_port: int = 0
    late_s: float = 0.0
    refusing: bool = False
    canned: bytes = b""
    canned_for: bytes = b""
    _open: asyncio.Event = field(default_factory=asyncio.Event)
    _writers: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._open.set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        """The port, for as long as the block runs."""
        server = await asyncio.start_server(self._pass_on, HOST, 0)
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
            self.thaw()
            self.cut()
            await asyncio.sleep(0)

    def freeze(self) -> None:
        self._open.clear()

    def thaw(self) -> None:
        self._open.set()

    def cut(self) -> None:
        """Reset every connection, both ways."""
        for writer in list(self._writers):
            writer.transport.abort()

    async def _pause(self) -> None:
        await self._open.wait()
        if self.late_s:
            await asyncio.sleep(self.late_s * random.uniform(1.0, 1.5))

    def mend(self) -> None:
        """As new; connections that are open stay."""
        self.thaw()
        self.late_s, self.refusing, self.canned, self.canned_for = 0.0, False, b"", b""

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.read(65_536) if self.canned else b""
        if self.canned and self.canned_for in head:
            writer.write(self.canned)
            writer.close()
            return
        if self.refusing:
            writer.transport.abort()
            return
        try:
            behind = await asyncio.open_connection(HOST, self.to_port)
        except OSError:
            writer.transport.abort()
            return
        behind[1].write(head)
        both = {writer, behind[1]}
        self._writers |= both
        try:
            await relay((reader, writer), behind, self._pause)
        except OSError:
            writer.transport.abort()
        finally:
            self._writers -= both
            writer.close()


@dataclass(frozen=True, slots=True)
class Canned:
    """An answer in place of the real one."""

    status: int
    body: bytes = b"{}"
    content_type: bytes = b"application/json"


@dataclass(slots=True)
class HttpWire:
    """Passes requests on to `to_url`: late by `late_s`, with a canned answer instead, or twice (`twice`: the second
    time `again_after_s` after the first, its answer thrown away). With `once` only the next request is late or answered
    with what is canned. A path in which `excused` is found is passed on as it is."""

    to_url: str = ""
    late_s: float = 0.0
    canned: Canned | None = None
    once: bool = False
    twice: bool = False
    again_after_s: float = 0.05
    excused: str = "/no path"
    asked: int = 0
    _again: set[asyncio.Task[None]] = field(default_factory=set)
    _http: httpx.AsyncClient = field(init=False)

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        """The URL, for as long as the block runs."""
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(trust_env=False, timeout=60, limits=limits) as self._http:
            async with served(self, HOST, 0) as url:
                yield url
            for task in list(self._again):
                task.cancel()
            await asyncio.gather(*self._again, return_exceptions=True)

    def mend(self) -> None:
        self.late_s, self.canned, self.once, self.twice = 0.0, None, False, False

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body", False):
                break
        if self.excused not in scope["path"]:
            self.asked += 1
            canned, late_s = self.canned, self.late_s
            if self.once:
                self.canned, self.late_s, self.once = None, 0.0, False
            await asyncio.sleep(late_s)
            if canned:
                await _send(send, canned.status, [(b"content-type", canned.content_type)], canned.body)
                return
            if self.twice:
                self._repeat(scope, bytes(body))
        try:
            answer = await self._ask(scope, bytes(body))
        except httpx.TransportError:
            await _send(send, httpx.codes.BAD_GATEWAY, [], b"")
            return
        headers = [(name.lower(), value) for name, value in answer.headers.raw if name.lower() not in HOP_BY_HOP]
        await _send(send, answer.status_code, headers, answer.content)

    def _repeat(self, scope: Message, body: bytes) -> None:
        async def again() -> None:
            await asyncio.sleep(self.again_after_s)
            with suppress(httpx.TransportError):  # what it is answered is nobody's business
                await self._ask(scope, body)

        task = asyncio.create_task(again())
        self._again.add(task)
        task.add_done_callback(self._again.discard)

    async def _ask(self, scope: Message, body: bytes) -> httpx.Response:
        query = scope["query_string"].decode()
        url = f"{self.to_url}{scope['path']}" + (f"?{query}" if query else "")
        headers = [(name, value) for name, value in scope["headers"] if name not in HOP_BY_HOP and name != b"host"]
        headers += [(b"accept-encoding", b"identity")]
        return await self._http.request(scope["method"], url, content=body, headers=headers)


async def _send(
    send: Callable[[Message], Awaitable[None]], status: int, headers: list[tuple[bytes, bytes]], body: bytes
) -> None:
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def signal_process(pid: int | None, number: int) -> None:
    """To one process that the test started; nothing where it has gone."""
    if pid is not None:
        os.kill(pid, number)
