"""A comparison in the terminal: the table, and what went wrong; both otherwise where they do not fit."""

from collections.abc import Iterator
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from calls.comparison import Row
from calls.plain_words import BLAMES
from offhook.comparison import figures, narrow
from offhook.comparison.period import in_words
from offhook.comparison.report import Report

WORST = "most common failure"
COLUMNS = ("connected", "completed", "fell", "answer, ms", "greeting, ms", "barge-in, ms", "per minute")


@dataclass(frozen=True, slots=True)
class _Shown:
    report: Report

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        def fits(table: Table) -> bool:
            return Measurement.get(console, options, table).minimum < options.max_width

        report = self.report
        if fits(table := _table(report)):
            yield table
        else:
            yield Text(_title(report), style="italic")
            yield Text()
            yield from narrow.blocks([_block(row) for row in _rows(report)])
        for note in notes(report):
            yield Text(note)
        if report.whole.faults:
            yield Text()
            yield from [table] if fits(table := _faults(report.whole)) else narrow.faults(report.whole)
        for name, meaning in figures.MEANINGS:
            yield Text(f"{name}: {meaning}", style="dim")


def rendered(report: Report) -> RenderableType:
    """Everything that the report holds."""
    return _Shown(report)


def notes(report: Report) -> Iterator[str]:
    """What a reader has to know of the figures, in sentences."""
    if report.is_cut:
        yield f"Only the newest {report.whole.calls + report.whole.open_calls:,} were read; give --most for more."
    if report.whole.open_calls:
        yield f"{figures.counted(report.whole.open_calls)} not over yet, counted in what went wrong alone."
    if any(row.name == "traditional" for row in report.rows):
        yield figures.UNTIMED
    if any(row.name == "none" for row in report.rows):
        yield 'Calls of mode "none" reached no mode: nobody answered, or they failed before.'
    yield from report.whole.total.warnings


def _title(report: Report) -> str:
    title = f"{figures.counted(report.whole.calls)} {in_words(report.period)}"
    return title + (f", agent {report.agent}" if report.agent else "")


def _rows(report: Report) -> tuple[Row, ...]:
    """With all of them together at the end, where that says more."""
    return (*report.rows, report.whole) if len(report.rows) > 1 else report.rows


def _block(row: Row) -> tuple[str, dict[str, str]]:
    name, calls, *others = cells(row)
    return f"{name}: {calls} call{'' if calls == '1' else 's'}", dict(zip((*COLUMNS, WORST), others, strict=True))


def _table(report: Report) -> Table:
    table = Table(title=Text(_title(report)), title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(report.by.value, no_wrap=True)
    table.add_column("calls", justify="right", no_wrap=True)
    for name in COLUMNS:
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(WORST, overflow="fold", ratio=1, min_width=len(WORST))
    for row in _rows(report):
        if row is report.whole:
            table.add_section()
        table.add_row(*map(Text, cells(row)), style="" if row.calls else "dim")
    return table


def cells(row: Row) -> list[str]:
    """One row, a text a column."""
    return [
        row.name,
        f"{row.calls:,}",
        figures.share(row.connected_share),
        figures.share(row.completed_share),
        figures.share(row.fell_share),
        *(figures.percentile_lines(found) for found in (row.latency, row.greeting, row.barge_in)),
        "\n".join(filter(None, (figures.per_minute(row), figures.unpriced_line(row)))),
        figures.worst(row),
    ]


def _faults(row: Row) -> Table:
    table = Table(title="What went wrong", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("failure", no_wrap=True)
    table.add_column("to act", no_wrap=True)
    table.add_column("calls", justify="right", no_wrap=True)
    table.add_column("what happened", overflow="fold", ratio=1, min_width=30)
    table.add_column("one of them: offhook why …", no_wrap=True)
    for fault in row.faults:
        table.add_row(fault.code, BLAMES[fault.blame], f"{fault.calls:,}", Text(fault.sentence), fault.call_id)
    return table
