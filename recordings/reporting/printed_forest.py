"""Figures with their intervals on paper, one below the other."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from recordings.reporting.charts import ForestChart, ForestRow
from recordings.reporting.looks import AMBER, BLUE, INK, SOFT
from recordings.reporting.printed_trend import WIDTH_IN

_ROW_IN = 0.2


def forest_print(chart: ForestChart) -> Figure:
    """Filled and solid: own; hollow and dashed: published; a thin line: a wider interval."""
    rows = chart.rows
    factor = 100 if chart.percent else 1
    figure = Figure(figsize=(WIDTH_IN, 0.75 + _ROW_IN * len(rows)), layout="constrained")
    axis = figure.subplots()
    for at, row in enumerate(rows):
        if row.kind != "head":
            _draw(axis, at, row, factor)
    axis.set_yticks(range(len(rows)), [row.name for row in rows])
    for label, row in zip(axis.get_yticklabels(), rows, strict=True):
        label.set_color(INK)
        if row.kind == "head":
            label.set_fontweight("bold")
    known = [bound for row in rows for bound in (row.value, row.high, row.wide_high) if bound is not None]
    axis.set_ylim(len(rows) - 0.4, -0.6)
    axis.set_xlim(0, 1.05 * factor * max(known, default=1.0) or 1.0)
    axis.tick_params(axis="y", length=0)
    axis.grid(visible=False, axis="y")
    axis.set_xlabel(f"{chart.axis}, %" if chart.percent else chart.axis)
    return figure


def _draw(axis: Axes, at: int, row: ForestRow, factor: int) -> None:
    own = row.kind == "own"
    colour = BLUE if own else AMBER
    if row.wide_low is not None and row.wide_high is not None:
        axis.plot([factor * row.wide_low, factor * row.wide_high], [at, at], color=colour, linewidth=0.8)
    if row.low is not None and row.high is not None:
        axis.plot(
            [factor * row.low, factor * row.high],
            [at, at],
            color=colour,
            linewidth=2.0 if own else 1.4,
            linestyle="-" if own else (0, (4, 2)),
            solid_capstyle="butt",
        )
        if row.value is None:
            axis.plot([factor * row.low, factor * row.high], [at, at], color=colour, marker="|", markersize=6,
                      linestyle="none")  # fmt: skip
    if row.value is not None:
        axis.plot([factor * row.value], [at], marker="o" if own else "D", markersize=5, color=colour,
                  markerfacecolor=colour if own else "white")  # fmt: skip
    remark_beside(axis, at, row.remark)


def remark_beside(axis: Axes, at: float, words: str) -> None:
    """Words to the right of a row."""
    axis.annotate(
        words,
        (1.01, at),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=7,
        color=SOFT,
        annotation_clip=False,
    )
