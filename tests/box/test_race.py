import asyncio

import pytest

from offhook.box.race import race


async def fail() -> None:
    raise ValueError("lost")


async def test_the_first_wins_and_the_others_are_cancelled() -> None:
    never = asyncio.Event()
    assert await race(never.wait(), asyncio.sleep(0), never.wait()) == 1
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_of_two_the_first_in_order() -> None:
    assert await race(asyncio.sleep(0), asyncio.sleep(0)) == 0


async def test_a_winner_that_fails() -> None:
    with pytest.raises(ValueError, match="lost"):
        await race(asyncio.Event().wait(), fail())


async def test_cancelling_the_race_cancels_all() -> None:
    racing = asyncio.create_task(race(asyncio.Event().wait(), asyncio.Event().wait()))
    await asyncio.sleep(0)
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    assert asyncio.all_tasks() == {asyncio.current_task()}
