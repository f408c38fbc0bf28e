"""`calls.store.CallStore` in memory, for the tests of those who use a store. Passes the same contract suite."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from calls.conversation import Conversation, Turn
from calls.dynamo_bounds import bounded
from calls.dynamo_items import (
    CLAIM_LIVES_S,
    call_before,
    cursor_after,
    in_order,
    turn_item,
    turn_of,
    usage_in_order,
    usage_item,
    usage_of,
)
from calls.dynamo_rules import (
    call_exists,
    call_not_found,
    checked_limit,
    checked_sid,
    key_reused,
    next_version,
    sid_taken,
    with_sid,
)
from calls.errors import StoreUnavailable
from calls.record import CallRecord
from calls.redaction import redacted_turn
from calls.store import Page
from calls.usage import Usage


class MemoryCallStore:
    """Set `down` to make every method raise StoreUnavailable, as an unreachable table does. Safe between threads."""

    def __init__(self, now_ms: Callable[[], int] = lambda: 0) -> None:
        self.down = False
        self._now_ms = now_ms
        self._lock = threading.RLock()
        self._records: dict[str, CallRecord] = {}
        self._call_ids: dict[str, str] = {}
        self._claims: dict[str, tuple[str, str, int]] = {}
        self._turns: dict[str, dict[str, Turn]] = {}
        self._usage: dict[str, dict[str, Usage]] = {}
        self._answers: dict[tuple[str, str], str] = {}
        self._spent: dict[tuple[str, str], dict[str, int]] = {}
        self._kept: dict[tuple[str, str], str] = {}

    def create(self, record: CallRecord) -> None:
        with self._up():
            if record.call_id in self._records or record.twilio_sid in self._call_ids:
                raise call_exists(record.call_id)
            self._records[record.call_id] = bounded(record)
            if record.twilio_sid:
                self._call_ids[record.twilio_sid] = record.call_id

    def claim(self, idempotency_key: str, fingerprint: str, record: CallRecord) -> CallRecord | None:
        with self._up():
            now_s = self._now_ms() // 1000
            claim = self._claims.get(idempotency_key)
            if claim is not None and claim[2] > now_s:
                if claim[1] != fingerprint:
                    raise key_reused()
                return self._records[claim[0]]
            self.create(record)
            self._claims[idempotency_key] = (record.call_id, fingerprint, now_s + CLAIM_LIVES_S)
            return None

    def by_call_id(self, call_id: str) -> CallRecord | None:
        with self._up():
            return self._records.get(call_id)

    def by_sid(self, twilio_sid: str) -> CallRecord | None:
        with self._up():
            return self._records.get(self._call_ids.get(twilio_sid, ""))

    def attach_sid(self, call_id: str, twilio_sid: str) -> CallRecord:
        with self._up():
            checked_sid(twilio_sid)
            seen = self._found(call_id)
            attached = with_sid(seen, twilio_sid)
            if attached is None:
                return seen
            if twilio_sid in self._call_ids:
                raise sid_taken()
            self._call_ids[twilio_sid] = call_id
            self._records[call_id] = attached
            return attached

    def change(
        self, call_id: str, change: Callable[[CallRecord], CallRecord], seen: CallRecord | None = None
    ) -> CallRecord:
        with self._up():
            newest = self._found(call_id)
            if seen is not None:
                changed = next_version(seen, change(seen))
                if changed is None:
                    return seen
                if seen.version == newest.version:
                    self._records[call_id] = changed
                    return changed
            changed = next_version(newest, change(newest))
            if changed is None:
                return newest
            self._records[call_id] = changed
            return changed

    def append_turn(self, call_id: str, turn: Turn) -> None:
        with self._up():
            known = self._records.get(call_id)
            kept = redacted_turn(turn, known.redact if known else ())
            self._turns.setdefault(call_id, {}).setdefault(turn.id, turn_of(turn_item(call_id, kept)))

    def conversation(self, call_id: str) -> Conversation:
        with self._up():
            return in_order(list(self._turns.get(call_id, {}).values()))

    def append_usage(self, call_id: str, usage: Usage) -> None:
        with self._up():
            self._usage.setdefault(call_id, {}).setdefault(usage.id, usage_of(usage_item(call_id, usage)))

    def append(self, call_id: str, turns: Sequence[Turn], used: Sequence[Usage]) -> None:
        for turn in turns:
            self.append_turn(call_id, turn)
        for usage in used:
            self.append_usage(call_id, usage)

    def usage(self, call_id: str) -> tuple[Usage, ...]:
        with self._up():
            return usage_in_order(list(self._usage.get(call_id, {}).values()))

    def note_spent(self, agent: str, day: str, call_id: str, micro_usd: int) -> None:
        with self._up():
            self._spent.setdefault((agent, day), {}).setdefault(call_id, micro_usd)

    def spent_on(self, agent: str, day: str) -> int:
        with self._up():
            return sum(self._spent.get((agent, day), {}).values())

    def recent(self, limit: int, cursor: str = "") -> Page:
        with self._up():
            before = call_before(cursor) if cursor else ""
            newest = sorted(self._records, reverse=True)
            ids = [call_id for call_id in newest if not before or call_id < before][: checked_limit(limit) + 1]
            records = tuple(self._records[call_id] for call_id in ids[:limit])
            return Page(records, cursor_after(ids[limit - 1]) if len(ids) > limit else "")

    def answered_before(self, call_id: str, step: str, answer: str) -> str:
        with self._up():
            return self._answers.setdefault((call_id, step), answer)

    def answer_of(self, call_id: str, step: str) -> str | None:
        with self._up():
            return self._answers.get((call_id, step))

    def keep_once(self, call_id: str, name: str, text: str) -> str:
        with self._up():
            return self._kept.setdefault((call_id, name), text)

    def kept(self, call_id: str, name: str) -> str | None:
        with self._up():
            return self._kept.get((call_id, name))

    def _found(self, call_id: str) -> CallRecord:
        record = self._records.get(call_id)
        if record is None:
            raise call_not_found(call_id)
        return record

    @contextmanager
    def _up(self) -> Iterator[None]:
        if self.down:
            raise StoreUnavailable("The store is down, as the test asked.", retryable=True)
        with self._lock:
            yield
