"""The ear's timer, by itself; what it hears is in the tests of both recognisers."""

import asyncio
import time

from tests.vendors.ear import Due, Ear


class Once:
    """Has one thing to come."""

    def __init__(self, due: Due) -> None:
        self._due: Due | None = due
        self.happened: list[str] = []

    def next_due(self) -> Due | None:
        return self._due

    def happen(self, due: Due) -> None:
        self._due = None
        self.happened.append(due.what)


async def test_what_is_due_in_a_moment_happens_once_however_often_it_is_looked() -> None:
    """The next frame of the same read looks again before the timer has run. Where in its millisecond uvloop's clock
    stands is chance, so many times."""
    for _ in range(20):
        agenda = Once(Due("EndOfTurn", 20.0, time.monotonic() + 0.0007))
        ear = Ear(300, 40.0, agenda)
        ear.look()
        ear.look()
        await asyncio.sleep(0.0022)
        assert agenda.happened == ["EndOfTurn"]
