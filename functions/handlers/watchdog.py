"""The watchdog: looks at streams that were asked for some seconds ago, from a queue, and leads the calls of those that
never came on, by redirecting them to `resume`, as though the stream had ended.

A message that cannot be dealt with is reported by its id, comes back, and ends in the dead-letter queue. The verdict
is in the record before Twilio is asked, so that a stream which comes meanwhile knows, and no other delivery of the
message redirects the call as well.
"""

from collections.abc import Callable
from typing import Any, Protocol

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord

from calls import measured, watchdog
from calls.errors import CallNotFound
from calls.record import CallRecord
from calls.route import noted
from calls.watchdog import Verdict
from calls.webhook_retries import THINKING
from handlers import measures
from handlers.dialler import DialFailed, dialler_of
from handlers.logs import log, log_error
from handlers.watch_queue import Watched, WatchFailed, read
from handlers.wiring import Wired, wired

REDIRECT_WITHIN_S = 2.5
"""One try of Twilio's REST; two of them, and the store, fit in the function's time."""


class Redirecting(Protocol):
    """Twilio's REST, as far as the watchdog needs it (`dialler.TwilioDialler`)."""

    def redirect(self, twilio_sid: str, url: str) -> None:
        """Lead the live call to `url` (POST); one that is over is left alone. DialFailed."""


def look(wired: Wired, twilio: Redirecting, watched: Watched) -> None:
    """Look at one stream. StoreUnavailable, DialFailed or WatchFailed: look again later."""
    verdicts: list[Verdict] = []

    def change(record: CallRecord) -> CallRecord:
        verdicts.append(watchdog.judge(record, watched.stream, wired.now_ms()))
        return verdicts[-1].record

    try:
        record = wired.store.change(watched.call_id, change)
    except CallNotFound:
        # It was let in on its token alone, as the table was down; nothing could be remembered of a redirect.
        log().warning("a stream without a record is not watched", callId=watched.call_id)
        return
    match verdicts[-1].do:
        case watchdog.Do.LEAVE:
            return
        case watchdog.Do.WAIT:
            raise WatchFailed("Another delivery of this message is at work.", code="watch-under-way")
        case watchdog.Do.REDIRECT:
            _redirect(wired, twilio, record, watched.stream)


def _redirect(wired: Wired, twilio: Redirecting, record: CallRecord, stream: int) -> None:
    url = f"{wired.settings.public_url}/twilio/resume/{stream}{THINKING}"
    try:
        _tried_twice(lambda: twilio.redirect(record.twilio_sid, url))
    except DialFailed as failed:
        failure = failed.failure
        wired.store.change(record.call_id, lambda r: noted(r, failure))
        raise
    measures.tell(measured.of_redirect())
    log().warning("no stream came; the call is redirected", callId=record.call_id, stream=stream)


def _tried_twice(redirect: Callable[[], None]) -> None:
    """Leading a call twice to one URL is harmless: `resume` answers as it did before."""
    try:
        redirect()
    except DialFailed as failed:
        log_error("a call could not be redirected at once", failed)
        redirect()


def answer(wired: Callable[[], Wired], twilio: Callable[[Wired], Redirecting], event: dict[str, Any]) -> dict[str, Any]:
    """Look at every stream of an SQS event; which messages are to come again, as a partial batch response."""

    def one(record: SQSRecord) -> None:
        here = wired()
        try:
            look(here, twilio(here), read(record.body))
        except Exception as error:
            log_error("a stream is to be looked at again", error)
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    return dict(process_partial_response(event, one, processor))


def handler(event: dict[str, Any], _context: Any) -> dict[str, Any]:
    """The Lambda's entry point."""
    return answer(wired, lambda here: dialler_of(here, REDIRECT_WITHIN_S), event)
