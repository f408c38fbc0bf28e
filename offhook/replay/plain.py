"""A replay for programs: JSON-ready values. Names may be added, never renamed or taken away."""

from collections.abc import Sequence
from typing import Any

from calls.conversation import Turn
from calls.percentiles import Percentiles
from offhook.replay.difference import Column, Pair, aligned, figures, latency_range
from offhook.replay.result import Result


def to_plain(columns: Sequence[Column]) -> dict[str, Any]:
    """Times are ms since answer, money is text in US dollars, null is what is not known. `turns` are those of the last
    two columns, of their first runs; there are none of a single column."""
    pairs = aligned(columns[-2].first.turns, columns[-1].first.turns) if len(columns) > 1 else []
    return {
        "columns": [_column(column) for column in columns],
        "differences": [
            {"name": figure.name, "left": figure.cells[-2], "right": figure.cells[-1]}
            for figure in figures(columns)
            if figure.differs
        ],
        "turns": [_pair(pair, columns) for pair in pairs],
    }


def _column(column: Column) -> dict[str, Any]:
    return {
        "name": column.name,
        "what": column.what,
        "notes": list(column.notes),
        "same": not column.unlike,
        "unlike": column.unlike,
        "latencySpreadMs": column.spread_ms,
        "runs": [_run(run) for run in column.runs],
    }


def _run(run: Result) -> dict[str, Any]:
    return {
        "callId": run.call_id,
        "modes": list(run.modes),
        "endReason": run.end_reason,
        "lengthMs": run.length_ms,
        "callerTurns": len(run.caller_turns),
        "interruptions": len(run.interruptions),
        "bargeInMs": run.barge_in_ms,
        "turnEndMs": run.turn_end_ms,
        "latencyMs": _percentiles(run.latency),
        "greetingMs": run.greeting_ms,
        "usd": None if run.usd is None else f"{run.usd:.6f}",
        "usdPerMinute": None if run.usd_per_minute is None else f"{run.usd_per_minute:.6f}",
        "isPriced": run.is_priced,
        "fields": dict(run.fields),
        "failures": list(run.failures),
    }


def _percentiles(found: Percentiles | None) -> dict[str, int] | None:
    if found is None:
        return None
    return {"n": found.n, "p50": found.p50_ms, "p95": found.p95_ms, "p99": found.p99_ms, "max": found.max_ms}


def _pair(pair: Pair, columns: Sequence[Column]) -> dict[str, Any]:
    return {
        "same": pair.same,
        "left": _turn(pair.left, columns[-2]),
        "right": _turn(pair.right, columns[-1]),
    }


def _turn(turn: Turn | None, column: Column) -> dict[str, Any] | None:
    if turn is None:
        return None
    return {
        "role": turn.role.value,
        "said": turn.said,
        "heard": turn.heard,
        "cut": turn.cut,
        "startedMs": turn.started_at_ms,
        "endedMs": turn.ended_at_ms,
        "latencyMs": latency_range(column, turn),
    }
