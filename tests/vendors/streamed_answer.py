"""The answer to one HTTP request that is streamed, at its scripted moments and with its mishap."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.mishap import Mishap
from tests.vendors.paced import Paced
from tests.vendors.script import Fault

_Piece = TypeVar("_Piece")


@dataclass(frozen=True, slots=True)
class Says:
    """The head of an answer that is well, and in the vendor's own words what is wrong in the middle of it."""

    head: tuple[tuple[str, str], ...]
    garbage: bytes
    error: bytes


class StreamedAnswer(Generic[_Piece]):
    """Runs by timers until the last piece, a fault or the client's leaving. Answers 200 at the first piece."""

    def __init__(
        self,
        exchange: Exchange,
        says: Says,
        pieces: Sequence[tuple[float, _Piece]],
        counted: Callable[[_Piece], bytes],
        fault: Fault | None,
        meters: Meters,
    ) -> None:
        """`pieces`: `time.monotonic` and piece, in order of time. `counted` counts one that goes out now, and gives its
        bytes."""
        self._exchange, self._says, self._counted, self._meters = exchange, says, counted, meters
        self._started = self._stalled = False
        self._paced: Paced[_Piece] | None = None
        self._mishap = Mishap(fault, self._strike)
        exchange.on_gone = self._gone
        if fault is not None and fault.at_once and fault.kind in ("close", "error"):
            self._strike(fault)
            return
        self._paced = Paced(pieces, self._send, self._done)

    def _send(self, piece: _Piece) -> None:
        if self._exchange.over or self._stalled:
            return
        self._start()
        self._exchange.send(self._counted(piece))
        self._mishap.sent()

    def _start(self) -> None:
        if not self._started:
            self._started = True
            self._exchange.start(200, "OK", self._says.head)

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
        if not self._exchange.over:
            self._start()
        match fault.kind:
            case "stall":
                self._stalled = True
                return
            case "garbage":
                self._exchange.send(self._says.garbage)
                return
            case "drop":
                self._exchange.drop()
            case "reset":
                self._exchange.reset()
            case "error":
                self._exchange.send(self._says.error)
                self._exchange.end()
            case _:
                self._exchange.end()
        self._stop()
