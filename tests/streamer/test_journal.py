"""The journal: in order, tried again, never in the way."""

import asyncio

from calls.conversation import Role, Turn
from calls.errors import Blame, Failure, StoreUnavailable
from calls.record import CallRecord, Direction, Do, EndReason, NextStep
from streamer.events import CommitNext, CommitTurn
from streamer.journal import Journal, noted
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
