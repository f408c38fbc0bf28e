"""The dashboard as a picture: its own layout and queries, drawn by matplotlib where CloudWatch would draw them."""

import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, MultipleLocator
from PIL import Image

from calls.metrics import METRICS, Teller
from offhook.report import palette
from tests.dashboards.board import Alarm, Query, Widget, is_ours
from tests.dashboards.metric_store import MetricStore, Points

COLOURS = ("#0072b2", "#e69f00", "#009e73", "#b3003c", "#cc79a7", "#56b4e9", "#7a5c00", "#f0e442", "#5c6672")
CELL_W, CELL_H = 0.72, 0.36
"""Inches of one cell of the grid."""
OK, IN_ALARM = "#2a7f3f", "#c3162c"


def picture(
    widgets: Sequence[Widget], alarms: Iterable[Alarm], store: MetricStore, until_s: float, title: str
) -> bytes:
    """A PNG, small enough for a document. `until_s` (epoch) is the present of whoever looks."""
    height = max(y + h for _, y, _, h in (widget.place for widget in widgets))
    figure = Figure(figsize=(24 * CELL_W, (height + 1) * CELL_H), dpi=75, facecolor="#f2f4f7")
    figure.text(0.008, 1 - 0.55 / (height + 1), title, va="center", fontsize=15, color=palette.INK, weight="bold")
    known = {alarm.logical: alarm for alarm in alarms}
    since_s = min((at_ms for told in store.values.values() for at_ms, _ in told), default=0) // 300_000 * 300
    for widget in widgets:
        _draw(figure, widget, known, store, (since_s, until_s), height + 1)
    return _small_png(figure)


def _draw(
    figure: Figure,
    widget: Widget,
    alarms: Mapping[str, Alarm],
    store: MetricStore,
    span_s: tuple[float, float],
    height: int,
) -> None:
    _, _, w, h = widget.place
    card = _card(figure, widget, height)
    if widget.kind == "text":
        card.set_facecolor("#f2f4f7")
        card.spines[:].set_visible(False)
        card.text(0.004, 0.5, widget.markdown.replace("**", ""), va="center", fontsize=10.5, color=palette.INK)
        return
    place = 0.012 * 24 / w, 1 - 0.09 * 6 / h
    card.text(*place, _headline(widget), va="center", fontsize=10.5, color=palette.INK, weight="bold")
    if widget.kind == "alarm":
        _draw_alarms(card, [alarms[name] for name in widget.alarms], store, span_s)
    elif widget.view == "singleValue":
        _draw_number(card, widget, store, span_s)
    else:
        _draw_lines(_axes(figure, widget, height), widget, store, span_s)


def _on_page(widget: Widget, height: int) -> tuple[float, float, float, float]:
    """Its left, bottom, width and height in a figure of so many cells, all of 1."""
    x, y, w, h = widget.place
    return x / 24, 1 - (y + 1 + h) / height, w / 24, h / height


def _card(figure: Figure, widget: Widget, height: int) -> Axes:
    """The empty paper of a widget, with a margin around it."""
    left, bottom, width, tall = _on_page(widget, height)
    margin_x, margin_y = 0.1 / 24, 0.12 / height
    card = figure.add_axes((left + margin_x, bottom + margin_y, width - 2 * margin_x, tall - 2 * margin_y))
    card.set_facecolor(palette.PAPER)
    card.set_xticks([])
    card.set_yticks([])
    card.spines[:].set_color(palette.GRID)
    return card


def _axes(figure: Figure, widget: Widget, height: int) -> Axes:
    """Where its lines go: below the headline, with room for what is written beside and beneath them."""
    left, bottom, width, tall = _on_page(widget, height)
    beside = (1.75 if _has_right(widget) else 1.35) / 24
    return figure.add_axes((left + 0.95 / 24, bottom + 1.55 / height, width - beside, tall - 2.6 / height))


def _headline(widget: Widget) -> str:
    return widget.title if widget.unit in ("", "number") else f"{widget.title}, {widget.unit}"


def _is_played(widget: Widget) -> bool:
    """Whether any of it can be told on one machine."""
    names = [query.name for query in widget.queries if query.name]
    return any(is_ours(name) and METRICS[name.metric].teller is not Teller.CLOUDWATCH for name in names)


def _has_right(widget: Widget) -> bool:
    return any(query.is_right for query in widget.queries)


def _draw_alarms(card: Axes, alarms: Sequence[Alarm], store: MetricStore, span_s: tuple[float, float]) -> None:
    """In two columns, each with its state at the end; those on metrics of AWS's own have none on one machine."""
    rows = (len(alarms) + 1) // 2
    for place, alarm in enumerate(alarms):
        is_on = is_ours(alarm.name) and is_in_alarm(alarm, store, span_s[1])
        x, y = (place // rows) * 0.49 + 0.015, 0.83 - (place % rows) * 0.115
        box = {
            "boxstyle": "round,pad=0.3",
            "facecolor": IN_ALARM if is_on else OK if is_ours(alarm.name) else palette.FAINT,
            "edgecolor": "none",
        }
        word = "ALARM" if is_on else "OK" if is_ours(alarm.name) else "AWS"
        card.text(
            x + 0.055, y - 0.03, word, fontsize=7.5, color="white", ha="center", va="center", bbox=box, weight="bold"
        )
        weight = "bold" if is_on else "normal"
        card.text(x + 0.12, y - 0.03, alarm.logical, fontsize=10, va="center", color=palette.INK, weight=weight)


def is_in_alarm(alarm: Alarm, store: MetricStore, at_s: float) -> bool:
    """At that time (epoch): as the last whole or begun period before it says."""
    return int(at_s) // alarm.period_s * alarm.period_s in set(alarm.is_on_at(until(store, at_s)))


def until(store: MetricStore, at_s: float) -> MetricStore:
    """What was told before that time (epoch)."""
    told = {name: [one for one in values if one[0] < at_s * 1000] for name, values in store.values.items()}
    return MetricStore({name: values for name, values in told.items() if values}, store.units)


def _draw_number(card: Axes, widget: Widget, store: MetricStore, span_s: tuple[float, float]) -> None:
    for _, _, points in widget.series(until(store, span_s[1])):
        if not points:
            continue
        card.text(0.5, 0.6, f"{points[-1][1]:,.0f}", fontsize=34, ha="center", va="center", color=palette.INK)
        spark = card.inset_axes((0.06, 0.08, 0.88, 0.3))
        spark.plot(*_drawable(points), color=COLOURS[0], linewidth=1.6)
        spark.fill_between(*_drawable(points), color=COLOURS[0], alpha=0.15)
        spark.set_ylim(0, max(1.0, 1.1 * max(value for _, value in points)))
        spark.set_xlim(*span_s)
        spark.set_axis_off()


def _draw_lines(axes: Axes, widget: Widget, store: MetricStore, span_s: tuple[float, float]) -> None:
    drawn = [(query, label, points) for query, label, points in widget.series(until(store, span_s[1])) if points]
    right = axes.twinx() if any(query.is_right for query, _, _ in drawn) else None
    if widget.is_stacked:
        _stack(axes, [one for one in drawn if not one[0].is_right])
    for place, (query, label, points) in enumerate(drawn):
        if widget.is_stacked and not query.is_right:
            continue
        on = right if query.is_right and right else axes
        dashes = "--" if query.is_right else "-"
        on.plot(
            *_drawable(points), dashes, color=COLOURS[place % 9], label=label, linewidth=1.7, marker=".", markersize=5
        )
    for one in (axes, right):
        if one is not None:
            one.set_ylim(0, 105 if widget.unit == "%" and one is axes else None)
            one.tick_params(labelsize=8, colors=palette.FAINT, length=0)
            one.spines[:].set_visible(False)
            one.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_xlim(*span_s)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at_s, _: f"{datetime.fromtimestamp(at_s, UTC):%H:%M}"))
    axes.xaxis.set_major_locator(MultipleLocator(300 * max(1, round((span_s[1] - span_s[0]) / 1500))))
    axes.grid(axis="y", color=palette.GRID, linewidth=0.8)
    axes.set_axisbelow(True)
    if not drawn:
        words = "nothing told" if _is_played(widget) else "AWS's own: not on one machine"
        axes.text(0.5, 0.5, words, transform=axes.transAxes, ha="center", color=palette.FAINT, fontsize=9)
        return
    handles = [one for each in (axes, right) if each for one in each.get_legend_handles_labels()[0]]
    labels = [one for each in (axes, right) if each for one in each.get_legend_handles_labels()[1]]
    columns = 3 if max(map(len, labels)) < 22 else 2
    axes.legend(
        handles, labels, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=columns, fontsize=8, frameon=False
    )


def _stack(axes: Axes, drawn: Sequence[tuple[Query, str, Points]]) -> None:
    """Bars on one another: a sum of a period is no line to the next one's."""
    floor: dict[int, float] = {}
    for place, (query, label, points) in enumerate(drawn):
        if not any(value for _, value in points):
            continue
        beneath = [floor.get(at_s, 0.0) for at_s, _ in points]
        starts, values = _drawable(points)
        width_s = 0.92 * query.period_s
        axes.bar(starts, values, width_s, beneath, align="edge", color=COLOURS[place % 9], label=label)
        floor |= {at_s: low + value for (at_s, value), low in zip(points, beneath, strict=True)}


def _drawable(points: Points) -> tuple[list[float], list[float]]:
    return [float(at_s) for at_s, _ in points], [value for _, value in points]


def _small_png(figure: Figure) -> bytes:
    """In 128 colours: a third of the size, and nothing to see of it."""
    whole, small = io.BytesIO(), io.BytesIO()
    figure.savefig(whole, format="png")
    with Image.open(whole) as image:
        image.convert("RGB").quantize(128).save(small, format="png", optimize=True)
    return small.getvalue()
