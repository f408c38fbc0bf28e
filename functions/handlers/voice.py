"""POST /twilio/voice and /twilio/voice/{call_id}: a call has been answered; what now?

Inbound, the CallSid is new, and makes the record: once, however often Twilio asks. Outbound, the record is older than
the call, and the path says which it is: Twilio may ask before our own request that placed the call has returned, so
the CallSid is attached here as well.

A table that is down does not keep a call from its stream: the token says all that a streamer needs, and the streamer
writes the record when the table is back.
"""

from handlers import cold_start  # isort: split

import time
from collections.abc import Callable
from dataclasses import replace

from ulid import ULID

from calls.errors import CallExists, CallNotFound, StoreUnavailable
from calls.record import CallRecord, Direction, Mode
from calls.route import VoiceAnswered
from handlers import in_time
from handlers.conduct import conduct, on_token_alone
from handlers.logs import log, log_error, masked
from handlers.twilio_request import TwilioRequest
from handlers.webhook import answer_voice, lambda_handler, routed
from handlers.wiring import Wired

TABLE_WITHIN_S = 3.0
"""Three good tries of the table; the caller hears nothing meanwhile."""

_LONGEST_NUMBER_CHARS = 64


def _answer_new(wired: Wired, request: TwilioRequest) -> str:
    new = _new_record(wired, request)

    def answer(timed: Wired) -> str:
        return _answer(timed, timed.store.by_sid(request.call_sid) or _created(timed, new))

    return _with_or_without_table(wired, answer, new)


def _answer_placed(wired: Wired, request: TwilioRequest, call_id: str) -> str:
    def answer(timed: Wired) -> str:
        record = timed.store.by_call_id(call_id)
        if record is None or record.direction is not Direction.OUTBOUND:
            raise CallNotFound("The path names no call that was placed from here.")
        if record.twilio_sid != request.call_sid:
            try:
                record = timed.store.attach_sid(call_id, request.call_sid)
            except CallExists as error:
                raise CallNotFound("The path names a call that has another CallSid.") from error
        return _answer(timed, record)

    # Which agent it was placed for is in the table alone; where there is one agent only, it is that one.
    known = replace(_new_record(wired, request), call_id=call_id) if len(wired.agents) == 1 else None
    return _with_or_without_table(wired, answer, known)


def _answer(wired: Wired, record: CallRecord) -> str:
    """A call is answered once: whoever asks again is told again."""
    return conduct(wired, record, VoiceAnswered(), "voice")


def _with_or_without_table(wired: Wired, answer: Callable[[Wired], str], known: CallRecord | None) -> str:
    """What `answer` gives, or, where the table does not answer in time, a stream on its token alone, for the call as it
    is `known`. StoreUnavailable where that cannot be had."""
    mode = wired.agent(known.agent).modes[0] if known else Mode.TRADITIONAL
    if known is None or mode is Mode.TRADITIONAL:
        return answer(wired)
    ends_s = time.monotonic() + TABLE_WITHIN_S
    timed = replace(wired, left_s=lambda: min(wired.left_s(), ends_s - time.monotonic()))
    try:
        return in_time.within(timed.left_s(), lambda: answer(timed))
    except StoreUnavailable as down:
        log_error("the table is down; a call streams on its token alone", down, callId=known.call_id)
        return on_token_alone(wired, known, mode)


def _new_record(wired: Wired, request: TwilioRequest) -> CallRecord:
    now_ms = wired.now_ms()
    agent = wired.agent(wired.settings.inbound_agent)
    outbound = request.field("Direction").startswith("outbound")
    return CallRecord(
        call_id=str(ULID.from_timestamp(now_ms / 1000)),
        direction=Direction.OUTBOUND if outbound else Direction.INBOUND,
        agent=agent.name,
        from_number=request.field("From")[:_LONGEST_NUMBER_CHARS],
        to_number=request.field("To")[:_LONGEST_NUMBER_CHARS],
        created_at_ms=now_ms,
        twilio_sid=request.call_sid,
        keep_days=agent.privacy.keep_days,
        redact=agent.privacy.redact,
        say_voice=agent.voice.twilio,
    )


def _created(wired: Wired, record: CallRecord) -> CallRecord:
    try:
        wired.store.create(record)
    except CallExists:
        # Twilio asked twice at once, and the other answer was first.
        if existing := wired.store.by_sid(record.twilio_sid):
            return existing
        raise
    log().info("a call came in", callId=record.call_id, caller=masked(record.from_number), agent=record.agent)
    return record


router = routed(answer_voice, {"/twilio/voice": _answer_new, "/twilio/voice/<call_id>": _answer_placed})
handler = lambda_handler(router)
cold_start.is_over()
