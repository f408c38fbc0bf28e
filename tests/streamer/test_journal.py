"""The journal: in order, tried again, never in the way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from calls import streams
from calls.conversation import Role, Turn
from calls.errors import Blame, Failure, StoreUnavailable
from calls.record import CallRecord, Direction, Do, EndReason, Mode, ModeUse, NextStep, Status
from calls.stream_token import Grant, nonce_of
from calls.usage import Kind, Unit, Usage
from streamer.events import CommitNext, CommitTurn, CommitUsage
from streamer.journal import SAID_AFTER_S, Journal, noted, refused
from tests.fakes.memory_store import MemoryCallStore

RECORD = CallRecord("01CALL", Direction.INBOUND, "default", "+15550001111", "+15550002222", 1_000)


def turn(number: int) -> CommitTurn:
    return CommitTurn(Turn(f"t{number}", Role.CALLER, "hi", "hi", False, number, number, "pipeline"))


class FlakyStore(MemoryCallStore):
    """Refuses the first few turns it is given."""

    refusals = 2

    def append_turn(self, call_id: str, turn: Turn) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StoreUnavailable("The table does not answer.", retryable=True)
        super().append_turn(call_id, turn)


async def test_turns_and_what_comes_next_are_written_in_order() -> None:
    store = MemoryCallStore()
    store.create(RECORD)
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    journal.write(turn(1))
    journal.write(turn(2))
    journal.write(CommitNext(NextStep(Do.HANG_UP), EndReason.CALLER_GOODBYE))
    assert await journal.settle(2)
    assert [t.id for t in store.conversation(RECORD.call_id).turns] == ["t1", "t2"]
    record = store.by_call_id(RECORD.call_id)
    assert record is not None
    assert record.next_step == NextStep(Do.HANG_UP)
    assert record.end_reason is EndReason.CALLER_GOODBYE
    writing.cancel()


async def test_a_table_that_comes_back_loses_nothing() -> None:
    store = FlakyStore()
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    journal.write(turn(1))
    journal.write(turn(2))
    assert await journal.settle(5)
    assert [t.id for t in store.conversation(RECORD.call_id).turns] == ["t1", "t2"]
    writing.cancel()


def used(number: int) -> CommitUsage:
    return CommitUsage(Usage(f"u{number}", "openai", "gpt-5", Kind.MODEL, {Unit.TEXT_OUT: number}))


class CountingStore(MemoryCallStore):
    """Notes what it is given at once. Breaks on whatever comes with a turn of the id `bad`."""

    def __init__(self, bad: str = "") -> None:
        super().__init__()
        self.given: list[list[str]] = []
        self._bad = bad

    def append(self, call_id: str, turns: Sequence[Turn], used: Sequence[Usage]) -> None:
        self.given.append([*(turn.id for turn in turns), *(usage.id for usage in used)])
        if self._bad in self.given[-1]:
            raise ValueError("not to be written")
        super().append(call_id, turns, used)


async def test_what_was_used_waits_for_the_next_turn_and_is_written_with_it() -> None:
    store = CountingStore()
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    await asyncio.sleep(0)
    assert await journal.settle(2)
    journal.write(used(1))
    journal.write(used(2))
    await asyncio.sleep(2 * SAID_AFTER_S)
    assert store.given == []
    journal.write(turn(1))
    await asyncio.sleep(3 * SAID_AFTER_S)
    assert store.given == [["t1", "u1", "u2"]]
    writing.cancel()


async def test_at_the_end_nothing_waits() -> None:
    store = CountingStore()
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    journal.write(used(1))
    assert await journal.settle(SAID_AFTER_S / 2)
    assert store.given == [["u1"]]
    writing.cancel()


async def test_an_entry_that_cannot_be_written_costs_no_other() -> None:
    store = CountingStore(bad="t2")
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    for number in (1, 2, 3):
        journal.write(turn(number))
    assert await journal.settle(2)
    assert [t.id for t in store.conversation(RECORD.call_id).turns] == ["t1", "t3"]
    writing.cancel()


async def test_a_table_that_stays_away_is_waited_for_only_so_long() -> None:
    store = FlakyStore()
    store.refusals = 10_000
    journal = Journal(store, RECORD.call_id)
    writing = asyncio.create_task(journal.run())
    journal.write(turn(1))
    assert not await journal.settle(0.2)
    writing.cancel()


async def test_a_call_without_a_record_still_keeps_its_turns() -> None:
    store = MemoryCallStore()
    journal = Journal(store, "01UNKNOWN")
    writing = asyncio.create_task(journal.run())
    journal.write(CommitNext(NextStep(Do.HANG_UP), None))
    journal.write(turn(1))
    assert await journal.settle(2)
    assert [t.id for t in store.conversation("01UNKNOWN").turns] == ["t1"]
    writing.cancel()


def test_a_reason_that_stands_is_kept_and_a_failure_is_noted_once() -> None:
    failure = Failure("x", Blame.PROVIDER, "It broke.")
    entry = CommitNext(NextStep(Do.GATHER, why="It broke."), EndReason.LIMIT, failure)
    once = noted(RECORD, entry)
    twice = noted(once, CommitNext(NextStep(Do.HANG_UP), EndReason.SILENCE, failure))
    assert twice.end_reason is EndReason.LIMIT
    assert twice.failures == (failure,)
    assert twice.next_step == NextStep(Do.HANG_UP)


STREAMED = streams.served(
    replace(RECORD, status=Status.IN_PROGRESS, answered_at_ms=1_000, modes=(ModeUse(Mode.PIPELINE, 1_000),)),
    Mode.PIPELINE,
    1_000,
)
GRANT = Grant(RECORD.call_id, "CA1", "default", Mode.PIPELINE, "n", 60, stream=1)
LEAVING = Failure("task-leaving", Blame.OFFHOOK, "The task is leaving.")


async def settled(journal: Journal) -> None:
    writing = asyncio.create_task(journal.run())
    await asyncio.sleep(0)
    assert await journal.settle(2)
    writing.cancel()


async def test_the_first_thing_written_is_that_the_stream_has_arrived() -> None:
    store = MemoryCallStore()
    store.create(STREAMED)
    journal = Journal(store, RECORD.call_id, GRANT, lambda: 1_700)
    journal.write(CommitNext(NextStep(Do.GATHER, why=LEAVING.sentence), None, LEAVING))
    await settled(journal)
    record = store.by_call_id(RECORD.call_id)
    assert record is not None
    (stream,) = record.streams
    assert (stream.arrived_at_ms, stream.code) == (1_700, "task-leaving")
    assert record.next_step == NextStep(Do.GATHER, why=LEAVING.sentence)


async def test_a_streamer_that_does_not_know_its_number_means_the_newest() -> None:
    store = MemoryCallStore()
    store.create(streams.served(STREAMED, Mode.PIPELINE, 2_000))
    await settled(Journal(store, RECORD.call_id, now_ms=lambda: 2_700))
    record = store.by_call_id(RECORD.call_id)
    assert record is not None
    assert [stream.arrived_at_ms for stream in record.streams] == [None, 2_700]


async def test_a_call_let_in_on_its_token_alone_gets_a_record() -> None:
    store = MemoryCallStore()
    journal = Journal(store, GRANT.call_id, GRANT, lambda: 1_700)
    journal.write(turn(1))
    journal.write(CommitNext(NextStep(Do.HANG_UP), EndReason.CALLER_GOODBYE))
    await settled(journal)
    record = store.by_sid("CA1")
    assert record is not None
    assert (record.call_id, record.status, record.mode) == (GRANT.call_id, Status.IN_PROGRESS, Mode.PIPELINE)
    assert (record.streams_served, record.streams[0].arrived_at_ms) == (1, 1_700)
    assert record.next_step == NextStep(Do.HANG_UP)


async def test_a_test_stream_without_a_record_gets_one_that_says_so() -> None:
    store = MemoryCallStore()
    journal = Journal(store, GRANT.call_id, replace(GRANT, nonce=nonce_of("n", is_test=True)), lambda: 1_700)
    journal.write(turn(1))
    await settled(journal)
    record = store.by_sid("CA1")
    assert record is not None
    assert record.is_test


async def test_without_a_grant_a_call_that_is_not_there_stays_away() -> None:
    store = MemoryCallStore()
    await settled(Journal(store, RECORD.call_id))
    assert store.by_call_id(RECORD.call_id) is None


def test_a_stream_that_the_call_has_gone_on_from_has_no_say() -> None:
    entry = CommitNext(NextStep(Do.GATHER), None, LEAVING)
    again = streams.served(STREAMED, Mode.PIPELINE, 2_000)
    led_on = streams.ended(STREAMED, 1, 2_000)
    for record in (again, led_on):
        after = noted(record, entry, 1)
        assert (after.next_step, after.failures) == (None, (LEAVING,))
        assert after.streams == record.streams
    assert noted(again, entry, 2).next_step == NextStep(Do.GATHER)


def test_a_refusal_is_kept_with_its_stream() -> None:
    failure = Failure("mode-not-here", Blame.CONFIGURATION, "This streamer has no engine for mode realtime.")
    record = refused(refused(STREAMED, 1, failure), 1, failure)
    assert (record.streams[0].code, record.failures) == ("mode-not-here", (failure,))
    assert record.streams[0].arrived_at_ms is None


class LateStore(MemoryCallStore):
    """The webhook's record is written just before the journal's own."""

    def create(self, record: CallRecord) -> None:
        super().create(replace(STREAMED, twilio_sid="CA1"))
        super().create(record)


async def test_a_record_that_comes_at_the_same_time_is_the_one() -> None:
    store = LateStore()
    await settled(Journal(store, GRANT.call_id, GRANT, lambda: 1_700))
    record = store.by_sid("CA1")
    assert record is not None
    assert (record.created_at_ms, record.streams[0].arrived_at_ms) == (STREAMED.created_at_ms, 1_700)
