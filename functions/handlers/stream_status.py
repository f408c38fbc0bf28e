"""POST /twilio/stream-status/{stream}: Twilio's news of a stream. That its socket stands, which the watchdog waits for,
and an error go into the record; what the call does about an error is decided by resume, which Twilio asks next.

The path without a number serves TwiML written elsewhere.

Codes: https://www.twilio.com/docs/api/errors, 31901 to 31951.
"""

import re
from collections.abc import Mapping

from calls import measured, streams
from calls.errors import Blame, Failure
from calls.record import CallRecord
from calls.route import noted
from handlers import measures
from handlers.logs import log
from handlers.twilio_request import TwilioRequest
from handlers.webhook import known_call, lambda_handler, path_number, routed, take_news
from handlers.wiring import Wired

_ERRORS: Mapping[str, tuple[Blame, str]] = {
    "31901": (Blame.OFFHOOK, "The streamer did not answer Twilio in time."),
    "31902": (
        Blame.OFFHOOK,
        "Nothing took the stream's connection: the streamer is down, or OFFHOOK_STREAM_URL has a wrong host or port.",
    ),
    "31903": (Blame.OFFHOOK, "The connection between Twilio and the streamer broke."),
    "31904": (
        Blame.CONFIGURATION,
        "There is no way from Twilio to the streamer's host; check that OFFHOOK_STREAM_URL names a public one.",
    ),
    "31910": (Blame.CONFIGURATION, "Twilio could not agree on TLS with the streamer; check its certificate."),
    "31920": (Blame.OFFHOOK, "The streamer was not reached or refused the stream; check OFFHOOK_STREAM_URL."),
    "31921": (Blame.OFFHOOK, "The streamer closed the stream."),
    "31922": (Blame.CONFIGURATION, "The stream's URL is not a wss URL; check OFFHOOK_STREAM_URL."),
    "31924": (Blame.OFFHOOK, "The streamer broke the WebSocket protocol."),
    "31930": (Blame.OFFHOOK, "The streamer read too slowly, and Twilio threw audio away."),
    "31950": (Blame.OFFHOOK, "The streamer sent a message that Twilio could not read."),
    "31951": (Blame.OFFHOOK, "The streamer sent a message that Twilio does not know."),
}
_CODE = re.compile(r"\b319\d\d\b")


def failure_of(request: TwilioRequest) -> Failure:
    """The failure that a stream-error tells of. Twilio's own text is only searched for a code, never kept."""
    found = _CODE.search(f"{request.field('StreamErrorCode')} {request.field('StreamError')}")
    code = found[0] if found else ""
    blame, sentence = _ERRORS.get(code, (Blame.TWILIO, "Twilio reports an error of the stream."))
    return Failure(f"twilio-{code}" if code else "twilio-stream-error", blame, sentence)


def _take(wired: Wired, request: TwilioRequest, stream: str = "") -> None:
    record = known_call(wired, request)
    number, event = path_number(stream) if stream else 0, request.field("StreamEvent")
    if event == "stream-error":
        failure = failure_of(request)
        wired.store.change(record.call_id, lambda r: noted(r, failure))
        if _waits(record, number):
            measures.tell(measured.of_stream_missed())
        log().warning("a stream's error", callId=record.call_id, code=failure.code)
        return
    if event == "stream-started" and number:
        now_ms = wired.now_ms()
        after = wired.store.change(record.call_id, lambda r: streams.opened(r, number, now_ms))
        opened = streams.stream_of(after, number)
        if _waits(record, number) and opened and opened.opened_at_ms is not None:
            measures.tell(measured.of_stream_opened(opened))
    log().info("a stream's news", callId=record.call_id, event=event if event.startswith("stream-") else "unknown")


def _waits(record: CallRecord, number: int) -> bool:
    """Whether nobody has said yet what became of the stream: so each counts once, however often Twilio tells."""
    stream = streams.stream_of(record, number)
    return stream is not None and stream.opened_at_ms is None and stream.given_up_at_ms is None


router = routed(take_news, {"/twilio/stream-status": _take, "/twilio/stream-status/<stream>": _take})
handler = lambda_handler(router)
