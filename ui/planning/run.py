"""The planning window from start to end."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from calibration.profile import Profile
from monitor.errors import InputError
from monitor.plan import Plan, Polarity
from monitor.sources.cropped import Crop
from ui.planning.window import PlanWindow
from ui.qt import display_available, start_application


def run_planning(
    out: Path | None,
    source: str | None,
    *,
    frame_rate_hz: float | None = None,
    polarity: Polarity | None = None,
    crop: Crop | None = None,
    profile: Profile | None = None,
    accept_words: str = "Save and close",
) -> Plan | None:
    """Show the window until it is closed; the plan that was saved last, None where none was.

    Raises
    ------
    PlanError
        There is a plan already, and it cannot be read.
    InputError
        There is no display to mark anything on.
    """
    if not display_available():
        raise InputError("plan needs a display: levels are marked on a picture")
    start_application()
    window = PlanWindow(
        out,
        source,
        frame_rate_hz=frame_rate_hz,
        polarity=polarity,
        crop=crop,
        profile=profile,
        accept_words=accept_words,
    )
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    window.showMaximized()
    QApplication.exec()
    return window.result
