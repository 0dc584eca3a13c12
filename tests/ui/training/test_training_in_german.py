"""The training window in German."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from msgspec.structs import replace as changed
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from recordings.training.attempt import Outcome
from recordings.training.benefit import MEASURES, Benefit
from recordings.training.exercises import EXERCISES
from recordings.training.facts import ORIGINS
from recordings.training.pedal import Pedal
from recordings.training.scoring import Score, Scoring
from recordings.training.verdict import reaction_words, verdict
from tests.training.made import score
from tests.ui import factory as made
from tests.ui.german import Listening, fits
from ui.language import translated
from ui.overlay.observation import Observation
from ui.overlay.window import OverlayWindow
from ui.training import task as tasks
from ui.training.bare import BareScene
from ui.training.live_page import LivePage, pedal_model
from ui.training.pedal_strip import PedalModel
from ui.training.score_view import rows_of
from ui.training.task import Task
from ui.training.window import TrainingWindow

NAMES = {"Ann", "Bob", "Ann Ann"}


def _lacking(german: Listening) -> list[str]:
    return [part for part in german.lacking if part not in NAMES]


def test_the_pages_are_translated(
    qtbot: QtBot, german: Listening, records: Path, done: tuple[Task, Outcome]
) -> None:
    task, outcome = done
    window = TrainingWindow(records, sound=False)
    qtbot.addWidget(window)
    window.resize(1280, 720)
    window.show()
    for row in range(len(EXERCISES)):
        window.exercises.table.selectRow(row)
    window.exercises.trainee.setEditText("Ann")
    window.grab()
    fits(window)
    assert window.exercises.start.text() == "&Beginnen"
    window.show_progress()
    window.progress.who.setCurrentIndex(0)
    window.grab()
    fits(window)
    window._outcome, window._task = outcome, task
    window.score.show_outcome(
        "A vessel",
        outcome,
        task.scoring,
        trainee="Ann",
        with_help=False,
        kept="kept in the history; patient 7",
    )
    window.show_score()
    window.grab()
    fits(window)
    window._show_debriefing(task.debrief(outcome))
    window.debrief.go(len(window.debrief._debrief.times_s) - 1)  # type: ignore[union-attr]
    window.debrief.toggle()
    window.debrief.pause()
    window.grab()
    fits(window)
    assert _lacking(german) == []


def test_an_exercise_that_runs_is_translated(
    qtbot: QtBot, german: Listening, done: tuple[Task, Outcome]
) -> None:
    task, _ = done
    assert task.prepared is not None
    page = LivePage(lambda _: None, lambda: None)
    _in_window(qtbot, page)
    shown: list[PedalModel] = []
    for presses, at_s in (
        ((), 1.0), ((), 3.0), (((2.0, None),), 3.0), (((2.0, 3.0),), 4.0), (((2.0, None),), 30.0),
    ):  # fmt: skip
        shown.append(pedal_model(task, Pedal(task.prepared.injection(presses)), at_s, "space", ""))
    shown.append(replace(shown[0], state="level done", key="let go, then press for the next"))
    shown.append(replace(shown[0], state="HELD DOWN", key="let go where you would stop"))
    shown.append(replace(shown[0], key="hold F13, or the mouse here", injected_ml=None))
    hints = {hint for one in EXERCISES.values() for hint in one.hints}
    hints |= {tasks._HINT_NEAR, tasks._HINT_TOUCHES, tasks._HINT_LET_GO}
    for model in (*shown, *(replace(shown[0], hint=hint) for hint in sorted(hints))):
        page.strip.show_model(model)
        page.window().grab()
        assert [word.text for word in page.strip.words if word.cut] == [], model
    german.shown -= {"look"}
    seen = made.SCENES["calm"]()[-1]
    for note in ("simulated procedure", "a recording, not live"):
        looks = iter([Observation(seen.result, seen.health, seen.now_ns, demo_note=note)])
        window = OverlayWindow(lambda looks=looks: next(looks), scene=BareScene())
        _in_window(qtbot, window)
        window.tick()
        window.grab()
        assert [word.text for word in window.words if word.cut] == []
    assert _lacking(german) == []


def test_every_verdict_is_translated(german: Listening) -> None:
    for made_up in _scores():
        for words in (*verdict(made_up), reaction_words(made_up)):
            translated(words)
        for row in rows_of(made_up, Scoring()):
            for words in (row.name, row.remark):
                translated(words)
    for name in MEASURES:
        for benefit in (
            Benefit(name, 0, None, None, None, None, None), Benefit(name, 2, 1.0, 2.0, -1.0, None, None),
            Benefit(name, 9, 1.0, 2.0, -1.0, -2.0, -0.5), Benefit(name, 9, 2.0, 1.0, 1.0, 0.2, 1.5),
            Benefit(name, 9, 2.0, 1.0, 1.0, -0.2, 1.5),
        ):  # fmt: skip
            translated(benefit.words)
    for words in ORIGINS.values():
        translated(f"scored by: {words}")
        translated(f"shown: {words}")
    for words in (
        "the trainee needs a name", "the trainee's name has 70 characters; 60 are the most",
        "the patient is a whole number from 0, not 'x'", "preparing the patient…", "scoring…",
        "reading the recording…", "getting the decisive seconds…", "the monitor raised no HIGH alarm",
        "the monitor's first HIGH alarm: 1.2 s before that", "not kept: /x: cannot write the history: full",
    ):  # fmt: skip
        translated(words)
    assert _lacking(german) == []
    assert translated("you stopped 0.9 s after cement entered a vein") == (
        "0.9 s nach diesem Ereignis gestoppt: Zement in eine Vene gelangt"
    )


def _scores() -> list[Score]:
    kinds = ("canal", "disc_superior", "disc_inferior", "vein", "embolus", "foramen", "paravertebral", "")
    scores = [score(danger="leak", danger_structure=kind) for kind in kinds]
    near = score(danger="near", danger_structure="posterior_wall", over_human_s=-0.1)
    gone_on = score(reaction_s=None, over_human_s=None, missed=2, needless=1, needless_s=4.0)
    gone_on = changed(gone_on, parts={**gone_on.parts, "reaction": 0.0}, closest_mm={"posterior_wall": -1.2})
    before = score(reaction_s=None, over_human_s=None, stopped_before_s=1.0)
    not_held = score(reaction_s=None, over_human_s=None)
    calm = score(danger=None, danger_structure=None, reaction_s=None, over_human_s=None)
    nothing = changed(calm, total=None)
    return [*scores, near, gone_on, before, not_held, calm, nothing]


def _in_window(qtbot: QtBot, widget: QWidget) -> None:
    qtbot.addWidget(widget)
    widget.resize(1280, 720)
    widget.show()
