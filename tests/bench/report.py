"""Figures as tables."""

from collections.abc import Sequence

from rich.box import SIMPLE
from rich.table import Table

from tests.bench.figures import percentile, shown, tokens_to_first_clause
from tests.bench.level import Level
from tests.bench.vendor_process import FIRST_BYTE_MS, FIRST_TOKEN_MS, REPLY, TOKEN_MS, Delays

_LATENCY = (
    "calls",
    "turns",
    "overhead p50",
    "p95",
    "p99",
    "greeting p50",
    "p95",
    "clear p50",
    "p95",
    "late p99",
    "late",
)
_COST = ("calls", "CPU s/call-min", "its core", "MB", "MB/call", "missed", "measuring core", "own clock p99")
_AT_ITS_LIMIT = 0.85
_OWN_LATE_MS = 10.0


def latency_table(title: str, levels: Sequence[Level], delays: Delays) -> Table:
    """One row a level, ms."""
    table = _table(f"{title}: what it adds (ms)", _LATENCY)
    for level in levels:
        overhead = [v2v - delays.overlapped_ms for v2v in level.v2v_ms]
        table.add_row(
            str(level.calls),
            str(len(overhead)),
            *shown(overhead, 50, 95, 99),
            *shown(level.greeting_ms, 50, 95),
            *shown(level.clear_ms, 50, 95),
            *shown(level.gap_ms, 99),
            str(level.late_frames),
        )
    return table


def cost_table(title: str, levels: Sequence[Level]) -> Table:
    """One row a level."""
    table = _table(f"{title}: what it costs", _COST)
    for level in levels:
        table.add_row(
            str(level.calls),
            f"{level.cpu_s_per_call_minute:.2f}",
            f"{level.host_core:.0%}",
            f"{level.busy_mb:.0f}",
            f"{level.mb_per_call:.2f}",
            str(level.missed + level.clears_missed + level.cut),
            f"{level.measuring_core:.0%}",
            f"{percentile(level.own_late_ms, 99):.1f}{' !' if is_at_its_limit(level) else ''}",
        )
    return table


def _table(title: str, headings: Sequence[str]) -> Table:
    table = Table(title=title, title_justify="left", box=SIMPLE)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def is_at_its_limit(level: Level) -> bool:
    """Whether it is the measuring side that is late: then a figure bounds the host from above only."""
    return level.measuring_core > _AT_ITS_LIMIT or percentile(level.own_late_ms, 99) > _OWN_LATE_MS


def notes(idle_mb: float, delays: Delays) -> str:
    tokens = tokens_to_first_clause(REPLY)
    return (
        f"script: the turn ends {delays.end_ms:.0f} after the last voice; the model's first token comes after "
        f"{FIRST_TOKEN_MS:.0f}, the first clause is complete with token {tokens} ({TOKEN_MS:.0f} each); speech begins "
        f"after {FIRST_BYTE_MS:.0f}: {delays.serial_ms:.0f} in all. overhead: last voice to first sound, less that.\n"
        f"idle streamer before the first call: {idle_mb:.0f} MB. clear: the recogniser's first sign of a voice over the "
        "agent to our `clear`.\nlate: messages of an answer that came 20 or more after the audio before them had been "
        "played. missed: answers, clears and calls that did not come off.\nmeasuring core: callers and vendors; above "
        "85 %, or with the callers' own clock late (!), the figures are bounds: the measuring is at its limit."
    )
