"""One address for several streamers on one machine, as a load balancer gives them: each new connection goes to the next
one whose /readyz says yes, and connections that stand stay where they are.

Health is asked every LOOK_EVERY_S, so a streamer may be chosen that has just stopped: a connection that it does not
take goes to the next one, a refusal in HTTP is the client's. With none ready the client is answered 503. Bytes are
passed on as they are.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeAlias

import httpx

from offhook.stack.environment import LOOPBACK
from offhook.stack.plain_http import NO_TLS

log = logging.getLogger(__name__)

LOOK_EVERY_S = 0.2
LOOK_WITHIN_S = 1.0
CONNECT_WITHIN_S = 2.0
MOST_AT_ONCE_BYTES = 65_536
NOBODY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 11\r\nConnection: close\r\n\r\nnone ready\n"

Ends: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Turns:
    """Whose turn it is among `ports`. Pure."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = tuple(ports)
        self._next = 0
        self.ready: frozenset[int] = frozenset()

    def take(self) -> list[int]:
        """Those that are ready, the one whose turn it is first."""
        order = [self._ports[(self._next + step) % len(self._ports)] for step in range(len(self._ports))]
        ready = [port for port in order if port in self.ready]
        if ready:
            self._next = (self._ports.index(ready[0]) + 1) % len(self._ports)
        return ready


class Front:
    """Listens on `port` of loopback from entering to leaving, for streamers on `ports` of loopback."""

    def __init__(self, ports: Sequence[int], port: int) -> None:
        self.turns = Turns(ports)
        self._ports = tuple(ports)
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._pass_on, LOOPBACK, self._port)
        self._own(asyncio.create_task(self._look(), name="front's health checks"))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _own(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _look(self) -> None:
        # No proxy from the environment: the streamers are on loopback.
        async with httpx.AsyncClient(trust_env=False, verify=NO_TLS, timeout=LOOK_WITHIN_S) as http:
            while True:
                ready = await asyncio.gather(*(_is_ready(http, port) for port in self._ports))
                self.turns.ready = frozenset(port for port, yes in zip(self._ports, ready, strict=True) if yes)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "asyncio serves a connection in a task"
        self._own(task)
        try:
            behind = await self._connected()
            if behind is None:
                writer.write(NOBODY)
                await writer.drain()
            else:
                await relay((reader, writer), behind)
        except (OSError, asyncio.CancelledError):  # whoever went, went; a task of start_server that is cancelled tells
            log.debug("a connection ended")
        finally:
            writer.close()

    async def _connected(self) -> Ends | None:
        for port in self.turns.take():
            try:
                async with asyncio.timeout(CONNECT_WITHIN_S):
                    return await asyncio.open_connection(LOOPBACK, port)
            except (OSError, TimeoutError):
                self.turns.ready -= {port}
        return None


async def relay(one: Ends, other: Ends, pause: Callable[[], Awaitable[None]] | None = None) -> None:
    """Pass bytes on both ways until both have ended, or one has broken: then both are cut. Whatever the end, `other` is
    closed. `pause` is waited for before each piece."""
    try:
        async with asyncio.TaskGroup() as both:
            both.create_task(_copy(one[0], other[1], pause))
            both.create_task(_copy(other[0], one[1], pause))
    except* OSError:
        for _, writer in (one, other):
            writer.transport.abort()
    finally:
        other[1].close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pause: Callable[[], Awaitable[None]] | None
) -> None:
    while piece := await reader.read(MOST_AT_ONCE_BYTES):
        if pause is not None:
            await pause()
        writer.write(piece)
        await writer.drain()
    with suppress(OSError):  # it may have gone already, which is what it would be told
        writer.write_eof()


async def _is_ready(http: httpx.AsyncClient, port: int) -> bool:
    try:
        return (await http.get(f"http://{LOOPBACK}:{port}/readyz")).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
