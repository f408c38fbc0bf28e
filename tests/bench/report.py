"""Figures as tables."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from rich.box import SIMPLE
from rich.table import Table

from tests.bench.figures import percentile, shown, slope
from tests.bench.host import BARGE_IN_MS
from tests.bench.level import MISSED_SHARE, Level
from tests.bench.runs import Soaked
from tests.bench.samples import busiest, dearest
from tests.bench.speech import Speech
from tests.bench.stages import host_ms
from tests.bench.vendor_process import START_MS, Delays, Scripted

_LATENCY = (
    "calls",
    "turns",
    "over p50",
    "p95",
    "p99",
    "host p50",
    "p95",
    "barged",
    "p95",
    "greeting",
    "p95",
    "clear",
    "p95",
    "ready",
    "late p99",
    "late",
)
_COST = (
    *("calls", "CPU s/call-min", "calls/core", "its core", "MB", "MB/call", "missed", "measuring core"),
    *("own clock p99", "others", "stolen"),
)
_AT_ITS_LIMIT = 0.85
_OWN_LATE_MS = 10.0
_FULL = "full"


def latency_table(title: str, levels: Sequence[Level], delays: Scripted) -> Table:
    """One row a level, ms; medians where nothing else is said."""
    table = plain_table(f"{title}: what it adds (ms)", _LATENCY)
    for level in levels:
        table.add_row(
            str(level.calls),
            str(len(level.v2v_ms)),
            *_overhead(level, delays),
            *shown(level.greeting_ms, 50, 95),
            *shown(level.clear_ms, 50, 95),
            *shown(level.ready_ms, 50),
            *shown(level.gap_ms, 99),
            str(level.late_frames),
        )
    return table


def _overhead(level: Level, delays: Scripted) -> tuple[str, ...]:
    if level.is_full:
        return (_FULL, *("-" * 6))
    overhead, after_barge_in = (
        [v2v - delays.overlapped_ms for v2v in answered] for answered in (level.plain_v2v_ms, level.barged_v2v_ms)
    )
    host = [host_ms(turn) for turn in level.stages]
    return *shown(overhead, 50, 95, 99), *shown(host, 50, 95), *shown(after_barge_in, 50, 95)


def cost_table(title: str, levels: Sequence[Level]) -> Table:
    """One row a level."""
    table = plain_table(f"{title}: what it costs", _COST)
    for level in levels:
        table.add_row(
            str(level.calls),
            f"{level.usage.cpu_s_per_call_minute:.2f}",
            _FULL if level.is_full else f"{60 / level.usage.cpu_s_per_call_minute:.0f}",
            f"{level.usage.host_core:.0%}",
            f"{level.usage.busy_mb:.0f}",
            f"{level.mb_per_call:.2f}",
            str(level.missed + level.clears_missed + level.cut),
            f"{level.usage.measuring_core:.0%}",
            f"{percentile(level.own_late_ms, 99):.1f}{' !' if is_at_its_limit(level) else ''}",
            f"{level.usage.others:.0%}",
            f"{level.usage.stolen:.0%}",
        )
    return table


def stages_table(level: Level) -> Table:
    """Where the level's turns spent their time, ms."""
    turns = f"{len(level.stages)} of {len(level.plain_v2v_ms)} turns at {level.calls} calls"
    table = plain_table(f"{turns}, stage by stage (ms)", ("stage", "p50", "p95"))
    table.columns[0].justify = "left"
    for stage in level.stages[0]:
        table.add_row(stage, *shown((turn[stage] for turn in level.stages), 50, 95))
    table.add_row("host in all", *shown(map(host_ms, level.stages), 50, 95))
    return table


def plain_table(title: str, headings: Sequence[str]) -> Table:
    """An empty table, numbers to the right."""
    table = Table(title=title, title_justify="left", box=SIMPLE, collapse_padding=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table


def is_at_its_limit(level: Level) -> bool:
    """Whether it is the measuring side that is late: then a figure bounds the host from above only."""
    return level.usage.measuring_core > _AT_ITS_LIMIT or percentile(level.own_late_ms, 99) > _OWN_LATE_MS


def profile_tables(path: Path, most: int = 25) -> tuple[Table, Table]:
    stacks = path.read_text(encoding="utf-8").splitlines()
    tables = []
    for title, rows in (("by own time", busiest(stacks, most)), ("our functions, all time", dearest(stacks, most))):
        table = plain_table(f"profile: {title}", ("function", "own", "with callees"))
        table.columns[0].justify = "left"
        for frame, own, whole in rows:
            table.add_row(frame, f"{own:.1%}", f"{whole:.1%}")
        tables.append(table)
    return tables[0], tables[1]


def notes(idle_mb: float, delays: Scripted) -> str:
    return f"""\
script: {delays.told()}.
overhead: last voice to first sound, less that, of turns that were not spoken into an answer; barged: of those that were
(median, p95). host: what the host itself took of the former, from the end of the turn to the first sound; the vendors,
who are later than the script where this machine is busy, are not in it, nor what comes before the end of the turn,
where the host's passing on of the voice and a vendor's late timer cannot be divided. clear: the vendor's first sign of
a voice over the agent to our `clear`; the sign comes {START_MS:.0f} ms after the voice began, and on speech to speech
the agent's barge_in_ms is {BARGE_IN_MS}, so that nothing of it is the agent's own patience. ready: `start` to a
speech-to-speech session that is set up for the call.
calls/core: what a core has processor seconds for at that price of a call, which falls with their number; what it
did carry says the last row that is not full. late: messages of an answer 20 ms or more after the audio before them
had been played. MB: an idle streamer had {idle_mb:.0f} before the first call. missed: answers, clears and calls that
did not come off. full: more than {MISSED_SHARE:.0%} of the answers and calls did not, or more than 1 % of the messages
were late: no overhead is told. measuring core: callers and vendors. Above 85 %, or where the callers' own clock is late
(!), the row is a bound: the measuring is at its limit. others: what processes that are no part of this took. stolen:
what the hypervisor took, of all cores together, as a share of one. Where either is much, repeat the row."""


def speculation_table(with_it: Sequence[Level], without: Sequence[Level], delays: Delays) -> Table:
    """Last voice to first sound, ms, against what the script allows."""
    headings = ("speculation", "calls", "turns", "v2v p50", "p95", "script", "over it p50", "p95")
    ahead_ms = delays.end_ms - delays.eager_ms
    table = plain_table(f"an eager end of turn {ahead_ms:.0f} ms ahead of the confirmed one (ms)", headings)
    for name, script_ms, levels in (("on", delays.overlapped_ms, with_it), ("off", delays.serial_ms, without)):
        for level in levels:
            over = [v2v - script_ms for v2v in level.v2v_ms]
            figures = (*shown(level.v2v_ms, 50, 95), f"{script_ms:.0f}", *shown(over, 50, 95))
            table.add_row(name, str(level.calls), str(len(over)), *figures)
    return table


def soak_lines(soaked: Soaked, lines: int) -> str:
    """The slope is that of the second half: the first fills caches."""
    half = len(soaked.times_s) // 2
    return (
        f"{lines} calls at once for {soaked.times_s[-1] / 60:.1f} minutes, {soaked.calls_made} calls in all\n"
        f"memory: {soaked.rss_mb[0]:.1f} MB at first, {soaked.rss_mb[half]:.1f} half-way, {soaked.rss_mb[-1]:.1f} at "
        f"the end; slope of the second half {slope(soaked.times_s[half:], soaked.rss_mb[half:]):+.2f} MB a minute\n"
        f"tasks before and after: {len(soaked.tasks[0])}, {len(soaked.tasks[1])}; connections by whom they lead to: "
        f"{soaked.sockets[0]}, {soaked.sockets[1]}\ntasks after: {_counted(soaked.tasks[1])}\n"
        f"speech-to-speech sessions open at the vendor (some are kept for the next calls): {soaked.sessions[0]}; after "
        f"the streamer has ended: {soaked.sessions[1]}\n"
        f"turns not answered, calls cut: {soaked.missed}"
    )


def _counted(names: Sequence[str]) -> str:
    """Names without their numbers and addresses, and how often each is there."""
    counts = Counter(re.sub(r"0x[0-9a-f]+|\d+", "…", name) for name in names)
    return "".join(f"\n  {count} x {name}" for name, count in counts.most_common())


def greeting_table(rows: Sequence[tuple[str, Level]], delays: Speech) -> Table:
    """Calls one after the other, a run each, ms."""
    headings = ("phrases", "sessions", "calls", "greeting p50", "p95", "ready p50", "p95", "first answer over script")
    table = plain_table(f"from `start`, where a session takes {delays.open_ms:.0f} to be established (ms)", headings)
    for name, level in rows:
        firsts = [call.turns[0] for call in level.called if call.turns]
        answers = [
            (turn.answered_s - turn.ended_s) * 1000 - delays.overlapped_ms
            for turn in firsts
            if turn.answered_s is not None
        ]
        figures = (*shown(level.greeting_ms, 50, 95), *shown(level.ready_ms, 50, 95), *shown(answers, 50))
        table.add_row(*name.split(", "), str(len(level.called)), *figures)
    return table


def peers_table(ours: Sequence[Level], theirs: Mapping[str, Sequence[Level]], delays: Scripted) -> Table:
    """Theirs divided by ours, as far as a server carried the calls. Overhead of both is over the script with our own
    first clause."""
    headings = ("server", "calls", "v2v p50", "overhead p50", "p95", "greeting p50", "clear p50", "CPU", "MB/call")
    table = plain_table("as a multiple of ours", headings)
    table.columns[0].justify = "left"
    for name, levels in theirs.items():
        for mine, other in zip(ours[: len(levels)], levels, strict=True):
            if mine.is_full or other.is_full:
                table.add_row(name, str(mine.calls), _FULL if other.is_full else "ours full", *("-" * 6))
                continue
            figures = zip(_compared(mine, delays), _compared(other, delays), strict=True)
            ratios = (two / one if one > 0 else float("nan") for one, two in figures)
            table.add_row(name, str(mine.calls), *("-" if math.isnan(ratio) else f"{ratio:.1f}" for ratio in ratios))
    return table


def _compared(level: Level, delays: Scripted) -> tuple[float, ...]:
    script_ms = delays.overlapped_ms
    return (
        percentile(level.v2v_ms, 50),
        percentile(level.v2v_ms, 50) - script_ms,
        percentile(level.v2v_ms, 95) - script_ms,
        percentile(level.greeting_ms, 50),
        percentile(level.clear_ms, 50),
        level.usage.cpu_s_per_call_minute,
        level.mb_per_call,
    )
