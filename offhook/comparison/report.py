"""A comparison that is done, and how it is told to programs: JSON and CSV. Pure; money is text in US dollars."""

import csv
from dataclasses import dataclass
from io import StringIO
from typing import Any

from calls.call_cost import dollars
from calls.comparison import By, Fault, Row
from calls.percentiles import Percentiles
from offhook.call_file import iso_utc
from offhook.comparison.period import Period

_COUNTS = ("calls", "openCalls", "connected", "completed", "fell")
_SHARES = ("connectedShare", "completedShare", "fellShare")
_TIMES = ("latencyMs", "greetingMs", "bargeInMs")
_FIGURES = ("n", "p50", "p95", "p99", "max")


@dataclass(frozen=True, slots=True)
class Report:
    """`is_cut`: there may be older calls of the period that were not read. `made_at_ms` is epoch ms."""

    by: By
    period: Period
    agent: str
    rows: tuple[Row, ...]
    whole: Row
    is_cut: bool
    made_at_ms: int


def to_plain(report: Report) -> dict[str, Any]:
    """JSON-ready; names may be added, never renamed or taken away. Null is what is not known; shares are 0 to 1."""
    since_ms, until_ms = report.period.since_ms, report.period.until_ms
    return {
        "by": report.by.value,
        "since": None if since_ms is None else iso_utc(since_ms),
        "until": None if until_ms is None else iso_utc(until_ms),
        "agent": report.agent or None,
        "madeAt": iso_utc(report.made_at_ms),
        "isCut": report.is_cut,
        "rows": [_row(row) for row in report.rows],
        "all": _row(report.whole),
    }


def to_csv(report: Report) -> str:
    """A line a row and one for all, with a header; an empty cell is what is not known."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    times = [f"{name}_{figure}" for name in _TIMES for figure in _FIGURES]
    cost = ["talkedMs", "usd", "usdPerMinute", "unpricedCalls", "estimatedCalls"]
    writer.writerow([report.by.value, *_COUNTS, *_SHARES, *times, *cost, "mostCommonFailure", "blame", "failureCalls"])
    for row in (*report.rows, report.whole):
        plain = _row(row)
        figures = [(plain[name] or {}).get(figure) for name in _TIMES for figure in _FIGURES]
        worst = plain["failures"][0] if plain["failures"] else {}
        failure = [worst.get(name) for name in ("code", "blame", "calls")]
        counts = [plain[name] for name in (*_COUNTS, *_SHARES)]
        writer.writerow([row.name, *counts, *figures, *(plain["cost"][name] for name in cost), *failure])
    return text.getvalue()


def _row(row: Row) -> dict[str, Any]:
    shares = (row.connected_share, row.completed_share, row.fell_share)
    per_minute = row.total.usd_per_minute
    if row.total.unpriced_calls and not per_minute:
        per_minute = None  # what is unpriced alone is not $0
    return {
        "name": row.name,
        **dict(zip(_COUNTS, (row.calls, row.open_calls, row.connected, row.completed, row.fell), strict=True)),
        **{name: _rounded(share) for name, share in zip(_SHARES, shares, strict=True)},
        **dict(zip(_TIMES, map(_times, (row.latency, row.greeting, row.barge_in)), strict=True)),
        "cost": {
            "talkedMs": row.total.talked_ms,
            "usd": dollars(row.total.usd),
            "usdPerMinute": None if per_minute is None else dollars(per_minute),
            "unpricedCalls": row.total.unpriced_calls,
            "estimatedCalls": row.total.estimated_calls,
            "warnings": list(row.total.warnings),
        },
        "ends": dict(row.ends),
        "failures": [_fault(fault) for fault in row.faults],
    }


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 4)


def _times(found: Percentiles | None) -> dict[str, int] | None:
    if found is None:
        return None
    return dict(zip(_FIGURES, (found.n, found.p50_ms, found.p95_ms, found.p99_ms, found.max_ms), strict=True))


def _fault(fault: Fault) -> dict[str, Any]:
    return {
        "code": fault.code,
        "blame": fault.blame.value,
        "calls": fault.calls,
        "sentence": fault.sentence,
        "callId": fault.call_id,
    }
