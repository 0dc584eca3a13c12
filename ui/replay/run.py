"""The replay window from start to end."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from monitor.errors import InputError
from recordings.track import open_track
from ui.qt import display_available, start_application
from ui.replay.deck import Deck
from ui.replay.window import ReplayWindow


def run_replay(session: Path, *, compare: Path | None = None, every_frame: bool = False) -> int:
    """Show a session until the window is closed.

    Parameters
    ----------
    session : Path
        Folder of the session.
    compare : Path or None
        Results file to show beside.
    every_frame : bool
        Whether it begins with every frame.

    Raises
    ------
    SourceError
        The session, or the file to compare with, cannot be read.
    InputError
        There is no display.
    """
    if not display_available():
        raise InputError("replay needs a display; --check, --results and export do without")
    deck = Deck(session)
    try:
        beside = None if compare is None else open_track(compare, deck.session)
    except BaseException:
        deck.close()
        raise
    start_application()
    window = ReplayWindow(deck, beside, every_frame=every_frame)
    window.showMaximized()
    QTimer.singleShot(0, window.setFocus)
    return QApplication.exec()
