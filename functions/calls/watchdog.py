"""What becomes of a call whose stream was asked for some seconds ago: a pure function of the record.

The record is the judge between the stream and the watchdog, as both write to it under a condition on its version:
whoever is first is right. A stream that has opened or arrived is left alone for good; one that was given up stays
given up, also when it comes a moment later: Twilio closes it as it follows the redirect.

    the record says                                           the watchdog
    --------------------------------------------------------  --------------------------------------------------------
    the call is over, or goes on without this stream          leaves it
    `offhook doctor` made the call up: Twilio has none        leaves it
    the stream has opened or arrived                          leaves it
    neither                                                   gives the stream up, and redirects the call
    given up a moment ago                                     waits: another delivery of the same message is at it
    given up before, and still nothing has come after it      redirects again: that one failed
"""

from dataclasses import dataclass
from enum import Enum, auto

from calls import streams
from calls.errors import Blame, Failure
from calls.record import CallRecord
from calls.route import noted

AGAIN_AFTER_MS = 10_000
"""Longer than a redirect takes, its second try included, and shorter than SQS waits before it delivers again."""

NEVER_CAME = Failure(
    "stream-never-came",
    Blame.OFFHOOK,
    "No stream reached the streamer in the time it is given, and the call was led on without it. Check that "
    "OFFHOOK_STREAM_URL can be reached from the internet.",
)


class Do(Enum):
    LEAVE = auto()
    REDIRECT = auto()
    WAIT = auto()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The record as it is to stand before anything is done, and what is then to be done."""

    record: CallRecord
    do: Do


def judge(record: CallRecord, stream: int, now_ms: int) -> Verdict:
    """About stream number `stream` at `now_ms` (epoch)."""
    use = streams.stream_of(record, stream)
    if use is None or record.is_test or not streams.stands_on(record, stream):
        return Verdict(record, Do.LEAVE)
    if use.opened_at_ms is not None or use.arrived_at_ms is not None:
        return Verdict(record, Do.LEAVE)
    if use.given_up_at_ms is not None and now_ms - use.given_up_at_ms < AGAIN_AFTER_MS:
        return Verdict(record, Do.WAIT)
    return Verdict(noted(streams.given_up(record, stream, now_ms), NEVER_CAME), Do.REDIRECT)
