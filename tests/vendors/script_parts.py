"""What all scripts of the simulated vendors share: failures, a function the model calls, and whose turn an entry is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, TypeAlias, TypeVar

Kind: TypeAlias = Literal["status", "reset", "stall", "drop", "garbage", "close", "error", "silence"]
"""How a vendor fails. Before anything else (`after_messages` and `after_ms` 0), or in mid-stream:

- status: the request or the handshake is answered with `status`, and `Retry-After` where `retry_after_s` is given
- reset: the TCP connection is reset without an answer
- stall: accepted, then nothing, for ever
- drop: the connection is cut without a closing handshake
- garbage: something that is no message of this vendor, then the stream goes on
- close: a WebSocket is closed with `code` and `reason`; an HTTP stream is ended as if it were complete
- error: the vendor's own error message inside a stream, and the end of it (on a socket with `code`)
- silence: 200 OK and silent audio (mu-law 0xFF); for a recogniser: it hears no words
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One failure of one connection. It strikes once `after_messages` were sent and `after_ms` have passed."""

    kind: Kind
    after_messages: int = 0
    after_ms: float = 0.0
    status: int = 500
    retry_after_s: float | None = None
    code: int = 1011
    reason: str = ""

    def __post_init__(self) -> None:
        HTTPStatus(self.status)

    @property
    def at_once(self) -> bool:
        return not self.after_messages and not self.after_ms


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A function the model calls; `arguments` is a JSON text."""

    name: str
    arguments: str = "{}"


Messages: TypeAlias = Sequence[Mapping[str, Any]]

_Entry = TypeVar("_Entry")


def nth(entries: Sequence[_Entry], number: int) -> _Entry:
    """The entry for connection or request `number` (from 0): the last one serves all that follow."""
    if not entries:
        raise ValueError("a script needs at least one entry in each of its lists")
    return entries[min(number, len(entries) - 1)]
