"""Latency by percentile, out of the waterfalls of single turns. Pure.

A percentile of percentiles, or an average of them, means nothing: every group is computed from its own turns. `n` and
`max` stand beside each figure, because the p99 of twenty turns is their slowest one.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from calls.conversation import Conversation, Turn
from calls.cost import day_of
from calls.record import CallRecord

STAGES = ("total", "endpointing", "model", "clause", "speech", "queue", "playout", "ours")


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds. Of `n` values; the percentiles are values that occurred (nearest rank)."""

    n: int
    p50_ms: int
    p95_ms: int
    p99_ms: int
    max_ms: int


@dataclass(frozen=True, slots=True)
class AnsweredTurn:
    """A turn with what it may be grouped by. `model` is the agent's reply model, as its file or its usage names it."""

    turn: Turn
    agent: str
    model: str
    day: str

    @property
    def mode(self) -> str:
        return self.turn.mode


def nearest_rank(values: Sequence[int], percent: float) -> int:
    """The smallest value that at least so many percent of all do not exceed; `values` sorted, not empty."""
    return values[max(0, math.ceil(len(values) * percent / 100) - 1)]


def percentiles(values: Iterable[int]) -> Percentiles | None:
    """None of no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    p50, p95, p99 = (nearest_rank(ordered, percent) for percent in (50, 95, 99))
    return Percentiles(len(ordered), p50, p95, p99, ordered[-1])


def answered(record: CallRecord, conversation: Conversation, model: str) -> list[AnsweredTurn]:
    """The turns of a call whose waterfall was measured in any part; the day is UTC's, as "2026-11-22"."""
    return [
        AnsweredTurn(turn, record.agent, model, day_of(turn.started_at_ms).isoformat())
        for turn in conversation.turns
        if any(getattr(turn.latency, stage) is not None for stage in STAGES)
    ]


def by(
    turns: Iterable[AnsweredTurn], key: Callable[[AnsweredTurn], str], stage: str = "total"
) -> dict[str, Percentiles]:
    """The percentiles of one stage for each group, sorted by its name; turns that did not measure it do not count."""
    groups: dict[str, list[int]] = {}
    for one in turns:
        took_ms: int | None = getattr(one.turn.latency, stage)
        if took_ms is not None:
            groups.setdefault(key(one), []).append(took_ms)
    found = {name: percentiles(values) for name, values in sorted(groups.items())}
    return {name: figures for name, figures in found.items() if figures is not None}
