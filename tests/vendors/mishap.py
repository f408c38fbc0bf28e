"""How a scripted fault strikes: at the door, or in the middle of a stream."""

import asyncio
from collections.abc import Callable

from tests.vendors.exchange import Exchange
from tests.vendors.script import Fault
from tests.vendors.web_socket import Socket

NOT_HTTP = b"\x00\x01\xfe\xff garbage \r\n\r\n"
NOT_JSON = b"<html><body>502 Bad Gateway</body></html>"


class Mishap:
    """Counts what a stream sends and strikes once, when the fault's messages are sent and its time has passed."""

    def __init__(self, fault: Fault | None, strike: Callable[[Fault], None]) -> None:
        """Starts the fault's clock. `strike` is called at most once, never for a fault of the door or of silence."""
        self._fault = fault if fault is not None and fault.kind not in ("status", "silence") else None
        self._strike = strike
        self._sent = 0
        self._timer: asyncio.TimerHandle | None = None
        self._ripe = True
        if self._fault is not None and self._fault.after_ms:
            self._ripe = False
            self._timer = asyncio.get_running_loop().call_later(self._fault.after_ms / 1000, self._ripened)

    def sent(self) -> None:
        """A message has gone out."""
        if self._fault is not None:
            self._sent += 1
            self._judge()

    def stop(self) -> None:
        self._fault = None
        if self._timer is not None:
            self._timer.cancel()

    def _ripened(self) -> None:
        self._ripe = True
        self._judge()

    def _judge(self) -> None:
        fault = self._fault
        if fault is not None and self._ripe and self._sent >= fault.after_messages:
            self._fault = None
            self._strike(fault)


def struck_at_the_door(
    fault: Fault | None, side: Exchange | Socket, refuse: Callable[[int, dict[str, str]], None]
) -> bool:
    """Whether a fault ended an exchange or a handshake before it began.

    `refuse` answers with a status and these headers, in the vendor's own words. The rest of the kinds strikes later.
    """
    if fault is None or not fault.at_once:
        return False
    match fault.kind:
        case "status":
            after = fault.retry_after_s
            refuse(fault.status, {} if after is None else {"retry-after": f"{after:g}"})
        case "reset":
            side.reset()
        case "stall":
            if isinstance(side, Socket):
                side.stall()
        case "drop":
            side.drop()
        case "garbage":
            side.raw(NOT_HTTP)
        case _:
            return False
    return True


class Outgoing:
    """Sends the messages of one accepted socket, with its mishap."""

    def __init__(self, socket: Socket, fault: Fault | None, fail: Callable[[Fault], None]) -> None:
        """`fail` says the vendor's own error and closes, for the fault "error"."""
        self._socket, self._fail = socket, fail
        self._mishap = Mishap(fault, self.strike)
        self._now = fault if fault is not None and fault.at_once and fault.kind in ("close", "error") else None

    def begin(self) -> bool:
        """After the handshake: whether the stream goes on (it does not where the fault ends it at once)."""
        if self._now is None:
            return True
        self._mishap.stop()
        self.strike(self._now)
        return False

    def send(self, message: bytes) -> None:
        self._socket.send(message)
        self._mishap.sent()

    def stop(self) -> None:
        self._mishap.stop()

    def strike(self, fault: Fault) -> None:
        """What a fault does to the socket."""
        match fault.kind:
            case "stall":
                self._socket.stall()
            case "drop":
                self._socket.drop()
            case "reset":
                self._socket.reset()
            case "garbage":
                self._socket.send(NOT_JSON)
            case "close":
                self._socket.close(fault.code, fault.reason)
            case _:
                self._fail(fault)
