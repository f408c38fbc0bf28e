"""The call store on DynamoDB: the one engine of `store.CallStore`, on AWS and on one machine.

Items and keys are drawn in `dynamo_items`. Reads are strongly consistent, but for `recent`, which asks an index.
Writes that must be neither lost nor doubled when an answer is lost on the way go as transactions: the client
(botocore's, or `dynamo_json`) repeats a request with the same ClientRequestToken, and for ten minutes DynamoDB answers
the repetition with the first outcome, so that our own write is never taken for another's.
https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
"""

import random
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from calls.conversation import Conversation, Turn
from calls.dynamo_bounds import bounded
from calls.dynamo_errors import contended
from calls.dynamo_items import (
    TURN_PREFIX,
    USAGE_PREFIX,
    Item,
    call_before,
    call_key,
    claim_item,
    cursor_after,
    expires_at_s,
    expiring,
    in_order,
    kept_item,
    kept_key,
    newest_key,
    pointer_item,
    record_item,
    record_of,
    sid_key,
    spent_item,
    spent_key,
    step_item,
    step_key,
    turn_item,
    turn_of,
    usage_in_order,
    usage_item,
    usage_of,
)
from calls.dynamo_requests import Put, Requests
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
from calls.dynamo_table import client, configuration, create_table
from calls.dynamo_terms import TermsOfCalls
from calls.record import CallRecord
from calls.redaction import redacted_turn
from calls.store import Page
from calls.usage import Usage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

__all__ = ["DynamoCallStore", "client", "configuration", "create_table"]

# A write that another one came in between of is tried again after a pause drawn up to these; a hundred tries outlast
# fifty writers on one record, and end within some seconds.
_TRIES = 100
_FIRST_PAUSE_S = 0.005
_LONGEST_PAUSE_S = 0.1
# A transaction may weigh 4 MB, and the longest turn 0.24 MB.
_MOST_TOGETHER = 16


class DynamoCallStore:
    """`store.CallStore` on one table. Safe to share between threads.

    `now_ms` gives epoch milliseconds, for the expiry of claims and steps. `sleep` (seconds) and `chance` (0 to 1)
    space out the tries of contended writes.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table: str,
        now_ms: Callable[[], int],
        *,
        sleep: Callable[[float], None] = time.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._requests = Requests(client, table)
        self._terms = TermsOfCalls(self.by_call_id)
        self._table = table
        self._now_ms = now_ms
        self._sleep = sleep
        self._chance = chance

    def create(self, record: CallRecord) -> None:
        """Put CALL#/META  if attribute_not_exists(pk)     the callId is new
        Put SID#/CALL   if attribute_not_exists(pk)     and so is the CallSid, where there is one
        """
        puts = self._new_call(record)
        for _ in self._tries():
            refused = self._requests.put_together(*puts)
            if refused is None:
                return
            if not refused.in_passing:
                raise call_exists(record.call_id)
        raise contended(self._table)

    def claim(self, idempotency_key: str, fingerprint: str, record: CallRecord) -> CallRecord | None:
        """Put IDEM#/CLAIM  if attribute_not_exists(pk)     the key was never used
                         or expiresAt <= :now            or so long ago that it is free again
        Put CALL#/META  if attribute_not_exists(pk)     \\ as in `create`
        Put SID#/CALL   if attribute_not_exists(pk)     /
        The claim that stands in the way comes back with the refusal.
        """
        for _ in self._tries():
            now_ms = self._now_ms()
            claim = claim_item(idempotency_key, fingerprint, record.call_id, now_ms)
            refused = self._requests.put_together(Put.if_new_or_expired(claim, now_ms // 1000), *self._new_call(record))
            if refused is None:
                return None
            if (standing := refused.standing[0]) is not None:
                return self._claimed(standing, fingerprint)
            if not refused.in_passing:
                raise call_exists(record.call_id)
        raise contended(self._table)

    def _claimed(self, claim: Item, fingerprint: str) -> CallRecord:
        if claim["fingerprint"] != fingerprint:
            raise key_reused()
        return self._found(claim["callId"])

    def by_call_id(self, call_id: str) -> CallRecord | None:
        item = self._requests.get(call_key(call_id))
        if item is None:
            return None
        record = record_of(item)
        self._terms.note(record)
        return record

    def by_sid(self, twilio_sid: str) -> CallRecord | None:
        pointer = self._requests.get(sid_key(twilio_sid))
        return self.by_call_id(pointer["callId"]) if pointer else None

    def attach_sid(self, call_id: str, twilio_sid: str) -> CallRecord:
        """Put CALL#/META  if version = :seen               nobody wrote since we looked (and it had no CallSid)
        Put SID#/CALL   if attribute_not_exists(pk)      the CallSid belongs to no other call
        """
        bare = pointer_item(checked_sid(twilio_sid), call_id)
        for _ in self._tries():
            seen = self._found(call_id)
            pointer = Put.if_new(expiring(bare, expires_at_s(seen)))
            attached = with_sid(seen, twilio_sid)
            if attached is None:
                return seen
            refused = self._requests.put_together(Put.if_version(record_item(attached), seen.version), pointer)
            if refused is None:
                return attached
            standing = refused.standing[1]
            if standing is not None and standing["callId"] != call_id:
                raise sid_taken()
        raise contended(self._table)

    def change(
        self, call_id: str, change: Callable[[CallRecord], CallRecord], seen: CallRecord | None = None
    ) -> CallRecord:
        """Put CALL#/META  if version = :seen               nobody wrote since we looked"""
        for _ in self._tries():
            newest, seen = seen or self._found(call_id), None
            changed = next_version(newest, change(newest))
            if changed is None:
                return newest
            if self._requests.put_together(Put.if_version(record_item(changed), newest.version)) is None:
                return changed
        raise contended(self._table)

    def append_turn(self, call_id: str, turn: Turn) -> None:
        """Put CALL#/TURN#  if attribute_not_exists(pk)     no turn of this id is there

        Needs no record of the call: a call whose token is valid goes on without one, and its words are kept.
        """
        self.append(call_id, (turn,), ())

    def conversation(self, call_id: str) -> Conversation:
        return in_order([turn_of(item) for item in self._requests.all_of(call_key(call_id)["pk"], TURN_PREFIX)])

    def append_usage(self, call_id: str, usage: Usage) -> None:
        """Put CALL#/USAGE#  if attribute_not_exists(pk)    no usage of this id is there"""
        self.append(call_id, (), (usage,))

    def append(self, call_id: str, turns: Sequence[Turn], used: Sequence[Usage]) -> None:
        """Put CALL#/TURN#, CALL#/USAGE#   each as above, those that are new in one transaction"""
        private = self._terms.of(call_id).redact
        items = [turn_item(call_id, redacted_turn(turn, private)) for turn in turns]
        items += [usage_item(call_id, usage) for usage in used]
        new: dict[str, Put] = {}
        for item in items:
            new.setdefault(item["sk"], Put.if_new(self._expiring(call_id, item)))
        puts = list(new.values())
        for start in range(0, len(puts), _MOST_TOGETHER):
            self._put_new(puts[start : start + _MOST_TOGETHER])

    def _put_new(self, puts: list[Put]) -> None:
        """Each of them, unless something stands at its key."""
        for _ in self._tries():
            if len(puts) <= 1:
                for put in puts:
                    self._requests.put_once(put.item)
                return
            refused = self._requests.put_together(*puts)
            if refused is None:
                return
            puts = [put for put, standing in zip(puts, refused.standing, strict=True) if standing is None]
        raise contended(self._table)

    def usage(self, call_id: str) -> tuple[Usage, ...]:
        items = self._requests.all_of(call_key(call_id)["pk"], USAGE_PREFIX)
        return usage_in_order([usage_of(item) for item in items])

    def note_spent(self, agent: str, day: str, call_id: str, micro_usd: int) -> None:
        """Put SPENT#/CALL#  if attribute_not_exists(pk)"""
        self._requests.put_once(spent_item(agent, day, call_id, micro_usd, self._now_ms()))

    def spent_on(self, agent: str, day: str) -> int:
        key = spent_key(agent, day, "")
        return sum(int(item["microUsd"]) for item in self._requests.all_of(key["pk"], key["sk"]))

    def recent(self, limit: int, cursor: str = "") -> Page:
        """As the port says, for 1 to 100 calls; newest by callId, which is a ULID. From an index: in AWS a call may be
        missing here, or show an older state, for some milliseconds after a write (seconds at worst)."""
        after = newest_key(call_before(cursor)) if cursor else None
        items = self._requests.newest(checked_limit(limit) + 1, after)
        records = tuple(record_of(item) for item in islice(items, limit + 1))
        if len(records) <= limit:
            return Page(records, "")
        return Page(records[:limit], cursor_after(records[limit - 1].call_id))

    def answered_before(self, call_id: str, step: str, answer: str) -> str:
        """Put CALL#/STEP#  if attribute_not_exists(pk)     nobody answered this step yet"""
        item = self._expiring(call_id, step_item(call_id, step, answer, self._now_ms()))
        standing = self._requests.put_once(item)
        return str(standing["answer"])

    def answer_of(self, call_id: str, step: str) -> str | None:
        item = self._requests.get(step_key(call_id, step))
        return str(item["answer"]) if item else None

    def keep_once(self, call_id: str, name: str, text: str) -> str:
        """Put CALL#/KEPT#  if attribute_not_exists(pk)     nothing is kept under this name"""
        return str(self._requests.put_once(self._expiring(call_id, kept_item(call_id, name, text)))["text"])

    def kept(self, call_id: str, name: str) -> str | None:
        item = self._requests.get(kept_key(call_id, name))
        return str(item["text"]) if item else None

    def _expiring(self, call_id: str, item: Item) -> Item:
        """An item of a call, to be deleted with it."""
        return expiring(item, self._terms.of(call_id).expires_at_s)

    def _new_call(self, record: CallRecord) -> list[Put]:
        self._terms.note(record)
        puts = [Put.if_new(record_item(bounded(record)))]
        if record.twilio_sid:
            pointer = pointer_item(record.twilio_sid, record.call_id)
            puts.append(Put.if_new(expiring(pointer, expires_at_s(record))))
        return puts

    def _found(self, call_id: str) -> CallRecord:
        record = self.by_call_id(call_id)
        if record is None:
            raise call_not_found(call_id)
        return record

    def _tries(self) -> Iterator[int]:
        longest_s = _FIRST_PAUSE_S
        for number in range(_TRIES):
            if number:
                self._sleep(self._chance() * longest_s)
                longest_s = min(2 * longest_s, _LONGEST_PAUSE_S)
            yield number
