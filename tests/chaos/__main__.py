"""Every fault in every mode at every moment, as one table: `python -m tests.chaos --help`."""

import argparse
import asyncio
import os
import sys
import time
from collections.abc import Sequence

from calls.errors import OffhookError
from calls.record import Mode
from tests.chaos.faults import FAULTS
from tests.chaos.field import field_of
from tests.chaos.moments import Moment
from tests.chaos.rows import Fate, Outcome, Row, run_row
from tests.chaos.summary import HEAD, RULE, is_well, line_of, summary

AT_ONCE = 5
"""Calls wait more than they work: so many are held on two cores without being late."""


def all_rows() -> list[Row]:
    return [
        Row(fault, mode, moment)
        for fault in FAULTS
        for mode in sorted(fault.modes)
        for moment in Moment
        if moment in fault.moments
    ]


class Waiting:
    """The rows to come, by mode, and how many fields are at each mode."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.of = {mode: [row for row in reversed(rows) if row.mode is mode] for mode in Mode}
        self._fields = dict.fromkeys(Mode, 0)

    def take(self) -> Mode | None:
        """The mode that needs another field most; None when there is nothing to do. `leave` it afterwards."""
        mode = max(Mode, key=lambda one: len(self.of[one]) / (self._fields[one] + 1))
        if not self.of[mode]:
            return None
        self._fields[mode] += 1
        return mode

    def leave(self, mode: Mode) -> None:
        self._fields[mode] -= 1


async def run(rows: Sequence[Row], at_once: int = AT_ONCE) -> list[Outcome]:
    """The outcomes, in the order of `rows`; `at_once` fields, each with one call at a time."""
    outcomes: dict[Row, Outcome] = {}
    waiting = Waiting(rows)
    async with asyncio.TaskGroup() as workers:
        for _ in range(at_once):
            workers.create_task(_work(waiting, outcomes))
    return [outcomes[row] for row in rows]


async def _work(waiting: Waiting, outcomes: dict[Row, Outcome]) -> None:
    while mode := waiting.take():
        async with field_of(mode) as here:
            while waiting.of[mode]:
                row = waiting.of[mode].pop()
                is_second = row in outcomes
                try:
                    outcomes[row] = await run_row(row, here)
                except OffhookError as error:
                    outcomes[row] = Outcome(row, Fate.UNTRIED, f"the test broke: {error.failure.sentence}")
                    break  # a new field
                finally:
                    if row in outcomes:
                        sys.stderr.write(f"{line_of(outcomes[row])}\n")
                if outcomes[row].fate is Fate.UNTRIED and not is_second:
                    waiting.of[mode].append(row)
        waiting.leave(mode)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name has this in it, as 'realtime, goodbye: openai'")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th row")
    parser.add_argument("--from", dest="first", type=int, default=0, help="without so many rows at the beginning")
    parser.add_argument("--times", type=int, default=1, help="each row so often")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="so many calls at once (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    chosen = parser.parse_args(arguments)
    rows = [row for row in all_rows() if chosen.only in row.name][chosen.first :: chosen.every]
    if chosen.list:
        sys.stdout.write("".join(f"{row.name}\n" for row in rows))
        return 0
    began_s = time.monotonic()
    outcomes: list[Outcome] = []
    for _ in range(chosen.times):
        outcomes += asyncio.run(run(rows, chosen.at_once))
    sys.stdout.write("\n".join((HEAD, RULE, *(line_of(outcome) for outcome in outcomes))))
    load = f"{chosen.at_once} at once on {os.cpu_count()} cores, load average {os.getloadavg()[2]:.1f}"
    sys.stdout.write(f"\n\n{summary(outcomes, time.monotonic() - began_s)}\n{load}\n")
    return 0 if all(is_well(outcome) for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
