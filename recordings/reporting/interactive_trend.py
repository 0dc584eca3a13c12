"""The course of a level for a browser."""

from __future__ import annotations

from collections.abc import Sequence

from recordings.reporting.charts import TrendChart
from recordings.reporting.looks import (
    BAND,
    BLUE,
    FAINT,
    GAP,
    INK,
    MARK_DASHES,
    PRIORITY_COLOURS,
    PRIORITY_MARKERS,
    RED,
    SOFT,
)
from recordings.reporting.plotly_parts import Figure, axis_of, layout_of, text


def trend_figure(chart: TrendChart) -> Figure:
    """Volume above, distance to the posterior wall below it, alarms below both; on one time line."""
    lanes = len(chart.alarms)
    lane_share = min(0.3, 0.05 * lanes) if lanes else 0.0
    bottom = lane_share + (0.04 if lanes else 0.0)
    both = chart.has_volume and chart.has_distance
    upper = (0.56 + 0.42 * lane_share if both else bottom, 1.0)
    lower = (bottom, 0.5 + 0.5 * lane_share if both else 1.0)
    data: list[Figure] = []
    shapes = [_band(gap, lower, upper) for gap in chart.gaps]
    if chart.has_volume:
        unit = "relative" if chart.relative else "mL"
        data += _interval_of_volume(chart)
        data.append(
            _line(
                chart.times_s,
                chart.volume,
                "volume",
                "y",
                colour=BLUE,
                width=2.2,
                hovertemplate=f"%{{y:.2f}} {unit} at %{{x:.1f}} s<extra>volume</extra>",
            )
        )
    if chart.has_distance:
        told = "%{y:.1f} mm at %{x:.1f} s<extra>posterior wall</extra>"
        data.append(_line(chart.times_s, chart.distance_mm, "distance to posterior wall", "y2", colour=INK,
                          width=2.2, dash="dash", hovertemplate=told))  # fmt: skip
        shapes.append({"type": "line", "xref": "x", "yref": "y2", "x0": chart.begin_s, "x1": chart.end_s,
                       "y0": 0, "y1": 0, "line": {"color": RED, "width": 1.4}})  # fmt: skip
    if chart.gaps:
        data.append({"type": "scatter", "x": [None], "y": [None], "mode": "markers", "name": "not watched",
                     "marker": {"symbol": "square", "size": 12, "color": GAP},
                     "yaxis": "y" if chart.has_volume else "y2"})  # fmt: skip
    if chart.planned_ml is not None and chart.has_volume:
        data.append(
            _line(
                (chart.begin_s, chart.end_s),
                (chart.planned_ml,) * 2,
                f"planned {chart.planned_ml:.1f} mL",
                "y",
                colour=FAINT,
                width=1.4,
                dash="dot",
            )
        )
    notes = []
    for mark in chart.marks:
        colour = RED if mark.kind == "leak" else SOFT
        dash = MARK_DASHES.get(mark.kind, MARK_DASHES["leak"])[0]
        shapes.append(
            {
                "type": "line",
                "xref": "x",
                "yref": "paper",
                "x0": mark.time_s,
                "x1": mark.time_s,
                "y0": lower[0],
                "y1": 1,
                "line": {"color": colour, "width": 1.4, "dash": dash},
            }
        )
        notes.append(
            {
                "xref": "x",
                "yref": "paper",
                "x": mark.time_s,
                "y": upper[0],
                "text": text(mark.words),
                "textangle": -90,
                "showarrow": False,
                "xanchor": "right",
                "yanchor": "bottom",
                "font": {"size": 11, "color": colour},
                "bgcolor": "rgba(255,255,255,0.75)",
            }
        )
    data += _alarm_bars(chart)
    layout = layout_of((430 if both else 300) + 24 * lanes, shapes=shapes, annotations=notes)
    lowest = "y3" if lanes else "y2" if chart.has_distance else "y"
    layout["xaxis"] = axis_of(
        "seconds from the first frame", range=[chart.begin_s, chart.end_s], anchor=lowest
    )
    if chart.has_volume:
        title = "volume, relative" if chart.relative else "volume, mL"
        layout["yaxis"] = axis_of(title, domain=list(upper), rangemode="tozero")
    if chart.has_distance:
        layout["yaxis2"] = axis_of("posterior wall, mm", domain=list(lower))
    if lanes:
        layout["yaxis3"] = axis_of(
            "alarms",
            domain=[0, lane_share],
            range=[lanes - 0.4, -0.6],
            showgrid=False,
            showticklabels=False,
            ticks="",
            fixedrange=True,
        )
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
    **more: object,
) -> Figure:
    return {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "xaxis": "x",
        "yaxis": axis,
        "line": {"color": colour, "width": width, "dash": dash},
        "connectgaps": False,
        **more,
    }


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
        made.append(
            {
                "type": "scatter",
                "mode": "lines+markers+text",
                "xaxis": "x",
                "yaxis": "y3",
                "showlegend": False,
                "x": [at_s for at_s, _, _ in told],
                "y": [lane] * len(told),
                "name": text(alarm.words),
                "line": {"color": colour, "width": 4},
                "cliponaxis": False,
                "marker": {
                    "symbol": [shape for _, shape, _ in told],
                    "size": 11,
                    "color": colour,
                    "line": {"width": 2, "color": colour},
                },
                "text": [text(alarm.words), *[""] * (len(told) - 1)],
                "textposition": "middle left" if alarm.raised_s > middle_s else "top right",
                "textfont": {"size": 10.5, "color": colour},
                "hovertemplate": [
                    f"{text(alarm.words)}<br>{what} at %{{x:.2f}} s<extra></extra>" for _, _, what in told
                ],
            }
        )
    return made
