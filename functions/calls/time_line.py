"""What happened in a call, in order: its answer, streams, rungs, turns, interruptions and end. Pure.

Times are epoch ms, as the record and the turns have them. What is not kept (a webhook that changed nothing, a mark of
its own) is not made up.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from calls.causes import SLOW_MS
from calls.comparison import LADDER
from calls.conversation import Conversation, Role
from calls.plain_words import END_REASONS, seconds
from calls.record import CallRecord, Direction, EndReason, Mode, StreamUse
from calls.responsiveness import interruptions

WAITED_MS = 4_000
"""A silence between two turns that is worth a line."""


class EventKind(StrEnum):
    CALL = "call"
    STREAM = "stream"
    MODE = "mode"
    TURN = "turn"
    INTERRUPTION = "interruption"
    SILENCE = "silence"
    END = "end"


@dataclass(frozen=True, slots=True)
class Event:
    """`turn` is the number of the turn that it is, from 1; 0 where it is none. `is_bad`: something that ought not to
    be."""

    at_ms: int
    kind: EventKind
    sentence: str
    is_bad: bool = False
    turn: int = 0


def time_line(record: CallRecord, conversation: Conversation) -> tuple[Event, ...]:
    """Every event by its time; those of one moment in the order of `EventKind`, the end last."""
    found = [
        *_call(record),
        *_rungs(record),
        *_turns(conversation),
        *_interrupted(conversation),
        *_silences(conversation),
    ]
    for stream in record.streams:
        found += _stream(record, stream)
    order = {kind: place for place, kind in enumerate(EventKind)}
    return tuple(sorted(found, key=lambda event: (event.at_ms, order[event.kind])))


def _call(record: CallRecord) -> Iterator[Event]:
    made = "We placed the call." if record.direction is Direction.OUTBOUND else "The call came in."
    if record.created_at_ms == record.answered_at_ms:
        yield Event(record.answered_at_ms, EventKind.CALL, "It was answered.")
    else:
        yield Event(record.created_at_ms, EventKind.CALL, made)
    if record.answered_at_ms not in {None, record.created_at_ms}:
        after = seconds(max(0, record.answered_at_ms - record.created_at_ms))
        yield Event(record.answered_at_ms, EventKind.CALL, f"It was answered, after {after}.")
    if record.ended_at_ms is not None:
        reason = END_REASONS[record.end_reason.value] if record.end_reason else "Why was never told."
        bad = record.end_reason in {None, EndReason.FAILED}
        yield Event(record.ended_at_ms, EventKind.END, f"The call ended ({record.status.value}). {reason}", bad)


def _stream(record: CallRecord, stream: StreamUse) -> Iterator[Event]:
    name, asked_ms = f"Stream {stream.number}", stream.served_at_ms

    def event(at_ms: int | None, sentence: str, is_bad: bool = False) -> Iterator[Event]:
        if at_ms is not None:
            after = f" ({seconds(max(0, at_ms - asked_ms))} after it was asked for)"
            yield Event(at_ms, EventKind.STREAM, f"{name} {sentence}{after if sentence[-1] != '.' else ''}", is_bad)

    yield Event(
        asked_ms, EventKind.STREAM, f"Twilio was told to open stream {stream.number}, for {stream.mode.value} mode."
    )
    yield from event(stream.opened_at_ms, "stands at Twilio")
    yield from event(stream.arrived_at_ms, "is bridged by the streamer")
    yield from event(stream.given_up_at_ms, "had not come and was given up", True)
    failure = next((one for one in record.failures if one.code == stream.code), None) if stream.code else None
    why = f"was left because of {stream.code}: {failure.sentence}" if failure else f"was left because of {stream.code}."
    yield from event(stream.ended_at_ms, why if stream.code else "ended.", bool(stream.code))


def _rungs(record: CallRecord) -> Iterator[Event]:
    if record.modes:
        first = record.modes[0]
        yield Event(first.started_at_ms, EventKind.MODE, f"It begins in {first.mode.value} mode.")
    for before, after in pairwise(record.modes):
        fell = LADDER.index(after.mode) > LADDER.index(before.mode)
        verb = "falls to" if fell else "goes on in"
        why = f": {before.why_left}" if before.why_left else "."
        yield Event(after.started_at_ms, EventKind.MODE, f"It {verb} {after.mode.value} mode{why}", fell)


def _turns(conversation: Conversation) -> Iterator[Event]:
    for number, turn in enumerate(conversation.turns, 1):
        total = turn.latency.total
        slow = total is not None and total >= SLOW_MS
        late = f" It was heard {seconds(total)} after the caller's last sound." if slow and total else ""
        cut = " (cut)" if turn.cut else ""
        sentence = f"The {turn.role.value} speaks, turn {number}{cut}.{late}"
        yield Event(turn.started_at_ms, EventKind.TURN, sentence, slow, number)


def _interrupted(conversation: Conversation) -> Iterator[Event]:
    for _, turn, took_ms in interruptions(conversation):
        sentence = f"The caller interrupts; the agent is silent {seconds(took_ms)} later."
        yield Event(turn.started_at_ms, EventKind.INTERRUPTION, sentence)


def _silences(conversation: Conversation) -> Iterator[Event]:
    """Between two turns of streams: what Twilio speaks by itself has no times."""
    for before, after in pairwise(conversation.turns):
        quiet_ms = after.started_at_ms - before.ended_at_ms
        if Mode.TRADITIONAL.value in {before.mode, after.mode} or quiet_ms < WAITED_MS:
            continue
        waited = before.role is Role.CALLER and after.role is Role.AGENT
        sentence = f"The caller waits {seconds(quiet_ms)}." if waited else f"Nobody speaks for {seconds(quiet_ms)}."
        yield Event(before.ended_at_ms, EventKind.SILENCE, sentence, waited)
