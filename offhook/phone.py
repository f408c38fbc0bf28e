"""The port of whoever can place a call on this machine and tell what happens on its line.

`house.House` is one, in the process of the Twilio box; `control.ControlClient` is the other, from another terminal.
 `one_call.run_call` follows a call through either.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from calls.errors import OffhookError
from calls.store import CallStore
from offhook.call_request import CallRequest

KEPT_WITHIN_S = 60.0
"""How long `kept` waits at most: status callbacks are retried before a call is put away."""


@dataclass(frozen=True, slots=True)
class LineEvent:
    """Something that happened on the line of a call, in plain words without a whole phone number. `number` counts up
    from 1 over all calls of the house; `at_ms` is since answer, 0 before."""

    number: int
    call_sid: str
    at_ms: int
    sentence: str
    bad: bool = False


@dataclass(frozen=True, slots=True)
class PlacedCall:
    """A call that has a record."""

    call_id: str
    twilio_sid: str


class Phone(Protocol):
    @property
    def store(self) -> CallStore:
        """The store that holds the records of its calls."""

    async def place(self, request: CallRequest) -> PlacedCall:
        """Place the call and wait for its record. RequestRefused with the deployment's own words; CallNotPlaced."""

    def events(self, call_sid: str) -> AsyncIterator[LineEvent]:
        """What happened and happens on the line of one call, in order, until the iterator is closed."""

    async def kept(self, call: PlacedCall) -> Path:
        """The call's folder, once its files are there. CallNotKept when that cannot be or takes too long."""


class CallNotPlaced(OffhookError):
    """The call was accepted but never got a record, or no CallSid, in time."""

    default_code = "call-not-placed"


class CallNotKept(OffhookError):
    """The files of a call could not be written."""

    default_code = "call-not-kept"
