"""The keys of the replay window, for whoever asks."""

from __future__ import annotations

from PyQt6.QtWidgets import QMessageBox, QWidget

from ui.language import translated
from ui.worded import tell

KEYS = (
    ("Space", "play, pause"),
    ("← →", "one image back, forward"),
    ("Shift+← →", "one second back, forward"),
    ("Home, End", "beginning, end"),
    ("N, P", "next, previous alarm"),
    ("M, Shift+M", "next, previous mark"),
    ("D, Shift+D", "next, previous difference of two versions"),
    ("A, B", "beginning and end of the passage that is repeated"),
    ("L", "repeat nothing"),
    ("+  -", "faster, slower"),
    ("S", "keep this image: as shown, and as recorded"),
    ("X", "film of the passage, or of all of it (MP4)"),
    ("E", "list of events on and off"),
    ("F", "as live, or every frame"),
    ("C", "beside another version's results"),
    ("U", "alarms heard, or not"),
    ("V", "figures of the next level"),
    ("F11", "full screen on and off"),
    ("Esc", "leave full screen; end a film that is being written"),
    ("Ctrl+Q", "close"),
)


def keys_box(parent: QWidget) -> QMessageBox:
    """The list, not shown yet."""
    return tell(parent, "Keys", (f"{key}: {translated(does)}" for key, does in KEYS))
