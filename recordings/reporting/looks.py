"""Colours, dashes and shapes of charts. Each thing has its own shape or dash too: paper may be gray."""

from __future__ import annotations

INK, SOFT, FAINT, RULE = "#1c232b", "#4a5561", "#717c88", "#d7dde3"
BLUE, AMBER, RED = "#12687f", "#9a6200", "#b3201a"
BAND = "#c7e0e7"
GAP = "#e4e7eb"
FONT = ("DejaVu Sans", "Verdana", "sans-serif")
PRIORITY_COLOURS = {"high": RED, "medium": AMBER, "low": BLUE}
PRIORITY_MARKERS = {"high": ("triangle-up", "^"), "medium": ("diamond", "D"), "low": ("circle", "o")}
"""Of an alarm: in a browser, on paper."""
MARK_DASHES = {"start": ("dash", (0, (5, 3))), "stop": ("solid", "-"), "leak": ("dot", (0, (1, 2)))}
"""Of a moment: in a browser, on paper."""
