"""Measures as lines of a log that CloudWatch makes metrics of: the Embedded Metric Format. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterable

from calls.metrics import SERVICE, Measure, Metric

MOST_VALUES = 100
"""Of one metric in one line, as the specification allows."""

_Heap = tuple[str, tuple[tuple[str, ...], ...], tuple[tuple[str, str], ...]]


def lines(namespace: str, measures: Iterable[Measure], at_ms: int) -> list[str]:
    """JSON objects without line ends, all dated `at_ms` (epoch). Values with the same dimensions share a line, each in
    full, so that percentiles are CloudWatch's own. Nothing where the namespace is empty."""
    heaps: dict[_Heap, dict[Metric, list[float]]] = {}
    for one in measures if namespace else ():
        heap = heaps.setdefault((one.metric.service, one.metric.by, one.labels), {})
        heap.setdefault(one.metric, []).append(round(one.value, 6))
    return [_line(namespace, key, part, at_ms) for key, heap in heaps.items() for part in _parts(heap)]


def _parts(heap: dict[Metric, list[float]]) -> list[dict[Metric, list[float]]]:
    longest = max(len(values) for values in heap.values())
    starts = range(0, longest, MOST_VALUES)
    cut = [{metric: values[at : at + MOST_VALUES] for metric, values in heap.items()} for at in starts]
    return [{metric: values for metric, values in part.items() if values} for part in cut]


def _line(namespace: str, key: _Heap, told: dict[Metric, list[float]], at_ms: int) -> str:
    service, by, labels = key
    directive = {
        "Namespace": namespace,
        "Dimensions": [list(names) for names in by],
        "Metrics": [{"Name": metric.name, "Unit": metric.unit.value} for metric in told],
    }
    values = {metric.name: values[0] if len(values) == 1 else values for metric, values in told.items()}
    root = {"_aws": {"Timestamp": at_ms, "CloudWatchMetrics": [directive]}, SERVICE: service, **dict(labels), **values}
    return json.dumps(root, separators=(",", ":"))
