"""CloudWatch's metrics as far as a dashboard and an alarm ask for them, out of Embedded Metric Format. Pure."""

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

Dimensions: TypeAlias = frozenset[tuple[str, str]]
Points: TypeAlias = list[tuple[int, float]]
"""Where a period begins, in epoch seconds, and its value; no point where nothing was told."""


@dataclass(frozen=True, slots=True)
class Name:
    """One metric as CloudWatch bills it."""

    namespace: str
    metric: str
    dimensions: Dimensions


@dataclass(slots=True)
class MetricStore:
    """Values by metric, each with its time in epoch ms."""

    values: dict[Name, Points] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)

    def add(self, line: str) -> None:
        """A line of a log. What is no JSON object with `_aws` is no metric."""
        if not line.startswith("{") or '"_aws"' not in line:
            return
        root = json.loads(line)
        for directive in root["_aws"]["CloudWatchMetrics"]:
            for metric in directive["Metrics"]:
                told = root[metric["Name"]]
                values = told if isinstance(told, list) else [told]
                self.units[metric["Name"]] = metric["Unit"]
                for names in directive["Dimensions"]:
                    dimensions = frozenset((name, root[name]) for name in names)
                    key = Name(directive["Namespace"], metric["Name"], dimensions)
                    at_ms = root["_aws"]["Timestamp"]
                    self.values.setdefault(key, []).extend((at_ms, float(value)) for value in values)

    def points(self, name: Name, stat: str, period_s: int) -> Points:
        """One for each period that has values, as CloudWatch cuts periods: at multiples of their length."""
        periods: dict[int, list[float]] = {}
        for at_ms, value in self.values.get(name, ()):
            periods.setdefault(at_ms // 1000 // period_s * period_s, []).append(value)
        return [(at_s, statistic(values, stat)) for at_s, values in sorted(periods.items())]

    def found(self, namespace: str, metric: str, dimensions: Iterable[str]) -> list[Name]:
        """Every metric of that name with just these dimensions, whatever their values."""
        wanted = set(dimensions)
        names = [
            name
            for name in self.values
            if (name.namespace, name.metric) == (namespace, metric) and {key for key, _ in name.dimensions} == wanted
        ]
        return sorted(names, key=lambda name: sorted(name.dimensions))


def read(lines: Iterable[str]) -> MetricStore:
    store = MetricStore()
    for line in lines:
        store.add(line)
    return store


def statistic(values: Sequence[float], stat: str) -> float:
    """One of Sum, Average, Minimum, Maximum, SampleCount, or a percentile such as "p99" (nearest rank)."""
    match stat:
        case "Sum":
            return sum(values)
        case "Average":
            return sum(values) / len(values)
        case "Minimum":
            return min(values)
        case "Maximum":
            return max(values)
        case "SampleCount":
            return float(len(values))
    if not stat.startswith("p"):
        raise ValueError(f"no statistic {stat!r}")
    return sorted(values)[max(0, math.ceil(len(values) * float(stat[1:]) / 100) - 1)]
