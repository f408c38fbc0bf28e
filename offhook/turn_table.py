"""The table a call ends with: who, what was said and heard, and where the time of each answer went."""

from collections.abc import Callable, Sequence

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall
from offhook.words import clock

STAGES: Sequence[tuple[str, str]] = (
    ("endpointing", "bright_blue"),
    ("model", "yellow"),
    ("clause", "bright_red"),
    ("speech", "green"),
    ("queue", "magenta"),
    ("playout", "blue"),
)
BAR_CELLS = 20


def turn_table(conversation: Conversation, zero_ms: int) -> Table:
    """One row a turn. The bars share one scale: the longest answer fills BAR_CELLS cells. A column that would stay
    empty is left out."""
    longest_ms = max((_extent_ms(turn.latency) for turn in conversation.turns), default=0)
    cut = any(turn.role is Role.AGENT and turn.heard != turn.said for turn in conversation.turns)
    columns: dict[str, Callable[[int, Turn], Text]] = {
        "#": lambda number, _turn: Text(str(number)),
        "at": lambda _number, turn: Text(clock(turn.started_at_ms - zero_ms)),
        "who": lambda _number, turn: Text(turn.role.value),
        "said": lambda _number, turn: Text(turn.said),
    }
    if cut:
        columns["heard"] = lambda _number, turn: _heard(turn)
    if longest_ms:
        columns["ms"] = lambda _number, turn: Text("" if turn.latency.total is None else str(turn.latency.total))
        columns["waterfall"] = lambda _number, turn: waterfall_bar(turn.latency, longest_ms)
    table = Table(title="Turn by turn", title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for name in columns:
        wide, narrow = name in {"said", "heard"}, name in {"#", "at", "ms"}
        table.add_column(
            name,
            ratio={"said": 3, "heard": 2}.get(name),
            overflow="fold",
            no_wrap=not wide,
            justify="right" if narrow else "left",
        )
    for number, turn in enumerate(conversation.turns, 1):
        table.add_row(*(cell(number, turn) for cell in columns.values()))
    return table


def waterfall_bar(waterfall: Waterfall, longest_ms: int) -> Text:
    """A bar of one coloured run a stage, and below it, in short lines, each stage in ms; empty when nothing was
    measured, no bar where the whole is not known."""
    if _extent_ms(waterfall) == 0 or longest_ms <= 0:
        return Text()
    bar, numbers = Text(), []
    cells = 0 if waterfall.total is None else BAR_CELLS
    for stage, colour in STAGES:
        took_ms: int | None = getattr(waterfall, stage)
        if took_ms is None:
            continue
        bar.append("█" * round(cells * max(0, took_ms) / longest_ms), style=colour)
        numbers.append((f"{stage} {took_ms}", colour))
    left_over_ms = max(0, (waterfall.total or 0) - _stages_ms(waterfall))
    bar.append("░" * round(cells * left_over_ms / longest_ms), style="dim")
    if waterfall.ours is not None:
        numbers.append((f"ours {waterfall.ours}", "dim"))
    if numbers:
        pairs = (numbers[at : at + 2] for at in range(0, len(numbers), 2))
        for pair in pairs:
            bar.append("\n" if bar else "")
            bar.append_text(Text(" ").join(Text(text, style) for text, style in pair))
    return bar


def _heard(turn: Turn) -> Text:
    if turn.role is Role.CALLER:
        return Text()
    if turn.heard == turn.said:
        return Text("all", style="dim")
    return Text(turn.heard or "nothing", style="red")


def _stages_ms(waterfall: Waterfall) -> int:
    return sum(getattr(waterfall, stage) or 0 for stage, _ in STAGES)


def _extent_ms(waterfall: Waterfall) -> int:
    return max(waterfall.total or 0, _stages_ms(waterfall))
