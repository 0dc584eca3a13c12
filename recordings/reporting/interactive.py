"""Charts for a browser: data and layout for plotly.js, as plain values that become JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from recordings.reporting.charts import (
    Chart,
    ForestChart,
    LearningChart,
    LearningPanel,
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
    GAP,
    INK,
    MARK_DASHES,
    PRIORITY_COLOURS,
    PRIORITY_MARKERS,
    RED,
    RULE,
    SOFT,
)

Figure = dict[str, Any]
_ROW_PX = 26


def text(words: str) -> str:
    """Words as plotly.js shows them: it reads some tags in them, so that what marks a tag is written out."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def figure_of(chart: Chart) -> Figure:
    """Data and layout of a chart."""
    match chart:
        case TrendChart():
            return _trend(chart)
        case ForestChart():
            return _forest(chart)
        case LearningChart():
            return _learning(chart)
        case ScoreChart():
            return _scores(chart)
        case SpreadChart():
            return _spread(chart)


def _layout(height: int, **more: Any) -> dict[str, Any]:
    return {
        "height": height, "margin": {"l": 62, "r": 24, "t": 28, "b": 46}, "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff", "font": {"family": ", ".join(FONT), "size": 12.5, "color": INK},
        "hovermode": "closest", "hoverlabel": {"font": {"family": ", ".join(FONT)}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal",
                   "font": {"color": SOFT}}, **more,
    }  # fmt: skip


def _axis(title: str, **more: Any) -> dict[str, Any]:
    return {"title": {"text": title, "standoff": 8}, "gridcolor": RULE, "linecolor": FAINT, "ticks": "outside",
            "tickcolor": FAINT, "zeroline": False, "automargin": True, **more}  # fmt: skip


# the course of a level


def _trend(chart: TrendChart) -> Figure:
    lanes = len(chart.alarms)
    lane_share = min(0.3, 0.05 * lanes) if lanes else 0.0
    upper = (0.56 + 0.42 * lane_share, 1.0)
    lower = (lane_share + (0.04 if lanes else 0.0), 0.5 + 0.5 * lane_share)
    unit = "relative" if chart.relative else "mL"
    data: list[Figure] = [
        *_interval_of_volume(chart),
        _line(chart.times_s, chart.volume, "volume", "y", colour=BLUE, width=2.2,
              hovertemplate=f"%{{y:.2f}} {unit} at %{{x:.1f}} s<extra>volume</extra>"),
        _line(chart.times_s, chart.distance_mm, "distance to posterior wall", "y2", colour=INK, width=2.2,
              dash="dash", hovertemplate="%{y:.1f} mm at %{x:.1f} s<extra>posterior wall</extra>"),
    ]  # fmt: skip
    shapes = [_band(gap, lower, upper) for gap in chart.gaps]
    if chart.gaps:
        data.append({"type": "scatter", "x": [None], "y": [None], "mode": "markers", "name": "not watched",
                     "marker": {"symbol": "square", "size": 12, "color": GAP}})  # fmt: skip
    shapes.append({"type": "line", "xref": "x", "yref": "y2", "x0": chart.begin_s, "x1": chart.end_s, "y0": 0,
                   "y1": 0, "line": {"color": RED, "width": 1.4}})  # fmt: skip
    if chart.planned_ml is not None:
        data.append(_line((chart.begin_s, chart.end_s), (chart.planned_ml,) * 2, f"planned {chart.planned_ml:.1f} mL",
                          "y", colour=FAINT, width=1.4, dash="dot"))  # fmt: skip
    notes = []
    for mark in chart.marks:
        colour = RED if mark.kind == "leak" else SOFT
        dash = MARK_DASHES.get(mark.kind, MARK_DASHES["leak"])[0]
        shapes.append({"type": "line", "xref": "x", "yref": "paper", "x0": mark.time_s, "x1": mark.time_s,
                       "y0": lower[0], "y1": 1, "line": {"color": colour, "width": 1.4, "dash": dash}})  # fmt: skip
        notes.append({"xref": "x", "yref": "paper", "x": mark.time_s, "y": upper[0], "text": text(mark.words),
                      "textangle": -90, "showarrow": False, "xanchor": "right", "yanchor": "bottom",
                      "font": {"size": 11, "color": colour}, "bgcolor": "rgba(255,255,255,0.75)"})  # fmt: skip
    data += _alarm_bars(chart)
    layout = _layout(430 + 24 * lanes, shapes=shapes, annotations=notes, hovermode="closest")
    layout |= {
        "xaxis": _axis("seconds from the first frame", range=[chart.begin_s, chart.end_s], anchor="y3" if lanes else "y2"),
        "yaxis": _axis("volume, relative" if chart.relative else "volume, mL", domain=list(upper), rangemode="tozero"),
        "yaxis2": _axis("posterior wall, mm", domain=list(lower)),
    }  # fmt: skip
    if lanes:
        layout["yaxis3"] = _axis("alarms", domain=[0, lane_share], range=[lanes - 0.4, -0.6], showgrid=False,
                                 showticklabels=False, ticks="", fixedrange=True)  # fmt: skip
    return {"data": data, "layout": layout}


def _line(
    x: Sequence[float],
    y: Sequence[float | None],
    name: str,
    axis: str,
    *,
    colour: str = INK,
    width: float,
    dash: str = "solid",
    **more: Any,
) -> Figure:
    return {"type": "scatter", "mode": "lines", "x": x, "y": y, "name": name, "xaxis": "x", "yaxis": axis,
            "line": {"color": colour, "width": width, "dash": dash}, "connectgaps": False, **more}  # fmt: skip


def _interval_of_volume(chart: TrendChart) -> list[Figure]:
    """A closed outline for each stretch in which the interval is known: a fill between lines bridges gaps."""
    stretches: list[list[tuple[float, float, float]]] = [[]]
    for time_s, low, high in zip(chart.times_s, chart.volume_low, chart.volume_high, strict=True):
        if low is None or high is None:
            stretches.append([])
        else:
            stretches[-1].append((time_s, low, high))
    made: list[Figure] = []
    for stretch in filter(None, stretches):
        x = [time_s for time_s, _, _ in stretch]
        y = [low for _, low, _ in stretch] + [high for _, _, high in reversed(stretch)]
        made.append(_line([*x, *reversed(x)], y, "95 % interval", "y", width=0, fill="toself", fillcolor=BAND,
                          hoverinfo="skip", legendgroup="interval", showlegend=not made))  # fmt: skip
    return made


def _band(gap: tuple[float, float], *domains: tuple[float, float]) -> Figure:
    return {"type": "rect", "xref": "x", "yref": "paper", "x0": gap[0], "x1": gap[1], "y0": domains[0][0],
            "y1": domains[-1][1], "fillcolor": GAP, "line": {"width": 0}, "layer": "below"}  # fmt: skip


def _alarm_bars(chart: TrendChart) -> list[Figure]:
    made = []
    middle_s = (chart.begin_s + chart.end_s) / 2
    for lane, alarm in enumerate(chart.alarms):
        colour = PRIORITY_COLOURS.get(alarm.priority, SOFT)
        symbol = PRIORITY_MARKERS.get(alarm.priority, ("square", "s"))[0]
        told = [(alarm.raised_s, symbol, "raised")]
        if alarm.escalated_s is not None:
            told.append((alarm.escalated_s, "triangle-up-open", "rose"))
        if alarm.acknowledged_s is not None:
            told.append((alarm.acknowledged_s, "x-thin-open", "acknowledged"))
        told.append((alarm.end_s, "line-ns-open", "cleared, or end"))
        told.sort(key=lambda item: item[0])
        made.append({
            "type": "scatter", "mode": "lines+markers+text", "xaxis": "x", "yaxis": "y3", "showlegend": False,
            "x": [at_s for at_s, _, _ in told], "y": [lane] * len(told), "name": text(alarm.words),
            "line": {"color": colour, "width": 4}, "cliponaxis": False,
            "marker": {"symbol": [shape for _, shape, _ in told], "size": 11, "color": colour,
                       "line": {"width": 2, "color": colour}},
            "text": [text(alarm.words), *[""] * (len(told) - 1)],
            "textposition": "middle left" if alarm.raised_s > middle_s else "top right",
            "textfont": {"size": 10.5, "color": colour},
            "hovertemplate": [f"{text(alarm.words)}<br>{what} at %{{x:.2f}} s<extra></extra>" for _, _, what in told],
        })  # fmt: skip
    return made


# figures below one another


def _forest(chart: ForestChart) -> Figure:
    factor = 100 if chart.percent else 1
    names, data, notes = [], [], []
    for at, row in enumerate(chart.rows):
        names.append(f"<b>{text(row.name)}</b>" if row.kind == "head" else text(row.name))
        if row.kind != "head":
            shown = text(row.remark) if row.value is not None else f"{text(row.remark)}: unknown"
            notes.append({"xref": "paper", "x": 1.01, "y": at, "yref": "y", "text": shown, "showarrow": False,
                          "xanchor": "left", "font": {"size": 11, "color": SOFT}})  # fmt: skip
    for kind, name in (("own", "this department"), ("published", "published")):
        rows = [(at, row) for at, row in enumerate(chart.rows) if row.kind == kind and row.value is not None]
        if not rows:
            continue
        value = [factor * (row.value or 0) for _, row in rows]
        high = [factor * row.high - own if row.high is not None else 0 for own, (_, row) in zip(value, rows, strict=True)]
        low = [own - factor * row.low if row.low is not None else 0 for own, (_, row) in zip(value, rows, strict=True)]
        filled = kind == "own"
        data.append({
            "type": "scatter", "mode": "markers", "name": name, "x": value, "y": [at for at, _ in rows],
            "error_x": {"type": "data", "symmetric": False, "array": high, "arrayminus": low, "thickness": 1.6,
                        "width": 4, "color": BLUE if filled else AMBER},
            "marker": {"symbol": "circle" if filled else "diamond-open", "size": 10,
                       "color": BLUE if filled else AMBER, "line": {"width": 2, "color": BLUE if filled else AMBER}},
            "customdata": [_told(row.low, row.high, factor, chart.percent) for _, row in rows],
            "text": [text(f"{row.name}, {row.remark}") for _, row in rows],
            "hovertemplate": f"%{{text}}<br>%{{x:.{1 if chart.percent else 2}f}}{' %' if chart.percent else ''} "
            "%{customdata}<extra></extra>",
        })  # fmt: skip
    layout = _layout(70 + _ROW_PX * len(chart.rows), annotations=notes, showlegend=len(data) > 1)
    layout["margin"] = {"l": 12, "r": 110, "t": 30, "b": 46}
    layout["xaxis"] = _axis(f"{chart.axis}, %" if chart.percent else chart.axis, rangemode="tozero")
    layout["yaxis"] = _axis("", tickvals=list(range(len(names))), ticktext=names, range=[len(names) - 0.5, -0.5],
                            showgrid=False, ticks="", fixedrange=True)  # fmt: skip
    return {"data": data, "layout": layout}


def _told(low: float | None, high: float | None, factor: int, percent: bool) -> str:
    if low is None or high is None:
        return ""
    digits = 0 if percent else 2
    return f"({factor * low:.{digits}f} to {factor * high:.{digits}f})"


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
    layout = _layout(90 + 40 * len(rows))
    layout["xaxis"] = _axis(chart.axis, rangemode="tozero")
    layout["yaxis"] = _axis("", tickvals=at, ticktext=names, range=[len(names) - 0.4, -0.6], showgrid=False,
                            ticks="", fixedrange=True)  # fmt: skip
    return {"data": [boxes, means], "layout": layout}


def _minus(one: float | None, other: float | None) -> float:
    return 0.0 if one is None or other is None else one - other


# side by side


def _domains(count: int) -> list[list[float]]:
    gap = 0.06
    width = (1 - gap * (count - 1)) / count
    return [[at * (width + gap), at * (width + gap) + width] for at in range(count)]


def _learning(chart: LearningChart) -> Figure:
    data: list[Figure] = []
    notes = []
    layout = _layout(470, showlegend=False)
    for at, (panel, domain) in enumerate(zip(chart.panels, _domains(len(chart.panels)), strict=True)):
        above, below = str(2 * at + 1) if at else "", str(2 * at + 2)
        data += _learning_panel(panel, above, below)
        shared = {"matches": "y"} if at else {}
        shared_below = {"matches": "y2"} if at else {}
        layout[f"xaxis{above}"] = _axis("", domain=domain, anchor=f"y{above}", matches=f"x{below}", nticks=7,
                                        tickformat="d")  # fmt: skip
        layout[f"xaxis{below}"] = _axis("level", domain=domain, anchor=f"y{below}", nticks=7, tickformat="d")
        layout[f"yaxis{above}"] = _axis("rate so far, %" if at == 0 else "", domain=[0.48, 1], anchor=f"x{above}",
                                        rangemode="tozero", **shared)  # fmt: skip
        layout[f"yaxis{below}"] = _axis("leaks − expected" if at == 0 else "", domain=[0, 0.38],
                                        anchor=f"x{below}", zeroline=True, zerolinecolor=FAINT, **shared_below)  # fmt: skip
        notes.append({"xref": "paper", "yref": "paper", "x": domain[0], "y": 1.0, "xanchor": "left",
                      "yanchor": "bottom", "showarrow": False, "text": f"<b>{text(panel.operator)}</b>"})  # fmt: skip
    layout["annotations"] = notes
    return {"data": data, "layout": layout}


def _learning_panel(panel: LearningPanel, above: str, below: str) -> list[Figure]:
    hundred = [100 * value for value in panel.rate]
    axes = {"xaxis": f"x{above}", "yaxis": f"y{above}"}
    hidden = {"hoverinfo": "skip", "line": {"width": 0}, "mode": "lines", "type": "scatter", "x": panel.numbers}
    words = [f"level {number}, {day}: {'leak' if leaked else 'none detected'}"
             for number, day, leaked in zip(panel.numbers, panel.days, panel.leaked, strict=True)]  # fmt: skip
    return [
        {**hidden, **axes, "y": [100 * value for value in panel.high]},
        {**hidden, **axes, "y": [100 * value for value in panel.low], "fill": "tonexty", "fillcolor": BAND},
        {"type": "scatter", "mode": "lines+markers", **axes, "x": panel.numbers, "y": hundred, "text": words,
         "name": text(panel.operator), "line": {"color": BLUE, "width": 2},
         "marker": {"size": [9 if leaked else 4 for leaked in panel.leaked], "color": BLUE, "symbol": ["x" if leaked else "circle" for leaked in panel.leaked]},
         "hovertemplate": "%{text}<br>rate so far %{y:.0f} %<extra></extra>"},
        {"type": "scatter", "mode": "lines", **axes, "x": [panel.numbers[0], panel.numbers[-1]],
         "y": [100 * panel.expected] * 2, "line": {"color": FAINT, "width": 1.4, "dash": "dash"},
         "hovertemplate": "expected %{y:.0f} %<extra></extra>"},
        {"type": "scatter", "mode": "lines", "xaxis": f"x{below}", "yaxis": f"y{below}", "x": panel.numbers,
         "y": panel.cusum, "text": words, "line": {"color": INK, "width": 2, "shape": "hv"},
         "hovertemplate": "%{text}<br>leaks − expected %{y:.1f}<extra></extra>"},
    ]  # fmt: skip


def _scores(chart: ScoreChart) -> Figure:
    data, notes = [], []
    layout = _layout(330, showlegend=False)
    for at, (panel, domain) in enumerate(zip(chart.panels, _domains(len(chart.panels)), strict=True)):
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
        layout[f"xaxis{axis}"] = _axis("", domain=domain, anchor=f"y{axis}", showgrid=False, type="category")
        layout[f"yaxis{axis}"] = _axis("change" if at == 0 else "", anchor=f"x{axis}", zeroline=True,
                                       zerolinecolor=INK, rangemode="tozero")  # fmt: skip
        notes.append({"xref": "paper", "yref": "paper", "x": domain[0], "y": 1.0, "xanchor": "left",
                      "yanchor": "bottom", "showarrow": False, "text": f"<b>{text(panel.score)}</b>"})  # fmt: skip
    layout["annotations"] = notes
    return {"data": data, "layout": layout}
