"""Charts for paper, and for a browser without scripts: SVG by matplotlib, readable in gray."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from recordings.reporting.charts import (
    Chart,
    ForestChart,
    LearningChart,
    ScoreChart,
    SpreadChart,
    TrendChart,
)
from recordings.reporting.looks import (
    AMBER,
    BAND,
    BLUE,
    FAINT,
    FONT,
    INK,
    MARK_DASHES,
    PRIORITY_COLOURS,
    PRIORITY_MARKERS,
    RED,
    RULE,
    SOFT,
)
from recordings.reporting.words import several

WIDTH_IN = 7.2
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none", "svg.hashsalt": "cementwatch", "font.family": list(FONT[:1]), "font.size": 8,
    "axes.edgecolor": FAINT, "axes.labelcolor": INK, "text.color": INK, "xtick.color": SOFT, "ytick.color": SOFT,
    "axes.linewidth": 0.7, "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True,
    "grid.color": RULE, "grid.linewidth": 0.5, "axes.axisbelow": True, "hatch.color": FAINT,
    "hatch.linewidth": 0.4, "legend.frameon": False, "legend.fontsize": 7, "text.parse_math": False,
    "axes.unicode_minus": True,
}  # fmt: skip


def svg_of(chart: Chart) -> bytes:
    """A chart as SVG: the same bytes for the same chart."""
    with mpl.rc_context(_SETTINGS):
        match chart:
            case TrendChart():
                figure = _trend(chart)
            case ForestChart():
                figure = _forest(chart)
            case LearningChart():
                figure = _learning(chart)
            case ScoreChart():
                figure = _scores(chart)
            case SpreadChart():
                figure = _spread(chart)
        out = io.BytesIO()
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _floats(values: Sequence[float | None]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


# the course of a level


def _trend(chart: TrendChart) -> Figure:
    lanes = len(chart.alarms)
    ratios = [1.5, 1.25, *([0.16 * lanes + 0.12] if lanes else [])]
    figure = Figure(figsize=(WIDTH_IN, 1.1 + 1.05 * sum(ratios)), layout="constrained")
    axes = figure.subplots(len(ratios), 1, sharex=True, gridspec_kw={"height_ratios": ratios}, squeeze=False)[:, 0]
    volume, distance = axes[0], axes[1]
    times = _floats(chart.times_s)
    _draw_volume(volume, chart, times)
    distance.plot(times, _floats(chart.distance_mm), color=INK, linewidth=1.5, linestyle=(0, (6, 2)))
    distance.axhline(0, color=RED, linewidth=1.0)
    distance.annotate("posterior wall", (0, 0), xycoords=("axes fraction", "data"), xytext=(3, 2),
                      textcoords="offset points", fontsize=6.5, color=RED,
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85})  # fmt: skip
    distance.set_ylabel("posterior wall, mm")
    if not any(value is not None for value in chart.distance_mm):
        distance.text(0.5, 0.5, "distance unknown", transform=distance.transAxes, ha="center", color=SOFT)
    for axis in (volume, distance):
        for begin_s, end_s in chart.gaps:
            axis.axvspan(begin_s, end_s, facecolor="white", edgecolor=FAINT, hatch="////", linewidth=0, zorder=0.5)
        for mark in chart.marks:
            axis.axvline(mark.time_s, color=RED if mark.kind == "leak" else SOFT, linewidth=1.0,
                         linestyle=MARK_DASHES.get(mark.kind, MARK_DASHES["leak"])[1])  # fmt: skip
    _name_marks(volume, chart)
    if lanes:
        _draw_alarms(axes[2], chart)
    axes[-1].set_xlabel("seconds from the first frame")
    axes[-1].set_xlim(chart.begin_s, chart.end_s if chart.end_s > chart.begin_s else chart.begin_s + 1)
    return figure


def _draw_volume(axis: Axes, chart: TrendChart, times: np.ndarray[Any, np.dtype[np.float64]]) -> None:
    if any(value is not None for value in chart.volume_low):
        axis.fill_between(times, _floats(chart.volume_low), _floats(chart.volume_high), color=BAND, linewidth=0,
                          label="95 % interval")  # fmt: skip
    axis.plot(times, _floats(chart.volume), color=BLUE, linewidth=1.6, label="volume")
    if chart.planned_ml is not None:
        axis.axhline(chart.planned_ml, color=FAINT, linewidth=1.0, linestyle=(0, (1, 2)),
                     label=f"planned {chart.planned_ml:.1f} mL")  # fmt: skip
    if chart.gaps:
        axis.fill_between([], [], facecolor="white", edgecolor=FAINT, hatch="////", linewidth=0, label="not watched")
    axis.set_ylabel("volume, relative" if chart.relative else "volume, mL")
    axis.set_ylim(bottom=0)
    if not any(value is not None for value in chart.volume):
        axis.text(0.5, 0.5, "volume unknown", transform=axis.transAxes, ha="center", color=SOFT)
    axis.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, 1.16), borderaxespad=0, handlelength=1.8)


def _name_marks(axis: Axes, chart: TrendChart) -> None:
    """Words at the marks, each on the side where there is room."""
    last = -np.inf
    width = max(chart.end_s - chart.begin_s, 1e-9)
    for mark in chart.marks:
        crowded = (mark.time_s - last) / width < 0.03
        side = "left" if crowded or mark.time_s - chart.begin_s < 0.04 * width else "right"
        axis.annotate(mark.words, (mark.time_s, 0.04), xycoords=("data", "axes fraction"), rotation=90, ha=side,
                      va="bottom", fontsize=6.5, bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85}, color=RED if mark.kind == "leak" else SOFT,
                      xytext=(2 if side == "left" else -1, 0), textcoords="offset points")  # fmt: skip
        last = mark.time_s


def _draw_alarms(axis: Axes, chart: TrendChart) -> None:
    middle = (chart.begin_s + chart.end_s) / 2
    for lane, alarm in enumerate(chart.alarms):
        colour = PRIORITY_COLOURS.get(alarm.priority, SOFT)
        axis.plot([alarm.raised_s, alarm.end_s], [lane, lane], color=colour, linewidth=2.4, solid_capstyle="butt")
        axis.plot([alarm.raised_s], [lane], color=colour, markersize=5.5, clip_on=False, linestyle="none",
                  marker=PRIORITY_MARKERS.get(alarm.priority, ("", "s"))[1])  # fmt: skip
        if alarm.escalated_s is not None:
            axis.plot([alarm.escalated_s], [lane], marker="^", markersize=5.5, markerfacecolor="white",
                      color=colour, linestyle="none")  # fmt: skip
        if alarm.acknowledged_s is not None:
            axis.plot([alarm.acknowledged_s], [lane], marker="x", markersize=5.5, markeredgewidth=1.6, color=INK,
                      linestyle="none")  # fmt: skip
        left = alarm.raised_s > middle
        axis.annotate(alarm.words, (alarm.raised_s, lane), xytext=(-6 if left else 4, 0 if left else 3.2),
                      textcoords="offset points", fontsize=6.3, color=colour, ha="right" if left else "left",
                      va="center" if left else "bottom")  # fmt: skip
    axis.set_ylim(len(chart.alarms) - 0.4, -0.9)
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.set_ylabel("alarms")
    axis.spines["left"].set_visible(False)
    axis.annotate("▲ ◆ ● raised (HIGH, MEDIUM, LOW), × acknowledged", (1, 1), xycoords="axes fraction", ha="right",
                  va="bottom", fontsize=6.3, color=SOFT)  # fmt: skip


# figures below one another


def _forest(chart: ForestChart) -> Figure:
    rows = chart.rows
    factor = 100 if chart.percent else 1
    figure = Figure(figsize=(WIDTH_IN, 0.75 + 0.2 * len(rows)), layout="constrained")
    axis = figure.subplots()
    most = 0.0
    for at, row in enumerate(rows):
        if row.kind == "head":
            continue
        own = row.kind == "own"
        colour = BLUE if own else AMBER
        if row.value is not None:
            if row.low is not None and row.high is not None:
                axis.plot([factor * row.low, factor * row.high], [at, at], color=colour, linewidth=1.5,
                          linestyle="-" if own else (0, (4, 2)))  # fmt: skip
                most = max(most, factor * row.high)
            axis.plot([factor * row.value], [at], marker="o" if own else "D", markersize=5, color=colour,
                      markerfacecolor=colour if own else "white")  # fmt: skip
            most = max(most, factor * row.value)
        said = "" if row.value is None else f"{_figure(row.value, chart.percent)}, {row.remark}"
        if row.value is None:
            said = f"unknown, {row.remark}"
        axis.annotate(said, (1.01, at), xycoords=("axes fraction", "data"), va="center", fontsize=7, color=SOFT,
                      annotation_clip=False)  # fmt: skip
    axis.set_yticks(range(len(rows)), [row.name for row in rows])
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_color(INK)
        if row.kind == "head":
            label.set_fontweight("bold")
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, most * 1.05 if most else 1)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(f"{chart.axis}, %" if chart.percent else chart.axis)
    return figure


def _figure(value: float, percent: bool) -> str:
    return f"{100 * value:.0f} %" if percent else f"{value:.2f}"


def _spread(chart: SpreadChart) -> Figure:
    rows = chart.rows
    figure = Figure(figsize=(WIDTH_IN, 0.7 + 0.3 * len(rows)), layout="constrained")
    axis = figure.subplots()
    for at, row in enumerate(rows):
        if row.least is not None and row.most is not None:
            axis.plot([row.least, row.most], [at, at], color=BLUE, linewidth=1.0)
        if row.quartile_1 is not None and row.quartile_3 is not None:
            axis.barh(at, row.quartile_3 - row.quartile_1, 0.5, row.quartile_1, color=BAND, edgecolor=BLUE,
                      linewidth=1.0)  # fmt: skip
        if row.median is not None:
            axis.plot([row.median] * 2, [at - 0.25, at + 0.25], color=BLUE, linewidth=1.6)
        if row.mean is not None:
            axis.plot([row.mean], [at], marker="D", markersize=4, color=INK)
            if row.low is not None and row.high is not None:
                axis.plot([row.low, row.high], [at, at], color=INK, linewidth=2.0)
            axis.annotate(f"{row.mean:.2f}, {several(row.count, 'level')}", (1.01, at), xycoords=("axes fraction", "data"),
                          va="center", fontsize=7, color=SOFT, annotation_clip=False)  # fmt: skip
    axis.set_yticks(range(len(rows)), [row.name for row in rows])
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(left=0)
    axis.tick_params(axis="y", length=0, labelcolor=INK)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(chart.axis)
    return figure


# side by side


def _learning(chart: LearningChart) -> Figure:
    count = len(chart.panels)
    figure = Figure(figsize=(WIDTH_IN if count > 1 else WIDTH_IN * 0.6, 3.4), layout="constrained")
    axes = figure.subplots(2, count, sharex="col", sharey="row", squeeze=False,
                           gridspec_kw={"height_ratios": [1.3, 1]})  # fmt: skip
    for at, panel in enumerate(chart.panels):
        above, below = axes[0, at], axes[1, at]
        numbers, rate = np.array(panel.numbers), 100 * _floats(panel.rate)
        leaked = np.array(panel.leaked)
        above.fill_between(numbers, 100 * _floats(panel.low), 100 * _floats(panel.high), color=BAND, linewidth=0)
        above.plot(numbers, rate, color=BLUE, linewidth=1.5)
        above.plot(numbers[leaked], rate[leaked], marker="x", markersize=4, color=INK, linestyle="none")
        above.axhline(100 * panel.expected, color=SOFT, linewidth=0.9, linestyle=(0, (5, 3)))
        above.set_title(panel.operator, fontsize=8, loc="left", fontweight="bold")
        above.set_ylim(0, 100)
        below.step(numbers, _floats(panel.cusum), where="post", color=INK, linewidth=1.4)
        below.axhline(0, color=FAINT, linewidth=0.8)
        below.set_xlabel("level")
        below.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    axes[0, 0].set_ylabel("rate so far, %")
    axes[1, 0].set_ylabel("leaks − expected")
    axes[0, -1].annotate("× leak, dashed: expected", (1, 1.01), xycoords="axes fraction", ha="right", va="bottom",
                         fontsize=6.3, color=SOFT)  # fmt: skip
    return figure


def _scores(chart: ScoreChart) -> Figure:
    count = len(chart.panels)
    figure = Figure(figsize=(WIDTH_IN if count > 1 else WIDTH_IN * 0.6, 2.3), layout="constrained")
    axes = figure.subplots(1, count, squeeze=False)[0]
    for axis, panel in zip(axes, chart.panels, strict=True):
        at = np.arange(len(panel.points))
        middle = _floats([point.difference for point in panel.points])
        axis.plot(at, middle, color=FAINT, linewidth=0.9, linestyle=(0, (1, 2)))
        for place, point in zip(at, panel.points, strict=True):
            if point.difference is None:
                axis.annotate("unknown", (place, 0), rotation=90, ha="center", va="bottom", fontsize=6.5, color=SOFT)
                continue
            if point.low is not None and point.high is not None:
                axis.plot([place, place], [point.low, point.high], color=BLUE, linewidth=1.6)
            axis.plot([place], [point.difference], marker="o", markersize=5, color=BLUE)
            axis.annotate(f"{point.difference:.2f}", (place, point.difference), xytext=(4, 3),
                          textcoords="offset points", fontsize=6.3, color=INK)  # fmt: skip
        axis.axhline(0, color=INK, linewidth=0.8)
        axis.set_title(panel.score, fontsize=8, loc="left", fontweight="bold")
        axis.set_xticks(at, [f"{point.when}\n{point.pairs}" for point in panel.points], fontsize=6.5)
        axis.margins(x=0.15)
    axes[0].set_ylabel("change; below: when, pairs")
    return figure
