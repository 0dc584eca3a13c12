"""The confirmation window from start to end."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from recordings.deidentifying.looking import Look
from recordings.importing.regions import Region
from ui.deidentifying.window import ConfirmWindow
from ui.qt import start_application


def confirm_in_window(look: Look) -> tuple[Region, ...] | None:
    """Show a run until it is confirmed or left; what is to be blanked, None where it was left."""
    start_application()
    window = ConfirmWindow(look)
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    window.showMaximized()
    QApplication.exec()
    return window.result
