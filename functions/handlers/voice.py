"""POST /twilio/voice and /twilio/voice/{call_id}: a call has been answered; what now?

Inbound, the CallSid is new, and makes the record: once, however often Twilio asks. Outbound, the record is older than
the call, and the path says which it is: Twilio may ask before our own request that placed the call has returned, so
the CallSid is attached here as well.
"""

from ulid import ULID

from calls.errors import CallExists, CallNotFound
from calls.record import CallRecord, Direction
from calls.route import VoiceAnswered
from handlers.conduct import conduct
from handlers.logs import log, masked
from handlers.twilio_request import TwilioRequest
from handlers.webhook import answer_voice, lambda_handler, routed
from handlers.wiring import Wired

_LONGEST_NUMBER_CHARS = 64


def _answer_new(wired: Wired, request: TwilioRequest) -> str:
    record = wired.store.by_sid(request.call_sid) or _new_record(wired, request)
    return _answer(wired, record)


def _answer_placed(wired: Wired, request: TwilioRequest, call_id: str) -> str:
    record = wired.store.by_call_id(call_id)
    if record is None or record.direction is not Direction.OUTBOUND:
        raise CallNotFound("The path names no call that was placed from here.")
    if record.twilio_sid != request.call_sid:
        try:
            record = wired.store.attach_sid(call_id, request.call_sid)
        except CallExists as error:
            raise CallNotFound("The path names a call that has another CallSid.") from error
    return _answer(wired, record)


def _answer(wired: Wired, record: CallRecord) -> str:
    """A call is answered once: whoever asks again is told again."""
    return conduct(wired, record, VoiceAnswered(), "voice")


def _new_record(wired: Wired, request: TwilioRequest) -> CallRecord:
    now_ms = wired.now_ms()
    outbound = request.field("Direction").startswith("outbound")
    record = CallRecord(
        call_id=str(ULID.from_timestamp(now_ms / 1000)),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        agent=wired.agent(wired.settings.inbound_agent).name,
        from_number=request.field("From")[:_LONGEST_NUMBER_CHARS],
        to_number=request.field("To")[:_LONGEST_NUMBER_CHARS],
        created_at_ms=now_ms,
        twilio_sid=request.call_sid,
    )
    try:
        wired.store.create(record)
    except CallExists:
        # Twilio asked twice at once, and the other answer was first.
        if existing := wired.store.by_sid(request.call_sid):
            return existing
        raise
    log().info("a call came in", callId=record.call_id, caller=masked(record.from_number), agent=record.agent)
    return record


router = routed(answer_voice, {"/twilio/voice": _answer_new, "/twilio/voice/<call_id>": _answer_placed})
handler = lambda_handler(router)
