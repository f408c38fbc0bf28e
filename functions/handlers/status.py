"""POST /twilio/status: Twilio's news of a call. Only legal moves are made, so that late, repeated and out-of-order
news (https://www.twilio.com/docs/voice/api/call-resource#statuscallback) are harmless, whatever SequenceNumber says."""

from calls.errors import Blame, Failure
from calls.record import CallRecord, Status, moved
from calls.route import noted
from handlers.logs import log
from handlers.twilio_request import TwilioRequest
from handlers.webhook import known_call, lambda_handler, routed, take_news
from handlers.wiring import Wired


def told(record: CallRecord, status: Status, duration_s: int, failure: Failure | None, now_ms: int) -> CallRecord:
    """The record after Twilio's word that the call is `status`. "completed" means that it was answered, also where
    the news of that never came: then it was answered `duration_s` ago."""
    if status is Status.COMPLETED and not record.is_final:
        record = moved(record, Status.IN_PROGRESS, now_ms - duration_s * 1000)
    after = moved(record, status, now_ms)
    return noted(after, failure) if failure and after is not record else after


def _take(wired: Wired, request: TwilioRequest) -> None:
    word = request.field("CallStatus")
    record = known_call(wired, request)
    if word not in set(Status):
        log().warning("a call status that is not in the table", callId=record.call_id, code="status-unknown")
        return
    status, duration = Status(word), request.field("CallDuration")
    duration_s = int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 8 else 0
    failure = _failure(request) if status is Status.FAILED else None
    now_ms = wired.now_ms()
    wired.store.change(record.call_id, lambda r: told(r, status, duration_s, failure, now_ms))
    log().info("a call's status", callId=record.call_id, status=word, sequence=request.field("SequenceNumber")[:8])


def _failure(request: TwilioRequest) -> Failure:
    code = request.field("ErrorCode") or request.field("SipResponseCode")
    known = code if code.isascii() and code.isdigit() and len(code) <= 6 else ""
    return Failure(
        f"twilio-{known}" if known else "twilio-call-failed",
        Blame.TWILIO,
        "Twilio could not connect the call" + (f" (code {known})." if known else "."),
    )


router = routed(take_news, {"/twilio/status": _take})
handler = lambda_handler(router)
