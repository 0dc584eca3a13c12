"""The keys of the planning window, for whoever asks."""

from __future__ import annotations

from PyQt6.QtWidgets import QWidget

from ui.language import translated
from ui.worded import tell

KEYS = (
    ("click", "set the next mark; on a body: choose it; on a grip: drag it"),
    ("right drag, wheel", "window and level, zoom"),
    ("Enter", "confirm the names; end a vein or foramen"),
    ("U, D", "all names one level up, down"),
    ("Backspace", "drop what was begun; else remove what is chosen"),
    ("Ctrl+Z, Ctrl+Y", "undo, redo"),
    ("C", "cannula: two clicks along its shaft"),
    ("L", "level by its four corners"),
    ("V, F", "vein, foramen"),
    ("E", "find the edge of the chosen level again"),
    ("S", "snapping to the edge on and off"),
    ("Esc", "back to marking levels"),
    ("arrows", "move the chosen grip by a pixel, with Shift by 10, with Alt by 0.1"),
    ("Page up, down", "choose another level"),
    ("+  -  0  A", "zoom, whole picture, automatic grey"),
    ("Ctrl+S, Ctrl+Enter", "save; save and close"),
    ("Tab, F2", "to the next field; to the picture"),
)


def show_keys(parent: QWidget) -> None:
    """Show the list until it is closed."""
    tell(parent, "Keys", (f"{key}: {translated(does)}" for key, does in KEYS)).exec()
