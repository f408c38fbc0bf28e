"""In place of DynamoDB: takes every write and forgets it, so that what a write costs the streamer is measured too."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.vendors import HOST, Listener
from tests.vendors.web_socket import Socket
from tests.vendors.wire import Request, json_answer


class ForgetfulTable:
    """Answers any request as a table that had nothing and took it."""

    def __init__(self) -> None:
        self.meters = Meters()

    def serve(self, _request: Request, exchange: Exchange) -> None:
        self.meters.requests += 1
        json_answer(exchange, 200, b"{}")

    def open_socket(self, _request: Request, socket: Socket) -> None:
        socket.drop()


@asynccontextmanager
async def forgetful_table(port: int) -> AsyncIterator[str]:
    """Listens until left; its URL."""
    listener = Listener(ForgetfulTable())
    await listener.listen(port)
    try:
        yield f"http://{HOST}:{port}"
    finally:
        listener.stop()
