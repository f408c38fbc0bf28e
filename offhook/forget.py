"""Forgets calls: finds all that is kept of a number's calls, or of one call, and deletes it in the table and on this
machine, or on this machine alone where no table is in reach. What only others can delete is said."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calls.dynamo_forget import CallForgetter
from calls.dynamo_items import party_of
from calls.errors import RequestRefused
from calls.record import CallRecord
from calls.store import CallStore
from offhook.kept import PLAIN_NAME, every_call, forgotten
from offhook.places import REPLAYS

SETTLED_MS = 120_000
"""The after-call function is at work on a call that ended more lately than this, and would write to it again."""

E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_PUNCTUATION = re.compile(r"[\s().\-/]")


@dataclass(frozen=True, slots=True)
class KeptCall:
    """What there is of one call. `record` is None where only this machine has something; `files` are its folder, those
    of its replays, and what a streamer kept of the caller's voice here. `why_not` says why it cannot be forgotten now;
    empty where it can."""

    call_id: str
    record: CallRecord | None
    items: Mapping[str, int]
    files: tuple[Path, ...]
    why_not: str = ""


def is_number(whom: str) -> bool:
    return whom.strip().startswith("+")


def e164(number: str) -> str:
    """The number without what people write between digits. RequestRefused (code "number-invalid")."""
    plain = _PUNCTUATION.sub("", number)
    if not E164.fullmatch(plain):
        raise RequestRefused("Write the number with + and country code, such as +14155550123.", code="number-invalid")
    return plain


@dataclass(frozen=True, slots=True)
class Table:
    """Where the records of calls are."""

    store: CallStore
    forgetter: CallForgetter


@dataclass(frozen=True, slots=True)
class Places:
    """Where calls are kept: the table (None where none is in reach), the folder `out` with its replays, and `audio`,
    where streamers here keep callers' voices (OFFHOOK_CALLER_AUDIO), if they do. A call of an earlier `offhook up` is
    in `out` alone: its table went with it."""

    table: Table | None
    out: Path
    audio: Path | None = None

    def of_number(self, number: str, now_ms: int) -> list[KeptCall]:
        """Every call from or to the number. RequestRefused, StoreUnavailable."""
        plain = e164(number)
        known = self.table.forgetter.calls_of(plain) if self.table else ()
        here = [name for name, call in every_call(self.out) if call.get("party") == party_of(plain)]
        driven_again = [origin["callId"] for _, origin in self._replays() if origin.get("party") == party_of(plain)]
        return [self._found(call_id, now_ms) for call_id in dict.fromkeys((*known, *here, *driven_again))]

    def of_call(self, call: str, now_ms: int) -> list[KeptCall]:
        """The call of that callId or CallSid; none where nothing is kept of it. StoreUnavailable."""
        found = self._found(self._of_sid(call) if call.startswith("CA") else call, now_ms)
        return [found] if found.items or found.files else []

    def without_number(self) -> int:
        """How many calls in `out` do not say whom they were with: earlier versions did not write it down."""
        return sum("party" not in call for _, call in every_call(self.out))

    def replays_of_nobody(self) -> int:
        """How many replays do not say which call they were: of a bare recording, or made by an earlier version."""
        return sum("callId" not in _origin(call) for _, call in every_call(self.out / REPLAYS))

    def _replays(self) -> Iterator[tuple[Path, Mapping[str, str]]]:
        """The folder of each replay that says which call it was, and what it says."""
        for name, call in every_call(self.out / REPLAYS):
            if "callId" in (origin := _origin(call)):
                yield self.out / REPLAYS / name, origin

    def _of_sid(self, sid: str) -> str:
        """The callId; the CallSid itself where nobody knows it."""
        record = self.table.store.by_sid(sid) if self.table else None
        if record:
            return record.call_id
        return next((name for name, call in every_call(self.out) if call.get("twilioSid") == sid), sid)

    def _found(self, call_id: str, now_ms: int) -> KeptCall:
        files = self._files(call_id)
        if self.table is None:
            return KeptCall(call_id, None, {}, files)
        record = self.table.store.by_call_id(call_id)
        return KeptCall(call_id, record, self.table.forgetter.held(call_id), files, _why_not(record, now_ms))

    def _files(self, call_id: str) -> tuple[Path, ...]:
        if not PLAIN_NAME.fullmatch(call_id):
            return ()
        own = [folder for out in (self.out, self.out / REPLAYS) if (folder := out / call_id).is_dir()]
        again = [folder for folder, origin in self._replays() if origin["callId"] == call_id]
        voices = sorted(self.audio.glob(f"{call_id}-*")) if self.audio else []
        return *own, *again, *voices

    def forget(self, calls: list[KeptCall]) -> None:
        """Delete those that can be forgotten, this machine's files first: the table finds what is left, should this be
        broken off. StoreUnavailable, OSError."""
        for call in calls:
            if not call.why_not:
                for path in call.files:
                    if forgotten(path.parent, path.name) is None:
                        path.unlink(missing_ok=True)
                if self.table:
                    self.table.forgetter.forget(call.call_id, call.record.twilio_sid if call.record else "")


def _origin(call: Mapping[str, Any]) -> Mapping[str, str]:
    """What a replay's `call.json` says of the call that it was; empty where it does not."""
    origin = call.get("replayOf")
    return origin if isinstance(origin, dict) else {}


def _why_not(record: CallRecord | None, now_ms: int) -> str:
    if record is None:
        return ""
    if not record.is_final:
        return "it is still going on"
    settled = record.ended_at_ms is None or now_ms - record.ended_at_ms >= SETTLED_MS
    return "" if settled else "it has only just ended; ask again in two minutes"


def listed(call: KeptCall) -> str:
    """One line; no number and no word of the call is in it."""
    record = call.record
    about = ""
    if record is not None:
        made = datetime.fromtimestamp(record.created_at_ms / 1000, UTC)
        about = f"{made:%Y-%m-%d %H:%M} UTC, {record.direction.value}, agent {record.agent}; "
    held = [f"{kind} {count}" for kind, count in call.items.items()]
    kept = [f"table: {', '.join(held)}"] if held else []
    if call.files:
        kept.append(f"files: {', '.join(map(str, call.files))}")
    stays = f". Stays: {call.why_not}" if call.why_not else ""
    return f"{call.call_id}  {about}{'; '.join(kept)}{stays}"


def out_of_reach(calls: list[KeptCall], *, table: bool = True) -> list[str]:
    """What is left of forgotten calls in other hands, and how to have it deleted there. `table`: whether one was
    asked."""
    gone = [call for call in calls if not call.why_not]
    if not gone:
        return []
    sids = [call.record.twilio_sid for call in gone if call.record and call.record.twilio_sid]
    at_twilio = f" ({', '.join(sids)})" if sids else ""
    not_asked = "A deployment's table was not asked: if they were its calls, ask again with OFFHOOK_TABLE."
    return [
        *([] if table else [not_asked]),
        f"Twilio keeps a log of its calls{at_twilio} with both numbers, and recordings where you had it make any. "
        "Its REST API deletes them: DELETE .../Calls/{CallSid}.json, and DELETE .../Recordings/{RecordingSid}.json.",
        "CloudWatch keeps the functions' and the streamer's logs, and traces, as long as you have set. They hold "
        "callIds and the last two digits of numbers, no speech.",
        "Whoever received the webhook or the event of these calls has them: tell them the callIds above.",
        "The table's point-in-time recovery, and its backups, can bring items back: for 35 days, or as long as you "
        "keep backups.",
        "A streamer that keeps callers' voices (OFFHOOK_CALLER_AUDIO) has them in its own folder: delete "
        "`<callId>-*` there, where that folder is not on this machine.",
        "Replays of these calls in other folders: run this with --out there, wherever somebody ran `offhook replay` or "
        "`compare`. Pages written with --html, of a replay or of a call, are where somebody put them.",
        "OpenAI, Deepgram and ElevenLabs keep what their terms and your settings with them say.",
        "Words of this person in calls with another number are not found by theirs.",
    ]
