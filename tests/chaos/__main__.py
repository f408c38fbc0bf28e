"""Every fault in every mode at every moment, as one table: `python -m tests.chaos --help`."""

import argparse
import os
import sys
import time
from collections.abc import Sequence

from tests.chaos.rows import Outcome
from tests.chaos.running import all_rows, run_all
from tests.chaos.summary import HEAD, RULE, is_well, line_of, summary

AT_ONCE = 5
"""Calls wait more than they work: so many are held on two cores without being late."""


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--only",
        action="append",
        help="rows whose name has this in it, as 'realtime, goodbye: openai'; may be repeated",
    )
    parser.add_argument("--every", type=int, default=1, help="only every so many-th row")
    parser.add_argument("--from", dest="first", type=int, default=0, help="without so many rows at the beginning")
    parser.add_argument("--times", type=int, default=1, help="each row so often")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="so many calls at once (default: %(default)s)")
    parser.add_argument("--list", action="store_true", help="print the rows' names")
    chosen = parser.parse_args(arguments)
    rows = [row for row in all_rows() if any(part in row.name for part in chosen.only or [""])][
        chosen.first :: chosen.every
    ]
    if chosen.list:
        sys.stdout.write("".join(f"{row.name}\n" for row in rows))
        return 0
    began_s = time.monotonic()
    outcomes: list[Outcome] = []
    for _ in range(chosen.times):
        outcomes += run_all(rows, chosen.at_once)
    sys.stdout.write("\n".join((HEAD, RULE, *(line_of(outcome) for outcome in outcomes))))
    load = f"{chosen.at_once} at once on {os.cpu_count()} cores, load average {os.getloadavg()[2]:.1f}"
    sys.stdout.write(f"\n\n{summary(outcomes, time.monotonic() - began_s)}\n{load}\n")
    return 0 if all(is_well(outcome) for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
