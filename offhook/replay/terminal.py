"""A replay in the terminal: the settings, their figures side by side, and what was said in either."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from calls.conversation import Role, Turn
from offhook.replay.difference import Column, Pair, aligned, figures, latency_range
from offhook.replay.result import LATENCY_TOLERANCE_MS
from offhook.words import clock, unheard_rest

DIFFERS = "bold yellow"


def rendered(columns: Sequence[Column]) -> RenderableType:
    """Everything that is to be seen of the columns; the conversations are those of the last two."""
    return Group(*_parts(columns))


def _parts(columns: Sequence[Column]) -> Iterator[RenderableType]:
    for column in columns:
        yield Text.assemble((column.name, "bold"), f": {column.what}")
        for note in column.notes:
            yield Text(f"  {note}", style="yellow")
    yield Text()
    yield _figures(columns)
    if len(columns) > 1:
        yield _conversations(*columns[-2:])
    yield from map(Text, remarks(columns))


def remarks(columns: Sequence[Column]) -> Iterator[str]:
    """What a reader has to know of the figures, in sentences."""
    for column in columns:
        for sentence in column.unlike:
            yield f"Not the same each time, {column.name}: {sentence}."
        for sentence in column.cuts_apart:
            yield f"Cut at other words, {column.name}: {sentence}."
        if column.spread_ms > LATENCY_TOLERANCE_MS:
            yield (
                f"The median times of {column.name} lie {column.spread_ms:,} ms apart, more than the "
                f"{LATENCY_TOLERANCE_MS} ms that this machine is allowed: it was too busy for times to be compared. "
                "Close other work, and leave --at-once at 1."
            )


def _figures(columns: Sequence[Column]) -> Table:
    table = Table(title="Side by side", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for column in columns:
        table.add_column(column.name, overflow="fold")
    for figure in figures(columns):
        cells = [Text(cell) for cell in figure.cells]
        if figure.differs:
            cells[-1].stylize(DIFFERS)
        table.add_row(Text(figure.name, style=DIFFERS if figure.differs else "dim"), *cells)
    return table


def _conversations(left: Column, right: Column) -> Table:
    table = Table(title="What was said", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    table.add_column("who", no_wrap=True)
    for column in (left, right):
        table.add_column(column.name, ratio=1, overflow="fold")
    for pair in aligned(left.first.turns, right.first.turns):
        table.add_row(*_row(pair, left, right))
    return table


def _row(pair: Pair, left: Column, right: Column) -> list[Text]:
    who = pair.left or pair.right
    assert who is not None, "a pair has at least one turn"
    mark = Text(" " if pair.same else "≠", style=DIFFERS)
    before = turn_text(pair.left, left)
    after = turn_text(pair.right, right, is_short=pair.heard_alike)
    return [mark, Text(who.role.value, style="dim"), before, after]


def turn_text(turn: Turn | None, column: Column, *, is_short: bool = False) -> Text:
    """ "0:07.9  We open at nine ✂ [unheard: …]  640 to 655 ms"; a short one leaves out what was said, for it stands
    beside it already."""
    if turn is None:
        return Text("nothing", style="dim")
    text = Text(f"{clock(turn.started_at_ms)}  ", style="dim")
    rest = unheard_rest(turn.said, turn.heard) if turn.role is Role.AGENT else ""
    text.append("the same" if is_short else turn.said[: len(turn.said) - len(rest)], style="dim" if is_short else "")
    if turn.cut:
        text.append(f" ✂ {clock(turn.ended_at_ms)}", style="bold red")
    if rest and not is_short:
        text.append(f" [unheard: {rest.strip()}]", style="dim strike")
    if (bounds := latency_range(column, turn)) is not None:
        low, high = bounds
        text.append(f"  {low:,} ms" if low == high else f"  {low:,} to {high:,} ms", style="green")
    return text
