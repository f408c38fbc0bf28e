"""Whether a planted outage is seen where it should be, and nowhere else. Pure, but for reading the runbook."""

from dataclasses import dataclass

from tests.dashboards.board import alarms, is_ours, widgets
from tests.dashboards.metric_store import MetricStore
from tests.infra.cloudformation import ROOT

RUNBOOK = ROOT / "docs" / "runbook.md"
TOP_ROW = 6
"""Its height in the dashboard's grid."""


@dataclass(frozen=True, slots=True)
class Outage:
    """Epoch seconds."""

    away_at_s: float
    back_at_s: float


def named_for(vendor: str) -> set[str]:
    """The alarms of the first row of the runbook's table ("What has happened") that names the vendor."""
    for line in RUNBOOK.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("|") and vendor in cells[0]:
            return {name.strip() for name in cells[1].split(",")}
    raise LookupError(f"the runbook's table does not name {vendor}")


def verdict(store: MetricStore, outage: Outage) -> list[str]:
    """What is wrong, in plain words; nothing where all is as the runbook says."""
    wrong = []
    expected = named_for("ElevenLabs")
    for alarm in alarms():
        if not is_ours(alarm.name):
            continue
        # A period that the outage began in counts as its own.
        on_s = alarm.is_on_at(store)
        before = [at_s for at_s in on_s if at_s + alarm.period_s <= outage.away_at_s]
        if before:
            wrong.append(f"{alarm.logical} came before the vendor went")
        if bool(set(on_s) - set(before)) is not (alarm.logical in expected):
            wrong.append(f"{alarm.logical} {'did not come' if alarm.logical in expected else 'came'}")
        if alarm.logical == "VendorFails" and on_s and on_s[-1] > outage.back_at_s + 2 * alarm.period_s:
            wrong.append("VendorFails did not end when the vendor was back")
    return [*wrong, *_top_row(store, outage)]


def seen_at_s(store: MetricStore, outage: Outage) -> float:
    """When an operator who is called by the alarms looks (epoch s): at the end of the last period in which all of them
    are on; where there is none, when the vendor is back."""
    expected = [alarm for alarm in alarms() if alarm.logical in named_for("ElevenLabs")]
    ends = [{at_s + alarm.period_s for at_s in alarm.is_on_at(store)} for alarm in expected]
    return max(set.intersection(*ends), default=outage.back_at_s) - 1.0


def _top_row(store: MetricStore, outage: Outage) -> list[str]:
    """In "What went wrong" nothing stands before the outage, and something in it."""
    (errors,) = [one for one in widgets() if one.place[1] < TOP_ROW and one.title == "What went wrong"]
    points = [(at_s, value) for query, _, told in errors.series(store) for at_s, value in told if value]
    early = [at_s for at_s, _ in points if at_s + 60 <= outage.away_at_s]
    seen = [at_s for at_s, _ in points if outage.away_at_s - 60 < at_s <= outage.back_at_s]
    wrong = ["the top row tells of trouble before the vendor went"] if early else []
    return wrong + ([] if seen else ["the top row tells nothing of the outage"])
