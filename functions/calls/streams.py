"""The streams of a call, one by one, and what may be written about each. Pure functions of the record.

    served      TwiML asked Twilio for it: voice, resume or turn
    opened      Twilio says that its socket stands: stream-status
    arrived     the streamer says that the call is bridged: the journal's first entry
    given up    neither came in time: the watchdog, and never after either; again where its redirect failed
    ended       resume was asked about it

Every other mark is set once and stays; none but that is set in a call that is over. Times are epoch ms.
"""

from dataclasses import replace

from calls.record import CallRecord, Mode, StreamUse

SHORT_MS = 10_000
"""A stream that lives less has not helped the caller much: `shorts_in_a_row`."""

KEPT = 40


def served(record: CallRecord, mode: Mode, at_ms: int) -> CallRecord:
    """One more stream, in `mode`. Beyond 40 the oldest is no longer kept; `streams_served` still counts it."""
    number = record.streams_served + 1
    streams = (*record.streams, StreamUse(number, mode, at_ms))
    return replace(record, streams_served=number, streams=streams[-KEPT:])


def stream_of(record: CallRecord, number: int) -> StreamUse | None:
    """The stream of that number, or None where it is not kept."""
    return next((stream for stream in record.streams if stream.number == number), None)


def newest(record: CallRecord) -> StreamUse | None:
    return stream_of(record, record.streams_served)


def opened(record: CallRecord, number: int, at_ms: int) -> CallRecord:
    return _marked(record, number, opened_at_ms=at_ms)


def arrived(record: CallRecord, number: int, at_ms: int) -> CallRecord:
    """`number` 0 is the newest, for a streamer that was not told which it is."""
    return _marked(record, number or record.streams_served, arrived_at_ms=at_ms)


def left_with(record: CallRecord, number: int, code: str) -> CallRecord:
    """The failure that the streamer leaves the stream with, or does not begin it because of; 0 is the newest."""
    stream = stream_of(record, number or record.streams_served)
    return record if stream is None or stream.code or record.is_final else _with(record, replace(stream, code=code))


def given_up(record: CallRecord, number: int, at_ms: int) -> CallRecord:
    """Only `calls.watchdog` decides this; set again when a redirect that failed is tried again."""
    stream = stream_of(record, number)
    return record if stream is None else _with(record, replace(stream, given_up_at_ms=at_ms))


def ended(record: CallRecord, number: int, at_ms: int) -> CallRecord:
    return _marked(record, number, ended_at_ms=at_ms)


def stands_on(record: CallRecord, number: int) -> bool:
    """Whether the call waits for, or is on, stream `number`, and nobody has said what comes after it."""
    return (
        not record.is_final
        and record.streams_served == number
        and record.end_reason is None
        and record.next_step is None
        and record.mode not in (None, Mode.TRADITIONAL)
        and record.modes[-1].left_at_ms is None
        and (stream := stream_of(record, number)) is not None
        and stream.ended_at_ms is None
    )


def lived_ms(stream: StreamUse) -> int:
    """How long a stream that has ended was there for the caller; 0 where it never came."""
    began_ms = stream.arrived_at_ms if stream.arrived_at_ms is not None else stream.opened_at_ms
    return max(0, stream.ended_at_ms - began_ms) if began_ms is not None and stream.ended_at_ms is not None else 0


def shorts_in_a_row(record: CallRecord) -> int:
    """How many of the newest streams, all ended, lived less than SHORT_MS each."""
    count = 0
    for stream in reversed(record.streams):
        if stream.ended_at_ms is None or lived_ms(stream) >= SHORT_MS:
            break
        count += 1
    return count


def _marked(record: CallRecord, number: int, **marks: int) -> CallRecord:
    stream = stream_of(record, number)
    new = {name: at_ms for name, at_ms in marks.items() if stream and getattr(stream, name) is None}
    if stream is None or not new or record.is_final:
        return record
    return _with(record, replace(stream, **new))  # type: ignore[arg-type]  # the names are those of marks of time


def _with(record: CallRecord, changed: StreamUse) -> CallRecord:
    return replace(record, streams=tuple(changed if s.number == changed.number else s for s in record.streams))
