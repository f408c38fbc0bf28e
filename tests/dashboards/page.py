"""The tables of docs/metrics.md, made from `calls.metrics`: what the metrics are, and what they cost."""

from calls.metrics import DIMENSIONS, METRICS, SERVICE, Metric
from calls.record import Mode

BEGIN, END = "<!-- made by `python -m tests.dashboards --page` -->", "<!-- so far -->"
BEGIN_COSTS = "<!-- and this -->"
USD_A_METRIC = 0.30
"""A month, of the first 10,000 (https://aws.amazon.com/cloudwatch/pricing/, us-east-1)."""
USD_AN_ALARM = 0.10
USD_A_DASHBOARD = 3.0
"""After the three that every account has for nothing."""
_STREAMING = len([mode for mode in Mode if mode is not Mode.TRADITIONAL])
_TRADITIONAL_TOO = frozenset(("ModelTime", "OursTime", "CallCost"))


def table() -> str:
    """One line for each metric, between BEGIN and END."""
    rows = [
        "| Metric | Unit | Told by | Dimensions | Meaning |",
        "|---|---|---|---|---|",
        *(
            f"| `{one.name}` | {one.unit.value} | {one.teller.value} | {_sets(one)} | {one.meaning} |"
            for one in METRICS.values()
        ),
    ]
    return "\n".join((BEGIN, *rows, END))


def costs(alarms: int) -> str:
    """For some numbers of agents, between BEGIN_COSTS and END."""
    rows = [
        "| Agents | Metrics at most | Dollars a month at most |",
        "|---|---|---|",
        *(f"| {agents} | {most_metrics(agents)} | {dollars_a_month(agents, alarms):.2f} |" for agents in (1, 3, 10)),
    ]
    return "\n".join((BEGIN_COSTS, *rows, END))


def _sets(metric: Metric) -> str:
    sets = [", ".join(f"`{name}`" for name in names) or "none" for names in metric.by]
    return "; ".join(sets).replace(f"`{SERVICE}`", f"`{SERVICE}={metric.service}`")


def most_metrics(agents: int) -> int:
    """How many metrics CloudWatch bills at most, with so many agents, each in both streaming modes."""
    return sum(_combinations(one, names, agents) for one in METRICS.values() for names in one.by)


def _combinations(metric: Metric, names: tuple[str, ...], agents: int) -> int:
    count = 1
    for name in names:
        values = DIMENSIONS[name]
        if name == SERVICE:
            continue
        if values is None:
            count *= agents
        elif name == "mode":
            count *= _STREAMING + (metric.name in _TRADITIONAL_TOO)
        else:
            count *= len(values)
    return count


def dollars_a_month(agents: int, alarms: int) -> float:
    """At most: an hour in which a metric is not told is not billed."""
    return most_metrics(agents) * USD_A_METRIC + alarms * USD_AN_ALARM + USD_A_DASHBOARD


def renewed(text: str, alarms: int) -> str:
    """The page with the tables of today."""
    for begin, made in ((BEGIN, table()), (BEGIN_COSTS, costs(alarms))):
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(END)
        text = f"{before}{made}{after}"
    return text
