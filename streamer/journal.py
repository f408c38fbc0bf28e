"""What the call writes down, off the audio path: entries are queued at once and written by one task, in order.

A table that is down does not stop a call: an entry that cannot be written is tried again until the call is over, and
what is left at the very end is given up after a deadline, counted and logged without its words.
"""

import asyncio
import logging
from collections import deque
from dataclasses import replace

from calls.conversation import Turn
from calls.errors import CallNotFound, OffhookError, StoreUnavailable
from calls.record import CallRecord
from calls.store import CallStore
from streamer.events import CommitNext, CommitTurn, CommitUsage

log = logging.getLogger(__name__)

MAX_ENTRIES = 1_000
RETRY_S = 0.5

Entry = CommitTurn | CommitUsage | CommitNext


class Journal:
    """One per call. `write` never blocks; `run` owns the writing; `settle` waits for what has been written so far."""

    def __init__(self, store: CallStore, call_id: str) -> None:
        self._store = store
        self._call_id = call_id
        self._entries: deque[Entry] = deque()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def write(self, entry: Entry) -> None:
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.popleft()
            log.error("journal full, its oldest entry is lost", extra={"callId": self._call_id})
        self._entries.append(entry)
        self._empty.clear()
        self._more.set()

    async def settle(self, deadline_s: float) -> bool:
        """True when everything is written; False when the deadline came first."""
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            log.error("%d entries not written", len(self._entries), extra={"callId": self._call_id})
            return False
        return True

    async def run(self) -> None:
        """Write until cancelled."""
        while True:
            await self._more.wait()
            while self._entries:
                await self._insist(self._entries.popleft())
            self._more.clear()
            self._empty.set()

    async def _insist(self, entry: Entry) -> None:
        while True:
            if await self._written(entry):
                return
            await asyncio.sleep(RETRY_S)

    async def _written(self, entry: Entry) -> bool:
        try:
            await asyncio.to_thread(self._write, entry)
        except StoreUnavailable as error:
            log.warning("table not reached: %s", error.failure.sentence, extra={"callId": self._call_id})
            return False
        except CallNotFound:
            log.warning("call has no record", extra={"callId": self._call_id})
        except OffhookError as error:
            log.error("entry refused: %s", error.failure.code, extra={"callId": self._call_id})
        except Exception:  # a defect in the writing must cost the entry, never the call
            log.exception("entry not written", extra={"callId": self._call_id})
        return True

    def _write(self, entry: Entry) -> None:
        match entry:
            case CommitTurn(turn):
                self._store.append_turn(self._call_id, _within_limits(turn))
            case CommitUsage(usage):
                self._store.append_usage(self._call_id, usage)
            case CommitNext():
                self._store.change(self._call_id, lambda record: noted(record, entry))


def noted(record: CallRecord, entry: CommitNext) -> CallRecord:
    """The record with what comes next; a reason that stands is kept, and the failure, if any, is added once."""
    failures = record.failures
    if entry.failure and entry.failure not in failures:
        failures = (*failures, entry.failure)
    return replace(record, next_step=entry.step, end_reason=record.end_reason or entry.end_reason, failures=failures)


def _within_limits(turn: Turn) -> Turn:
    """A turn that fits into one item (400 KB, and no caller talks that long): absurd lengths are cut."""
    longest = 50_000
    return replace(turn, said=turn.said[:longest], heard=turn.heard[:longest])
