import asyncio
from dataclasses import replace

import pytest

from calls.conversation import Turn
from calls.errors import CallNotFound, StoreUnavailable
from calls.record import CallRecord, Mode, ModeUse, Status, on_rung
from offhook.follow import Followed, follow
from tests.fakes.memory_store import MemoryCallStore
from tests.offhook.calls_made import ANSWERED_MS, CUT_ANSWER, GREETING, RECORD

LIVE = replace(RECORD, status=Status.IN_PROGRESS, ended_at_ms=None, modes=RECORD.modes[:1], version=0)


class Heard:
    def __init__(self) -> None:
        self.turns: list[str] = []
        self.rungs: list[tuple[Mode, Mode | None]] = []

    def turn(self, turn: Turn) -> None:
        self.turns.append(turn.id)

    def rung(self, rung: ModeUse, before: ModeUse | None) -> None:
        self.rungs.append((rung.mode, before.mode if before else None))


async def followed(store: MemoryCallStore, heard: Heard, deadline_s: float = 10.0, away_s: float = 5.0) -> Followed:
    return await follow(
        store, RECORD.call_id, heard.turn, heard.rung, lambda _seen: None, deadline_s=deadline_s, away_s=away_s
    )


async def test_every_turn_and_rung_is_told_once_until_the_call_is_final() -> None:
    store, heard = MemoryCallStore(), Heard()
    store.create(LIVE)
    store.append_turn(LIVE.call_id, GREETING)
    following = asyncio.create_task(followed(store, heard))
    await asyncio.sleep(0.3)
    assert (heard.turns, heard.rungs) == (["t0"], [(Mode.PIPELINE, None)])

    def fallen(record: CallRecord) -> CallRecord:
        return on_rung(replace(record, status=Status.COMPLETED), Mode.TRADITIONAL, ANSWERED_MS + 9000, "broken")

    store.append_turn(LIVE.call_id, CUT_ANSWER)
    store.change(LIVE.call_id, fallen)
    seen = await following
    assert seen.record.status is Status.COMPLETED
    assert heard.turns == ["t0", "t2"]
    assert heard.rungs == [(Mode.PIPELINE, None), (Mode.TRADITIONAL, Mode.PIPELINE)]


async def test_a_call_that_does_not_end_is_given_back_as_it_is() -> None:
    store = MemoryCallStore()
    store.create(LIVE)
    seen = await followed(store, Heard(), deadline_s=0.05)
    assert not seen.record.is_final


async def test_an_unknown_call_is_an_error_at_once() -> None:
    with pytest.raises(CallNotFound):
        await followed(MemoryCallStore(), Heard())


class AwayForAMoment(MemoryCallStore):
    looks = 0

    def by_call_id(self, call_id: str) -> CallRecord | None:
        self.looks += 1
        if self.looks == 2:
            raise StoreUnavailable("The table is away.", retryable=True)
        return super().by_call_id(call_id)


async def test_a_store_that_is_away_for_a_moment_is_asked_again() -> None:
    store = AwayForAMoment()
    store.create(replace(RECORD, version=0))
    assert (await followed(store, Heard())).record.is_final
    assert store.looks > 2


class Gone(MemoryCallStore):
    looks = 0

    def by_call_id(self, call_id: str) -> CallRecord | None:
        self.looks += 1
        if self.looks > 1:
            raise StoreUnavailable("The table is away.", retryable=True)
        return super().by_call_id(call_id)


async def test_a_store_that_stays_away_is_not_waited_for() -> None:
    store = Gone()
    store.create(LIVE)
    with pytest.raises(StoreUnavailable):
        await asyncio.wait_for(followed(store, Heard(), deadline_s=60.0, away_s=0.5), 5)
    assert store.looks > 2
