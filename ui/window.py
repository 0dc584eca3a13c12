"""The live window: the overlay over a running loop."""

from __future__ import annotations

from monitor.plan import Plan
from monitor.polarity import as_stated
from ui.live import LiveRun


def show_live(run: LiveRun, plan: Plan, seconds: float | None, *, full_screen: bool) -> None:
    """Show the overlay until it is closed, the process is told to stop, or for so many seconds.

    Without a display the window is drawn unseen, so that the same path is run, and closes when the
    source has ended.
    """
    from ui.qt import display_available, start_application

    start_application()

    from PyQt6.QtCore import QTimer

    from ui.overlay.observation import setup_from_plan
    from ui.overlay.window import OverlayWindow, run_window

    window = OverlayWindow(
        run.observer.look,
        setup_from_plan(
            plan,
            invert=not as_stated(run.info, run.view).intensity.bright_is_radiolucent,
            calibration=run.ready.words,
            room_latency_ms=run.ready.latency_ms,
        ),
        acknowledge=run.observer.acknowledge,
        painted=run.loop.latency.painted,
    )
    unseen = not display_available()

    def watch() -> None:
        if run.asked_to_stop.is_set() or (unseen and run.observer.ended):
            window.close()

    timer = QTimer(window)
    timer.timeout.connect(watch)
    timer.start(200)
    if seconds is not None:
        QTimer.singleShot(round(seconds * 1000), window.close)
    run_window(window, full_screen=full_screen)
