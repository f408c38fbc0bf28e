"""Forgets calls: finds all that is kept of a number's calls, or of one call, and deletes it in the table and on this
machine. What only others can delete is said."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from calls.dynamo_forget import CallForgetter
from calls.errors import RequestRefused
from calls.record import CallRecord
from calls.store import CallStore
from offhook.kept import PLAIN_NAME, forgotten

SETTLED_MS = 120_000
"""The after-call function is at work on a call that ended more lately than this, and would write to it again."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PUNCTUATION = re.compile(r"[\s().\-/]")


@dataclass(frozen=True, slots=True)
class KeptCall:
    """What there is of one call. `record` is None where only this machine has something. `why_not` says why it cannot
    be forgotten now; empty where it can."""

    call_id: str
    record: CallRecord | None
    items: Mapping[str, int]
    folder: Path | None
    why_not: str = ""


def is_number(whom: str) -> bool:
    return whom.strip().startswith("+")


def e164(number: str) -> str:
    """The number without what people write between digits. RequestRefused (code "number-invalid")."""
    plain = _PUNCTUATION.sub("", number)
    if not E164.fullmatch(plain):
        raise RequestRefused("Write the number with + and country code, such as +14155550123.", code="number-invalid")
    return plain


def of_number(number: str, store: CallStore, forgetter: CallForgetter, out: Path, now_ms: int) -> list[KeptCall]:
    """Every call from or to the number. RequestRefused, StoreUnavailable."""
    return [_found(call_id, store, forgetter, out, now_ms) for call_id in forgetter.calls_of(e164(number))]


def of_call(call: str, store: CallStore, forgetter: CallForgetter, out: Path, now_ms: int) -> list[KeptCall]:
    """The call of that callId or CallSid; none where nothing is kept of it. StoreUnavailable."""
    record = store.by_sid(call) if call.startswith("CA") else None
    found = _found(record.call_id if record else call, store, forgetter, out, now_ms)
    return [found] if found.items or found.folder else []


def _found(call_id: str, store: CallStore, forgetter: CallForgetter, out: Path, now_ms: int) -> KeptCall:
    record = store.by_call_id(call_id)
    folder = out / call_id if PLAIN_NAME.fullmatch(call_id) and (out / call_id).is_dir() else None
    return KeptCall(call_id, record, forgetter.held(call_id), folder, _why_not(record, now_ms))


def _why_not(record: CallRecord | None, now_ms: int) -> str:
    if record is None:
        return ""
    if not record.is_final:
        return "it is still going on"
    settled = record.ended_at_ms is None or now_ms - record.ended_at_ms >= SETTLED_MS
    return "" if settled else "it has only just ended; ask again in two minutes"


def forget(calls: list[KeptCall], forgetter: CallForgetter, out: Path) -> None:
    """Delete those that can be forgotten, this machine's files first: the table finds what is left, should this be
    broken off. StoreUnavailable, OSError."""
    for call in calls:
        if not call.why_not:
            forgotten(out, call.call_id)
            forgetter.forget(call.call_id, call.record.twilio_sid if call.record else "")


def listed(call: KeptCall) -> str:
    """One line; no number and no word of the call is in it."""
    record = call.record
    about = ""
    if record is not None:
        made = datetime.fromtimestamp(record.created_at_ms / 1000, UTC)
        about = f"{made:%Y-%m-%d %H:%M} UTC, {record.direction.value}, agent {record.agent}; "
    held = ", ".join(f"{count} {kind}" for kind, count in call.items.items()) or "nothing"
    files = f"; files: {call.folder}" if call.folder else ""
    stays = f". Stays: {call.why_not}" if call.why_not else ""
    return f"{call.call_id}  {about}table: {held}{files}{stays}"


def out_of_reach(calls: list[KeptCall]) -> list[str]:
    """What is left of forgotten calls in other hands, and how to have it deleted there."""
    gone = [call for call in calls if not call.why_not]
    if not gone:
        return []
    sids = [call.record.twilio_sid for call in gone if call.record and call.record.twilio_sid]
    at_twilio = f" ({', '.join(sids)})" if sids else ""
    return [
        f"Twilio keeps a log of its calls{at_twilio} with both numbers, and recordings where you had it make any. "
        "Its REST API deletes them: DELETE .../Calls/{CallSid}.json, and DELETE .../Recordings/{RecordingSid}.json.",
        "CloudWatch keeps the functions' and the streamer's logs as long as the log groups say. They hold callIds and "
        "the last two digits of numbers, no speech.",
        "Whoever received the webhook or the event of these calls has them: tell them the callIds above.",
        "The table's point-in-time recovery, and its backups, can bring items back: for 35 days, or as long as you "
        "keep backups.",
        "OpenAI, Deepgram and ElevenLabs keep what their terms and your settings with them say.",
        "Words of this person in calls with another number are not found by theirs.",
    ]
