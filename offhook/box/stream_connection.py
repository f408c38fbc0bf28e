"""Opening the WebSocket of a media stream as Twilio does, and saying in Twilio's codes why it could not be opened."""

import errno
import ipaddress
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus

from offhook.box.ports import CallIdentity
from offhook.box.signature import HEADER, sign

USER_AGENT = "Twilio.TmeWs/1.0"


def _new_stream_sid() -> str:
    return f"MZ{uuid4().hex}"


@dataclass(frozen=True, slots=True)
class StreamOptions:
    """Bounds, and faults for tests. Twilio documents none of these numbers."""

    connect_timeout_s: float = 5.0
    close_timeout_s: float = 1.0
    max_message_bytes: int = 1 << 20
    """A larger message from the server is 31951."""
    max_backlog_bytes: int = 1 << 16
    """Written but not taken by the network; beyond it the caller's audio is discarded (31930)."""
    send_buffer_bytes: int = 1 << 16
    """Of the operating system's socket; left to itself it hides a server that does not read for minutes."""
    tls: ssl.SSLContext | None = None
    """For wss; None is the system's trust store."""
    new_stream_sid: Callable[[], str] = _new_stream_sid
    signature: Literal["good", "none", "forged"] = "good"
    cut_after_ms: int | None = None
    """Cut the connection without a word after this much of the stream."""


class NotConnected(Exception):
    """No WebSocket came about; `code` is Twilio's."""

    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


class _ConnectHere(connect):
    """Follows no redirect: any answer other than 101 is a handshake error to Twilio (31920)."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


async def dial(url: str, identity: CallIdentity, options: StreamOptions) -> ClientConnection:
    """Open `url` with a signed upgrade request (GET, no parameters, the URL as configured), through no proxy.

    Raises NotConnected: 31901 no answer in time, 31902 refused, 31904 unreachable, 31910 TLS, 31920 any answer but 101,
    31922 not a wss URL. Keepalive pings are not sent: Twilio documents none.
    """
    parts = _check(url)
    tls: dict[str, Any] = {"ssl": options.tls} if parts.scheme == "wss" and options.tls else {}
    connecting = _ConnectHere(
        url,
        additional_headers=_signature(url, identity, options),
        user_agent_header=USER_AGENT,
        compression=None,
        proxy=None,
        open_timeout=options.connect_timeout_s,
        close_timeout=options.close_timeout_s,
        ping_interval=None,
        max_size=options.max_message_bytes,
        **tls,
    )
    try:
        connection = await connecting
    except (TimeoutError, OSError, InvalidHandshake, EOFError) as error:
        raise _reason(error, options) from error
    raw = connection.transport.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, options.send_buffer_bytes)
    return connection


def _signature(url: str, identity: CallIdentity, options: StreamOptions) -> dict[str, str]:
    match options.signature:
        case "good":
            return {HEADER: sign(identity.auth_token, url, {})}
        case "forged":
            return {HEADER: sign(f"not {identity.auth_token}", url, {})}
        case "none":
            return {}


def _check(url: str) -> SplitResult:
    """31922's page admits wss only, and 31920's names a query string among its causes: the box refuses to dial one."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError as error:
        raise NotConnected(31922, "the stream's url is not a URL") from error
    if not parts.hostname or parts.scheme not in ("wss", "ws"):
        raise NotConnected(31922, "the stream's url is not an absolute wss URL")
    if parts.scheme == "ws" and not _is_loopback(parts.hostname):
        raise NotConnected(31922, "the stream's url is ws; only wss is supported (the box lets ws through to loopback)")
    if parts.query:
        raise NotConnected(31920, "the stream's url has a query string, which <Stream> does not support")
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _reason(error: Exception, options: StreamOptions) -> NotConnected:
    if isinstance(error, TimeoutError):
        return NotConnected(31901, f"the server did not answer the upgrade within {options.connect_timeout_s:g} s")
    if isinstance(error, ssl.SSLError):
        return NotConnected(31910, f"no TLS connection: {error.reason or 'handshake failed'}")
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return NotConnected(31920, f"the server answered the upgrade with status {status}, not 101")
    if isinstance(error, InvalidHandshake | EOFError | ConnectionResetError):
        return NotConnected(31920, "the server did not answer the upgrade with a WebSocket handshake")
    # Several addresses (localhost) are tried in turn; asyncio then raises one OSError that only quotes the errors.
    if isinstance(error, ConnectionRefusedError) or f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return NotConnected(31902, "the server refused the connection")
    return NotConnected(31904, "the server cannot be reached")
