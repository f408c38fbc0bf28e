"""Which failures of a call are faults of their own, and which are only the trace of one that is named. Pure."""

from calls.errors import Failure
from calls.record import CallRecord

CONSEQUENCES = frozenset(
    {"stream-never-came", "task-leaving", "twilio-31920", "twilio-31921", "twilio-31903", "failures-dropped"}
)
"""Failures that say that something else went wrong, or nothing much: what else is known comes before them."""

EVENTS_UNKNOWN = "vendor-events-unknown"
HARMLESS = frozenset({EVENTS_UNKNOWN})
"""What is written down though it did nothing to the call."""

TRACES = frozenset({"twilio-31921"})
"""Twilio's word that the streamer closed the stream, which it does whenever it leaves one because of a failure."""


def harmful(record: CallRecord) -> tuple[Failure, ...]:
    """The record's failures, as they came, but for those that did nothing to the call."""
    return tuple(failure for failure in record.failures if failure.code not in HARMLESS)


def faults_of(record: CallRecord) -> tuple[Failure, ...]:
    """The harmful ones, each code and blame once, the likeliest root of the others first: what happened before what
    came of it. A trace counts only where nothing says what it is the trace of."""
    came = harmful(record)
    once = {(failure.code, failure.blame): failure for failure in reversed(came)}
    failures = [failure for failure in came if once[failure.code, failure.blame] is failure]
    named = [failure for failure in failures if failure.code not in TRACES]
    return tuple(sorted(named or failures, key=lambda failure: failure.code in CONSEQUENCES))
