"""A call as an OpenTelemetry trace, made from its record when it is over, so nothing waits for it. Pure.

    call
    ├─ rung pipeline          each mode that it was held in
    ├─ stream 1               asked for, opened, bridged, ended
    └─ turn 4 agent           from the caller's last sound to the agent's
       ├─ endpointing …       the waterfall (`calls.latency`), each stage with the vendor that it waited for

Ids follow from the callId, so a trace that is told twice is the same trace. No speech and no number is in it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from calls.conversation import Conversation, Role, Turn
from calls.faults import harmful
from calls.latency import Waterfall
from calls.record import CallRecord, EndReason, Mode, Status
from calls.time_line import time_line
from calls.usage import Kind, Usage

Value = str | int | bool
STAGES: Final = ("endpointing", "model", "clause", "speech", "queue", "playout")
_VENDOR_OF: Mapping[str, str] = {"endpointing": "recogniser", "model": "reply", "clause": "reply", "speech": "speech"}
_PART_OF = {Kind.MODEL: "reply", Kind.SPEECH: "speech", Kind.REALTIME: "realtime", Kind.LIVE: "realtime"}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened in a span, at an epoch in ms."""

    at_ms: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Span:
    """`id` and `parent` are 16 hexadecimal digits, `parent` empty for the call itself. Times are epoch ms. `failed` is
    the code of what went wrong, or empty."""

    id: str
    parent: str
    name: str
    started_at_ms: int
    ended_at_ms: int
    attributes: Mapping[str, Value] = field(default_factory=dict)
    failed: str = ""
    marks: tuple[Mark, ...] = ()


def trace_id(record: CallRecord) -> str:
    """32 hexadecimal digits, the first eight of them the seconds of its beginning, as X-Ray wants them.
    https://docs.aws.amazon.com/xray/latest/devguide/xray-api-sendingdata.html#xray-api-traceids"""
    return f"{record.created_at_ms // 1000:08x}{_digest(record.call_id)[:24]}"


def is_wanted(record: CallRecord, share: float) -> bool:
    """Whether the call is told: always where something went wrong, and `share` (0 to 1) of all others."""
    troubled = bool(harmful(record)) or record.end_reason in {None, EndReason.FAILED} or record.status is Status.FAILED
    return troubled or int(_digest(record.call_id)[24:32], 16) < share * 2**32


def spans(
    record: CallRecord, conversation: Conversation, models: Mapping[str, str], used: Sequence[Usage] = ()
) -> tuple[Span, ...]:
    """The call's span first. `models` are the agent's: "recogniser", "reply", "speech" and "realtime", each as
    "provider/model"; what was `used` in the call says where others stood in for them. A call that has not ended ends
    with its last turn."""
    ends = [record.ended_at_ms or record.created_at_ms, *(turn.ended_at_ms for turn in conversation.turns)]
    ended_at_ms = max(ends)
    root = _root(record, conversation, ended_at_ms)
    return (
        root,
        *_rungs(record, root.id, ended_at_ms),
        *_streams(record, root.id, ended_at_ms),
        *_turns(record, conversation, root.id, models, used),
    )


def _root(record: CallRecord, conversation: Conversation, ended_at_ms: int) -> Span:
    attributes: dict[str, Value] = {
        "callId": record.call_id,
        "twilioSid": record.twilio_sid,
        "agent": record.agent,
        "direction": record.direction.value,
        "status": record.status.value,
        "endReason": record.end_reason.value if record.end_reason else "unknown",
        "mode": record.modes[0].mode.value if record.modes else "none",
        "turns": len(conversation.turns),
    }
    failed = next((failure.code for failure in reversed(harmful(record))), "")
    marks = tuple(Mark(event.at_ms, event.sentence) for event in time_line(record, conversation))
    return Span(_id(record, "call"), "", "call", record.created_at_ms, ended_at_ms, attributes, failed, marks)


def _rungs(record: CallRecord, parent: str, ended_at_ms: int) -> Iterator[Span]:
    for number, rung in enumerate(record.modes, 1):
        attributes = {"callId": record.call_id, "mode": rung.mode.value, "whyLeft": rung.why_left}
        name, left_at_ms = f"rung {rung.mode.value}", rung.left_at_ms or ended_at_ms
        yield Span(_id(record, f"rung-{number}"), parent, name, rung.started_at_ms, left_at_ms, attributes)


def _streams(record: CallRecord, parent: str, ended_at_ms: int) -> Iterator[Span]:
    for stream in record.streams:
        known = (
            ("opened at Twilio", stream.opened_at_ms),
            ("bridged", stream.arrived_at_ms),
            ("given up", stream.given_up_at_ms),
        )
        yield Span(
            _id(record, f"stream-{stream.number}"),
            parent,
            f"stream {stream.number}",
            stream.served_at_ms,
            stream.ended_at_ms or stream.given_up_at_ms or ended_at_ms,
            {"callId": record.call_id, "mode": stream.mode.value},
            stream.code or ("stream-never-came" if stream.given_up_at_ms else ""),
            tuple(Mark(at_ms, sentence) for sentence, at_ms in known if at_ms is not None),
        )


def _turns(
    record: CallRecord, conversation: Conversation, parent: str, models: Mapping[str, str], used: Sequence[Usage]
) -> Iterator[Span]:
    for number, turn in enumerate(conversation.turns, 1):
        waited_ms = _waited_ms(turn) if turn.role is Role.AGENT else 0
        asked_at_ms = turn.started_at_ms - waited_ms
        attributes: dict[str, Value] = {"callId": record.call_id, "turn": turn.id, "mode": turn.mode, "cut": turn.cut}
        for name in ("total", "ours"):
            if (took_ms := getattr(turn.latency, name)) is not None:
                attributes[f"{name}Ms"] = took_ms
        span = _id(record, f"turn-{turn.id}")
        yield Span(span, parent, f"turn {number} {turn.role.value}", asked_at_ms, turn.ended_at_ms, attributes)
        yield from _stages(record, turn, span, asked_at_ms, {**models, **_seen(turn, used)})


def _waited_ms(turn: Turn) -> int:
    """In traditional mode, where nobody knows when the answer was heard, what its webhook saw of the waiting."""
    return turn.latency.total or sum(_took_ms(turn.latency, stage) or 0 for stage in STAGES)


def _seen(turn: Turn, used: Sequence[Usage]) -> Mapping[str, str]:
    """Who served the turn, as "provider/model" by part. A recogniser is measured when it is left."""
    seen = {_PART_OF[one.kind]: one for one in used if one.turn == turn.id and one.kind in _PART_OF}
    heard = [one for one in used if one.kind is Kind.RECOGNISER and one.at_ms >= turn.started_at_ms]
    if heard:
        seen["recogniser"] = min(heard, key=lambda one: one.at_ms)
    return {part: f"{one.vendor}/{one.model}" for part, one in seen.items()}


def _stages(record: CallRecord, turn: Turn, parent: str, asked_at_ms: int, models: Mapping[str, str]) -> Iterator[Span]:
    """One after the other, as the waterfall has them. Speech to speech is one vendor's, from hearing to speaking."""
    at_ms = asked_at_ms
    for stage in STAGES:
        took_ms = _took_ms(turn.latency, stage)
        if took_ms is None:
            continue
        attributes: dict[str, Value] = {"callId": record.call_id, "mode": turn.mode}
        part = _VENDOR_OF.get(stage, "")
        if part and turn.mode == Mode.REALTIME.value:
            part = "realtime"
        if vendor := models.get(part, ""):
            attributes["vendor"] = vendor
        yield Span(_id(record, f"turn-{turn.id}-{stage}"), parent, stage, at_ms, at_ms + took_ms, attributes)
        at_ms += took_ms


def _took_ms(waterfall: Waterfall, stage: str) -> int | None:
    took_ms: int | None = getattr(waterfall, stage)
    return took_ms


def _id(record: CallRecord, name: str) -> str:
    return _digest(f"{record.call_id} {name}")[:16]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
