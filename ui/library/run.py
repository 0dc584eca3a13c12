"""The library's window from start to end."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from ui.library.opened import Opened
from ui.library.window import LibraryWindow
from ui.qt import start_application


def run_library(root: Path, query: str = "") -> None:
    """Show the sessions below a folder until the window is closed; what was opened from it stays open."""
    start_application()
    opened = Opened(lambda words: window.say(words, refused=True))
    window = LibraryWindow(root, opened.open, query)
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    window.showMaximized()
    QApplication.exec()
