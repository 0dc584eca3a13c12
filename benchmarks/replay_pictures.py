"""The replay window, as `benchmarks.screenshots` pictures it: a made-up session, always the same."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from benchmarks.calibration.wizard_pictures import wait
from recordings.session import open_session
from recordings.track import open_track
from tests.ui.factory import SIZE_PX
from tests.ui.replay import made
from ui.replay.deck import Deck
from ui.replay.window import ReplayWindow


def _window(*, compare: bool = False, monitored: bool = True) -> ReplayWindow:
    folder = Path("2026-01-02-T12")
    session = made.record(folder, rows=SIZE_PX, monitored=monitored)
    track = None
    if compare:
        path = made.results(
            Path("results.mcap"), session, every=2, mode="as live", version="2.0", early_s=0.6,
            wall=lambda at_s: made.usual_mm(at_s) - 0.4,
        )  # fmt: skip
        track = open_track(path, open_session(folder))
    window = ReplayWindow(Deck(folder), track, cache=Path("cache"))
    window.resize(1920, 1080)
    window.show()
    window._grow_timer.stop()  # what follows is one moment, always the same
    return window


def alarm() -> QWidget:
    """Paused at a HIGH alarm, with a passage set around it."""
    window = _window()
    for at_s, end in ((7.0, "a"), (9.4, "b")):
        window.go_s(at_s)
        window.set_loop(end)
    window.go_s(4.0)
    for _ in range(2):
        QTest.keyClick(window, Qt.Key.Key_N)
    return window


def scrubbing() -> QWidget:
    """Dragged along the time line, with the picture of where the pointer is."""
    window = _window()
    window.go_s(6.2)
    window.hover_s(6.2)
    wait(lambda: window.thumbnails.of(window.thumbnails.grid(62)) is not None)
    window.hover_s(6.2)
    return window


def not_monitored() -> QWidget:
    """A session that holds images alone."""
    window = _window(monitored=False)
    window.go_s(5.0)
    return window


def superseded() -> QWidget:
    """An image that was not processed."""
    window = _window()
    window.go_s(6.24)
    window.step(1)
    return window


def beside() -> QWidget:
    """Another version beside, at the first difference."""
    window = _window(compare=True)
    wait(lambda: window.comparing.found != ())
    QTest.keyClick(window, Qt.Key.Key_D)
    return window


def events() -> QWidget:
    """The list of what happened."""
    window = _window()
    QTest.keyClick(window, Qt.Key.Key_E)
    window.go_s(8.7)
    QApplication.processEvents()
    return window
