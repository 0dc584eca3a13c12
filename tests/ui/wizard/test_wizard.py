"""From opening a picture to the saved profile, and everything that must not slip into it."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt, QTimer
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QMessageBox, QPushButton, QScrollArea
from pytestqt.qtbot import QtBot

from benchmarks.calibration.density import lying
from calibration.conditions import Conditions
from calibration.profile import LatencyPart, Profile, ScalePart, Stamp, read_profile, write_profile
from recordings.simulated.phantom_scale import Exposure, Tissue, ball_phantom, ruler_phantom
from recordings.simulated.phantom_wedge import WedgePhantom, picture_of
from tests.ui.wizard.conftest import Operator, Shown, written
from ui.cli import run
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.window import WizardWindow, run_wizard
from ui.wizard.worker import Worker

SAVE, DISCARD, CANCEL = (
    QMessageBox.StandardButton.Save,
    QMessageBox.StandardButton.Discard,
    QMessageBox.StandardButton.Cancel,
)


def answer(button: QMessageBox.StandardButton, asked: list[str]) -> None:
    """Press a button of the question once it is there."""

    def press() -> None:
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            QTimer.singleShot(20, press)
            return
        asked.append(box.informativeText())
        pressed = box.button(button)
        assert pressed is not None
        pressed.click()

    QTimer.singleShot(0, press)


def known_room(path: Path) -> Profile:
    """A profile with a latency and a scale, as a room would have them."""
    made = Stamp(datetime(2026, 1, 2, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC), "test", "B. Before")
    seen = Conditions(240, 240, "DISP", 16)
    room = Profile(
        room="Angio 2",
        c_arm="Arc 9",
        scale=ScalePart(made, seen, 0.3, 0.02, "ruler"),
        latency=LatencyPart(made, seen, 93.0, 4.0, 33.0, 40),
    )
    write_profile(room, path)
    return room


def test_a_cannula_is_marked_measured_kept_and_saved_as_the_command_line_does(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path, tmp_path: Path
) -> None:
    hand.bot.keyClicks(window.room.operator, "A. Physicist")
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    way = window.scale.ways[0]
    assert len(window.scale.shapes().paths) == 2, "both edges of the shaft are drawn"
    assert "3.05 mm is" in way.said.text()
    assert "% (95 %)" in way.said.text()
    assert "mm per pixel" in window.scale.value.text()
    assert not profile.exists(), "nothing is written before the review"
    hand.keep()
    assert window.scale.status() == "kept"
    hand.go(5)
    assert [window.review.table.item(row, 0).text() for row in range(4)] == [
        "scale", "distortion", "density", "latency",
    ]  # fmt: skip
    assert window.review.table.item(1, 1).text().startswith("missing")
    hand.keep()
    kept = read_profile(profile)
    assert (kept.room, kept.distortion) == ("Angio 2", None)
    assert kept.scale is not None
    assert kept.scale.stamp.operator == "A. Physicist"
    assert window.unsaved() == []
    typed = tmp_path / "typed.json"
    marks = ",".join(repr(v) for point in window.scale.book.points(way.tool) for v in point)
    arguments = [cannula.source, "--cannula", marks, "--gauge", "11G", "--profile", str(typed)]
    assert run(["calibrate", "scale", *arguments]) == 0
    by_command = read_profile(typed).scale
    assert by_command is not None
    assert kept.scale.mm_per_px == by_command.mm_per_px
    assert kept.scale.reasoning == by_command.reasoning
    assert kept.scale.mm_per_px == pytest.approx(3.05 / 14, rel=0.03)


def test_what_a_method_refuses_is_said_and_cannot_be_kept(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path
) -> None:
    hand.cannula(Shown(cannula.source, ((20.0, 200.0), (60.0, 225.0))))
    way = window.scale.ways[0]
    hand.until(lambda: way.measurement.standing is Standing.REFUSED)
    assert way.said.text().startswith("refused: ")
    assert "\n" not in way.said.text()
    assert not window.scale.keep_button.isEnabled()
    hand.keep()
    hand.bot.keyClick(window, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    window.scale.keep()
    assert window.scale.kept is None
    hand.go(5)
    assert not window.review.keep_button.isEnabled()
    assert not profile.exists()


def test_a_gauge_that_is_none_is_one_line(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    hand.cannula(cannula, "99G")
    hand.until(lambda: window.scale.ways[0].measurement.standing is Standing.REFUSED)
    assert "99G is not known" in window.scale.ways[0].said.text()
    assert window.scale.finding() is None


def test_ways_that_contradict_each_other_cannot_be_kept(
    hand: Operator, window: WizardWindow, cannula: Shown
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.bot.mouseClick(window.scale.buttons[4], Qt.MouseButton.LeftButton)
    hand.click(*cannula.points)
    hand.bot.keyClicks(window.scale.ways[3].typed, "90")
    hand.until(lambda: window.scale.ways[3].found is not None)
    assert "a ratio of" in window.scale.said.text()
    assert not window.scale.keep_button.isEnabled()
    hand.bot.keyClick(window.view, Qt.Key.Key_Delete)
    hand.until(lambda: window.scale.finding() is not None)
    assert window.scale.keep_button.isEnabled()


@pytest.mark.parametrize(("way", "typed", "truth"), [(2, "10", 10 / 22.5), (3, "5", 5 / 14.3)])
def test_balls_and_rulers_are_measured(
    hand: Operator, window: WizardWindow, tmp_path: Path, way: int, typed: str, truth: float
) -> None:
    rng, exposure = np.random.default_rng([3, 4]), Exposure(quanta=2500.0, scatter=0.8, blur_px=0.6)
    if way == 2:
        phantom = ball_phantom(22.5, 10.0, exposure, Tissue(), rng)
    else:
        phantom = ruler_phantom(14.3, 11, exposure, Tissue(), rng)
    hand.go(1)
    hand.open(written(tmp_path / "object", np.asarray(phantom.pixels * 16, np.uint16)))
    hand.bot.mouseClick(window.scale.buttons[way], Qt.MouseButton.LeftButton)
    hand.click(*phantom.points)
    assert window.scale.ways[way - 1].summary == "incomplete", "marked, but its size is not known"
    hand.bot.keyClicks(window.scale.ways[way - 1].typed, typed)
    hand.until(lambda: window.scale.finding() is not None)
    found = window.scale.ways[way - 1].found
    assert found is not None
    assert found.estimate.mm_per_px == pytest.approx(truth, rel=0.03)
    assert len(window.scale.shapes().circles) + len(window.scale.shapes().crosses) == (1 if way == 2 else 11)


def test_console_values_give_a_scale_with_its_reasoning_and_nonsense_is_said(
    hand: Operator, window: WizardWindow, cannula: Shown
) -> None:
    hand.go(1)
    hand.open(cannula.source)
    header = window.scale.header
    for edit, text in ((header.spacing, "0,308"), (header.sid, "1009"), (header.sod, "720")):
        hand.bot.keyClicks(edit, text)
    assert "DistanceSourceToDetector 1009 / DistanceSourceToPatient 720" in header.said.text()
    assert window.scale.value.text() == "0.2198 mm per pixel"
    hand.bot.keyClicks(header.sod, "x")
    assert "is no number" in header.said.text()
    assert window.scale.finding() is None


def test_a_mark_that_moves_ends_what_was_measured_and_what_was_kept(
    hand: Operator, window: WizardWindow, cannula: Shown
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    way, (start, end) = window.scale.ways[0], window.scale.book.points(window.scale.ways[0].tool)
    gate = threading.Event()
    window.fits.submit(lambda: gate.wait(10), lambda _: None)
    nearer = tuple(a + 0.2 * (b - a) for a, b in zip(start, end, strict=True))
    hand.grab(start, nearer)
    assert way.measurement.standing is Standing.OUTDATED
    assert window.scale.shapes().paths == (), "edges that are outdated are not drawn"
    assert way.said.text().startswith("outdated")
    hand.bot.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=window.view.place(nearer).toPoint())
    window.scale.keep()
    assert window.scale.status() == "changed since"
    assert not window.scale.holds
    assert window.unsaved() == []
    gate.set()
    hand.until(lambda: way.found is not None)
    assert window.scale.status() == "changed since", "nothing is kept by itself"
    hand.bot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.scale.book.points(way.tool) == (start, end)
    assert window.scale.holds, "as it was when it was kept"
    hand.bot.keyClick(
        window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    )
    assert not window.scale.holds


def test_a_result_that_comes_late_is_outdated_until_it_is_wanted_again(qtbot: QtBot) -> None:
    worker = Worker()
    measurement = Measurement(worker)
    begun, gate = threading.Event(), threading.Event()
    done: list[str] = []

    def slow() -> str:
        begun.set()
        assert gate.wait(10)
        done.append("slow")
        return "of the old marks"

    def quick() -> str:
        done.append("quick")
        return "of the new marks"

    measurement.want(Task("old", slow))
    measurement.start()
    assert begun.wait(10)
    measurement.want(Task("new", quick))
    with qtbot.waitSignal(measurement.changed, timeout=10_000):
        gate.set()
    assert measurement.standing is Standing.OUTDATED
    assert measurement.value is None
    measurement.want(Task("old", slow))
    assert measurement.standing is Standing.CURRENT
    measurement.want(Task("new", quick))
    measurement.start()
    qtbot.waitUntil(lambda: measurement.standing is Standing.CURRENT)
    assert measurement.value == "of the new marks"
    assert done == ["slow", "quick"]
    worker.close()


def test_what_is_no_longer_wanted_when_its_turn_comes_is_not_begun(qtbot: QtBot) -> None:
    worker = Worker()
    measurement = Measurement(worker)
    gate, done = threading.Event(), []
    worker.submit(lambda: gate.wait(10), lambda _: None)
    for name in ("first", "second"):
        measurement.want(Task(name, lambda name=name: done.append(name) or name))
        measurement.start()
    gate.set()
    qtbot.waitUntil(lambda: measurement.standing is Standing.CURRENT)
    assert done == ["second"]
    worker.close()


def test_parts_of_a_profile_stay_unless_they_are_replaced(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path
) -> None:
    before = known_room(profile)
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    hand.go(5)
    origins = [window.review.table.item(row, 5).text() for row in range(4)]
    assert origins == ["this session, replaces the old", "", "", "in the profile"]
    hand.keep()
    after = read_profile(profile)
    assert after.latency == before.latency
    assert after.c_arm == "Arc 9"
    assert after.scale is not None
    assert after.scale.method == "cannula"


def test_a_line_is_tested_with_the_distortion_that_holds(
    hand: Operator, window: WizardWindow, plate: Shown, wires: Shown, profile: Path
) -> None:
    hand.go(2)
    hand.open(wires.source)
    page = window.distortion
    hand.bot.keyClick(page.testing, Qt.Key.Key_Space)
    hand.click(*wires.points)
    assert "holds no distortion to test" in page.line_said.text()
    arguments = [plate.source, "--pitch-mm", "10", "--profile", str(profile)]
    assert run(["calibrate", "distortion", *arguments]) == 0
    hand.drag(wires.points[1], wires.points[1])
    page.wire_width.setText("6")
    hand.until(lambda: page.wire.standing is Standing.CURRENT)
    assert page.line_said.text().startswith("with the distortion of the profile, ")


def test_a_room_that_the_profile_names_need_not_be_typed(
    hand: Operator, window: WizardWindow, profile: Path
) -> None:
    known_room(profile)
    window.room.room.clear()
    assert window.room.room.placeholderText() == "Angio 2"
    assert window.room.status() == "Angio 2"
    assert window.room.c_arm.placeholderText() == "Arc 9"
    hand.go(5)
    assert window.review.said.text().startswith("Angio 2, Arc 9; nothing new to save")


def test_the_profile_of_another_room_is_not_written_to(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path
) -> None:
    known_room(profile)
    before = profile.read_bytes()
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    window.room.room.setText("Angio 7")
    assert "is the profile of room 'Angio 2'" in window.room.said.text()
    hand.go(5)
    assert not window.review.keep_button.isEnabled()
    assert "is the profile of room 'Angio 2'" in window.review.said.text()
    assert not window.save()
    assert profile.read_bytes() == before


def test_beads_are_found_kept_and_lines_are_straight_after(
    hand: Operator, window: WizardWindow, plate: Shown, wires: Shown, profile: Path
) -> None:
    hand.go(2)
    hand.open(plate.source)
    page = window.distortion
    assert not page.find_marks.isEnabled(), "there is no pitch yet"
    hand.bot.keyClicks(page.pitch, "10")
    hand.bot.mouseClick(page.find_marks, Qt.MouseButton.LeftButton)
    assert page.said.text() == "looking for the marks…"
    hand.until(lambda: page.finding() is not None)
    found = page.plate.value
    assert len(page.shapes().circles) == len(found.beads.points_px) > 100
    assert "mm RMS" in page.said.text()
    hand.keep()
    hand.open(wires.source)
    assert page.holds, "it was found in a picture of its own"
    assert page.shapes().circles == (), "the marks of another picture are not drawn on this one"
    hand.bot.keyClick(page.testing, Qt.Key.Key_Space)
    hand.click(*wires.points)
    hand.until(lambda: page.wire.standing is Standing.CURRENT)
    before_mm, _, after_mm, _ = (float(v) for v in re.findall(r"(\d+\.\d+) mm", page.line_said.text()))
    assert before_mm > 0.2
    assert after_mm < 0.3 * before_mm
    assert page.line_said.text().startswith("with the distortion kept, ")
    hand.go(5)
    hand.keep()
    kept = read_profile(profile).distortion
    assert kept is not None
    assert kept.model == found.model.to_dict()


def test_a_picture_without_beads_is_refused(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    hand.go(2)
    hand.open(cannula.source)
    hand.bot.keyClicks(window.distortion.pitch, "10")
    hand.bot.mouseClick(window.distortion.find_marks, Qt.MouseButton.LeftButton)
    hand.until(lambda: window.distortion.plate.standing is Standing.REFUSED)
    assert "wrong phantom" in window.distortion.said.text()
    assert not window.distortion.keep_button.isEnabled()


def test_another_pitch_ends_what_was_found(hand: Operator, window: WizardWindow, plate: Shown) -> None:
    hand.go(2)
    hand.open(plate.source)
    hand.bot.keyClicks(window.distortion.pitch, "10")
    hand.bot.mouseClick(window.distortion.find_marks, Qt.MouseButton.LeftButton)
    hand.until(lambda: window.distortion.finding() is not None)
    hand.bot.keyClicks(window.distortion.pitch, "0")
    assert window.distortion.plate.standing is Standing.OUTDATED
    assert window.distortion.finding() is None
    assert window.distortion.said.text().startswith("outdated")


def test_a_wedge_is_measured_and_a_short_list_refused(
    hand: Operator, window: WizardWindow, tmp_path: Path, profile: Path
) -> None:
    picture = picture_of(WedgePhantom(bits_stored=16, dose_ngy=100.0))
    source = written(tmp_path / "wedge", picture.pixels)
    hand.go(3)
    hand.open(source)
    page = window.density
    hand.click(*(tuple(place) for place in picture.centres_px[[0, -1]]))
    assert "type the thickness" in page.said.text()
    hand.bot.keyClicks(page.thickness, "1,2")
    hand.until(lambda: page.measurement.standing is Standing.REFUSED)
    assert not page.keep_button.isEnabled()
    page.thickness.clear()
    hand.bot.keyClicks(page.thickness, ",".join(f"{mm:g}" for mm in WedgePhantom().thickness_mm))
    hand.bot.keyClicks(page.cement, "PMMA")
    hand.until(lambda: page.finding() is not None)
    assert len(page.shapes().outlines) == len(WedgePhantom().thickness_mm)
    assert "holds from" in page.said.text()
    hand.keep()
    hand.go(5)
    hand.keep()
    kept = read_profile(profile).density
    assert kept is not None
    assert kept.cement == "PMMA"


def test_lying_cylinders_are_marked_one_after_another(
    hand: Operator, window: WizardWindow, tmp_path: Path
) -> None:
    picture = picture_of(lying(WedgePhantom(bits_stored=16, dose_ngy=600.0)))
    hand.go(3)
    hand.open(written(tmp_path / "lying", picture.pixels))
    page = window.density
    page.kind.setCurrentIndex(1)
    assert page.tool() is None, "how many there are is not known yet"
    hand.bot.keyClicks(page.thickness, "4,7,12,20")
    hand.click(*(tuple(place) for place in picture.centres_px))
    hand.until(lambda: page.finding() is not None)
    assert len(page.shapes().outlines) == 4
    assert "4 cylinders, 0.3" in page.said.text()
    hand.bot.keyClicks(page.thickness, ",30")
    assert page.finding() is None
    assert page.shapes().outlines == ()


def test_a_file_cannot_tell_the_latency(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    hand.go(4)
    page = window.latency
    page.source.setText(cannula.source)
    hand.bot.mouseClick(page.flash, Qt.MouseButton.LeftButton)
    hand.until(lambda: page.measurement.standing is Standing.REFUSED)
    assert "is not live" in page.said.text()
    page.source.setText("nothing.dcm")
    hand.bot.mouseClick(page.flash, Qt.MouseButton.LeftButton)
    assert "nothing.dcm" in page.said.text()
    assert not page.keep_button.isEnabled()


def test_closing_asks_where_something_would_be_lost(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    asked: list[str] = []
    answer(CANCEL, asked)
    assert not window.close()
    assert "scale (measured, not kept)" in asked[0]
    hand.keep()
    answer(CANCEL, asked)
    assert not window.close()
    assert "scale (kept, not saved)" in asked[1]
    assert window.isVisible()
    assert not profile.exists()
    answer(SAVE, asked)
    assert window.close()
    assert read_profile(profile).scale is not None


def test_discarding_writes_nothing(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    answer(DISCARD, [])
    assert window.close()
    assert not profile.exists()


def test_a_profile_that_cannot_be_written_is_said_and_the_work_stays(
    hand: Operator, window: WizardWindow, cannula: Shown, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder")
    window.room.path.setText(str(tmp_path / "file" / "room.json"))
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    hand.go(5)
    hand.keep()
    assert window.review.said.text().startswith("not saved: ")
    assert window.unsaved() == ["scale (kept, not saved)"]


def test_what_cannot_be_opened_is_one_line_and_the_picture_stays(
    hand: Operator, window: WizardWindow, cannula: Shown
) -> None:
    hand.open(cannula.source)
    loaded = window.page.loaded
    window.bar.source.setText("nothing.dcm")
    window.bar.load()
    hand.until(lambda: "nothing.dcm" in window.said.text() and "opening" not in window.said.text())
    assert window.page.loaded is loaded


def test_another_picture_takes_the_marks_but_not_what_was_kept(
    hand: Operator, window: WizardWindow, cannula: Shown, plate: Shown
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    hand.open(plate.source)
    assert window.scale.book.points(window.scale.ways[0].tool) == ()
    assert window.scale.shapes().paths == ()
    assert window.scale.holds
    assert window.scale.kept_line.text().endswith(f"from {Path(cannula.source).name}")
    hand.go(2)
    assert window.distortion.loaded is not None
    assert window.distortion.loaded.source == plate.source


def test_a_picture_goes_to_the_page_that_asked_for_it(
    hand: Operator, window: WizardWindow, cannula: Shown, plate: Shown
) -> None:
    hand.cannula(cannula)
    hand.go(2)
    window.bar.source.setText(plate.source)
    window.bar.load()
    hand.go(1)
    hand.until(
        lambda: window.distortion.loaded is not None and window.distortion.loaded.source == plate.source
    )
    assert window.scale.loaded is not None
    assert window.scale.loaded.source == cannula.source
    assert len(window.scale.book.points(window.scale.ways[0].tool)) == 2


def test_what_was_saved_can_be_saved_to_another_profile_too(
    hand: Operator, window: WizardWindow, cannula: Shown, profile: Path, tmp_path: Path
) -> None:
    hand.cannula(cannula)
    hand.until(lambda: window.scale.finding() is not None)
    hand.keep()
    hand.go(5)
    hand.keep()
    assert window.unsaved() == []
    other = tmp_path / "other.json"
    window.room.path.setText(str(other))
    assert window.unsaved() == ["scale (kept, not saved)"]
    assert window.save()
    first, second = read_profile(profile).scale, read_profile(other).scale
    assert first is not None
    assert second is not None
    assert (second.mm_per_px, second.reasoning) == (first.mm_per_px, first.reasoning)


def test_scrolling_the_page_changes_no_gauge(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    hand.cannula(cannula)
    box = window.scale.ways[0].typed.parentWidget()
    assert box is not None
    middle = QPointF(box.rect().center())
    turned = QWheelEvent(
        middle, box.mapToGlobal(middle), QPoint(), QPoint(0, -120), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(box, turned)
    assert window.scale.ways[0].typed.text() == "11G"


def test_everything_can_be_done_with_keys(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    hand.open(cannula.source)
    control, alt = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.AltModifier
    hand.bot.keyClick(window, Qt.Key.Key_2, control)
    assert window.page is window.scale
    window.scale.buttons[1].setFocus()
    hand.bot.keyClick(window.scale.buttons[1], Qt.Key.Key_Space)
    hand.bot.keyClick(window, Qt.Key.Key_F2)
    assert window.view.hasFocus()
    tool = window.scale.ways[0].tool
    hand.bot.keyClick(window.view, Qt.Key.Key_Return)
    hand.bot.keyClick(window.view, Qt.Key.Key_Right)
    hand.bot.keyClick(window.view, Qt.Key.Key_Down, alt)
    hand.bot.keyClick(window.view, Qt.Key.Key_Right, alt)
    hand.bot.keyClick(window.view, Qt.Key.Key_Left, Qt.KeyboardModifier.ShiftModifier)
    ((x, y),) = window.scale.book.points(tool)
    assert (x, y) == pytest.approx((119.5 + 1 + 0.1 - 10, 119.5 + 0.1))
    hand.bot.keyClick(window.view, Qt.Key.Key_Return)
    hand.bot.keyClick(window.view, Qt.Key.Key_PageUp)
    hand.bot.keyClick(window.view, Qt.Key.Key_Up)
    assert window.scale.book.points(tool)[0] == pytest.approx((x, y - 1))
    hand.bot.keyClick(window, Qt.Key.Key_Z, control)
    assert window.scale.book.points(tool)[0] == pytest.approx((x, y))
    hand.bot.keyClick(window, Qt.Key.Key_PageDown, control)
    assert window.page is window.distortion


def test_the_picture_is_zoomed_moved_and_windowed(
    hand: Operator, window: WizardWindow, cannula: Shown
) -> None:
    hand.cannula(cannula)
    view = window.view
    place = window.scale.book.points(window.scale.ways[0].tool)[0]
    before = view.place(place)
    view.zoom_by(2.0)
    middle = view.rect().center()
    assert (view.place(place).x() - middle.x()) == pytest.approx(2 * (before.x() - middle.x()), abs=2)
    held = view.sight.centre
    hand.drag((held[0], held[1] + 40), (held[0] + 10, held[1] + 40))
    assert view.sight.centre[0] == pytest.approx(held[0] - 10, abs=0.5)
    assert len(window.scale.book.points(window.scale.ways[0].tool)) == 2, "moving the picture sets no mark"
    grey = view.window_level
    at = view.rect().center()
    hand.bot.mousePress(view, Qt.MouseButton.RightButton, pos=at)
    hand.bot.mouseMove(view, at + (view.rect().bottomRight() - at) / 4)
    hand.bot.mouseRelease(view, Qt.MouseButton.RightButton, pos=at)
    assert view.window_level.high - view.window_level.low > grey.high - grey.low
    hand.bot.keyClick(view, Qt.Key.Key_A)
    assert view.window_level == grey
    assert f"W {grey.high - grey.low:.0f}" in view.words
    hand.bot.keyClick(view, Qt.Key.Key_0)
    hand.bot.mouseMove(view, view.place((100.0, 50.0)).toPoint())
    assert re.search(r"x (99|100)\.\d  y (49|50)\.\d  value \d+", view.words)
    QApplication.sendEvent(view, QEvent(QEvent.Type.Leave))
    assert "value" not in view.words
    assert view.place(place).x() == pytest.approx(before.x(), abs=1)


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_nothing_is_cut_off(
    hand: Operator, window: WizardWindow, cannula: Shown, tmp_path: Path, size: tuple[int, int]
) -> None:
    window.resize(*size)
    hand.open(written(tmp_path / ("a-name-without-a-space" * 9), cv2.imread(f"{cannula.source}/00.png", -1)))
    for number, page in enumerate(window.pages):
        hand.go(number)
        hand.bot.wait(1)
        assert window.size().width() == size[0], "no page asks for more room than there is"
        assert window.size().height() == size[1]
        for scroll in page.findChildren(QScrollArea):
            bar = scroll.horizontalScrollBar()
            assert bar is not None
            assert bar.maximum() == 0, page.name
        for button in window.findChildren(QPushButton):
            if button.isVisible():
                assert button.width() >= button.sizeHint().width() - 1, button.text()
                assert window.rect().contains(button.mapTo(window, button.rect().center()))
    assert any(
        "Not a medical device" in label.text() for label in window.rail.findChildren(type(window.said))
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "no display"), (["nothing.dcm"], "nothing.dcm"), (["--room", "Angio 7"], "of room 'Angio 2'")],
)
def test_the_command_says_what_is_wrong_before_a_window_opens(
    arguments: list[str], said: str, profile: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    known_room(profile)
    assert run(["calibrate", "wizard", *arguments, "--profile", str(profile)]) == 2
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1
    assert said in err


def test_the_window_runs_until_it_is_closed(qtbot: QtBot, cannula: Shown, profile: Path) -> None:
    del qtbot
    seen: list[str] = []

    def look() -> None:
        (shown,) = (
            w for w in QApplication.topLevelWidgets() if isinstance(w, WizardWindow) and w.isVisible()
        )
        if shown.room.loaded is None:
            QTimer.singleShot(20, look)
            return
        seen.append(shown.room.loaded.source)
        shown.close()

    QTimer.singleShot(0, look)
    assert run_wizard(cannula.source, profile) == 0
    assert seen == [cannula.source]


def test_the_grey_of_a_picture_is_what_is_shown(hand: Operator, window: WizardWindow, cannula: Shown) -> None:
    """The shaft is dark on the screen where it is dark in the picture."""
    hand.open(cannula.source)
    shown = window.view.grab().toImage()
    ratio = shown.devicePixelRatio()
    (x0, y0), (x1, y1) = cannula.points
    on = window.view.place(((x0 + x1) / 2, (y0 + y1) / 2))
    off = window.view.place(((x0 + x1) / 2 - 20 * np.sin(0.4), (y0 + y1) / 2 + 20 * np.cos(0.4)))
    dark, light = (shown.pixelColor(int(p.x() * ratio), int(p.y() * ratio)).lightness() for p in (on, off))
    assert dark < light - 40
