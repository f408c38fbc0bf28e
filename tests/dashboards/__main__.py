"""`python -m tests.dashboards`: the dashboard and its alarms, tried on a hundred calls through the box.

The calls are held against the simulated vendors, several at once, and ElevenLabs is away for a part of them. From what
they tell, the dashboard's own queries are drawn into two pictures, and the alarms are evaluated: it fails unless just
those alarms come that docs/runbook.md names for such a case, and not before the vendor goes.
"""

import argparse
import asyncio
import gzip
import sys
import tempfile
from pathlib import Path

from calls.metrics import CALLS, CALLS_ENDED, SERVICE
from tests.dashboards import page
from tests.dashboards.board import NAMESPACE, alarms, widgets
from tests.dashboards.box_calls import STRETCH, Plan, hold
from tests.dashboards.metric_store import MetricStore, Name, read
from tests.dashboards.picture import picture
from tests.dashboards.verdict import Outage, seen_at_s, verdict
from tests.infra.cloudformation import ROOT

RECORDED = Path(__file__).parent / "recorded.emf.gz"
OUT = ROOT / "out" / "dashboards"
DOCS = ROOT / "docs"
PLAN = Plan(calls=100, at_once=10, away_from=40, back_from=56)


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.dashboards", description=(__doc__ or "").split("\n\n")[1])
    parser.add_argument("--calls", type=int, default=PLAN.calls, help="how many calls; a vendor is away for a sixth")
    parser.add_argument("--at-once", type=int, default=PLAN.at_once)
    parser.add_argument("--recorded", action="store_true", help="draw and judge the recorded calls; hold none")
    parser.add_argument("--record", action="store_true", help="keep this run, and its pictures")
    parser.add_argument("--page", action="store_true", help="only write the table of docs/metrics.md again")
    given = parser.parse_args()
    if given.page:
        file = DOCS / "metrics.md"
        file.write_text(page.renewed(file.read_text("utf-8"), len(alarms())), "utf-8")
        return 0
    if given.recorded:
        lines, outage = recorded()
    else:
        plan = Plan(given.calls, given.at_once, given.calls * 2 // 5, given.calls * 56 // 100)
        with tempfile.TemporaryDirectory() as folder:
            held = asyncio.run(hold(plan, Path(folder)))
        lines, outage = held.lines, Outage(held.away_at_s, held.back_at_s)
    wrong = draw_and_judge(lines, outage, DOCS if given.record else OUT)
    if given.record and not wrong:
        kept = "\n".join((f"{outage.away_at_s} {outage.back_at_s}", *lines))
        RECORDED.write_bytes(gzip.compress(kept.encode(), mtime=0))
    return 1 if wrong else 0


def recorded() -> tuple[list[str], Outage]:
    """The lines of a run that was kept, and when its vendor was away."""
    first, *lines = gzip.decompress(RECORDED.read_bytes()).decode().splitlines()
    return lines, Outage(*map(float, first.split()))


def draw_and_judge(lines: list[str], outage: Outage, folder: Path) -> list[str]:
    store = read(lines)
    folder.mkdir(parents=True, exist_ok=True)
    for name, at_s, title in (
        ("healthy", outage.away_at_s, "Offhook: all is well"),
        ("outage", seen_at_s(store, outage), "Offhook: ElevenLabs is away"),
    ):
        file = folder / f"dashboard-{name}.png"
        file.write_bytes(picture(widgets(), alarms(), store, at_s, title))
        sys.stdout.write(f"{file}\n")
    wrong = verdict(store, outage)
    sys.stdout.write(f"{_summary(store)}\n")
    sys.stdout.write("".join(f"WRONG: {one}\n" for one in wrong) or "Just the alarms that the runbook names.\n")
    return wrong


def _summary(store: MetricStore) -> str:
    ended = Name(NAMESPACE, CALLS_ENDED.name, frozenset({(SERVICE, CALLS)}))
    calls = len(store.values.get(ended, ()))
    return f"{calls} calls ended; {len(store.values)} metrics; a second of theirs is {STRETCH:g} on the dashboard"


if __name__ == "__main__":
    sys.exit(main())
