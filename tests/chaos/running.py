"""Rows, several at once: every one a whole call on a field of its mode."""

import asyncio
import itertools
import multiprocessing
import os
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import connection

from calls.errors import OffhookError
from tests.chaos.faults import FAULTS
from tests.chaos.field import Field, field_of
from tests.chaos.moments import Moment
from tests.chaos.rows import Fate, Outcome, Row, run_row
from tests.chaos.summary import line_of


def all_rows() -> list[Row]:
    return [
        Row(fault, mode, moment)
        for fault in FAULTS
        for mode in sorted(fault.modes)
        for moment in Moment
        if moment in fault.moments
    ]


async def run(rows: Sequence[Row], at_once: int = 1) -> list[Outcome]:
    """The outcomes, in the order of `rows`; `at_once` fields in this process, each with one call at a time."""
    outcomes: dict[Row, Outcome] = {}
    async with asyncio.TaskGroup() as workers:
        for part in _parts(rows, at_once):
            workers.create_task(_work(list(reversed(part)), outcomes))
    return [outcomes[row] for row in rows]


def _parts(rows: Sequence[Row], count: int) -> list[list[Row]]:
    """Parts of the same length, each of as few drivers as can be: a field is of one."""
    ordered = sorted(rows, key=lambda row: row.driver)
    ends = [len(ordered) * number // count for number in range(count + 1)]
    return [ordered[start:end] for start, end in itertools.pairwise(ends) if start < end]


async def _work(waiting: list[Row], outcomes: dict[Row, Outcome]) -> None:
    """The row that never came to its moment comes once more."""
    while waiting:
        first = waiting[-1]
        async with field_of(first.mode, is_live=first.fault.live) as here:
            while waiting and waiting[-1].driver == first.driver:
                row = waiting.pop()
                is_second = row in outcomes
                outcomes[row] = await _outcome(row, here)
                sys.stderr.write(f"{line_of(outcomes[row])}\n")
                if outcomes[row].fate is Fate.UNTRIED and not is_second:
                    waiting.append(row)
                    break  # a new field


async def _outcome(row: Row, here: Field) -> Outcome:
    try:
        return await run_row(row, here)
    except (OffhookError, TimeoutError) as error:
        return Outcome(row, Fate.UNTRIED, f"the test broke: {error}")


def _go_with_parent() -> None:
    """A worker whose parent is killed does not go on holding calls."""
    parent = multiprocessing.parent_process()
    assert parent is not None, "a worker of a pool has a parent"

    def wait() -> None:
        connection.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=wait, name="parent", daemon=True).start()


def _run_part(rows: list[Row]) -> list[Outcome]:
    return asyncio.run(run(rows))


def run_all(rows: Sequence[Row], at_once: int) -> list[Outcome]:
    """A process for each of the calls that are held at once: one alone would be late for all of them."""
    with ProcessPoolExecutor(at_once, multiprocessing.get_context("spawn"), _go_with_parent) as pool:
        found = {outcome.row: outcome for part in pool.map(_run_part, _parts(rows, at_once)) for outcome in part}
    return [found[row] for row in rows]
