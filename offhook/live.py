"""The live transcript on the terminal: one line a turn, as it is written to the record, and what happens between.

Nothing is redrawn, so that it reads the same in a pipe or a log. Rendering is a function of the turn.
"""

from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from calls.conversation import Role, Turn
from calls.record import ModeUse
from offhook.words import clock, unheard_rest

NAME_STYLES = {Role.CALLER: "bold cyan", Role.AGENT: "bold yellow"}
NAME_WIDTH = 7


def turn_line(turn: Turn, zero_ms: int) -> Text:
    """ "0:07.9  agent   We open at nine in the afternoon ✂ cut at 0:12.2", the unheard part struck through."""
    line = Text()
    line.append(f"{clock(turn.started_at_ms - zero_ms):>7}  ", style="dim")
    line.append(f"{turn.role.value:<{NAME_WIDTH}} ", style=NAME_STYLES[turn.role])
    rest = unheard_rest(turn.said, turn.heard) if turn.role is Role.AGENT else ""
    line.append(turn.heard if rest == turn.said else turn.said[: len(turn.said) - len(rest)])
    if turn.cut:
        line.append(f" ✂ heard until {clock(turn.ended_at_ms - zero_ms)}", style="bold red")
    if rest:
        line.append(f" [unheard:{rest if rest.startswith(' ') else ' ' + rest}]", style="dim strike")
    if turn.latency.total is not None:
        line.append(f"  {turn.latency.total} ms", style="dim green")
    return line


def rung_line(rung: ModeUse, zero_ms: int) -> Text:
    """ "0:09.0  mode    traditional" with why the rung before was left, where the caller asks for it."""
    at_ms = max(0, rung.started_at_ms - zero_ms)
    return Text.assemble((f"{clock(at_ms):>7}  ", "dim"), (f"{'mode':<{NAME_WIDTH}} ", "magenta"), rung.mode.value)


class LiveTranscript:
    """Prints one call. `zero_ms` is asked anew for every line: the answer comes after the first lines."""

    def __init__(self, console: Console, zero_ms: Callable[[], int]) -> None:
        self._console = console
        self._zero_ms = zero_ms

    def turn(self, turn: Turn) -> None:
        self._console.print(turn_line(turn, self._zero_ms()))

    def rung(self, rung: ModeUse, before: ModeUse | None) -> None:
        line = rung_line(rung, self._zero_ms())
        if before is not None and before.why_left:
            line.append(f" (left {before.mode.value}: {before.why_left})", style="dim")
        self._console.print(line)

    def happened(self, at_ms: int, what: str, *, bad: bool = False) -> None:
        """Something on the line, `at_ms` after the answer: a stream started, a key pressed, an alert."""
        self._console.print(Text(f"{clock(at_ms):>7}  {'·':<{NAME_WIDTH}} {what}", style="red" if bad else "dim"))
