"""Opens the deployment's WebSocket as Twilio opens it, and says in values what happened."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from twilio.request_validator import RequestValidator
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from offhook.doctor.addresses import is_loopback_url
from offhook.doctor.exam import Exam

OPEN_WITHIN_S = 5.0
CLOSE_WITHIN_S = 2.0
USER_AGENT = "Twilio.TmeWs/1.0"
_BODY_BYTES = 200
_MESSAGES_WAITING = 2_000
"""Whoever has seen enough stops reading; with a full queue the other side's close would not be read, either."""


@dataclass
class NotOpened(Exception):
    """The upgrade did not come about. `status` is 0 where there was no HTTP answer, and `body` says why."""

    status: int
    body: str = ""
    server: str = ""


@dataclass(frozen=True, slots=True)
class Closed:
    """How a socket ended. Code 1006 is a connection that was cut without a close."""

    code: int
    reason: str = ""


class _ConnectHere(connect):
    """Follows no redirect: to Twilio any answer but 101 is an error (31920)."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


@asynccontextmanager
async def opened(exam: Exam, path: str = "/stream", *, signed: bool = True) -> AsyncIterator[ClientConnection]:
    """The socket of the deployment's streamer. Raises NotOpened. No keepalive pings: Twilio documents none."""
    url = exam.settings.stream_url + path
    headers = {}
    if signed and exam.settings.auth_token:
        headers["X-Twilio-Signature"] = str(RequestValidator(exam.settings.auth_token).compute_signature(url, {}))
    more: dict[str, Any] = {"ssl": exam.tls} if url.startswith("wss://") else {}
    connecting = _ConnectHere(
        url,
        additional_headers=headers,
        user_agent_header=USER_AGENT,
        compression=None,
        proxy=None if is_loopback_url(url) else True,
        open_timeout=OPEN_WITHIN_S,
        close_timeout=CLOSE_WITHIN_S,
        ping_interval=None,
        max_queue=_MESSAGES_WAITING,
        **more,
    )
    try:
        socket = await connecting
    except InvalidStatus as error:
        answer = error.response
        body = bytes(answer.body or b"")[:_BODY_BYTES].decode("utf-8", "replace").strip()
        raise NotOpened(answer.status_code, body, answer.headers.get("Server", "")) from error
    except TimeoutError as error:
        raise NotOpened(0, f"no answer to the upgrade within {OPEN_WITHIN_S:g} s") from error
    except (ssl.SSLError, OSError, InvalidHandshake, EOFError) as error:
        raise NotOpened(0, f"the connection broke off ({type(error).__name__})") from error
    try:
        yield socket
    finally:
        await socket.close()


async def say(socket: ClientConnection, texts: Iterable[str]) -> None:
    """Send them. A socket that the other side has closed by then is left to whoever reads it, who sees how."""
    with suppress(ConnectionClosed):
        for text in texts:
            await socket.send(text)


async def closing(socket: ClientConnection, within_s: float) -> Closed | None:
    """How the other side closes the socket, or None where it did not within the time. What it sends is dropped."""
    try:
        async with asyncio.timeout(within_s):
            while True:
                await socket.recv()
    except ConnectionClosed as error:
        return Closed(error.rcvd.code, error.rcvd.reason) if error.rcvd else Closed(1006)
    except TimeoutError:
        return None
