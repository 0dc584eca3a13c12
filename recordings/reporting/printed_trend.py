"""The course of a level on paper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from recordings.reporting.charts import TrendChart
from recordings.reporting.looks import (
    BAND,
    BLUE,
    FAINT,
    INK,
    MARK_DASHES,
    PRIORITY_COLOURS,
    PRIORITY_MARKERS,
    RED,
    SOFT,
)

WIDTH_IN = 7.2


def floats(values: Sequence[float | None]) -> NDArray[np.float64]:
    """Values as matplotlib takes them; an unknown one is a gap."""
    return np.array([np.nan if value is None else value for value in values], np.float64)


def trend_print(chart: TrendChart) -> Figure:
    """Volume above, distance to the posterior wall below it, alarms below both; on one time line."""
    lanes = len(chart.alarms)
    ratios = [1.5] * chart.has_volume + [1.25] * chart.has_distance + [0.16 * lanes + 0.12] * bool(lanes)
    figure = Figure(figsize=(WIDTH_IN, 1.1 + 1.05 * sum(ratios)), layout="constrained")
    grid = figure.subplots(len(ratios), 1, sharex=True, gridspec_kw={"height_ratios": ratios}, squeeze=False)
    axes = list(grid[:, 0])
    curves = axes[: chart.has_volume + chart.has_distance]
    if chart.has_volume:
        _draw_volume(curves[0], chart)
    if chart.has_distance:
        _draw_distance(curves[-1], chart)
    for axis in curves:
        for begin_s, end_s in chart.gaps:
            axis.axvspan(
                begin_s, end_s, facecolor="white", edgecolor=FAINT, hatch="////", linewidth=0, zorder=0.5
            )
        for mark in chart.marks:
            axis.axvline(mark.time_s, color=RED if mark.kind == "leak" else SOFT, linewidth=1.0,
                         linestyle=MARK_DASHES.get(mark.kind, MARK_DASHES["leak"])[1])  # fmt: skip
    _name_marks(curves[0], chart)
    if lanes:
        _draw_alarms(axes[-1], chart)
    axes[-1].set_xlabel("seconds from the first frame")
    axes[-1].set_xlim(chart.begin_s, chart.end_s if chart.end_s > chart.begin_s else chart.begin_s + 1)
    return figure


def _draw_distance(axis: Axes, chart: TrendChart) -> None:
    axis.plot(
        floats(chart.times_s), floats(chart.distance_mm), color=INK, linewidth=1.5, linestyle=(0, (6, 2))
    )
    axis.axhline(0, color=RED, linewidth=1.0)
    axis.annotate("posterior wall", (0, 0), xycoords=("axes fraction", "data"), xytext=(3, 2),
                  textcoords="offset points", fontsize=6.5, color=RED,
                  bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85})  # fmt: skip
    axis.set_ylabel("posterior wall, mm")


def _draw_volume(axis: Axes, chart: TrendChart) -> None:
    times = floats(chart.times_s)
    if any(value is not None for value in chart.volume_low):
        axis.fill_between(
            times,
            floats(chart.volume_low),
            floats(chart.volume_high),
            color=BAND,
            linewidth=0,
            label="95 % interval",
        )
    axis.plot(times, floats(chart.volume), color=BLUE, linewidth=1.6, label="volume")
    if chart.planned_ml is not None:
        axis.axhline(chart.planned_ml, color=FAINT, linewidth=1.0, linestyle=(0, (1, 2)),
                     label=f"planned {chart.planned_ml:.1f} mL")  # fmt: skip
    if chart.gaps:
        axis.fill_between(
            [], [], facecolor="white", edgecolor=FAINT, hatch="////", linewidth=0, label="not watched"
        )
    axis.set_ylabel("volume, relative" if chart.relative else "volume, mL")
    axis.set_ylim(bottom=0)
    axis.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, 1.16), borderaxespad=0, handlelength=1.8)


def _name_marks(axis: Axes, chart: TrendChart) -> None:
    """Words at the marks, each on the side where there is room."""
    last = -np.inf
    width = max(chart.end_s - chart.begin_s, 1e-9)
    for mark in chart.marks:
        crowded = (mark.time_s - last) / width < 0.03
        side = "left" if crowded or mark.time_s - chart.begin_s < 0.04 * width else "right"
        axis.annotate(
            mark.words,
            (mark.time_s, 0.04),
            xycoords=("data", "axes fraction"),
            rotation=90,
            ha=side,
            va="bottom",
            fontsize=6.5,
            bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.85},
            color=RED if mark.kind == "leak" else SOFT,
            xytext=(2 if side == "left" else -1, 0),
            textcoords="offset points",
        )
        last = mark.time_s


def _draw_alarms(axis: Axes, chart: TrendChart) -> None:
    middle = (chart.begin_s + chart.end_s) / 2
    for lane, alarm in enumerate(chart.alarms):
        colour = PRIORITY_COLOURS.get(alarm.priority, SOFT)
        axis.plot(
            [alarm.raised_s, alarm.end_s], [lane, lane], color=colour, linewidth=2.4, solid_capstyle="butt"
        )
        axis.plot([alarm.raised_s], [lane], color=colour, markersize=5.5, clip_on=False, linestyle="none",
                  marker=PRIORITY_MARKERS.get(alarm.priority, ("", "s"))[1])  # fmt: skip
        if alarm.escalated_s is not None:
            axis.plot([alarm.escalated_s], [lane], marker="^", markersize=5.5, markerfacecolor="white",
                      color=colour, linestyle="none")  # fmt: skip
        if alarm.acknowledged_s is not None:
            axis.plot(
                [alarm.acknowledged_s],
                [lane],
                marker="x",
                markersize=5.5,
                markeredgewidth=1.6,
                color=INK,
                linestyle="none",
            )
        left = alarm.raised_s > middle
        axis.annotate(alarm.words, (alarm.raised_s, lane), xytext=(-6 if left else 4, 0 if left else 3.2),
                      textcoords="offset points", fontsize=6.3, color=colour, ha="right" if left else "left",
                      va="center" if left else "bottom")  # fmt: skip
    axis.set_ylim(len(chart.alarms) - 0.4, -0.9)
    axis.set_yticks([])
    axis.grid(visible=False)
    axis.set_ylabel("alarms")
    axis.spines["left"].set_visible(False)
    axis.annotate(
        "▲ ◆ ● raised (HIGH, MEDIUM, LOW), × acknowledged",
        (1, 1),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=6.3,
        color=SOFT,
    )
