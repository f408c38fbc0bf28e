"""A TLS-terminating proxy on loopback, as load balancers are, with faults to plant: it may drop the Upgrade header, cut
connections that are idle, show another certificate, or not listen at all."""

import asyncio
import contextlib
import ssl
from pathlib import Path

CERTIFICATES = Path(__file__).parent / "certificates"
AUTHORITY = CERTIFICATES / "authority.pem"
_DROPPED = (b"upgrade:", b"connection:")


def certificate(name: str) -> ssl.SSLContext:
    """A server's context with one of the certificates."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / f"{name}.pem")
    return context


class Front:
    """In front of `upstream`, a port. Its own port stays the same through all faults."""

    def __init__(self) -> None:
        self.port = 0
        self.upstream = 0
        self.drops_upgrade = False
        self.idle_s: float | None = None
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def listen(self, with_certificate: str | None = "good") -> None:
        """Anew, with this certificate; None is no TLS."""
        await self.close()
        context = certificate(with_certificate) if with_certificate else None
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Listen no more, and cut what is open."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def mend(self) -> None:
        self.drops_upgrade, self.idle_s = False, None
        await self.listen()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        task.add_done_callback(self._open.discard)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            first = await reader.readexactly(1)
            if not first.isalpha():  # a TLS greeting where plain HTTP is served
                writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
                await writer.drain()
                raise asyncio.IncompleteReadError(first, None)
            head = first + await reader.readuntil(b"\r\n\r\n")
            there, back = await asyncio.open_connection("127.0.0.1", self.upstream)
            try:
                back.write(self._passed_on(head))
                await self._pump((reader, back), (there, writer))
            finally:
                back.close()
        writer.close()

    def _passed_on(self, head: bytes) -> bytes:
        if not self.drops_upgrade:
            return head
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(_DROPPED)]
        return b"\r\n".join([lines[0], b"Connection: close", *lines[1:]])

    async def _pump(self, *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        """Both ways until either ends, or neither carries anything for `idle_s`."""
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(self.idle_s) as idle, asyncio.TaskGroup() as tasks:

            async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                while data := await reader.read(65_536):
                    if self.idle_s is not None:
                        idle.reschedule(loop.time() + self.idle_s)
                    writer.write(data)
                    await writer.drain()
                for task in carrying:
                    task.cancel()

            carrying = [tasks.create_task(carry(*way)) for way in ways]
