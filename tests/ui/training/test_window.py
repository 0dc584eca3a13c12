"""The pages of the training window: what they show, what they refuse, and that nothing is cut."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from monitor.errors import InputError
from recordings.training.attempt import Outcome
from recordings.training.exercises import EXERCISES
from recordings.training.pedal import Pedal
from tests.ui import factory as made
from tests.ui.german import fits
from ui.keys import Keys
from ui.overlay.observation import Observation
from ui.overlay.window import OverlayWindow
from ui.training.bare import BareScene
from ui.training.live_page import LivePage, pedal_model
from ui.training.pedal_strip import PedalModel, PedalStrip
from ui.training.score_view import rows_of
from ui.training.task import Attempting, Hints, Task
from ui.training.window import TrainingWindow

SIZES_PX = ((1280, 720), (1920, 1080))
Done = tuple[Task, Outcome]


def _shown(qtbot: QtBot, window: QWidget, size_px: tuple[int, int] = SIZES_PX[0]) -> QWidget:
    qtbot.addWidget(window)
    window.resize(*size_px)
    window.show()
    window.grab()
    return window


def _window(qtbot: QtBot, records: Path) -> TrainingWindow:
    window = TrainingWindow(records, sound=False)
    _shown(qtbot, window)
    return window


def test_the_list_shows_what_a_trainee_has_reached(qtbot: QtBot, records: Path) -> None:
    window = _window(qtbot, records)
    page = window.exercises
    page.trainee.setEditText("ann")
    row = list(EXERCISES).index("back")
    cells = [page.table.item(row, column) for column in range(5)]
    assert [cell.text() for cell in cells if cell is not None][3:] == ["72", "60"]
    page.trainee.setEditText("Nobody")
    assert cells[3] is not None
    assert cells[3].text() == ""
    fits(window)


@pytest.mark.parametrize(
    ("trainee", "seed", "says"),
    [
        ("", "", "the trainee needs a name"),
        ("Ann", "-1", "the patient is a whole number from 0, not '-1'"),
        ("Ann", "1e99", "the patient is a whole number"),
    ],
)
def test_what_cannot_begin_is_said(qtbot: QtBot, tmp_path: Path, trainee: str, seed: str, says: str) -> None:
    window = _window(qtbot, tmp_path)
    window.exercises.trainee.setEditText(trainee)
    window.exercises.seed.setText(seed)
    with pytest.raises(InputError):
        window.choice()
    window.start()
    assert window.pages.currentWidget() is window.exercises
    assert says in window.exercises.said.text()


def test_progress_keeps_help_apart_and_compares(qtbot: QtBot, records: Path) -> None:
    window = _window(qtbot, records)
    window.exercises.trainee.setEditText("Ann")
    window.show_progress()
    page = window.progress
    assert page.who.currentText() == "Ann"
    assert page.counted.text() == "12 attempts: 6 with help, 6 without"
    assert page.benefits["score"][1].text().endswith("over 6 pairs: better with help")
    assert "no difference shown" in page.benefits["leaked"][1].text()
    page.what.setCurrentText("Towards the back")
    assert page.counted.text() == "2 attempts: 1 with help, 1 without"
    page.who.setCurrentIndex(0)
    assert page.counted.text() == "3 attempts: 2 with help, 1 without"
    for size_px in SIZES_PX:
        window.resize(*size_px)
        window.grab()
        assert not [word.text for plot in page.plots.values() for word in plot.words if word.cut]


def test_a_score_is_shown_with_what_each_measure_earned(qtbot: QtBot, records: Path, done: Done) -> None:
    task, outcome = done
    window = _window(qtbot, records)
    window.score.show_outcome(
        "A vessel", outcome, task.scoring, trainee="Ann", with_help=True, kept="kept in the history"
    )
    window.show_score()
    assert window.score.said.text().startswith("you stopped ")
    for size_px in SIZES_PX:
        window.resize(*size_px)
        window.grab()
        assert not [word.text for word in window.score.view.words if word.cut]
    rows = {row.name: row for row in rows_of(outcome.score, task.scoring)}
    assert rows["reaction"].value == f"{outcome.score.reaction_s:.2f}"
    assert rows["leaked"].part == outcome.score.parts["leaked"]
    fits(window)


def test_the_debrief_plays_steps_and_shows_the_truth(qtbot: QtBot, records: Path, done: Done) -> None:
    task, outcome = done
    window = _window(qtbot, records)
    page = window.debrief
    debrief = task.debrief(outcome)
    page.show_debrief(debrief, outcome)
    window.pages.setCurrentWidget(page)
    last = len(debrief.times_s) - 1
    QTest.keyClick(page, Qt.Key.Key_Right)
    QTest.keyClick(page, Qt.Key.Key_Right)
    QTest.keyClick(page, Qt.Key.Key_Left)
    assert page.at == 1
    QTest.keyClick(page, Qt.Key.Key_Space)
    assert page.playing
    usual_ms = page._timer.interval()
    page.slow.click()
    assert page._timer.interval() == pytest.approx(4 * usual_ms, abs=4)
    QTest.keyClick(page, Qt.Key.Key_Space)
    assert not page.playing
    page.go(10**6)
    assert page.at == last
    assert "leaked" in page.now.text()
    assert page.view.shown is not None
    assert page.view.shown.outside
    page.toggle()  # from the end it begins anew
    assert (page.at, page.playing) == (0, True)
    page.pause()
    x = page.bar.place_px(outcome.score.released_s or 0.0)
    QTest.mouseClick(page.bar, Qt.MouseButton.LeftButton, pos=QPoint(round(x), page.bar.height() // 2))
    assert debrief.times_s[page.at] == pytest.approx(outcome.score.released_s, abs=0.2)
    assert "the monitor's first HIGH alarm" in page.facts.text()
    for size_px in SIZES_PX:
        window.resize(*size_px)
        window.grab()
        assert not [word.text for word in (*page.view.words, *page.bar.words) if word.cut]
        assert all(
            word.rect.top() >= 0 and word.rect.bottom() <= page.bar.height() for word in page.bar.words
        )
    fits(window)


def test_the_truth_lies_where_the_cement_is(qtbot: QtBot, records: Path, done: Done) -> None:
    task, outcome = done
    shown = task.debrief(outcome).frame(-1)
    outside = np.concatenate(shown.outside)
    body = np.concatenate(shown.bodies)
    assert outside[:, 0].min() < body[:, 0].min()  # the vein leaves by the front
    assert np.concatenate(shown.cement)[:, 0].max() < body[:, 0].max()


def test_without_help_nothing_but_the_image_is_shown(qtbot: QtBot) -> None:
    looks = made.without_noise(made.SCENES["high"]())
    looks = [
        Observation(seen.result, seen.health, seen.now_ns, demo_note="simulated procedure") for seen in looks
    ]
    rest = iter(looks)
    window = OverlayWindow(lambda: next(rest), scene=BareScene())
    _shown(qtbot, window)
    for _ in looks:
        window.tick()
    for size_px in SIZES_PX:
        window.resize(*size_px)
        window.grab()
        said = [word.text for word in window.words]
        assert not [word.text for word in window.words if word.cut]
        assert "monitor's help off" in said
        assert "simulated procedure" in said
        assert not [words for words in said if any(letter.isdigit() for letter in words) or "STOP" in words]


def test_the_mouse_holds_the_pedal(qtbot: QtBot) -> None:
    told: list[str] = []
    strip = PedalStrip(lambda: told.append("press"), lambda: told.append("release"))
    strip.show_model(PedalModel(False, "stopped", "hold", 0.4, 3.0, 12.0, 70.0, "look at the back " * 4))
    parent = QWidget()
    strip.setParent(parent)
    strip.setGeometry(0, 640, 1150, 78)
    _shown(qtbot, parent)
    inside = strip.pedal_rect.center().toPoint()
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(inside.x() + 800, inside.y()))
    assert told == []
    QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=inside)
    QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPointF(1200, 5).toPoint())
    assert told == ["press", "release"]
    assert {"0.40", "mL", "of 3.0", "0:12", "of 1:10", "stopped"} <= {word.text for word in strip.words}
    assert not [word.text for word in strip.words if word.cut]


def test_what_the_pedal_does_is_said(done: Done) -> None:
    task, _ = done
    assert task.prepared is not None

    def state(*presses: tuple[float, float | None], at_s: float) -> str:
        pedal = Pedal(task.prepared.injection(presses))  # type: ignore[union-attr]
        return pedal_model(task, pedal, at_s, "space", "").state

    assert state(at_s=1.0) == "not yet"
    assert state((0.5, None), at_s=1.0) == "not yet"
    assert state((0.5, None), at_s=2.5) == "INJECTING"
    assert state((0.5, 3.0), at_s=3.5) == "stopped"
    assert state((0.5, None), at_s=20.0) == "empty"


def test_hints_come_from_the_truth(done: Done) -> None:
    task, _ = done
    assert task.prepared is not None
    hints = Hints(task, Pedal(task.prepared.injection(((2.0, None),))))
    assert hints.at(1.0) == "look"
    assert hints.at(6.0) == "let go"


def test_the_pedals_keys_do_nothing_else_in_an_exercise(qtbot: QtBot) -> None:
    page = LivePage(lambda _: None, lambda: None, Keys(acknowledge=("F13", "Space"), mark=("K",)))
    qtbot.addWidget(page)
    assert not set(page._keys.acknowledge) & {"Space", "F13", "K"}
    assert page._keys.acknowledge
    assert {int(Qt.Key.Key_Space), int(Qt.Key.Key_F13), int(Qt.Key.Key_Tools)} <= page._pedal_codes


def test_a_repeat_of_a_held_key_lets_nothing_go(qtbot: QtBot) -> None:
    page = LivePage(lambda _: None, lambda: None)
    qtbot.addWidget(page)
    QTest.keyPress(page, Qt.Key.Key_Space)
    QTest.keyRelease(page, Qt.Key.Key_Space)
    assert page._let_go_timer.isActive()
    QTest.keyPress(page, Qt.Key.Key_Space)
    assert not page._let_go_timer.isActive()
    QTest.keyRelease(page, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: not page._let_go_timer.isActive())


def test_an_attempt_whose_session_cannot_be_closed_is_scored_all_the_same(
    qtbot: QtBot, tmp_path: Path, done: Done
) -> None:
    task, outcome = done
    attempting = Attempting(task, tmp_path / "session")
    (tmp_path / "session" / ".session.json.new").mkdir()  # what it is written as first
    attempting.stop()
    assert "session.json" in attempting.trouble
    window = _window(qtbot, tmp_path / "records")
    window._task = task
    window._keep(attempting, outcome)
    assert attempting.trouble in window.score.kept.text()
    assert window.pages.currentWidget() is window.score
