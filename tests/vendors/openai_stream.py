"""One answer of OpenAI as server-sent events at their scripted moments, with its mishap; or in one piece."""

from dataclasses import dataclass

from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import Mishap
from tests.vendors.openai_errors import Complaint, server_error
from tests.vendors.paced import Paced
from tests.vendors.script import Fault

_HEAD = (
    ("content-type", "text/event-stream; charset=utf-8"),
    ("cache-control", "no-cache"),
)


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of the stream, and how many of the answer's tokens they carry."""

    data: bytes
    tokens: int = 0


def event(data: bytes, name: str | None = None) -> bytes:
    """One server-sent event."""
    return b"data: " + data + b"\n\n" if name is None else b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


class EventStream:
    """Runs by timers until the last piece, a fault or the client's leaving. Answers 200 at the first piece."""

    def __init__(
        self,
        exchange: Exchange,
        pieces: list[tuple[float, Piece]],
        fault: Fault | None,
        meters: Meters,
        number: int,
        request_id: str,
    ) -> None:
        self._exchange, self._meters, self._number = exchange, meters, number
        self._head = (*_HEAD, ("x-request-id", request_id))
        self._started = self._stalled = self._told_first = False
        self._paced: Paced[Piece] | None = None
        self._mishap = Mishap(fault, self._strike)
        exchange.on_gone = self._gone
        if fault is not None and fault.at_once and fault.kind in ("close", "error"):
            self._strike(fault)
            return
        self._paced = Paced(pieces, self._send, self._done)

    def _send(self, piece: Piece) -> None:
        if self._exchange.over or self._stalled:
            return
        if not self._started:
            self._start()
        if piece.tokens and not self._told_first:
            self._told_first = True
            self._meters.moment(self._number, "first token")
        self._meters.tokens_out += piece.tokens
        self._exchange.send(piece.data)
        self._mishap.sent()

    def _start(self) -> None:
        self._started = True
        self._exchange.start(200, "OK", self._head)

    def _done(self) -> None:
        self._mishap.stop()
        if not self._stalled:
            self._exchange.end()

    def _gone(self) -> None:
        self._meters.requests_cut += 1
        self._stop()

    def _stop(self) -> None:
        self._mishap.stop()
        if self._paced is not None:
            self._paced.stop()

    def _strike(self, fault: Fault) -> None:
        if not self._started and not self._exchange.over:
            self._start()
        match fault.kind:
            case "stall":
                self._stalled = True
                return
            case "garbage":
                self._exchange.send(event(b"{not json"))
                return
            case "drop":
                self._exchange.drop()
            case "reset":
                self._exchange.reset()
            case "error":
                self._exchange.send(event(error_event(server_error())))
                self._exchange.end()
            case _:
                self._exchange.end()
        self._stop()


def error_event(complaint: Complaint) -> bytes:
    """The body of an error inside a stream: the same as of a refused request."""
    return complaint.body()
