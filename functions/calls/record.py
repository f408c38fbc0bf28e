"""The call record and its table of legal state changes.

A call moves only along MOVES; a late or repeated Twilio callback asks for a move that is not in the table and is
ignored by whoever applied it (`moved` returns the record unchanged). Times are epoch milliseconds.
Status words are Twilio's own (https://www.twilio.com/docs/voice/api/call-resource#call-status-values).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from calls.errors import Failure

TEST_CALLER = "offhook-doctor"
"""Who calls where nobody does: `offhook doctor`, trying a deployment. Twilio's webhooks are signed and name a number, a
client or a SIP address, so that no caller can bear this name."""


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Mode(StrEnum):
    REALTIME = "realtime"
    PIPELINE = "pipeline"
    TRADITIONAL = "traditional"


class Status(StrEnum):
    QUEUED = "queued"
    INITIATED = "initiated"
    RINGING = "ringing"
    IN_PROGRESS = "in-progress"
    COMPLETED = "completed"
    BUSY = "busy"
    NO_ANSWER = "no-answer"
    CANCELED = "canceled"
    FAILED = "failed"


class EndReason(StrEnum):
    CALLER_GOODBYE = "caller-goodbye"
    AGENT_GOODBYE = "agent-goodbye"
    LIMIT = "limit"
    SILENCE = "silence"
    TRANSFERRED = "transferred"
    CALLER_HUNG_UP = "caller-hung-up"
    OPERATOR_HUNG_UP = "operator-hung-up"
    NOT_CONNECTED = "not-connected"
    FAILED = "failed"


FINAL = frozenset({Status.COMPLETED, Status.BUSY, Status.NO_ANSWER, Status.CANCELED, Status.FAILED})

MOVES: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.INITIATED, Status.RINGING, Status.IN_PROGRESS}) | FINAL,
    Status.INITIATED: frozenset({Status.RINGING, Status.IN_PROGRESS}) | FINAL,
    Status.RINGING: frozenset({Status.IN_PROGRESS}) | FINAL,
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED}),
    **{status: frozenset() for status in FINAL},
}


@dataclass(frozen=True, slots=True)
class ModeUse:
    """One rung that the call stood on; `why_left` is empty while it stands there, and a plain sentence after."""

    mode: Mode
    started_at_ms: int
    left_at_ms: int | None = None
    why_left: str = ""


class Do(StrEnum):
    """What the streamer asks `resume` to do when it has closed the socket on purpose."""

    HANG_UP = "hang-up"
    DIAL = "dial"
    GATHER = "gather"
    STREAM = "stream"


@dataclass(frozen=True, slots=True)
class NextStep:
    """Written by the streamer before it closes the socket; read, and taken away, by `resume`. `mode` may name the rung
    of a STREAM; without it the call stays on the rung it is on."""

    do: Do
    number: str = ""
    why: str = ""
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class StreamUse:
    """One stream that Twilio was asked for; `number` counts as `streams_served` does. Moves are in `calls.streams`.

    `opened_at_ms` is Twilio's word that the socket stands, `arrived_at_ms` the streamer's that the call is bridged,
    `given_up_at_ms` when the watchdog gave it up. `code` is of the failure that the streamer left it with, if any.
    """

    number: int
    mode: Mode
    served_at_ms: int
    opened_at_ms: int | None = None
    arrived_at_ms: int | None = None
    given_up_at_ms: int | None = None
    ended_at_ms: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class CallRecord:
    """A call. `twilio_sid` is empty until Twilio has given the call one. `keep_days` and `redact` are its agent's
    `privacy` as it was when the call was made, `say_voice` the voice that it has in `<Say>`, as Twilio prices voices
    differently; empty where none was written down. `version` counts writes."""

    call_id: str
    direction: Direction
    agent: str
    from_number: str
    to_number: str
    created_at_ms: int
    twilio_sid: str = ""
    status: Status = Status.QUEUED
    modes: tuple[ModeUse, ...] = ()
    answered_at_ms: int | None = None
    ended_at_ms: int | None = None
    end_reason: EndReason | None = None
    next_step: NextStep | None = None
    streams_served: int = 0
    streams: tuple[StreamUse, ...] = ()
    empty_gathers: int = 0
    failures: tuple[Failure, ...] = ()
    keep_days: int | None = None
    redact: tuple[str, ...] = ()
    say_voice: str = ""
    version: int = 0

    @property
    def mode(self) -> Mode | None:
        """The rung it stands on now (or stood on last)."""
        return self.modes[-1].mode if self.modes else None

    @property
    def is_final(self) -> bool:
        return self.status in FINAL

    @property
    def is_test(self) -> bool:
        """Whether `offhook doctor` made it up: it is nobody's call, and counts nowhere."""
        return self.from_number == TEST_CALLER

    @property
    def other_number(self) -> str:
        """The number of whoever is not us."""
        return self.from_number if self.direction is Direction.INBOUND else self.to_number


def moved(record: CallRecord, status: Status, at_ms: int) -> CallRecord:
    """The record after a legal move to `status`; the same record where MOVES does not allow it.

    Sets `answered_at_ms` on the first IN_PROGRESS, and `ended_at_ms` with a plain `end_reason` on a final status
    (a reason that is there already stays: whoever ended the call knew better).
    """
    if status not in MOVES[record.status]:
        return record
    if status is Status.IN_PROGRESS:
        return replace(record, status=status, answered_at_ms=at_ms)
    if status in FINAL:
        reason = record.end_reason or _reason_of(record, status)
        ended = on_no_rung(record, at_ms, "The call ended.")
        return replace(ended, status=status, ended_at_ms=at_ms, end_reason=reason)
    return replace(record, status=status)


def _reason_of(record: CallRecord, status: Status) -> EndReason:
    if status is Status.FAILED:
        return EndReason.FAILED
    if record.answered_at_ms is None:
        return EndReason.NOT_CONNECTED
    return EndReason.CALLER_HUNG_UP


def on_rung(record: CallRecord, mode: Mode, at_ms: int, why_left: str = "") -> CallRecord:
    """The record standing on `mode`; `why_left` says why it left the rung before. No change if it stands there."""
    if record.modes and record.modes[-1].left_at_ms is None:
        if record.modes[-1].mode is mode:
            return record
        record = on_no_rung(record, at_ms, why_left)
    return replace(record, modes=(*record.modes, ModeUse(mode, at_ms)))


def on_no_rung(record: CallRecord, at_ms: int, why_left: str) -> CallRecord:
    """The record with its current rung, if any, left at `at_ms` because of `why_left`."""
    if not record.modes or record.modes[-1].left_at_ms is not None:
        return record
    last = replace(record.modes[-1], left_at_ms=at_ms, why_left=why_left)
    return replace(record, modes=(*record.modes[:-1], last))
