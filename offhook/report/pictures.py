"""The pictures of a report as SVG text: both sides of the call on one time axis, and the waterfall of each answer.

Functions of `call.json`'s values and the recording; no file, no global state of matplotlib's.
"""

import audioop
from collections.abc import Mapping, Sequence
from io import StringIO
from itertools import pairwise
from math import ceil
from typing import Any

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from offhook.report import palette

SAMPLES_PER_MS = 8
ROW_MS = 40_000
MOST_ROWS = 12
COLUMNS_PER_ROW = 1400
LANES = {"caller": 1.0, "agent": -1.0}
LANE_COLOURS = {"caller": palette.CALLER, "agent": palette.AGENT}

Call = Mapping[str, Any]


def waveform_svg(call: Call, caller_mulaw: bytes, agent_mulaw: bytes) -> str:
    """Caller above, agent below, from answer to hang-up, in rows of up to 40 s; turns shaded and numbered as in the
    transcript, cut points and interruptions marked. The tracks are 8 kHz mu-law of equal length."""
    total_ms = max(len(caller_mulaw) // SAMPLES_PER_MS, 1000)
    rows = min(MOST_ROWS, ceil(total_ms / ROW_MS))
    row_ms = total_ms / rows
    figure = Figure(figsize=(11.5, 2.25 * rows + 0.25), facecolor=palette.PAPER, layout="constrained")
    tracks = {"caller": _samples(caller_mulaw), "agent": _samples(agent_mulaw)}
    loudest = {side: max(float(np.abs(samples).max(initial=0.0)), 0.05) for side, samples in tracks.items()}
    for row, (from_ms, to_ms) in enumerate(pairwise(np.linspace(0, total_ms, rows + 1))):
        axes = figure.add_subplot(rows, 1, row + 1)
        for side, samples in tracks.items():
            _draw_voice(axes, side, samples / loudest[side], from_ms, to_ms)
        _draw_turns(axes, call["turns"], from_ms, to_ms)
        _draw_rungs(axes, call["modes"][1:], from_ms, to_ms)
        _dress_row(axes, from_ms, from_ms + row_ms)
    return svg_text(figure)


def waterfall_svg(call: Call) -> str | None:
    """One stacked bar an answer, in milliseconds; None when of no answer the whole is known: a part
    alone would look like one."""
    measured = [(n, t["latencyMs"]) for n, t in enumerate(call["turns"], 1) if t["latencyMs"]["total"] is not None]
    if not measured:
        return None
    figure = Figure(figsize=(11.5, 0.42 * len(measured) + 1.0), facecolor=palette.PAPER, layout="constrained")
    axes = figure.add_subplot()
    longest = max(extent_ms(latency) for _, latency in measured)
    for row, (_, latency) in enumerate(measured):
        end_ms = _draw_stages(axes, row, latency)
        axes.text(end_ms + longest * 0.012, row, _bar_label(latency), va="center", color=palette.INK, fontsize=9)
    axes.set_yticks(range(len(measured)), [f"turn {number}" for number, _ in measured])
    axes.set_xlim(0, longest * 1.32)
    axes.set_ylim(len(measured) - 0.4, -0.6)
    axes.set_xlabel("ms after the caller's last sound", color=palette.INK, fontsize=9)
    axes.grid(axis="x", color=palette.GRID)
    axes.set_axisbelow(True)
    dress(axes)
    return svg_text(figure)


def is_measured(latency: Mapping[str, int | None]) -> bool:
    return latency["total"] is not None or any(latency.get(stage) is not None for stage in palette.STAGES)


def extent_ms(latency: Mapping[str, int | None]) -> int:
    """The length of a bar: the total, or what the known stages add up to where that is more."""
    return max(latency["total"] or 0, sum(latency.get(stage) or 0 for stage in palette.STAGES), 1)


def interruptions_ms(turns: Sequence[Mapping[str, Any]]) -> list[int]:
    """When the caller began to speak over an answer that was then cut: ms since answer."""
    cuts = [t for t in turns if t["role"] == "agent" and t["cut"]]
    starts = [t["startedMs"] for t in turns if t["role"] == "caller"]
    return [s for s in starts if any(c["startedMs"] < s <= c["endedMs"] for c in cuts)]


def _samples(mulaw: bytes) -> npt.NDArray[np.float64]:
    """-1.0 to 1.0."""
    return np.frombuffer(audioop.ulaw2lin(mulaw, 2), dtype=np.int16) / 32768.0


def _draw_voice(axes: Axes, side: str, samples: npt.NDArray[np.float64], from_ms: float, to_ms: float) -> None:
    part = samples[int(from_ms * SAMPLES_PER_MS) : int(to_ms * SAMPLES_PER_MS)]
    if part.size == 0:
        return
    columns = min(COLUMNS_PER_ROW, part.size)
    starts = np.linspace(0, part.size, columns, endpoint=False).astype(int)
    at_s = (from_ms + starts / SAMPLES_PER_MS) / 1000
    lane, colour = LANES[side], LANE_COLOURS[side]
    highs, lows = np.maximum.reduceat(part, starts), np.minimum.reduceat(part, starts)
    axes.fill_between(at_s, lane + 0.72 * lows, lane + 0.72 * highs, color=colour, linewidth=0.4, zorder=3)


def _draw_turns(axes: Axes, turns: Sequence[Mapping[str, Any]], from_ms: float, to_ms: float) -> None:
    for number, turn in enumerate(turns, 1):
        start, end = max(turn["startedMs"], from_ms), min(turn["endedMs"], to_ms)
        if end < start:
            continue
        lane, colour = LANES[turn["role"]], LANE_COLOURS[turn["role"]]
        width_s = (end - start) / 1000
        axes.broken_barh(
            [(start / 1000, width_s)], (lane - 0.86, 1.72), color=colour, alpha=0.11, linewidth=0, zorder=1
        )
        if turn["startedMs"] >= from_ms:
            axes.text(
                start / 1000, lane + 0.87, f" {number}", color=colour, fontsize=8, va="top", weight="bold", zorder=5
            )
        if turn["cut"] and from_ms <= turn["endedMs"] <= to_ms:
            _draw_cut(axes, turn["endedMs"] / 1000)
    for at_ms in interruptions_ms(turns):
        if from_ms <= at_ms <= to_ms:
            axes.plot([at_ms / 1000], [0.06], marker="v", color=palette.CUT, markersize=8, zorder=6, clip_on=False)


def _draw_cut(axes: Axes, at_s: float) -> None:
    axes.plot([at_s, at_s], [-1.9, -0.1], color=palette.CUT, linewidth=1.6, linestyle=(0, (3, 2)), zorder=4)
    axes.text(at_s, -1.84, " cut here", color=palette.CUT, fontsize=8, weight="bold", va="bottom", zorder=6)


def _draw_rungs(axes: Axes, later: Sequence[Mapping[str, Any]], from_ms: float, to_ms: float) -> None:
    """Where the call went on in another mode."""
    for rung in later:
        if from_ms <= rung["startedMs"] <= to_ms:
            at_s = rung["startedMs"] / 1000
            axes.axvline(at_s, color=palette.FAINT, linewidth=1, linestyle=(0, (5, 3)), zorder=2)
            axes.text(at_s, 0.05, f" {rung['mode']}", color=palette.INK, fontsize=8, style="italic", zorder=6)


def _dress_row(axes: Axes, from_ms: float, to_ms: float) -> None:
    axes.set_xlim(from_ms / 1000, to_ms / 1000)
    axes.set_ylim(-1.95, 1.95)
    axes.axhline(0, color=palette.GRID, linewidth=1)
    axes.set_yticks([LANES["caller"], LANES["agent"]], ["caller", "agent"], weight="bold")
    for label, side in zip(axes.get_yticklabels(), ("caller", "agent"), strict=True):
        label.set_color(LANE_COLOURS[side])
    axes.set_xlabel("seconds since answer", color=palette.INK, fontsize=9)
    axes.grid(axis="x", color=palette.GRID)
    axes.set_axisbelow(True)
    dress(axes)


def _draw_stages(axes: Axes, row: int, latency: Mapping[str, int | None]) -> int:
    """Returns where the bar ends, in ms."""
    at_ms = 0
    for stage, colour in palette.STAGES.items():
        took_ms = latency.get(stage) or 0
        if took_ms > 0:
            hatch = palette.HATCHES[stage]
            axes.barh(
                row, took_ms, left=at_ms, height=0.62, color=colour, hatch=hatch, edgecolor="white", linewidth=0.6
            )
        at_ms += max(0, took_ms)
    left_over_ms = (latency["total"] or 0) - at_ms
    if left_over_ms > 0:
        axes.barh(row, left_over_ms, 0.62, at_ms, color=palette.NOT_BROKEN_DOWN)
    return max(at_ms, latency["total"] or 0)


def _bar_label(latency: Mapping[str, int | None]) -> str:
    total = f"{latency['total']:,} ms"
    return total if latency["ours"] is None else f"{total}  (ours {latency['ours']:,})"


def dress(axes: Axes) -> None:
    for edge in ("top", "right", "left"):
        axes.spines[edge].set_visible(False)
    axes.spines["bottom"].set_color(palette.FAINT)
    axes.tick_params(colors=palette.INK, labelsize=9, length=0)


def svg_text(figure: Figure) -> str:
    """The same call gives the same text: no date, and fixed names inside."""
    text = StringIO()
    with mpl.rc_context({"svg.hashsalt": "offhook", "hatch.linewidth": 0.5}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()
