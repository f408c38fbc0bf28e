"""The ear's timer, by itself; what it hears is in the tests of both recognisers."""

import asyncio

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
    """uvloop rounds: what is due within half a millisecond is no timer there, and has no `when`. The next frame of the
    same read looks again before it has run. Where in its millisecond a clock stands is chance, so many times."""
    loop = asyncio.get_running_loop()
    for _ in range(20):
        agenda = Once(Due("EndOfTurn", 20.0, loop.time() + 0.0007))
        ear = Ear(300, 40.0, agenda)
        ear.look()
        ear.look()
        await asyncio.sleep(0.0022)
        assert agenda.happened == ["EndOfTurn"]
