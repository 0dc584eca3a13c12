"""What all charts for a browser have in common."""

from __future__ import annotations

from typing import Any

from recordings.reporting.looks import FAINT, FONT, INK, RULE, SOFT

Figure = dict[str, Any]
"""Data and layout, or a part of them, as plain values that become JSON."""


def text(words: str) -> str:
    """Words as plotly.js shows them: it reads some tags in them, so that what marks a tag is written out."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def layout_of(height: int, **more: object) -> Figure:
    """Layout of a chart, `height` px high, with what else it has."""
    return {
        "height": height, "margin": {"l": 62, "r": 24, "t": 28, "b": 46}, "paper_bgcolor": "#ffffff",
        "plot_bgcolor": "#ffffff", "font": {"family": ", ".join(FONT), "size": 12.5, "color": INK},
        "hovermode": "closest", "hoverlabel": {"font": {"family": ", ".join(FONT)}},
        "legend": {"orientation": "h", "x": 0, "y": 1.0, "yanchor": "bottom", "traceorder": "normal",
                   "font": {"color": SOFT}}, **more,
    }  # fmt: skip


def axis_of(title: str, **more: object) -> Figure:
    """An axis with its title, and what else it has."""
    return {
        "title": {"text": title, "standoff": 8},
        "gridcolor": RULE,
        "linecolor": FAINT,
        "ticks": "outside",
        "tickcolor": FAINT,
        "zeroline": False,
        "automargin": True,
        **more,
    }
