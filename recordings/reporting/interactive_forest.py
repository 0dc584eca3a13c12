"""Figures with their intervals for a browser, one below the other."""

from __future__ import annotations

from recordings.reporting.charts import ForestChart, ForestRow
from recordings.reporting.looks import AMBER, BLUE, SOFT
from recordings.reporting.plotly_parts import Figure, axis_of, layout_of, text

_ROW_PX = 26
_Placed = list[tuple[int, ForestRow]]


def forest_figure(chart: ForestChart) -> Figure:
    """Filled: own; hollow: published; a thin line: a wider interval; a line without a mark: a range."""
    placed = list(enumerate(chart.rows))
    figures = [(at, row) for at, row in placed if row.kind != "head"]
    own = [(at, row) for at, row in figures if row.kind == "own" and row.value is not None]
    published = [(at, row) for at, row in figures if row.kind == "published" and row.value is not None]
    ranges = [(at, row) for at, row in figures if row.value is None and row.low is not None]
    wide = [(at, row) for at, row in own if row.wide_low is not None]
    data = [
        *([_lines(wide, chart, "allowing for patients", BLUE)] if wide else []),
        *([_marks(own, chart, "this department", BLUE, "circle")] if own else []),
        *([_marks(published, chart, "published", AMBER, "diamond-open")] if published else []),
        *([_lines(ranges, chart, "range of several series", AMBER, dash="dash")] if ranges else []),
    ]
    notes = [
        {"xref": "paper", "x": 1.01, "y": at, "yref": "y", "text": text(row.remark), "showarrow": False,
         "xanchor": "left", "font": {"size": 11, "color": SOFT}}
        for at, row in figures
    ]  # fmt: skip
    layout = layout_of(70 + _ROW_PX * len(placed), annotations=notes, showlegend=len(data) > 1)
    layout["margin"] = {"l": 12, "r": 150, "t": 30, "b": 46}
    layout["xaxis"] = axis_of(f"{chart.axis}, %" if chart.percent else chart.axis, rangemode="tozero")
    names = [f"<b>{text(row.name)}</b>" if row.kind == "head" else text(row.name) for _, row in placed]
    layout["yaxis"] = axis_of(
        "",
        tickvals=list(range(len(names))),
        ticktext=names,
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
        ticks="",
        fixedrange=True,
        ticklabelstandoff=7,  # a mark at 0 lies half beside the axis
    )
    return {"data": data, "layout": layout}


def _marks(rows: _Placed, chart: ForestChart, name: str, colour: str, symbol: str) -> Figure:
    factor = 100 if chart.percent else 1
    value = [factor * (row.value or 0.0) for _, row in rows]
    ends = [_ends(row, factor) for _, row in rows]
    unit, digits = (" %", 1) if chart.percent else ("", 2)
    return {
        "type": "scatter",
        "mode": "markers",
        "name": name,
        "x": value,
        "y": [at for at, _ in rows],
        "error_x": {
            "type": "data",
            "symmetric": False,
            "thickness": 2.4,
            "width": 4,
            "color": colour,
            "array": [high - own for own, (_, high) in zip(value, ends, strict=True)],
            "arrayminus": [own - low for own, (low, _) in zip(value, ends, strict=True)],
        },
        "marker": {"symbol": symbol, "size": 10, "color": colour, "line": {"width": 2, "color": colour}},
        "cliponaxis": False,  # what is 0 lies on the axis
        "customdata": [f"({_told(low, high, chart.percent)})" if high > low else "" for low, high in ends],
        "text": [text(f"{row.name}, {row.remark}") for _, row in rows],
        "hovertemplate": f"%{{text}}<br>%{{x:.{digits}f}}{unit} %{{customdata}}<extra></extra>",
    }


def _lines(rows: _Placed, chart: ForestChart, name: str, colour: str, dash: str = "solid") -> Figure:
    """A line for each row; gaps between them."""
    factor = 100 if chart.percent else 1
    x: list[float | None] = []
    y: list[int | None] = []
    words: list[str | None] = []
    for at, row in rows:
        low, high = (row.wide_low, row.wide_high) if row.kind == "own" else (row.low, row.high)
        if low is None or high is None:
            continue
        told = text(f"{row.name}, {name}: {_told(factor * low, factor * high, chart.percent)}")
        x += [factor * low, factor * high, None]
        y += [at, at, None]
        words += [told, told, None]
    return {
        "type": "scatter", "mode": "lines+markers", "name": name, "x": x, "y": y, "text": words,
        "line": {"color": colour, "width": 1, "dash": dash}, "hovertemplate": "%{text}<extra></extra>",
        "marker": {"symbol": "line-ns-open", "size": 7, "color": colour},
    }  # fmt: skip


def _ends(row: ForestRow, factor: int) -> tuple[float, float]:
    value = row.value or 0.0
    return factor * (value if row.low is None else row.low), factor * (
        value if row.high is None else row.high
    )


def _told(low: float, high: float, percent: bool) -> str:
    digits = 0 if percent else 2
    return f"{low:.{digits}f} to {high:.{digits}f}{' %' if percent else ''}"
