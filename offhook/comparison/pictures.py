"""The charts of a comparison as SVG text: how calls ended, and how soon they were answered."""

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from calls.comparison import COMPLETED, Row
from calls.percentiles import Percentiles
from offhook.report import palette
from offhook.report.pictures import dress, svg_text

ENDS: tuple[tuple[str, str, str, Callable[[str], bool]], ...] = (
    ("goodbye or transfer", "#009e73", "", lambda end: end in COMPLETED),
    ("caller hung up", "#56b4e9", "//", lambda end: end == "caller-hung-up"),
    (
        "silence, limit or ended from outside",
        "#e69f00",
        "..",
        lambda end: end in {"silence", "limit", "operator-hung-up"},
    ),
    ("not connected", "#c9d1da", "", lambda end: end == "not-connected"),
    ("failed", palette.CUT, "xx", lambda end: end in {"failed", "unknown"}),
)
"""How a call may end, each with colour and hatch."""


def ends_svg(rows: Sequence[Row]) -> str | None:
    """How the calls of each row ended, as shares of the row; None where no call has ended."""
    ended = [row for row in rows if row.calls]
    if not ended:
        return None
    figure, axes = _axes(ended)
    for place, row in enumerate(ended):
        at = 0.0
        for _, colour, hatch, is_such in ENDS:
            percent = 100 * sum(calls for end, calls in row.ends.items() if is_such(end)) / row.calls
            axes.barh(place, percent, 0.62, at, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6)
            at += percent
        axes.text(101, place, f"{row.calls:,}", va="center", color=palette.INK, fontsize=9)
    axes.set_xlim(0, 110)
    axes.set_xlabel("% of the calls that ended", color=palette.INK, fontsize=9)
    return svg_text(figure)


def latency_svg(rows: Sequence[Row]) -> str | None:
    """p50, p95, p99 and max of each row's answers; None where none was measured."""
    measured = [(row, row.latency) for row in rows if row.latency is not None]
    if not measured:
        return None
    figure, axes = _axes([row for row, _ in measured])
    longest_ms = max(found.max_ms for _, found in measured)
    for place, (_, found) in enumerate(measured):
        _draw_percentiles(axes, place, found)
        label = f"{found.p50_ms:,} / {found.p95_ms:,} / {found.p99_ms:,}, max {found.max_ms:,}, n {found.n:,}"
        axes.text(found.max_ms + longest_ms * 0.015, place, label, va="center", color=palette.INK, fontsize=9)
    axes.set_xlim(0, longest_ms * 1.6)
    axes.set_xlabel("ms from the caller's last sound to the answer's first", color=palette.INK, fontsize=9)
    return svg_text(figure)


def _draw_percentiles(axes: Axes, place: int, found: Percentiles) -> None:
    """A bar to p50, a lighter one to p95, the lightest to p99, and a mark where the slowest answer was."""
    steps = ((found.p99_ms, "#cfe3f1"), (found.p95_ms, "#7fb8d8"), (found.p50_ms, palette.CALLER))
    for end_ms, colour in steps:
        axes.barh(place, end_ms, 0.62, color=colour)
    axes.plot([found.max_ms], [place], marker="|", markersize=14, color=palette.CUT)


def _axes(rows: Sequence[Row]) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(11.5, 0.42 * len(rows) + 1.0), facecolor=palette.PAPER, layout="constrained")
    axes = figure.add_subplot()
    axes.set_yticks(range(len(rows)), [row.name for row in rows])
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.grid(axis="x", color=palette.GRID)
    axes.set_axisbelow(True)
    dress(axes)
    return figure, axes
