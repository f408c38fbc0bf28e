"""Calls that we place, and calls that an operator ends: the record first, then Twilio, never twice."""

import hashlib
import json
from dataclasses import dataclass, replace

from ulid import ULID

from calls.agent import Agent
from calls.errors import Blame, CallNotFound, ConfigurationInvalid, Failure, OffhookError, RequestRefused
from calls.record import CallRecord, Direction, EndReason, Mode, Status, moved, on_rung
from calls.route import noted
from handlers.dialler import DialFailed, Dialler
from handlers.logs import log, log_error, masked
from handlers.numbers import e164
from handlers.wiring import Wired

DIAL_WITHIN_MS = 30_000
DIAL_UNKNOWN = Failure(
    "dial-unknown",
    Blame.OFFHOOK,
    "The request that made this call ended before it could say whether Twilio took it. It is not dialled again under "
    "the same Idempotency-Key; if it stays queued, use a new key.",
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks for; empty means the deployment's own choice. Numbers as the client wrote them."""

    to_number: str
    agent: str
    from_number: str
    mode: Mode | None


@dataclass(frozen=True, slots=True)
class Placed:
    """`is_new` is false when the Idempotency-Key had made the call before."""

    record: CallRecord
    is_new: bool


def place(wired: Wired, dialler: Dialler, asked: Asked, idempotency_key: str) -> Placed:
    """Dial, and the record of it. RequestRefused, ConfigurationInvalid or StoreUnavailable before anything was
    dialled; DialFailed when Twilio refused, which is in the record too."""
    record = _new(wired, asked)
    if idempotency_key:
        earlier = wired.store.claim(idempotency_key, _fingerprint(record, asked), record)
        if earlier is not None:
            return Placed(_made_before(wired, earlier), is_new=False)
    else:
        wired.store.create(record)
    called = {"callId": record.call_id, "callee": masked(record.to_number)}
    try:
        sid = dialler.dial(record.call_id, record.to_number, record.from_number)
    except DialFailed as error:
        log_error("a call could not be placed", error, **called)
        failure = error.failure
        wired.store.change(record.call_id, lambda r: _not_dialled(r, failure, wired.now_ms()))
        raise
    log().info("a call was placed", extra=called)
    return Placed(_attached(wired, record, sid), is_new=True)


def hang_up(wired: Wired, dialler: Dialler, call_id: str) -> CallRecord:
    """End a call, whatever it is doing; a call that is over stays as it is. CallNotFound, DialFailed, or
    RequestRefused (code "call-not-placed-yet") for a call that Twilio has no CallSid for yet."""
    record = wired.store.by_call_id(call_id)
    if record is None:
        raise CallNotFound("There is no call of that callId.")
    if record.is_final:
        return record
    if not record.twilio_sid:
        raise RequestRefused(
            "Twilio has not yet given this call a CallSid, so it cannot be ended; ask again in a moment.",
            code="call-not-placed-yet",
        )
    # The reason goes first: Twilio's news that the call is over must find it.
    record = wired.store.change(call_id, _ended_by_operator)
    if not record.is_final:
        dialler.hang_up(record.twilio_sid)
        log().info("an operator ended a call", callId=call_id)
    return record


def _new(wired: Wired, asked: Asked) -> CallRecord:
    agent = _agent(wired, asked.agent or wired.settings.inbound_agent)
    if asked.mode and asked.mode not in agent.modes:
        ladder = ", ".join(mode.value for mode in agent.modes)
        raise RequestRefused(
            f'Agent {agent.name} has no mode "{asked.mode.value}" here, only {ladder}.', code="mode-unknown"
        )
    if not (asked.from_number or wired.settings.from_number):
        raise RequestRefused('Give "from", or set OFFHOOK_FROM_NUMBER.', code="from-missing")
    now_ms = wired.now_ms()
    record = CallRecord(
        call_id=str(ULID.from_timestamp(now_ms / 1000)),
        direction=Direction.OUTBOUND,
        agent=agent.name,
        from_number=e164(asked.from_number or wired.settings.from_number, "from"),
        to_number=e164(asked.to_number, "to"),
        created_at_ms=now_ms,
        keep_days=agent.privacy.keep_days,
        redact=agent.privacy.redact,
        say_voice=agent.voice.twilio,
    )
    return on_rung(record, asked.mode, now_ms) if asked.mode else record


def _agent(wired: Wired, name: str) -> Agent:
    try:
        return wired.agent(name)
    except ConfigurationInvalid as error:
        raise RequestRefused(error.failure.sentence, code="agent-unknown") from error


def _fingerprint(record: CallRecord, asked: Asked) -> str:
    """Equal for requests that ask for the same call, however their numbers are written."""
    what = [record.to_number, asked.agent, record.from_number if asked.from_number else "", asked.mode]
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()


def _made_before(wired: Wired, record: CallRecord) -> CallRecord:
    """The call of an earlier request. Where that one is long gone and nobody knows whether Twilio took the call, the
    record says so from now on; Twilio's webhooks still find it, if it did."""
    waiting = not record.twilio_sid and not record.is_final and not record.failures
    if not waiting or wired.now_ms() - record.created_at_ms < DIAL_WITHIN_MS:
        return record
    return wired.store.change(record.call_id, lambda r: r if r.twilio_sid else noted(r, DIAL_UNKNOWN))


def _attached(wired: Wired, record: CallRecord, sid: str) -> CallRecord:
    try:
        return wired.store.attach_sid(record.call_id, sid)
    except OffhookError as error:
        # The call exists, and its first webhook attaches the CallSid as well: the client must not hear of a failure.
        log_error("the CallSid could not be attached yet", error, callId=record.call_id)
        return replace(record, twilio_sid=sid)


def _not_dialled(record: CallRecord, failure: Failure, now_ms: int) -> CallRecord:
    record = noted(record, failure)
    # Where nobody can tell, Twilio's webhooks will.
    return record if failure.retryable else moved(record, Status.FAILED, now_ms)


def _ended_by_operator(record: CallRecord) -> CallRecord:
    return record if record.is_final else replace(record, end_reason=EndReason.OPERATOR_HUNG_UP)
