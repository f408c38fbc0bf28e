"""The three simulated vendors on loopback, for a test: `async with Vendors(script) as vendors`."""

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self

import orjson

from tests.vendors.deepgram import Deepgram
from tests.vendors.elevenlabs import ElevenLabs
from tests.vendors.exchange import Exchange
from tests.vendors.meters import AllMeters, Meters
from tests.vendors.openai_sockets import OpenAIDoor
from tests.vendors.script import Script
from tests.vendors.web_socket import Socket
from tests.vendors.wire import Connection, Request, json_answer

HOST = "127.0.0.1"
METERS_PATH = "/_meters"
"""GET on any vendor's port: its meters as JSON. Not the vendor's, and asks for no key.

OpenAI's port has those of its sockets under /_meters/realtime and /_meters/live.
"""


class Vendor(Protocol):
    """A vendor's door."""

    meters: Meters

    def serve(self, request: Request, exchange: Exchange, /) -> None: ...
    def open_socket(self, request: Request, socket: Socket, /) -> None: ...


class Listener:
    """One vendor's port. While it is refused the port stays reserved and nobody listens on it."""

    def __init__(self, vendor: Vendor, more_meters: Mapping[str, Meters] | None = None) -> None:
        """`more_meters`: others to be had under the meters' path, by name."""
        self._vendor = vendor
        named = {f"{METERS_PATH}/{name}": meters for name, meters in (more_meters or {}).items()}
        self._meters: dict[str, Meters] = {METERS_PATH: vendor.meters, **named}
        self._server: asyncio.Server | None = None
        self._held: set[Connection] = set()
        self._reserved: socket.socket | None = None
        self.port = 0

    async def listen(self, port: int = 0) -> None:
        """Listens on `port`, or where it listened before, or anywhere free."""
        loop = asyncio.get_running_loop()
        self._release()
        self._server = await loop.create_server(self._connection, HOST, port or self.port, backlog=1024)
        self.port = self._server.sockets[0].getsockname()[1]

    def refuse(self) -> None:
        """Stops listening: connections are refused from now on. Those that are open stay."""
        if self._server is not None:
            self._server.close()
            self._server = None
            self._reserved = socket.socket()
            self._reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):  # uvloop closes a moment later, and has the port until then
                self._reserved.bind((HOST, self.port))

    def stop(self) -> None:
        """Stops listening and cuts every connection."""
        self.refuse()
        self._release()
        for connection in list(self._held):
            connection.transport.abort()

    def _release(self) -> None:
        if self._reserved is not None:
            self._reserved.close()
            self._reserved = None

    def _connection(self) -> Connection:
        return Connection(self._serve, self._vendor.open_socket, self._vendor.meters, self._held)

    def _serve(self, request: Request, exchange: Exchange) -> None:
        meters = self._meters.get(request.path)
        if meters is not None:
            json_answer(exchange, 200, orjson.dumps(meters.as_json()))
        else:
            self._vendor.serve(request, exchange)


class Vendors:
    """The vendors of a script, each on a port of its own.

    `deepgram_url`, `openai_url` (with /v1) and `elevenlabs_url` are http bases; a socket has the same base with ws.
    Keys are the script's. `listeners` has one Listener a vendor, by name, to refuse and to listen again. `meters` stay
    after the end.
    """

    def __init__(self, script: Script | None = None, ports: tuple[int, int, int] = (0, 0, 0)) -> None:
        """`ports` of Deepgram, OpenAI and ElevenLabs; 0 takes a free one."""
        self.script = script or Script()
        self.meters = AllMeters()
        self._ports = ports
        self.listeners = {
            "deepgram": Listener(Deepgram(self.script.deepgram, self.meters.deepgram)),
            "openai": Listener(
                OpenAIDoor(self.script.openai, self.meters),
                {"realtime": self.meters.realtime, "live": self.meters.live},
            ),
            "elevenlabs": Listener(ElevenLabs(self.script.elevenlabs, self.meters.elevenlabs)),
        }

    @property
    def deepgram_url(self) -> str:
        return f"http://{HOST}:{self.listeners['deepgram'].port}"

    @property
    def openai_url(self) -> str:
        return f"http://{HOST}:{self.listeners['openai'].port}/v1"

    @property
    def elevenlabs_url(self) -> str:
        return f"http://{HOST}:{self.listeners['elevenlabs'].port}"

    async def __aenter__(self) -> Self:
        refused = (self.script.deepgram.refused, self.script.openai.refused, self.script.elevenlabs.refused)
        for listener, port, is_refused in zip(self.listeners.values(), self._ports, refused, strict=True):
            await listener.listen(port)
            if is_refused:
                listener.refuse()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for listener in self.listeners.values():
            listener.stop()
        await asyncio.sleep(0)
