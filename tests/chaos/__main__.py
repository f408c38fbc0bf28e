"""Every fault in every mode at every moment, as one table: `python -m tests.chaos --help`."""

import argparse
import asyncio
import statistics
import sys
import time
from collections.abc import Sequence

from calls.errors import OffhookError
from calls.record import Mode
from tests.chaos.faults import FAULTS
from tests.chaos.field import field
from tests.chaos.moments import Moment
from tests.chaos.rows import Outcome, Row, run_row

WORKERS = {Mode.PIPELINE: 2, Mode.REALTIME: 2, Mode.TRADITIONAL: 1}


def all_rows() -> list[Row]:
    return [Row(fault, mode, moment) for fault in FAULTS for mode in sorted(fault.modes) for moment in Moment]


async def run(rows: Sequence[Row]) -> list[Outcome]:
    """The outcomes, in the order of `rows`; a few fields at once, each with one call at a time."""
    outcomes: dict[Row, Outcome] = {}
    async with asyncio.TaskGroup() as workers:
        for mode, count in WORKERS.items():
            waiting = [row for row in reversed(rows) if row.mode is mode]
            for _ in range(min(count, len(waiting))):
                workers.create_task(_work(mode, waiting, outcomes))
    return [outcomes[row] for row in rows]


async def _work(mode: Mode, waiting: list[Row], outcomes: dict[Row, Outcome]) -> None:
    while waiting:
        async with field(mode) as here:
            while waiting:
                row = waiting.pop()
                try:
                    outcomes[row] = await run_row(row, here)
                except OffhookError as error:
                    outcomes[row] = Outcome(row, False, lost=f"the test broke: {error.failure.sentence}")
                    break  # a new field
                sys.stderr.write(f"{line_of(outcomes[row])}\n")


HEAD = "| mode | moment | fault | audible again | longest silence | turns kept | rungs | end | lost |"
RULE = "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"


def line_of(outcome: Outcome) -> str:
    row = outcome.row
    audible = "never" if outcome.audible_ms is None else f"{outcome.audible_ms} ms" if outcome.audible_ms else "went on"
    twice = f"; twice: {', '.join(outcome.said_twice)}" if outcome.said_twice else ""
    lost = outcome.lost or "no"
    return (
        f"| {row.mode.value} | {row.moment.value} | {row.fault.name} | {audible} | {outcome.longest_silence_ms} ms | "
        f"{outcome.kept}/{outcome.confirmed}{twice} | {outcome.rungs} | {outcome.final} | {lost} |"
    )


def summary(outcomes: Sequence[Outcome], took_s: float) -> str:
    lost = [outcome for outcome in outcomes if outcome.lost]
    forgot = [outcome for outcome in outcomes if outcome.kept < outcome.confirmed]
    twice = [outcome for outcome in outcomes if outcome.said_twice]
    lines = [
        f"{len(outcomes)} calls in {took_s:.0f} s: {len(lost)} lost, {len(forgot)} forgot a confirmed turn, "
        f"{len(twice)} said something twice."
    ]
    groups = {
        "vendor faults": [o for o in outcomes if o.row.fault.name.startswith(("deepgram", "openai", "elevenlabs"))],
        "a streamer killed": [o for o in outcomes if "killed" in o.row.fault.name],
        "a streamer terminated": [o for o in outcomes if "terminated" in o.row.fault.name],
        "everything": list(outcomes),
    }
    for name, group in groups.items():
        audible = [o.audible_ms for o in group if o.audible_ms is not None]
        if audible:
            lines.append(
                f"{name}: audible again after {statistics.median(audible):.0f} ms at the median, {max(audible)} ms at "
                f"most; longest silence {statistics.median(o.longest_silence_ms for o in group):.0f} ms at the median, "
                f"{max(o.longest_silence_ms for o in group)} ms at most ({len(group)} calls)"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--only", default="", help="rows whose name has this in it, as 'realtime, goodbye: openai'")
    parser.add_argument("--every", type=int, default=1, help="only every so many-th row")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    chosen = parser.parse_args(arguments)
    rows = [row for row in all_rows() if chosen.only in row.name][:: chosen.every]
    if chosen.list:
        sys.stdout.write("".join(f"{row.name}\n" for row in rows))
        return 0
    began_s = time.monotonic()
    outcomes = asyncio.run(run(rows))
    sys.stdout.write("\n".join((HEAD, RULE, *(line_of(outcome) for outcome in outcomes))))
    sys.stdout.write(f"\n\n{summary(outcomes, time.monotonic() - began_s)}\n")
    return 1 if any(outcome.lost for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
