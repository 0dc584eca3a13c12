"""Charts for a browser: data and layout for plotly.js, as plain values that become JSON."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.reporting.charts import (
    Chart,
    ForestChart,
    LearningChart,
    LearningPanel,
    ScoreChart,
    SpreadChart,
    TrendChart,
)
from recordings.reporting.interactive_forest import forest_figure
from recordings.reporting.interactive_trend import trend_figure
from recordings.reporting.looks import BAND, BLUE, FAINT, INK
from recordings.reporting.plotly_parts import Figure, axis_of, layout_of, text


def figure_of(chart: Chart) -> Figure:
    """Data and layout of a chart."""
    match chart:
        case TrendChart():
            return trend_figure(chart)
        case ForestChart():
            return forest_figure(chart)
        case LearningChart():
            return _learning(chart)
        case ScoreChart():
            return _scores(chart)
        case SpreadChart():
            return _spread(chart)


# figures below one another


def _spread(chart: SpreadChart) -> Figure:
    rows = chart.rows
    names = [text(f"{row.name} ({row.count})") for row in rows]
    at = list(range(len(rows)))
    boxes = {
        "type": "box", "orientation": "h", "y": at, "name": "quartiles, median, range", "boxpoints": False,
        "lowerfence": [row.least for row in rows], "q1": [row.quartile_1 for row in rows],
        "median": [row.median for row in rows], "q3": [row.quartile_3 for row in rows],
        "upperfence": [row.most for row in rows], "fillcolor": BAND, "line": {"color": BLUE, "width": 1.4},
        "width": 0.5,
    }  # fmt: skip
    means = {
        "type": "scatter", "mode": "markers", "name": "mean, 95 %", "x": [row.mean for row in rows], "y": at,
        "error_x": {"type": "data", "symmetric": False, "thickness": 2, "width": 5, "color": INK,
                    "array": [_minus(row.high, row.mean) for row in rows],
                    "arrayminus": [_minus(row.mean, row.low) for row in rows]},
        "marker": {"symbol": "diamond", "size": 9, "color": INK}, "text": names,
        "hovertemplate": "%{text}<br>mean %{x:.2f} mL<extra></extra>",
    }  # fmt: skip
    layout = layout_of(90 + 40 * len(rows))
    layout["xaxis"] = axis_of(chart.axis, rangemode="tozero")
    layout["yaxis"] = axis_of("", tickvals=at, ticktext=names, range=[len(names) - 0.4, -0.6], showgrid=False,
                            ticks="", fixedrange=True)  # fmt: skip
    return {"data": [boxes, means], "layout": layout}


def _minus(one: float | None, other: float | None) -> float:
    return 0.0 if one is None or other is None else one - other


# side by side


def _domains(shares: Sequence[float]) -> list[list[float]]:
    gap = 0.06
    unit = (1 - gap * (len(shares) - 1)) / sum(shares)
    begins = [unit * sum(shares[:at]) + gap * at for at in range(len(shares))]
    return [[begin, begin + unit * share] for begin, share in zip(begins, shares, strict=True)]


def _learning(chart: LearningChart) -> Figure:
    data: list[Figure] = []
    notes = []
    layout = layout_of(470, showlegend=False)
    for at, (panel, domain) in enumerate(zip(chart.panels, _domains([1] * len(chart.panels)), strict=True)):
        above, below = str(2 * at + 1) if at else "", str(2 * at + 2)
        data += _learning_panel(panel, above, below)
        shared = {"matches": "y"} if at else {}
        shared_below = {"matches": "y2"} if at else {}
        step = max(1, -(-len(panel.numbers) // 6))  # whole levels, not many of them
        layout[f"xaxis{above}"] = axis_of(
            "", domain=domain, anchor=f"y{above}", matches=f"x{below}", tick0=1, dtick=step
        )
        layout[f"xaxis{below}"] = axis_of("level", domain=domain, anchor=f"y{below}", tick0=1, dtick=step)
        layout[f"yaxis{above}"] = axis_of(
            "rate so far, %" if at == 0 else "",
            domain=[0.48, 1],
            anchor=f"x{above}",
            rangemode="tozero",
            **shared,
        )
        layout[f"yaxis{below}"] = axis_of(
            "leaks − expected" if at == 0 else "",
            domain=[0, 0.38],
            anchor=f"x{below}",
            zeroline=True,
            zerolinecolor=FAINT,
            **shared_below,
        )
        notes.append(_panel_title(domain[0], panel.operator))
    layout["annotations"] = notes
    return {"data": data, "layout": layout}


def _panel_title(left: float, words: str) -> Figure:
    """Above the left end of a panel (part of the width of the paper)."""
    return {
        "xref": "paper", "yref": "paper", "x": left, "y": 1.0, "xanchor": "left", "yanchor": "bottom",
        "showarrow": False, "text": f"<b>{text(words)}</b>",
    }  # fmt: skip


def _learning_panel(panel: LearningPanel, above: str, below: str) -> list[Figure]:
    hundred = [100 * value for value in panel.rate]
    axes = {"xaxis": f"x{above}", "yaxis": f"y{above}"}
    hidden = {
        "hoverinfo": "skip",
        "line": {"width": 0},
        "mode": "lines",
        "type": "scatter",
        "x": panel.numbers,
    }
    words = [
        f"level {number}, {day}: {'leak' if leaked else 'none detected'}"
        for number, day, leaked in zip(panel.numbers, panel.days, panel.leaked, strict=True)
    ]
    alone = {}
    if len(panel.numbers) == 1:  # no area can be drawn
        alone["error_y"] = {
            "type": "data", "symmetric": False, "color": BAND, "thickness": 12, "width": 0,
            "array": [100 * panel.high[0] - hundred[0]], "arrayminus": [hundred[0] - 100 * panel.low[0]],
        }  # fmt: skip
    return [
        {**hidden, **axes, "y": [100 * value for value in panel.high]},
        {**hidden, **axes, "y": [100 * value for value in panel.low], "fill": "tonexty", "fillcolor": BAND},
        {
            "type": "scatter",
            "mode": "lines+markers",
            **axes,
            "x": panel.numbers,
            "y": hundred,
            "text": words,
            "name": text(panel.operator),
            "line": {"color": BLUE, "width": 2},
            "cliponaxis": False,
            **alone,
            "marker": {
                "size": [9 if leaked else 4 for leaked in panel.leaked],
                "color": BLUE,
                "symbol": ["x" if leaked else "circle" for leaked in panel.leaked],
            },
            "hovertemplate": "%{text}<br>rate so far %{y:.0f} %<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "lines",
            **axes,
            "x": [panel.numbers[0], panel.numbers[-1]],
            "y": [100 * panel.expected] * 2,
            "line": {"color": FAINT, "width": 1.4, "dash": "dash"},
            "hovertemplate": "expected %{y:.0f} %<extra></extra>",
        },
        {
            "type": "scatter",
            "mode": "lines+markers",
            "marker": {"size": 4, "color": INK},
            "xaxis": f"x{below}",
            "yaxis": f"y{below}",
            "x": panel.numbers,
            "y": panel.cusum,
            "text": words,
            "line": {"color": INK, "width": 2, "shape": "hv"},
            "hovertemplate": "%{text}<br>leaks − expected %{y:.1f}<extra></extra>",
        },
    ]


def _scores(chart: ScoreChart) -> Figure:
    data, notes = [], []
    layout = layout_of(330, showlegend=False)
    shares = [1 + len(panel.points) for panel in chart.panels]  # else names of times run into each other
    for at, (panel, domain) in enumerate(zip(chart.panels, _domains(shares), strict=True)):
        axis = "" if at == 0 else str(at + 1)
        points = panel.points
        data.append({
            "type": "scatter", "mode": "lines+markers", "xaxis": f"x{axis}", "yaxis": f"y{axis}",
            "x": [text(point.when) for point in points], "y": [point.difference for point in points],
            "error_y": {"type": "data", "symmetric": False, "color": BLUE, "thickness": 1.6, "width": 5,
                        "array": [_minus(point.high, point.difference) for point in points],
                        "arrayminus": [_minus(point.difference, point.low) for point in points]},
            "line": {"color": BLUE, "width": 1.2, "dash": "dot"}, "marker": {"size": 9, "color": BLUE},
            "name": text(panel.score), "text": [f"{point.pairs} pairs" for point in points],
            "hovertemplate": "%{x}: %{y:.2f}, %{text}<extra></extra>",
        })  # fmt: skip
        layout[f"xaxis{axis}"] = axis_of(
            "", domain=domain, anchor=f"y{axis}", showgrid=False, type="category"
        )
        layout[f"yaxis{axis}"] = axis_of("change" if at == 0 else "", anchor=f"x{axis}", zeroline=True,
                                       zerolinecolor=INK, rangemode="tozero")  # fmt: skip
        notes.append(_panel_title(domain[0], panel.score))
    layout["annotations"] = notes
    return {"data": data, "layout": layout}
