"""The training window: one page after another, and what is kept of an attempt."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import QFileDialog, QStackedWidget, QVBoxLayout, QWidget

from monitor.errors import CementWatchError, InputError
from recordings.session import utc_now
from recordings.training.attempt import Outcome, attempt_of
from recordings.training.debrief import Debrief
from recordings.training.history import add_attempt, trainee_name, trainees
from recordings.training.recorded import Recorded, recorded_exercise
from recordings.training.scoring import Scoring
from ui.keys import Keys
from ui.language import translated
from ui.live import session_folder
from ui.training.debrief_page import DebriefPage
from ui.training.list_page import ListPage
from ui.training.live_page import LivePage
from ui.training.progress_page import ProgressPage
from ui.training.score_page import ScorePage
from ui.training.task import Attempting, Choice, Task
from ui.version import software_version
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, label, style_sheet
from ui.wizard.worker import Worker, words_of

STANDING = "Research and training software, not a medical device"
_TITLE = "CementWatch training"
_SEEDS = 10_000
_CENTRE = Qt.AlignmentFlag.AlignCenter


_T = TypeVar("_T")


class TrainingWindow(QWidget):
    """Chooses, runs, scores and shows.

    Parameters
    ----------
    records : Path
        Folder of the histories.
    scoring : Scoring
    session : Path or None
        Folder below which each attempt is kept as a session; None: none is.
    keys : Keys
        Of the live window.
    sound : bool
        Whether alarms can be heard.
    """

    def __init__(
        self,
        records: Path,
        scoring: Scoring | None = None,
        *,
        session: Path | None = None,
        keys: Keys | None = None,
        sound: bool = True,
    ) -> None:
        super().__init__()
        self._records, self._scoring, self._session = records, scoring or Scoring(), session
        self._trainee = ""
        self._choice: Choice | None = None
        self._outcome: Outcome | None = None
        self._task: Task | None = None
        self._debriefing: Debrief | None = None
        self._started = ""
        self._font_px = 0
        self._worker = Worker(self)
        self.exercises = ListPage(self.start, self.show_progress, self._choose_recording)
        self.live = LivePage(self._ended, self.show_list, keys, sound=sound)
        self.score = ScorePage(self.show_debrief, self.again, self.show_list, self.show_progress)
        self.debrief, self.progress = DebriefPage(self.show_score), ProgressPage(self.show_list)
        self.waiting = label("", "title")
        self.live.on_state = self._name_state
        self._lay_out()
        self.show_list()

    # pages

    def show_list(self) -> None:
        """What there is to do."""
        self.exercises.show_trainees(trainees(self._records), self._trainee)
        self._go(self.exercises, "exercises")
        (self.exercises.table if self._trainee else self.exercises.trainee).setFocus()

    def show_progress(self) -> None:
        """How it goes."""
        self._trainee = " ".join(self.exercises.trainee.currentText().split()) or self._trainee
        self.progress.show_histories(trainees(self._records), self._trainee)
        self._go(self.progress, "progress")

    def show_score(self) -> None:
        """What the last attempt came to."""
        self._go(self.score, "score")
        self.score.setFocus()

    def show_debrief(self) -> None:
        """The decisive seconds of the last attempt."""
        task, outcome = self._task, self._outcome
        if task is None or outcome is None:
            return
        if self._debriefing is not None:
            self._show_debriefing(self._debriefing)
            return
        self._wait_for("getting the decisive seconds…", lambda: task.debrief(outcome), self._show_debriefing)

    def show_live(self, title: str) -> None:
        """The exercise that runs."""
        self._go(self.live, title)

    # an attempt

    def start(self) -> None:
        """Begin the exercise that is chosen."""
        self._begin(None)

    def again(self) -> None:
        """The same exercise once more, with another patient where none was asked for."""
        self._begin(None if self._choice is None else self._choice.recorded)

    def begin_recording(self, recorded: Recorded) -> None:
        """Begin an exercise on a recording."""
        self._begin(recorded)

    def choice(self, recorded: Recorded | None = None) -> Choice:
        """What is chosen. Raises `InputError`."""
        page = self.exercises
        typed = page.seed.text().strip()
        if typed and not (typed.isascii() and typed.isdigit() and len(typed) < 10):
            raise InputError(f"the patient is a whole number from 0, not {typed!r}")
        return Choice(
            exercise=None if recorded is not None else page.exercise,
            recorded=recorded,
            trainee=trainee_name(page.trainee.currentText()),
            with_help=page.help.isChecked(),
            hints=page.hints.isChecked(),
            seed=int(typed) if typed else random.randrange(_SEEDS),  # noqa: S311 - no secret
        )

    def _begin(self, recorded: Recorded | None) -> None:
        try:
            choice = self._choice = self.choice(recorded)
        except InputError as error:
            self.show_list()
            self.exercises.say(str(error))
            return
        self.exercises.say("")
        self._trainee = choice.trainee
        self._outcome = self._task = self._debriefing = None
        self._wait_for("preparing the patient…", lambda: Task(choice, self._scoring), self._run)

    def _run(self, task: Task) -> None:
        self._task = task
        self._started = utc_now().isoformat(timespec="seconds")
        folder = None if self._session is None else session_folder(self._session)
        try:
            attempting = Attempting(task, folder)
        except CementWatchError as error:
            self._refuse(error)
            return
        self.show_live(self._title_of(task.choice))
        self.live.run(attempting)

    def _ended(self, attempting: Attempting) -> None:
        self._wait_for("scoring…", attempting.outcome, lambda outcome: self._keep(attempting, outcome))

    def _keep(self, attempting: Attempting, outcome: Outcome) -> None:
        choice = attempting.task.choice
        self._outcome = outcome
        session = None if attempting.session is None else str(attempting.session)
        exercise = choice.exercise
        attempt = attempt_of(
            outcome, started_utc=self._started, exercise=choice.name,
            difficulty=None if exercise is None else exercise.difficulty,
            seed=None if exercise is None else choice.seed, with_help=choice.with_help, hints=choice.hints,
            software_version=software_version(), session=session,
        )  # fmt: skip
        try:
            add_attempt(self._records, choice.trainee, attempt)
            kept = "kept in the history"
        except CementWatchError as error:
            kept = f"not kept: {error}"
        if exercise is not None:
            kept += f"; patient {choice.seed}"
        if attempting.trouble:
            kept += f"; {attempting.trouble}"
        self.score.show_outcome(
            self._title_of(choice), outcome, self._scoring, trainee=choice.trainee,
            with_help=choice.with_help, kept=kept,
        )  # fmt: skip
        self.show_score()

    def _show_debriefing(self, debrief: Debrief) -> None:
        if self._outcome is None:
            return
        self._debriefing = debrief
        self.debrief.show_debrief(debrief, self._outcome)
        self._go(self.debrief, "debrief")
        self.debrief.setFocus()

    # how it is put together

    def _wait_for(self, words: str, work: Callable[[], _T], then: Callable[[_T], None]) -> None:
        """Do something elsewhere, and go on with what comes of it."""
        self.waiting.setText(words)
        self._go(self.waiting, "")

        def took(outcome: _T | Exception) -> None:
            if isinstance(outcome, Exception):
                self._refuse(outcome)
            else:
                then(outcome)

        self._worker.submit(work, took)

    def _refuse(self, error: Exception) -> None:
        self.show_list()
        self.exercises.say(words_of(error))

    def _choose_recording(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, translated("Folder of a session, or of a simulated run")
        )
        if chosen:
            self.open_recording(Path(chosen), None)

    def open_recording(self, folder: Path, onset_s: float | None) -> None:
        """Make an exercise of a folder, and begin it."""
        self._wait_for(
            "reading the recording…", lambda: recorded_exercise(folder, onset_s), self.begin_recording
        )

    def _title_of(self, choice: Choice) -> str:
        if choice.exercise is not None:
            return choice.exercise.title
        return "recording" if choice.recorded is None else choice.name

    def _go(self, page: QWidget, what: str) -> None:
        self.pages.setCurrentWidget(page)
        self.foot.setVisible(page is not self.live)  # what runs there says it itself
        self._name(what)

    def _name_state(self, state: str) -> None:
        if self._choice is not None:
            self._name(f"{self._title_of(self._choice)}, {state.lower()}")

    def _name(self, what: str) -> None:
        words = f"{_TITLE}: {what}. {STANDING}" if what else f"{_TITLE}. {STANDING}"
        self.setWindowTitle(translated(words))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """End what runs; it is not scored."""
        if self.live.attempting is not None:
            self.live.leave()
        self._worker.close(wait=False)
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        if font_px != self._font_px:
            self._font_px = font_px
            self.setStyleSheet(style_sheet(font_px))
            self.exercises.enlarge(large=large)

    def _lay_out(self) -> None:
        self.pages = QStackedWidget()
        for page in (self.exercises, self.live, self.score, self.debrief, self.progress, self.waiting):
            self.pages.addWidget(page)
        self.waiting.setAlignment(_CENTRE)
        self.foot = label(f"{STANDING}  ·  simulated procedures and recordings", "faint", one_line=True)
        self.foot.setContentsMargins(14, 2, 14, 6)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.pages, 1)
        outer.addWidget(self.foot)
        for key in ("Ctrl+Q", "Ctrl+W"):
            QShortcut(QKeySequence(key), self).activated.connect(self.close)
        self.resize(1280, 720)
