"""The training window from start to end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtWidgets import QApplication

from monitor.errors import InputError
from recordings.training.recorded import recorded_exercise
from recordings.training.scoring import Scoring
from ui.keys import read_keys
from ui.qt import display_available, start_application
from ui.training.window import TrainingWindow


@dataclass(frozen=True, slots=True)
class Wish:
    """What was typed.

    Parameters
    ----------
    exercise : str or None
        A name of `EXERCISES`.
    recording : Path or None
    onset_s : float or None
        Of the recording.
    trainee : str or None
    with_help, hints : bool
    seed : int or None
    """

    exercise: str | None
    recording: Path | None
    onset_s: float | None
    trainee: str | None
    with_help: bool
    hints: bool
    seed: int | None


def run_training(
    wish: Wish, records: Path, scoring: Scoring, *, session: Path | None = None, sound: bool = True
) -> None:
    """Show the window until it is closed. With an exercise and a trainee it begins at once.

    Raises
    ------
    InputError
        There is no display, or the recording is none to practise on.
    """
    recorded = None if wish.recording is None else recorded_exercise(wish.recording, wish.onset_s)
    keys = read_keys(None)
    if not display_available():
        raise InputError(
            "train needs a display: without one use --headless --pedal FILE, --list or --history"
        )
    start_application()
    window = TrainingWindow(records, scoring, session=session, keys=keys, sound=sound)
    page = window.exercises
    if wish.exercise is not None:
        page.choose(wish.exercise)
    page.help.setChecked(wish.with_help)
    page.hints.setChecked(wish.hints)
    if wish.seed is not None:
        page.seed.setText(str(wish.seed))
    if wish.trainee is not None:
        page.trainee.setEditText(wish.trainee)
        page.table.setFocus()
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    window.showMaximized()
    if recorded is not None and wish.trainee is not None:
        QTimer.singleShot(0, lambda: window.begin_recording(recorded))
    elif wish.exercise is not None and wish.trainee is not None:
        QTimer.singleShot(0, window.start)
    QApplication.exec()
