"""Several settings side by side: the figures of their calls, and the two conversations turn by turn. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher

from calls.conversation import Turn
from calls.plain_words import END_REASONS
from offhook.replay.result import LATENCY_TOLERANCE_MS, Result, alike, cuts_apart, said, unlike
from offhook.words import clock

NOT_KNOWN = "—"


@dataclass(frozen=True, slots=True)
class Column:
    """One setting with the calls made with it; the call as it was recorded is one, too, of one run. `what` says what
    is particular to it."""

    name: str
    what: str
    runs: tuple[Result, ...]
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Result:
        """The run that is shown where one has to stand for all."""
        return self.runs[0]

    @property
    def unlike(self) -> list[str]:
        """In what its runs differ from the first; empty where all came to the same."""
        return [sentence for run in self.runs[1:] for sentence in unlike(self.first, run)]

    @property
    def cuts_apart(self) -> list[str]:
        """Where its runs were interrupted at other words than the first."""
        return [sentence for run in self.runs[1:] for sentence in cuts_apart(self.first, run)]

    @property
    def spread_ms(self) -> int:
        """How far the medians of the runs' latencies lie apart."""
        medians = [run.latency.p50_ms for run in self.runs if run.latency]
        return max(medians) - min(medians) if medians else 0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: a cell for each column. `differs`: the last two columns are not the same in it; in
    something that is measured, their ranges do not meet."""

    name: str
    cells: tuple[str, ...]
    differs: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """A turn in either conversation; None where the other has one more. `same`: the same was said and cut."""

    left: Turn | None
    right: Turn | None

    @property
    def same(self) -> bool:
        return self.left is not None and self.right is not None and alike(self.left, self.right)

    @property
    def heard_alike(self) -> bool:
        """The same, and cut at the same word where it was cut."""
        return self.same and self.left is not None and self.right is not None and self.left.heard == self.right.heard


def figures(columns: Sequence[Column]) -> list[Figure]:
    """What is to be compared, what matters most first. Ranges are over the runs of a column."""
    texts: list[tuple[str, Callable[[Result], str]]] = [
        ("mode", lambda run: " → ".join(run.modes) or "none"),
        ("end", lambda run: END_REASONS.get(run.end_reason, run.end_reason)),
        ("caller's turns", lambda run: str(len(run.caller_turns))),
        ("interruptions", lambda run: str(len(run.interruptions))),
    ]
    measured: list[tuple[str, Callable[[Result], float | None], Callable[[float], str]]] = [
        ("agent fell silent after", lambda run: run.barge_in_ms, _ms),
        ("turn taken to be over after", lambda run: run.turn_end_ms, _ms),
        ("answer heard after, median", lambda run: run.latency.p50_ms if run.latency else None, _ms),
        ("answer heard after, longest", lambda run: run.latency.max_ms if run.latency else None, _ms),
        ("greeting after", lambda run: run.greeting_ms, _ms),
        ("length", lambda run: run.length_ms, lambda ms: clock(round(ms))),
    ]
    costs: list[tuple[str, Callable[[Result], Decimal | None]]] = [
        ("cost", lambda run: run.usd),
        ("cost per minute", lambda run: run.usd_per_minute),
    ]
    found = [_text(name, columns, read) for name, read in texts]
    found += [_measured(name, columns, read, show) for name, read, show in measured]
    found += [_cost(name, columns, read) for name, read in costs]
    names = sorted({name for column in columns for run in column.runs for name in run.fields})
    found += [_field(name, columns) for name in names]
    if any(run.failures for column in columns for run in column.runs):
        found.append(_text("failures", columns, lambda run: ", ".join(run.failures) or "none"))
    found.append(Figure("the same each time", tuple(map(_sameness, columns)), differs=False))
    return found


def aligned(left: Sequence[Turn], right: Sequence[Turn]) -> list[Pair]:
    """Both conversations in order, what both say beside each other, cut or not; turns that differ are laid beside each
    other where the same side spoke."""
    pairs: list[Pair] = []
    for ours, theirs, is_common in _stretches(left, right, said):
        if is_common:
            pairs += map(Pair, ours, theirs)
            continue
        for one, other, same_roles in _stretches(ours, theirs, lambda turn: turn.role):
            alone = [*((turn, None) for turn in one), *((None, turn) for turn in other)]
            pairs += [Pair(*both) for both in (zip(one, other, strict=True) if same_roles else alone)]
    return pairs


def _stretches(
    left: Sequence[Turn], right: Sequence[Turn], key: Callable[[Turn], object]
) -> Iterator[tuple[Sequence[Turn], Sequence[Turn], bool]]:
    """Both in order, in stretches in which `key` is the same turn by turn, or is not."""
    matcher = SequenceMatcher(None, [key(turn) for turn in left], [key(turn) for turn in right], autojunk=False)
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        yield left[left_from:left_to], right[right_from:right_to], tag == "equal"


def latency_range(column: Column, turn: Turn) -> tuple[int, int] | None:
    """From which to which ms this answer of the first run was heard in all runs; None where it was not measured."""
    at = column.first.turns.index(turn)
    found = [run.turns[at].latency.total for run in column.runs if at < len(run.turns) and alike(run.turns[at], turn)]
    known = [total for total in found if total is not None]
    return (min(known), max(known)) if known else None


def _text(name: str, columns: Sequence[Column], read: Callable[[Result], str]) -> Figure:
    cells = tuple(" / ".join(dict.fromkeys(map(read, column.runs))) for column in columns)
    return Figure(name, cells, len(cells) > 1 and cells[-1] != cells[-2])


def _field(name: str, columns: Sequence[Column]) -> Figure:
    return _text(name.replace("_", " "), columns, lambda run: run.fields.get(name, "unknown"))


def _measured(
    name: str, columns: Sequence[Column], read: Callable[[Result], float | None], show: Callable[[float], str]
) -> Figure:
    ranges = [_range([value for run in column.runs if (value := read(run)) is not None]) for column in columns]
    cells = tuple(NOT_KNOWN if one is None else _between(one, show) for one in ranges)
    last = ranges[-2:]
    before, after = last if len(last) > 1 else (None, None)
    differs = before is not None and after is not None and (before[1] < after[0] or after[1] < before[0])
    return Figure(name, cells, differs and cells[-1] != cells[-2])


def _cost(name: str, columns: Sequence[Column], read: Callable[[Result], Decimal | None]) -> Figure:
    """List prices; what has none is left out and said."""

    def usd(run: Result) -> float | None:
        value = read(run)
        return None if value is None or not (value or run.is_priced) else float(value)

    figure = _measured(name, columns, usd, lambda value: f"${value:.4f}")
    parts = (any(run.usd is not None and not run.is_priced for run in column.runs) for column in columns)
    cells = tuple(_with_unpriced(cell) if part else cell for cell, part in zip(figure.cells, parts, strict=True))
    return Figure(name, cells, figure.differs)


def _with_unpriced(cell: str) -> str:
    """What is unpriced alone is never $0."""
    return "unpriced" if cell == NOT_KNOWN else f"{cell} + unpriced"


def _range(values: Sequence[float]) -> tuple[float, float] | None:
    return (min(values), max(values)) if values else None


def _between(bounds: tuple[float, float], show: Callable[[float], str]) -> str:
    low, high = map(show, bounds)
    return low if low == high else f"{low} to {high}"


def _sameness(column: Column) -> str:
    if len(column.runs) == 1:
        return "one call"
    if column.unlike:
        return "no, see below"
    if column.spread_ms > LATENCY_TOLERANCE_MS:
        return f"yes, but for the times ({len(column.runs)} calls)"
    return f"yes ({len(column.runs)} calls)"


def _ms(value: float) -> str:
    return f"{round(value):,} ms"
