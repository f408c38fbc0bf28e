"""The table a call ends with: who, what was said and heard, and where the time of each answer went."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from calls.conversation import Conversation, Role, Turn
from calls.latency import Waterfall
from offhook.words import clock

STAGES: Sequence[tuple[str, str]] = (
    ("endpointing", "bright_blue"),
    ("model", "yellow"),
    ("speech", "green"),
    ("queue", "magenta"),
    ("playout", "blue"),
)
BAR_CELLS = 24


def turn_table(conversation: Conversation, zero_ms: int) -> Table:
    """One row a turn. The bars share one scale: the longest answer fills BAR_CELLS cells."""
    longest_ms = max((_extent_ms(turn.latency) for turn in conversation.turns), default=0)
    table = Table(title="Turn by turn", title_justify="left", show_lines=False, pad_edge=False)
    table.add_column("#", justify="right")
    table.add_column("at", justify="right")
    table.add_column("who")
    table.add_column("said", ratio=3, overflow="fold")
    table.add_column("heard", ratio=2, overflow="fold")
    table.add_column("ms", justify="right")
    table.add_column("waterfall", ratio=2, min_width=BAR_CELLS)
    for number, turn in enumerate(conversation.turns, 1):
        table.add_row(
            str(number),
            clock(turn.started_at_ms - zero_ms),
            turn.role.value,
            Text(turn.said),
            _heard(turn),
            "" if turn.latency.total is None else str(turn.latency.total),
            waterfall_bar(turn.latency, longest_ms),
        )
    return table


def waterfall_bar(waterfall: Waterfall, longest_ms: int) -> Text:
    """A bar of one coloured run a stage, and the stages in numbers below it; empty when nothing was measured."""
    if _extent_ms(waterfall) == 0 or longest_ms <= 0:
        return Text()
    bar, numbers = Text(), []
    for stage, colour in STAGES:
        took_ms: int | None = getattr(waterfall, stage)
        if took_ms is None:
            continue
        bar.append("█" * round(BAR_CELLS * max(0, took_ms) / longest_ms), style=colour)
        numbers.append((f"{stage} {took_ms}", colour))
    left_over_ms = max(0, (waterfall.total or 0) - _stages_ms(waterfall))
    bar.append("░" * round(BAR_CELLS * left_over_ms / longest_ms), style="dim")
    if waterfall.ours is not None:
        numbers.append((f"(ours {waterfall.ours})", "dim"))
    if numbers:
        bar.append("\n")
        bar.append_text(Text(" ").join(Text(text, style) for text, style in numbers))
    return bar


def _heard(turn: Turn) -> Text:
    if turn.role is Role.CALLER or not turn.cut:
        return Text("all" if turn.heard == turn.said else turn.heard, style="dim")
    return Text(turn.heard or "nothing", style="red")


def _stages_ms(waterfall: Waterfall) -> int:
    parts = (waterfall.endpointing, waterfall.model, waterfall.speech, waterfall.queue, waterfall.playout)
    return sum(part or 0 for part in parts)


def _extent_ms(waterfall: Waterfall) -> int:
    return max(waterfall.total or 0, _stages_ms(waterfall))
