"""An ASGI application on a loopback port, inside a process that has other things to do."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any

import uvicorn

STOP_S = 5


@asynccontextmanager
async def served(app: Any, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve `app` and give its base URL; port 0 takes a free one. Open requests get a second at the end.

    Raises OSError when the port is taken.
    """
    listener = socket.create_server((host, port))
    server = _Server(
        uvicorn.Config(app, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve(sockets=[listener]), name="HTTP server")
    try:
        await server.listening.wait()
        yield f"http://{host}:{listener.getsockname()[1]}"
    finally:
        server.leave()
        await asyncio.wait({serving}, timeout=STOP_S)
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


class _Server(uvicorn.Server):
    """Says when it listens, and leaves the process's signals alone: it is a guest."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = asyncio.Event()
        self._leaving = asyncio.Event()

    def leave(self) -> None:
        self.should_exit = True
        self._leaving.set()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.listening.set()

    async def main_loop(self) -> None:
        # The original looks every 100 ms whether to stop; on_tick(0) does what it does once a second.
        while not await self.on_tick(0):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._leaving.wait(), 1)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
