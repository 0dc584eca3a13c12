"""The planning window, driven by mouse and keys as an operator would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from calibration.planning.still_picture import StillPicture
from monitor.plan import parse_plan, plan_to_json, read_plan
from monitor.plan_image import reference_in
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from tests.ui.planning.conftest import MM_PER_PX, SPEC, Opened, Truth, click, key
from ui.planning.tools import Tool
from ui.planning.window import ANOTHER_PICTURE, PlanWindow

_OFF = np.random.default_rng(11).normal(0, 2.0, (3, 4, 2))


def _mark(window: PlanWindow, truth: Truth, names: tuple[str, ...] = ("T12", "L1", "L2")) -> None:
    """First by four corners, the others by two, each a little beside the truth."""
    frame = window.hand.view.reference_frame
    for number, name in enumerate(names):
        corners = truth.corners(name, frame)
        for k in range(4) if number == 0 else (1, 2):
            click(window, tuple(np.array(corners[k]) + _OFF[number, k]))


def test_from_nothing_to_a_plan(opened: Opened, truth: Truth, tmp_path: Path) -> None:
    out = tmp_path / "new" / "plan.json"
    window = opened(out, reads=True)
    _mark(window, truth)
    assert [level.name for level in window.hand.view.levels] == ["L1", "L2", "L3"]
    assert window.problems() == ["lateral: L1 is proposed; confirm the names with Enter"]
    assert not window.accept.isEnabled()
    key(window, Qt.Key.Key_U)
    key(window, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_C)
    for at in truth.shaft("L1", window.hand.view.reference_frame):
        click(window, at)
    window.scale.gauge.setCurrentText("11G")
    window.scale.gauge.textActivated.emit("11G")
    assert window.problems() == []
    window.accept.click()
    plan = read_plan(out)
    view = plan.views[0]
    assert [level.name for level in view.levels] == ["T12", "L1", "L2"]
    assert view.scale.mm_per_px == pytest.approx(MM_PER_PX, rel=0.04)
    assert "cannula" in view.scale.method
    assert [len(level.cannulas) for level in view.levels] == [0, 1, 0]
    assert view.levels[1].cannulas[0].outer_diameter_mm == 3.05
    for level in view.levels:
        corners = truth.corners(level.name, view.reference_frame)
        assert level.superior_endplate is not None
        assert level.inferior_endplate is not None
        found = (level.superior_endplate[0], level.superior_endplate[-1], level.inferior_endplate[-1],
                 level.inferior_endplate[0])  # fmt: skip
        away_mm = MM_PER_PX * np.hypot(*(np.array(found) - corners).T)
        assert np.median(away_mm) < 0.5
        assert away_mm.max() < 1.0
    pixels = reference_in(view)
    assert pixels is not None
    assert pixels.shape == (512, 512)


def test_a_plan_that_is_there_is_gone_on_with(opened: Opened, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    plan = plan_for("twolevels")
    out.write_bytes(plan_to_json(plan))
    window = opened(out)
    assert sorted(level.name for level in window.hand.view.levels) == ["L1", "T12"]
    assert window.said.text() == ANOTHER_PICTURE
    assert not window.save(), "nobody has looked whether they lie where the spine is"
    key(window, Qt.Key.Key_Return)
    assert window.save()
    again = read_plan(out)
    assert again.views[0].levels == plan.views[0].levels
    assert again.views[0].scale == plan.views[0].scale
    assert again.levels == plan.levels


def test_undo_goes_back_click_by_click_and_step_by_step(opened: Opened, truth: Truth) -> None:
    window = opened()
    frame = window.hand.view.reference_frame
    _mark(window, truth, ("T12",))
    click(window, truth.corners("L1", frame)[1])
    assert len(window.hand.clicks) == 1
    window.undo.click()
    assert window.hand.clicks == ()
    assert len(window.hand.view.levels) == 1
    window.undo.click()
    assert window.hand.view.levels == ()
    window.redo.click()
    assert len(window.hand.view.levels) == 1


def test_a_corner_is_dragged_and_that_is_one_step(opened: Opened, truth: Truth) -> None:
    window = opened()
    _mark(window, truth, ("T12",))
    before = window.hand.history.now
    place = window.view.place(window.hand.view.levels[0].outline.handles[1])
    at = QPoint(round(place.x()), round(place.y()))
    QTest.mousePress(window.view, Qt.MouseButton.LeftButton, pos=at)
    for step in range(1, 6):
        QTest.mouseMove(window.view, at + QPoint(3 * step, 0))
    QTest.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=at + QPoint(15, 0))
    level = window.hand.view.levels[0]
    assert level.pinned == {1}
    assert level.outline.handles[1][0] > before.views[0].levels[0].outline.handles[1][0] + 8
    window.undo.click()
    assert window.hand.history.now == before


def test_a_click_on_a_body_chooses_it_and_begins_nothing(opened: Opened, truth: Truth) -> None:
    window = opened()
    _mark(window, truth, ("T12", "L1"))
    click(window, window.hand.view.levels[0].centre)
    assert window.hand.clicks == ()
    assert window.hand.level == 0
    assert window.levels.list.currentRow() == 0


def test_veins_and_a_foramen_are_ended_with_enter(opened: Opened, truth: Truth) -> None:
    window = opened()
    _mark(window, truth, ("T12",))
    x, y = window.hand.view.levels[0].centre
    key(window, Qt.Key.Key_V)
    for step in range(3):
        click(window, (x + 20 * step, y + 2 * step))
    key(window, Qt.Key.Key_Return)
    key(window, Qt.Key.Key_F)
    for at in ((x + 60, y - 20), (x + 80, y - 20), (x + 70, y + 5)):
        click(window, at)
    key(window, Qt.Key.Key_Return)
    level = window.hand.view.levels[0]
    assert len(level.veins[0].path) == 3
    assert level.foramen is not None
    assert len(level.foramen) == 3
    assert window.hand.tool is Tool.LEVEL
    key(window, Qt.Key.Key_V)
    click(window, (x, y))
    key(window, Qt.Key.Key_Return)
    assert "at least 2 points" in window.instruction.text()


def test_what_a_click_cannot_do_is_said(opened: Opened, truth: Truth) -> None:
    window = opened()
    corners = truth.corners("T12", window.hand.view.reference_frame)
    for k in (3, 2, 1, 0):
        click(window, corners[k])
    assert "upside down" in window.instruction.text()
    assert window.hand.view.levels == ()
    key(window, Qt.Key.Key_C)
    for at in ((60.0, 300.0), (120.0, 340.0)):
        click(window, at)
    assert window.hand.problem
    assert window.instruction.text() == window.hand.problem


def test_the_form_goes_into_the_plan_and_can_be_undone(opened: Opened, truth: Truth) -> None:
    window = opened()
    _mark(window, truth, ("T12",))
    key(window, Qt.Key.Key_Return)
    window.levels.volume.setText("3,5")
    window.levels.volume.editingFinished.emit()
    window.levels.defect.setChecked(True)
    window.levels.pathology.setCurrentText("metastasis")
    window.levels.pathology.textActivated.emit("metastasis")
    intent = window.hand.history.now.plan().levels["L1"]
    assert intent.planned_volume_ml == 3.5
    assert intent.risk.posterior_wall_defect
    assert intent.risk.pathology == "metastasis"
    window.undo.click()
    assert window.hand.view.levels[0].intent.risk.pathology is None
    window.levels.volume.setText("much")
    window.levels.volume.editingFinished.emit()
    assert "no number" in window.levels.said.text()
    assert window.hand.view.levels[0].intent.planned_volume_ml == 3.5


def test_a_second_view_has_a_picture_and_levels_of_its_own(
    opened: Opened, truth: Truth, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened(tmp_path / "plan.json")
    _mark(window, truth, ("T12",))
    key(window, Qt.Key.Key_Return)
    window.tabs[1].click()
    assert window.hand.picture is None
    window.bar.source.setText(f"{SPEC}?projection=ap")
    window.bar.load()
    qtbot.waitUntil(lambda: window.hand.picture is not None, timeout=20_000)
    for at in ((200.0, 190.0), (310.0, 190.0), (314.0, 252.0), (198.0, 252.0)):
        click(window, at)
    assert window.hand.view.projection == "ap"
    key(window, Qt.Key.Key_Return)
    assert window.problems() == []
    assert window.save()
    plan = read_plan(tmp_path / "plan.json")
    assert [view.projection for view in plan.views] == ["lateral", "ap"]
    window.tabs[0].click()
    assert window.hand.picture is not None
    assert [level.name for level in window.hand.view.levels] == ["L1"]


def test_a_source_that_cannot_be_opened_is_said_and_marks_stay(
    opened: Opened, truth: Truth, tmp_path: Path, qtbot: QtBot
) -> None:
    window = opened()
    _mark(window, truth, ("T12",))
    (tmp_path / "run.mp4").write_bytes(b"no video at all")
    window.bar.source.setText(str(tmp_path / "run.mp4"))
    window.bar.load()
    qtbot.waitUntil(lambda: "run.mp4" in window.said.text() and "opening" not in window.said.text())
    assert len(window.hand.view.levels) == 1
    window.bar.source.setText("simulated:quiet?size=256")
    window.bar.load()
    qtbot.waitUntil(lambda: "remove them first" in window.said.text(), timeout=20_000)
    assert window.hand.view.image is not None
    assert window.hand.view.image.rows == 512


def test_a_plan_that_cannot_be_written_is_not_lost(opened: Opened, truth: Truth, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    window = opened(tmp_path / "file" / "plan.json")
    _mark(window, truth, ("T12",))
    key(window, Qt.Key.Key_Return)
    window.accept.click()
    assert "cannot be written" in window.said.text()
    assert window.isVisible()
    assert window.unsaved


def test_closing_asks_before_marks_are_lost(
    opened: Opened, truth: Truth, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened()
    asked: list[bool] = []
    monkeypatch.setattr(window, "_lose_marks", lambda: asked.append(True) or False)
    window.close()
    assert asked == []
    window.show()
    _mark(window, truth, ("T12",))
    window.close()
    assert asked == [True]
    assert window.isVisible()
    monkeypatch.setattr(window, "_lose_marks", lambda: True)


def test_the_plan_is_as_valid_as_one_from_a_file(opened: Opened, truth: Truth) -> None:
    window = opened()
    _mark(window, truth, ("T12", "L1"))
    key(window, Qt.Key.Key_Return)
    plan = window.hand.history.now.plan()
    assert parse_plan(plan_to_json(plan), "again") == plan


def test_a_front_that_the_cannula_comes_from_is_doubted(opened: Opened, truth: Truth) -> None:
    window = opened()
    frame = window.hand.view.reference_frame
    a, b, c, d = truth.corners("L1", frame)
    for at in (b, a, d, c):
        click(window, at)
    key(window, Qt.Key.Key_C)
    for at in truth.shaft("L1", frame):
        click(window, at)
    assert len(window.hand.view.levels[0].cannulas) == 1
    assert "from the front" in window.levels.said.text()


def test_undo_goes_back_to_no_other_picture_and_leaves_a_view_that_is_not_there_yet(
    opened: Opened, truth: Truth, still: StillPicture
) -> None:
    window = opened()
    _mark(window, truth, ("T12",))
    window.tabs[1].click()
    for _ in range(5):
        window.view.undo()
    assert window.hand.view.projection == "lateral"
    assert window.tabs[0].isChecked()
    window.view.redo()
    window.show_picture(SPEC, still)
    kept = window.hand.view.reference_png
    assert kept is not None
    assert not window.hand.history.can_undo
    window.view.undo()
    assert window.hand.view.reference_png == kept
    assert len(window.hand.view.levels) == 1
    key(window, Qt.Key.Key_Return)
    window.show_picture(SPEC, still)
    assert window.problems() == [], "it is the same picture"
    other = replace(still, picture=replace(still.picture, stored=still.picture.stored + 20.0))
    window.show_picture(SPEC, other)
    assert window.said.text() == ANOTHER_PICTURE
    assert window.problems() != []


def test_a_plan_of_ap_alone_is_shown_as_such(opened: Opened, tmp_path: Path) -> None:
    out = tmp_path / "plan.json"
    out.write_bytes(plan_to_json(plan_for("twolevels", SimulationSettings(projection="ap"))))
    window = opened(out)
    assert window.tabs[1].isChecked()
    assert not window.tabs[0].isChecked()
    window.tabs[0].click()
    assert window.hand.view.levels == ()
    assert window.tabs[0].isChecked()
