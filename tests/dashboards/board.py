"""infra/observability.yaml as CloudWatch would read it: the widgets of its dashboard, the alarms, and what each asks of
the metrics. Pure, but for reading that file."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.dashboards.metric_store import MetricStore, Name, Points
from tests.infra.cloudformation import resources

FILE = "infra/observability.yaml"
NAMESPACE = "Offhook/box"
_GIVEN = {"MetricsNamespace": NAMESPACE, "AWS::Region": "us-east-1"}
_SEARCH = re.compile(r"SEARCH\('\{([^,}]+),([^}]+)\} MetricName=\"(\w+)\"[^']*', '(\w+)', (\d+)\)")
_RATIO = re.compile(r"(\w+) / (\w+)")


@dataclass(frozen=True, slots=True)
class Query:
    """One row of a widget: a metric's statistic, or an expression over others."""

    label: str
    period_s: int
    name: Name | None = None
    stat: str = ""
    expression: str = ""
    key: str = ""
    is_visible: bool = True
    is_right: bool = False


@dataclass(frozen=True, slots=True)
class Widget:
    """Place and size are in the dashboard's own grid, 24 wide. `alarms` are logical names."""

    kind: str
    place: tuple[int, int, int, int]
    title: str = ""
    view: str = ""
    is_stacked: bool = False
    unit: str = ""
    queries: tuple[Query, ...] = ()
    alarms: tuple[str, ...] = ()
    markdown: str = ""

    def series(self, store: MetricStore) -> list[tuple[Query, str, Points]]:
        """What is drawn: each visible query with its label, a SEARCH once for each metric that it finds."""
        by_key = {query.key: query for query in self.queries if query.key}
        drawn = []
        for query in self.queries:
            if query.is_visible:
                drawn += [(query, label, points) for label, points in _asked(query, by_key, store)]
        return drawn


@dataclass(frozen=True, slots=True)
class Alarm:
    """`least` of the last `periods` periods on the wrong side of the threshold put it into alarm."""

    logical: str
    description: str
    name: Name
    stat: str
    period_s: int
    periods: int
    least: int
    threshold: float
    comparison: str
    missing: str

    def is_on_at(self, store: MetricStore) -> list[int]:
        """The beginnings (epoch s) of the periods at whose end it was in alarm, from the first period that anything in
        the store was told in to the last."""
        times = [at_ms // 1000 for values in store.values.values() for at_ms, _ in values]
        if not times:
            return []
        told = dict(store.points(self.name, self.stat, self.period_s))
        first, last = min(times) // self.period_s * self.period_s, max(times)
        starts = range(first, last + 1, self.period_s)
        wrong = [self._is_wrong(told.get(at_s)) for at_s in starts]
        return [at_s for i, at_s in enumerate(starts) if sum(wrong[max(0, i + 1 - self.periods) : i + 1]) >= self.least]

    def _is_wrong(self, value: float | None) -> bool:
        if value is None:
            return self.missing == "breaching"
        match self.comparison:
            case "GreaterThanOrEqualToThreshold":
                return value >= self.threshold
            case "GreaterThanThreshold":
                return value > self.threshold
            case "LessThanThreshold":
                return value < self.threshold
        raise ValueError(f"no comparison {self.comparison!r}")


def widgets() -> list[Widget]:
    """Those of the dashboard, for a deployment with a streamer."""
    (dashboard,) = resources("AWS::CloudWatch::Dashboard", FILE).values()
    return [_widget(one) for one in dashboard["DashboardBody"]["Fn::ToJsonString"]["widgets"]]


def alarms() -> list[Alarm]:
    return [_alarm(logical, one) for logical, one in resources("AWS::CloudWatch::Alarm", FILE).items()]


def is_ours(name: Name) -> bool:
    """Whether Offhook tells it, and not AWS of its own services."""
    return name.namespace == NAMESPACE


def _widget(plain: Mapping[str, Any]) -> Widget:
    properties = plain["properties"]
    place = (plain["x"], plain["y"], plain["width"], plain["height"])
    if plain["type"] == "text":
        return Widget("text", place, markdown=properties["markdown"])
    if plain["type"] == "alarm":
        with_streamer = properties["alarms"]["Fn::If"][1]
        return Widget("alarm", place, properties["title"], alarms=tuple(one["Fn::GetAtt"][0] for one in with_streamer))
    return Widget(
        plain["type"],
        place,
        properties["title"],
        properties["view"],
        properties.get("stacked", False),
        properties.get("yAxis", {}).get("left", {}).get("label", ""),
        tuple(_query(row, properties) for row in properties["metrics"]),
    )


def _query(row: Sequence[Any], properties: Mapping[str, Any]) -> Query:
    options = row[-1] if isinstance(row[-1], Mapping) and not set(row[-1]) & {"Ref", "Fn::Sub"} else {}
    period_s = options.get("period", properties["period"])
    key, is_visible = options.get("id", ""), options.get("visible", True)
    if "expression" in options:
        return Query(options.get("label", ""), period_s, expression=_text(options["expression"]), key=key)
    namespace, metric, *pairs = [_text(part) for part in row if part is not options]
    name = Name(namespace, metric, frozenset(zip(pairs[::2], pairs[1::2], strict=True)))
    stat = options.get("stat", properties.get("stat", "Average"))
    is_right = options.get("yAxis") == "right"
    return Query(options.get("label", metric), period_s, name, stat, "", key, is_visible, is_right)


def _text(value: Any) -> str:
    """A value of the template, with the parameters that matter here filled in and the others named."""
    if isinstance(value, Mapping):
        text = value.get("Fn::Sub") or f"${{{value.get('Ref', '?')}}}"
        return re.sub(r"\$\{([\w:]+)\}", lambda found: _GIVEN.get(found[1], found[1]), text)
    return str(value)


def _alarm(logical: str, plain: Mapping[str, Any]) -> Alarm:
    dimensions = frozenset((one["Name"], _text(one["Value"])) for one in plain["Dimensions"])
    return Alarm(
        logical,
        plain["AlarmDescription"],
        Name(_text(plain["Namespace"]), plain["MetricName"], dimensions),
        plain.get("ExtendedStatistic") or plain["Statistic"],
        plain["Period"],
        plain["EvaluationPeriods"],
        plain.get("DatapointsToAlarm", plain["EvaluationPeriods"]),
        float(plain["Threshold"]),
        plain["ComparisonOperator"],
        plain["TreatMissingData"],
    )


def _asked(query: Query, by_key: Mapping[str, Query], store: MetricStore) -> list[tuple[str, Points]]:
    if query.name is not None:
        return [(query.label, store.points(query.name, query.stat, query.period_s))]
    if found := _SEARCH.fullmatch(query.expression):
        namespace, dimensions, metric, stat, period = found.groups()
        names = store.found(namespace, metric, dimensions.split(","))
        return [(_labelled(query.label, name), store.points(name, stat, int(period))) for name in names]
    if found := _RATIO.fullmatch(query.expression):
        above, below = (dict(_asked(by_key[key], by_key, store)[0][1]) for key in found.groups())
        return [(query.label, [(at, value / below[at]) for at, value in above.items() if below.get(at)])]
    raise ValueError(f"no such expression is played here: {query.expression}")


def _labelled(label: str, name: Name) -> str:
    values = " ".join(value for _, value in sorted(name.dimensions))
    return f"{label} {values}".strip()
