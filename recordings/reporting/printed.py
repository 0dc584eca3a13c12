"""Charts for paper, and for a browser without scripts: SVG by matplotlib, readable in gray."""

from __future__ import annotations

import io
import re
import warnings
from typing import Any

import matplotlib as mpl
import numpy as np
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
    BAND,
    BLUE,
    FAINT,
    FONT,
    INK,
    RULE,
    SOFT,
)
from recordings.reporting.printed_forest import forest_print, remark_beside
from recordings.reporting.printed_trend import WIDTH_IN, floats, trend_print
from recordings.reporting.words import several

_SETTINGS: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cementwatch",
    "font.family": list(FONT[:1]),
    "font.size": 8,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "hatch.color": FAINT,
    "hatch.linewidth": 0.4,
    "legend.frameon": False,
    "legend.fontsize": 7,
    "text.parse_math": False,
    "axes.unicode_minus": True,
}
_NO_XML = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
"""Characters that XML does not allow, in UTF-8: with one of them in a name no browser draws the chart."""


def svg_of(chart: Chart) -> bytes:
    """A chart as SVG: the same bytes for the same chart."""
    with mpl.rc_context(_SETTINGS):
        match chart:
            case TrendChart():
                figure = trend_print(chart)
            case ForestChart():
                figure = forest_print(chart)
            case LearningChart():
                figure = _learning(chart)
            case ScoreChart():
                figure = _scores(chart)
            case SpreadChart():
                figure = _spread(chart)
        out = io.BytesIO()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # the reader's own font may have it
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}".encode(), out.getvalue())


# figures below one another


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
            remark_beside(axis, at, f"{row.mean:.2f}, {several(row.count, 'level')}")
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
        numbers, rate = np.array(panel.numbers), 100 * floats(panel.rate)
        leaked = np.array(panel.leaked)
        above.fill_between(
            numbers, 100 * floats(panel.low), 100 * floats(panel.high), color=BAND, linewidth=0
        )
        if len(numbers) == 1:  # no area can be drawn
            ends = [100 * panel.low[0], 100 * panel.high[0]]
            above.plot([numbers[0]] * 2, ends, color=BAND, linewidth=9, solid_capstyle="butt")
            above.plot(numbers, rate, marker="o", markersize=3, color=BLUE, clip_on=False)
        above.plot(numbers, rate, color=BLUE, linewidth=1.5)
        above.plot(numbers[leaked], rate[leaked], marker="x", markersize=4, color=INK, linestyle="none")
        above.axhline(100 * panel.expected, color=SOFT, linewidth=0.9, linestyle=(0, (5, 3)))
        above.set_title(panel.operator, fontsize=8, loc="left", fontweight="bold")
        above.set_ylim(0, 100)
        above.set_xlim(0.5, panel.numbers[-1] + 0.5)
        below.step(
            numbers, floats(panel.cusum), where="post", color=INK, linewidth=1.4, marker="o", markersize=1.8
        )
        below.axhline(0, color=FAINT, linewidth=0.8)
        below.set_xlabel("level")
        below.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=5, min_n_ticks=1))
    axes[0, 0].set_ylabel("rate so far, %")
    axes[1, 0].set_ylabel("leaks − expected")
    axes[0, -1].annotate(
        "× leak, dashed: expected",
        (1, 1.01),
        xycoords="axes fraction",
        ha="right",
        va="bottom",
        fontsize=6.3,
        color=SOFT,
    )
    return figure


def _scores(chart: ScoreChart) -> Figure:
    count = len(chart.panels)
    figure = Figure(figsize=(WIDTH_IN if count > 1 else WIDTH_IN * 0.6, 2.3), layout="constrained")
    shares = [1 + len(panel.points) for panel in chart.panels]  # else names of times run into each other
    axes = figure.subplots(1, count, squeeze=False, gridspec_kw={"width_ratios": shares})[0]
    for axis, panel in zip(axes, chart.panels, strict=True):
        at = np.arange(len(panel.points))
        middle = floats([point.difference for point in panel.points])
        axis.plot(at, middle, color=FAINT, linewidth=0.9, linestyle=(0, (1, 2)))
        for place, point in zip(at, panel.points, strict=True):
            if point.difference is None:
                axis.annotate(
                    "unknown", (place, 0), rotation=90, ha="center", va="bottom", fontsize=6.5, color=SOFT
                )
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
