"""A comparison in a terminal that is too narrow for its tables, or in a file, which counts as 80 columns: a block for
each row, so that no figure is cut short."""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from calls.comparison import Row
from calls.plain_words import BLAMES
from offhook.comparison import figures


def blocks(rows: Sequence[tuple[str, Mapping[str, str]]]) -> Iterator[RenderableType]:
    """Each row by its heading, with its figures by their names."""
    for heading, cells in rows:
        yield Text(heading, style="bold")
        grid = Table.grid(padding=(0, 3, 0, 0))
        grid.add_column(no_wrap=True, style="dim")
        grid.add_column(overflow="fold")
        for name, cell in cells.items():
            grid.add_row(name, Text(_on_a_line(cell)))
        yield Padding(grid, (0, 0, 1, 2))


def faults(row: Row) -> Iterator[RenderableType]:
    """What went wrong, a paragraph a failure."""
    yield Text("What went wrong", style="italic")
    for fault in row.faults:
        yield Text()
        yield Text(f"{fault.code}, {figures.counted(fault.calls)}; to act: {BLAMES[fault.blame]}", style="bold")
        yield Padding(Text(fault.sentence), (0, 0, 0, 2))
        yield Padding(Text(f"one of them: offhook why {fault.call_id}"), (0, 0, 0, 2))
    yield Text()


def _on_a_line(cell: str) -> str:
    """What stands on lines of its own in a table's cell."""
    return "   ".join(" ".join(line.split()) for line in cell.splitlines())
