"""The rules of `store.CallStore` that hold in any engine: what a change may touch, and how a refusal reads. Pure."""

from dataclasses import replace

from calls.dynamo_bounds import bounded
from calls.errors import CallExists, CallNotFound, MoveRefused, RequestRefused
from calls.record import CallRecord

PAGE_LIMIT = 100


def next_version(seen: CallRecord, changed: CallRecord) -> CallRecord | None:
    """What to write after `changed` came of `seen`; None where nothing changed.

    MoveRefused (code "identity-changed") where callId or twilioSid differ: the pointer has to be written with them,
    which is `attach_sid`.
    """
    if changed == seen:
        return None
    if (changed.call_id, changed.twilio_sid) != (seen.call_id, seen.twilio_sid):
        raise MoveRefused("A change may not touch a call's callId or twilioSid.", code="identity-changed")
    return replace(bounded(changed), version=seen.version + 1)


def with_sid(seen: CallRecord, twilio_sid: str) -> CallRecord | None:
    """What to write to give the call its CallSid; None where it has this one. CallExists where it has another."""
    if seen.twilio_sid == twilio_sid:
        return None
    if seen.twilio_sid:
        raise CallExists(f"The call {seen.call_id} has another CallSid already.")
    return replace(seen, twilio_sid=twilio_sid, version=seen.version + 1)


def checked_sid(twilio_sid: str) -> str:
    """The CallSid; RequestRefused (code "sid-missing") where it is empty."""
    if not twilio_sid:
        raise RequestRefused("A call cannot be given an empty CallSid.", code="sid-missing")
    return twilio_sid


def checked_limit(limit: int) -> int:
    """The page size; RequestRefused (code "limit-invalid") outside 1 to PAGE_LIMIT."""
    if not 1 <= limit <= PAGE_LIMIT:
        raise RequestRefused(f"A page holds 1 to {PAGE_LIMIT} calls.", code="limit-invalid")
    return limit


def call_exists(call_id: str) -> CallExists:
    return CallExists(f"The call {call_id} exists already, or its CallSid belongs to another call.")


def call_not_found(call_id: str) -> CallNotFound:
    return CallNotFound(f"There is no call {call_id}.")


def sid_taken() -> CallExists:
    return CallExists("This CallSid belongs to another call already.")


def key_reused() -> RequestRefused:
    return RequestRefused(
        "This Idempotency-Key was used within the last 24 hours for another request; use a new key.",
        code="idempotency-key-reused",
    )
