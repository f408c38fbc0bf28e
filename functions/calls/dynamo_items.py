"""What stands in the table: keys and items as plain values, and back. Pure; DynamoDB's own notation comes in `dynamo`.

One table, two string keys, eight kinds of item:

pk                       sk                 other attributes
CALL#<callId>            META               record, version, callId, listing (these two make the index `newest`), party
                                            (a digest of the other party's number: with callId the index `numbers`)
CALL#<callId>            TURN#<turn id>     turn
CALL#<callId>            USAGE#<usage id>   usage
CALL#<callId>            STEP#<step>        answer, expiresAt
CALL#<callId>            KEPT#<name>        text (what the call left behind: "outcome", and what was done about it)
SID#<twilioSid>          CALL               callId
IDEM#<sha256 of key>     CLAIM              callId, fingerprint, expiresAt
SPENT#<agent>#<day>      CALL#<callId>      microUsd, expiresAt (what the day's budget is held against)

A turn, or a usage, is keyed by its id alone and put in order when it is read, so one that is written twice is one
item even if the second writer gives it another time. `expiresAt` is epoch seconds, as DynamoDB's time to live wants
it; deletion may be days late (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html), so `claim`
looks at it. Every item of a call that is not to be kept for ever has one (`expiring`).
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from calls.conversation import Conversation, Role, Turn
from calls.dynamo_bounds import TURN_TEXT_CHARS, clipped
from calls.errors import RequestRefused
from calls.latency import Waterfall
from calls.record import CallRecord
from calls.record_plain import from_plain, to_plain
from calls.usage import Usage
from calls.usage import from_plain as usage_from_plain
from calls.usage import to_plain as usage_to_plain

Item = dict[str, Any]
Key = dict[str, str]

LISTING = "calls"
TURN_PREFIX = "TURN#"
USAGE_PREFIX = "USAGE#"
DAY_S = 24 * 60 * 60
CLAIM_LIVES_S = DAY_S
SPENT_LIVES_S = 3 * DAY_S
# Twilio ends every call after 24 hours at the latest; a webhook that is repeated later than this has no call.
STEP_LIVES_S = 48 * 60 * 60

_KEY_PART_BYTES = 200
_CURSOR_DIGEST_BYTES = 6


def call_key(call_id: str) -> Key:
    return {"pk": f"CALL#{_key_part(call_id)}", "sk": "META"}


def sid_key(twilio_sid: str) -> Key:
    return {"pk": f"SID#{_key_part(twilio_sid)}", "sk": "CALL"}


def claim_key(idempotency_key: str) -> Key:
    digest = hashlib.sha256(idempotency_key.encode("utf-8", "surrogatepass")).hexdigest()
    return {"pk": f"IDEM#{digest}", "sk": "CLAIM"}


def step_key(call_id: str, step: str) -> Key:
    return {"pk": call_key(call_id)["pk"], "sk": f"STEP#{_key_part(step)}"}


def turn_key(call_id: str, turn_id: str) -> Key:
    return {"pk": call_key(call_id)["pk"], "sk": f"{TURN_PREFIX}{_key_part(turn_id)}"}


def usage_key(call_id: str, usage_id: str) -> Key:
    return {"pk": call_key(call_id)["pk"], "sk": f"{USAGE_PREFIX}{_key_part(usage_id)}"}


def kept_key(call_id: str, name: str) -> Key:
    return {"pk": call_key(call_id)["pk"], "sk": f"KEPT#{_key_part(name)}"}


def party_of(number: str) -> str:
    """How the number of a call's other party is written for the index `numbers`. Whoever has the table can guess
    numbers until one fits; a digest only keeps them out of the keys, which logs of DynamoDB's show."""
    return hashlib.sha256(f"offhook party {number}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


def expires_at_s(record: CallRecord) -> int | None:
    """When the call's items are to be deleted, in epoch seconds; None: never."""
    return None if record.keep_days is None else record.created_at_ms // 1000 + record.keep_days * DAY_S


def expiring(item: Item, at_s: int | None) -> Item:
    """The item, to be deleted at `at_s` (epoch seconds; None: never), or sooner where it is so already."""
    return item if at_s is None else {**item, "expiresAt": min(at_s, item.get("expiresAt", at_s))}


def newest_key(call_id: str) -> Key:
    """Where a page of the index `newest` ended: the index's keys and the table's."""
    return {**call_key(call_id), "listing": LISTING, "callId": call_id}


def _key_part(text: str) -> str:
    """`text`, or a digest of it where it could not be a key (DynamoDB takes sort keys up to 1024 bytes, in UTF-8)."""
    raw = text.encode("utf-8", "surrogatepass")
    if len(raw) <= _KEY_PART_BYTES and raw.decode("utf-8", "replace") == text:
        return text
    return f"sha256-{hashlib.sha256(raw).hexdigest()}"


def record_item(record: CallRecord) -> Item:
    """The META item. `version` stands beside the record so that a condition can name it."""
    item = {
        **call_key(record.call_id),
        "listing": LISTING,
        "callId": record.call_id,
        "version": record.version,
        "record": to_plain(record),
        **({"party": party_of(record.other_number)} if record.other_number else {}),
    }
    return expiring(item, expires_at_s(record))


def record_of(item: Mapping[str, Any]) -> CallRecord:
    return from_plain(item["record"])


def pointer_item(twilio_sid: str, call_id: str) -> Item:
    return {**sid_key(twilio_sid), "callId": call_id}


def claim_item(idempotency_key: str, fingerprint: str, call_id: str, now_ms: int) -> Item:
    return {
        **claim_key(idempotency_key),
        "callId": call_id,
        "fingerprint": fingerprint,
        "expiresAt": now_ms // 1000 + CLAIM_LIVES_S,
    }


def step_item(call_id: str, step: str, answer: str, now_ms: int) -> Item:
    return {**step_key(call_id, step), "answer": answer, "expiresAt": now_ms // 1000 + STEP_LIVES_S}


def kept_item(call_id: str, name: str, text: str) -> Item:
    return {**kept_key(call_id, name), "text": text}


def spent_key(agent: str, day: str, call_id: str) -> Key:
    return {"pk": f"SPENT#{_key_part(agent)}#{day}", "sk": f"CALL#{call_id}"}


def spent_item(agent: str, day: str, call_id: str, micro_usd: int, now_ms: int) -> Item:
    return {**spent_key(agent, day, call_id), "microUsd": micro_usd, "expiresAt": now_ms // 1000 + SPENT_LIVES_S}


def turn_item(call_id: str, turn: Turn) -> Item:
    """The turn's item; text longer than TURN_TEXT_CHARS loses its middle, and says so."""
    latency = turn.latency
    return {
        **turn_key(call_id, turn.id),
        "turn": {
            "id": turn.id,
            "role": turn.role.value,
            "said": clipped(turn.said, TURN_TEXT_CHARS),
            "heard": clipped(turn.heard, TURN_TEXT_CHARS),
            "cut": turn.cut,
            "startedAtMs": turn.started_at_ms,
            "endedAtMs": turn.ended_at_ms,
            "mode": turn.mode,
            "latencyMs": {
                "total": latency.total,
                "endpointing": latency.endpointing,
                "model": latency.model,
                "clause": latency.clause,
                "speech": latency.speech,
                "queue": latency.queue,
                "playout": latency.playout,
                "ours": latency.ours,
            },
        },
    }


def turn_of(item: Mapping[str, Any]) -> Turn:
    """The inverse of `turn_item`; numbers may be whole Decimals. A stage that an item does not have is None, one that
    is not known here is left out: tasks of two versions share the table while one replaces the other."""
    plain = item["turn"]
    known = {stage.name for stage in fields(Waterfall)}
    stages = {stage: None if ms is None else int(ms) for stage, ms in plain["latencyMs"].items() if stage in known}
    return Turn(
        id=plain["id"],
        role=Role(plain["role"]),
        said=plain["said"],
        heard=plain["heard"],
        cut=bool(plain["cut"]),
        started_at_ms=int(plain["startedAtMs"]),
        ended_at_ms=int(plain["endedAtMs"]),
        mode=plain["mode"],
        latency=Waterfall(**stages),
    )


def usage_item(call_id: str, usage: Usage) -> Item:
    return {**usage_key(call_id, usage.id), "usage": usage_to_plain(usage)}


def usage_of(item: Mapping[str, Any]) -> Usage:
    """The inverse of `usage_item`; numbers may be whole Decimals."""
    return usage_from_plain(item["usage"])


def usage_in_order(used: list[Usage]) -> tuple[Usage, ...]:
    """By when it was measured, then by id."""
    return tuple(sorted(used, key=lambda usage: (usage.at_ms, usage.id)))


def in_order(turns: list[Turn]) -> Conversation:
    """The turns as a conversation: by when they began; turns of the same millisecond by end, then by id."""
    return Conversation(tuple(sorted(turns, key=lambda turn: (turn.started_at_ms, turn.ended_at_ms, turn.id))))


def cursor_after(call_id: str) -> str:
    """An opaque, URL-safe name for the place after this call in the list of calls."""
    raw = call_id.encode("utf-8")
    return base64.urlsafe_b64encode(_cursor_digest(raw) + raw).decode("ascii")


def call_before(cursor: str) -> str:
    """The call that a cursor stands after. RequestRefused (code "cursor-invalid") if `cursor_after` did not make it.

    The digest finds typing errors and made-up cursors; it is no signature, because a cursor only says where to start
    in a list that its bearer may read from the top anyway.
    """
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        digest, call_id = raw[:_CURSOR_DIGEST_BYTES], raw[_CURSOR_DIGEST_BYTES:]
        if call_id and digest == _cursor_digest(call_id):
            return call_id.decode("utf-8")
    except (UnicodeError, binascii.Error) as error:
        raise _cursor_refused() from error
    raise _cursor_refused()


def _cursor_digest(raw: bytes) -> bytes:
    return hashlib.sha256(b"offhook calls cursor " + raw).digest()[:_CURSOR_DIGEST_BYTES]


def _cursor_refused() -> RequestRefused:
    return RequestRefused(
        "The cursor is not one that this list gave out; leave it away to start from the newest call.",
        code="cursor-invalid",
    )
