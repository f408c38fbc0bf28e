"""One answer of OpenAI as server-sent events at their scripted moments, with its mishap; or in one piece."""

from collections.abc import Sequence
from dataclasses import dataclass

from tests.vendors.exchange import Exchange
from tests.vendors.meters import Meters
from tests.vendors.openai_errors import Complaint, server_error
from tests.vendors.script import Fault
from tests.vendors.streamed_answer import Says, StreamedAnswer

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


def stream_events(
    exchange: Exchange,
    pieces: Sequence[tuple[float, Piece]],
    fault: Fault | None,
    meters: Meters,
    number: int,
    request_id: str,
) -> None:
    """Answer with these pieces; `number` is the request's, in the meters."""
    told_first = False

    def counted(piece: Piece) -> bytes:
        nonlocal told_first
        if piece.tokens and not told_first:
            told_first = True
            meters.moment(number, "first token")
        meters.tokens_out += piece.tokens
        return piece.data

    says = Says((*_HEAD, ("x-request-id", request_id)), event(b"{not json"), event(error_event(server_error())))
    StreamedAnswer(exchange, says, pieces, counted, fault, meters)


def error_event(complaint: Complaint) -> bytes:
    """The body of an error inside a stream: the same as of a refused request."""
    return complaint.body()
