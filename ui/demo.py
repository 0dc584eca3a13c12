"""The demonstration: a simulated procedure through the real loop, seen or unseen."""

from __future__ import annotations

from pathlib import Path

import typer

from monitor.config import Config
from monitor.plan import Plan
from monitor.result import AlertTransition, Kind
from recordings.analysis import make_folder
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.keys import Keys, read_keys
from ui.live import LiveRun, live_run, session_folder

_FIRST_PICTURE_S = 6.0
_AFTER_END_S = 3.0
SIZE = (1920, 1080)


def run_demo(out: Path, name: str, seconds: float | None) -> None:
    """Run a simulated procedure with the overlay; leave a session and pictures below `out`.

    Raises
    ------
    InputError
        There is no procedure of that name, or `out` cannot be written.
    """
    keys = read_keys(None)
    settings = SimulationSettings()
    source = SimulatedSource(name, settings)
    plan = plan_for(name, settings)
    make_folder(out)
    session = session_folder(out)

    def tell(transition: AlertTransition) -> None:
        alert = transition.alert
        typer.echo(f"{transition.event:12} {alert.priority.name:6} {alert.level or ''}: {alert.message}")

    with live_run(source, plan, Config(), session, tell=tell, note=f"simulated procedure: {name}") as running:
        pictures = _show(running, plan=plan, out=out, seconds=seconds, keys=keys)
    for picture in pictures:
        typer.echo(f"picture {picture}")
    typer.echo(f"session {session}")


def _show(running: LiveRun, *, plan: Plan, out: Path, seconds: float | None, keys: Keys) -> list[Path]:
    from ui.qt import display_available, start_application

    start_application()

    from PyQt6.QtCore import QTimer
    from PyQt6.QtGui import QPixmap

    from ui.overlay.window import run_window
    from ui.window import marker_for, window_for

    seen = display_available()
    observer = running.observer
    marker = marker_for((running,))
    window = window_for((running,), plan, keys=keys, marker=marker)
    if not seen:
        window.resize(*SIZE)
    # kept in memory until the end: writing a picture would hold up the loop that is being shown
    taken: dict[str, QPixmap] = {}

    def take(what: str) -> None:
        if what not in taken:
            taken[what] = window.grab()

    def watch() -> None:
        elapsed_s = (observer.look().session_elapsed_s) or 0.0
        if elapsed_s > _FIRST_PICTURE_S:
            take("monitoring")
        for transition in observer.transitions:
            alert = transition.alert
            if alert.kind is Kind.CLINICAL and transition.event in ("raised", "escalated"):
                take(f"{alert.rule_id.replace('_', '-')}-{alert.priority.name.lower()}")
        if running.asked_to_stop.is_set():
            timer.stop()
            window.close()
        elif observer.ended or (seconds is not None and elapsed_s > seconds):
            timer.stop()
            take("end")
            QTimer.singleShot(round(_AFTER_END_S * 1000), window.close)

    timer = QTimer(window)
    timer.timeout.connect(watch)
    timer.start(100)
    try:
        run_window(window, full_screen=seen)
    finally:
        marker.stop()
    paths = {out / f"overlay-{what}.png": picture for what, picture in taken.items()}
    return [path for path, picture in paths.items() if picture.save(str(path))]
