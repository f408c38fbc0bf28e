"""What the call writes down, off the audio path: entries are queued at once and written by one task, in order.

A request to the table costs the processor as much as a hundred frames of audio, in a thread that the event loop has to
share the interpreter with. So what is said goes out a moment later, behind the order that answers it, what was used
waits for it, and all that is there goes in one request.

A table that is down does not stop a call: an entry that cannot be written is tried again until the call is over, and
what is left at the very end is given up after a deadline, counted and logged without its words.

The first entry says that the stream has arrived: the watchdog gives up a stream that has not. A call that was let in
on its token alone, as the table was down when it was answered, has no record yet; the journal makes it one.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from calls import route, streams
from calls.agent_after import Privacy
from calls.conversation import Turn
from calls.errors import CallExists, CallNotFound, Failure, OffhookError, StoreUnavailable
from calls.record import TEST_CALLER, CallRecord, Direction, Status, moved, on_rung
from calls.store import CallStore
from calls.stream_token import Grant
from streamer.events import ChangeEngine, CommitNext, CommitNote, CommitTurn, CommitUsage

log = logging.getLogger(__name__)

MAX_ENTRIES = 1_000
SAID_AFTER_S = 0.1
USED_AFTER_S = 10.0
"""How long an entry may wait for others. A container that is killed takes with it what waits."""
MOST_TOGETHER = 16
RETRY_S = 0.5
NOTHING_PRIVATE = Privacy()


@dataclass(frozen=True, slots=True)
class Arrived:
    """The call is bridged."""

    at_ms: int


_APPENDED = (CommitTurn, CommitUsage)
Entry = Arrived | ChangeEngine | CommitTurn | CommitUsage | CommitNext | CommitNote


def _unseen(_entry: Entry) -> None:
    """Nobody looks on."""


def _epoch_ms() -> int:
    return time.time_ns() // 1_000_000


class Journal:
    """One per call. `write` never blocks; `run` owns the writing; `settle` waits for what has been written so far.

    `grant` is what the stream's token allowed: without it the newest stream of the call is meant, and a call without
    a record gets none. `privacy` is its agent's, for a call whose record is made here. `seen` is shown every entry as
    it is handed over, and must not block.
    """

    def __init__(
        self,
        store: CallStore,
        call_id: str,
        grant: Grant | None = None,
        now_ms: Callable[[], int] = _epoch_ms,
        seen: Callable[[Entry], None] = _unseen,
        privacy: Privacy = NOTHING_PRIVATE,
    ) -> None:
        self._store = store
        self._call_id = call_id
        self._grant = grant
        self._stream = grant.stream if grant else 0
        self._now_ms = now_ms
        self._seen = seen
        self._privacy = privacy
        self._entries: deque[Entry] = deque()
        self._more = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def call_id(self) -> str:
        return self._call_id

    def write(self, entry: Entry) -> None:
        self._seen(entry)
        if len(self._entries) >= MAX_ENTRIES:
            self._entries.popleft()
            log.error("journal full, its oldest entry is lost", extra={"callId": self._call_id})
        self._entries.append(entry)
        self._empty.clear()
        match entry:
            case CommitTurn():
                self._write_within(SAID_AFTER_S)
            case CommitUsage():
                self._write_within(USED_AFTER_S)
            case _:
                self._more.set()

    def _write_within(self, after_s: float) -> None:
        loop = asyncio.get_running_loop()
        due_at_s = loop.time() + after_s
        if self._timer is not None:
            if self._timer.when() <= due_at_s:
                return
            self._timer.cancel()
        self._timer = loop.call_at(due_at_s, self._more.set)

    async def settle(self, deadline_s: float) -> bool:
        """True when everything is written; False when the deadline came first."""
        if self._entries:
            self._more.set()
        try:
            async with asyncio.timeout(deadline_s):
                await self._empty.wait()
        except TimeoutError:
            log.error("%d entries not written", len(self._entries), extra={"callId": self._call_id})
            return False
        return True

    async def run(self) -> None:
        """Say that the stream has arrived, then write until cancelled."""
        self._entries.appendleft(Arrived(self._now_ms()))
        self._empty.clear()
        self._write_within(SAID_AFTER_S)
        try:
            while True:
                await self._more.wait()
                while self._entries:
                    await self._insist(self._next())
                self._more.clear()
                self._let_wait()
                self._empty.set()
        finally:
            self._let_wait()

    def _let_wait(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _next(self) -> list[Entry]:
        """The oldest entry, and what can be written with it."""
        together = [self._entries.popleft()]
        while isinstance(together[0], _APPENDED) and len(together) < MOST_TOGETHER:
            if not self._entries or not isinstance(self._entries[0], _APPENDED):
                break
            together.append(self._entries.popleft())
        return together

    async def _insist(self, entries: list[Entry]) -> None:
        while True:
            if await self._written(entries):
                return
            await asyncio.sleep(RETRY_S)

    async def _written(self, entries: list[Entry]) -> bool:
        try:
            await asyncio.to_thread(self._write, entries)
        except StoreUnavailable as error:
            log.warning("table not reached: %s", error.failure.sentence, extra={"callId": self._call_id})
            if error.failure.retryable or len(entries) == 1:
                return False
            await self._each_alone(entries)
        except CallNotFound:
            log.warning("call has no record", extra={"callId": self._call_id})
        except OffhookError as error:
            log.error("entry refused: %s", error.failure.code, extra={"callId": self._call_id})
            await self._each_alone(entries)
        except Exception:  # a defect in the writing must cost the entry, never the call
            log.exception("entry not written", extra={"callId": self._call_id})
            await self._each_alone(entries)
        return True

    async def _each_alone(self, entries: list[Entry]) -> None:
        """One that cannot be written must not cost the others."""
        if len(entries) > 1:
            for entry in entries:
                await self._insist([entry])

    def _write(self, entries: list[Entry]) -> None:
        match entries[0]:
            case Arrived(at_ms):
                self._arrive(at_ms)
            case ChangeEngine() as change:
                at_ms = self._now_ms()
                self._store.change(self._call_id, lambda record: on_next_rung(record, change, at_ms))
            case CommitTurn() | CommitUsage():
                turns = [_within_limits(entry.turn) for entry in entries if isinstance(entry, CommitTurn)]
                used = [entry.usage for entry in entries if isinstance(entry, CommitUsage)]
                self._store.append(self._call_id, turns, used)
            case CommitNote(failure):
                self._store.change(self._call_id, lambda record: route.noted(record, failure))
            case CommitNext() as following:
                self._store.change(self._call_id, lambda record: noted(record, following, self._stream))

    def _arrive(self, at_ms: int) -> None:
        def arrive() -> None:
            self._store.change(self._call_id, lambda record: streams.arrived(record, self._stream, at_ms))

        try:
            arrive()
        except CallNotFound:
            if self._grant is None:
                raise
            try:
                self._store.create(on_token_alone(self._grant, at_ms, self._privacy))
            except CallExists:
                arrive()  # the webhook's own record has come meanwhile


def on_next_rung(record: CallRecord, entry: ChangeEngine, at_ms: int) -> CallRecord:
    """The record on the rung that goes on with the call (the same one, where it is tried again), and why."""
    return route.noted(on_rung(record, entry.mode, at_ms, entry.failure.sentence), entry.failure)


def noted(record: CallRecord, entry: CommitNext, stream: int = 0) -> CallRecord:
    """The record with what comes next; a reason that stands is kept, and the failure, if any, is added once. A
    `stream` that the call has gone on from has no say in what comes next."""
    failures = record.failures
    if entry.failure and entry.failure not in failures:
        failures = (*failures, entry.failure)
    record = replace(record, failures=failures)
    if stream and _is_behind(record, stream):
        return record
    record = streams.left_with(record, stream, entry.failure.code) if entry.failure else record
    return replace(record, next_step=entry.step, end_reason=record.end_reason or entry.end_reason)


def refused(record: CallRecord, stream: int, failure: Failure) -> CallRecord:
    """The record of a call whose stream was authenticated and then refused, because of `failure`: `resume` takes the
    next rung instead of guessing."""
    failures = record.failures if failure in record.failures else (*record.failures, failure)
    return streams.left_with(replace(record, failures=failures), stream, failure.code)


def on_token_alone(grant: Grant, at_ms: int, privacy: Privacy) -> CallRecord:
    """The record of a call of which nothing but its token is known: an inbound one, as others have a record before
    they are placed."""
    record = CallRecord(
        call_id=grant.call_id,
        direction=Direction.INBOUND,
        agent=grant.agent,
        from_number=TEST_CALLER if grant.is_test else "",
        to_number="",
        created_at_ms=at_ms,
        twilio_sid=grant.twilio_sid,
        keep_days=privacy.keep_days,
        redact=privacy.redact,
    )
    record = on_rung(moved(record, Status.IN_PROGRESS, at_ms), grant.mode, at_ms)
    return streams.arrived(streams.served(record, grant.mode, at_ms), 0, at_ms)


def _is_behind(record: CallRecord, stream: int) -> bool:
    known = streams.stream_of(record, stream)
    return stream < record.streams_served or (known is not None and known.ended_at_ms is not None)


def _within_limits(turn: Turn) -> Turn:
    """A turn that fits into one item (400 KB, and no caller talks that long): absurd lengths are cut."""
    longest = 50_000
    return replace(turn, said=turn.said[:longest], heard=turn.heard[:longest])
