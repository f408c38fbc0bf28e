"""Where a call that a person asks about is found: in the table, in what was kept of it on this machine, or in both."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from calls.call_cost import call_cost
from calls.conversation import Conversation
from calls.errors import Blame, CallNotFound, Failure, RequestRefused
from calls.post_mortem import POST_MORTEM, PostMortem, post_mortem
from calls.rate_card import standard
from calls.record import CallRecord, Direction, EndReason, Mode, ModeUse, Status
from calls.store import CallStore
from offhook.call_file import conversation_of
from offhook.calls_table import opened
from offhook.kept import JSON, PLAIN_NAME
from offhook.missing import MissingPart


def told(call: str, out: Path, now_ms: int) -> PostMortem:
    """`call` is a callId, a CallSid, a `call.json`, or the folder of one. What the table does not know, and the box
    does (when Twilio's own voice sounded, its debugger), comes from `call.json` where there is one.

    CallNotFound where neither knows the call; MissingPart where nothing runs here either; RequestRefused (code
    "file-invalid") for a file that is no `call.json`.
    """
    path = Path(call)
    if path.is_dir() or path.suffix == ".json":
        return of_file(read_file(path / JSON if path.is_dir() else path))
    try:
        store = opened(out)
    except MissingPart:
        if kept := kept_call(call, out):
            return of_file(kept)
        raise
    return of_store(store, call, out, now_ms)


def of_store(store: CallStore, call: str, out: Path, now_ms: int) -> PostMortem:
    """As the table has it."""
    record = store.by_sid(call) if call.startswith("CA") else store.by_call_id(call)
    if record is None:
        if kept := kept_call(call, out):
            return of_file(kept)
        raise CallNotFound(f"There is no call {call} in the table, nor in {out}.")
    if kept := kept_call(record.call_id, out):
        return post_mortem(
            record, timed_conversation(kept), kept.get("cost"), _alerts(kept), _at_its_end(store, record)
        )
    conversation = store.conversation(record.call_id)
    cost = call_cost(record, conversation, store.usage(record.call_id), standard(), now_ms)
    return post_mortem(record, conversation, cost, at_its_end=_at_its_end(store, record))


def _at_its_end(store: CallStore, record: CallRecord) -> dict[str, Any] | None:
    standing = store.kept(record.call_id, POST_MORTEM)
    return None if standing is None else dict(json.loads(standing))


def of_file(call: Mapping[str, Any]) -> PostMortem:
    """As `call.json` alone has it: it knows nothing of streams and of the time before the answer."""
    try:
        return post_mortem(_record_of(call), timed_conversation(call), call.get("cost"), _alerts(call))
    except (KeyError, ValueError, TypeError) as error:
        raise RequestRefused(f"This is no call.json of Offhook's: {error!r}.", code="file-invalid") from error


def read_file(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise RequestRefused(f"{path} cannot be read: {error.strerror}.", code="file-invalid") from error
    except ValueError as error:
        raise RequestRefused(f"{path} is no JSON.", code="file-invalid") from error
    if not isinstance(read, dict):
        raise RequestRefused(f"{path} is no call.json of Offhook's.", code="file-invalid")
    return read


def kept_call(call_id: str, out: Path) -> dict[str, Any] | None:
    """What this machine kept of the call, if anything."""
    path = out / call_id / JSON
    return read_file(path) if PLAIN_NAME.fullmatch(call_id) and path.is_file() else None


def _zero_ms(call: Mapping[str, Any]) -> int:
    return round(datetime.fromisoformat(call["startedAt"]).timestamp() * 1000)


def timed_conversation(call: Mapping[str, Any]) -> Conversation:
    """The turns of a `call.json` in epoch ms, as they sounded."""
    zero_ms = _zero_ms(call)
    return Conversation(
        tuple(
            replace(turn, started_at_ms=zero_ms + turn.started_at_ms, ended_at_ms=zero_ms + turn.ended_at_ms)
            for turn in conversation_of(call).turns
        )
    )


def _alerts(call: Mapping[str, Any]) -> list[tuple[int, str]]:
    return [(int(alert["code"]), str(alert["sentence"])) for alert in call["alerts"]]


def _record_of(call: Mapping[str, Any]) -> CallRecord:
    """The record as far as `call.json` tells it; numbers are not in it."""
    zero_ms = _zero_ms(call)
    ended_ms = round(datetime.fromisoformat(call["endedAt"]).timestamp() * 1000) if call["endedAt"] else None
    return CallRecord(
        call_id=call["callId"],
        twilio_sid=call["twilioSid"],
        direction=Direction(call["direction"]),
        agent=call["agent"],
        from_number="",
        to_number="",
        created_at_ms=zero_ms,
        status=Status(call["status"]),
        modes=tuple(_rung(rung, zero_ms) for rung in call["modes"]),
        answered_at_ms=zero_ms if call["recordingMs"] is not None or call["turns"] else None,
        ended_at_ms=ended_ms,
        end_reason=EndReason(call["endReason"]) if call["endReason"] else None,
        failures=tuple(Failure(f["code"], Blame(f["blame"]), f["sentence"], f["retryable"]) for f in call["failures"]),
    )


def _rung(rung: Mapping[str, Any], zero_ms: int) -> ModeUse:
    left_ms = None if rung["endedMs"] is None else zero_ms + rung["endedMs"]
    return ModeUse(Mode(rung["mode"]), zero_ms + rung["startedMs"], left_ms, rung["whyLeft"])
