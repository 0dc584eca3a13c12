"""The window in which text in the frames is confirmed, by mouse and by keys."""

from __future__ import annotations

import numpy as np
import pytest
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from monitor.frame import Intensity, PixelIntensityRelationship, SourceInfo
from recordings.deidentifying.looking import Look
from recordings.importing.regions import Region
from tests.ui.german import Listening, fits
from ui.deidentifying.window import ConfirmWindow

FOUND = Region(10, 20, 60, 16)


def look(*, found: tuple[Region, ...] = (FOUND,)) -> Look:
    info = SourceInfo("run.dcm", "dicom", 200, 200, Intensity(PixelIntensityRelationship.LIN, 12))
    made = Look("run.dcm", info, states_text=True, found=found)
    for number in range(5):
        frame = np.full((200, 200), 900, np.uint16)
        frame[number] = 4000
        made.add(frame)
    return made


@pytest.fixture
def window(qtbot: QtBot) -> ConfirmWindow:
    made = ConfirmWindow(look())
    qtbot.addWidget(made)
    made.resize(1280, 720)
    made.show()
    return made


def at(window: ConfirmWindow, x: float, y: float) -> QPoint:
    return window.view.place_of((x, y)).toPoint()


def drag(window: ConfirmWindow, first: tuple[float, float], last: tuple[float, float]) -> None:
    QTest.mousePress(window.view, Qt.MouseButton.LeftButton, pos=at(window, *first))
    QTest.mouseMove(window.view, at(window, *last))
    QTest.mouseRelease(window.view, Qt.MouseButton.LeftButton, pos=at(window, *last))


def assert_near(region: Region, expected: Region) -> None:
    for name in ("x", "y", "columns", "rows"):
        assert abs(getattr(region, name) - getattr(expected, name)) <= 1, (region, expected)


def test_boxes_are_drawn_moved_resized_and_removed_with_the_mouse(window: ConfirmWindow) -> None:
    drag(window, (100, 100), (150, 130))
    assert_near(window.view.boxes.regions[1], Region(100, 100, 50, 30))
    drag(window, (120, 110), (130, 105))
    assert_near(window.view.boxes.regions[1], Region(110, 95, 50, 30))
    drag(window, (160, 125), (180, 140))
    assert_near(window.view.boxes.regions[1], Region(110, 95, 70, 45))
    drag(window, (120, 110), (500, 110))
    assert window.view.boxes.regions[1].x + window.view.boxes.regions[1].columns == 200
    QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=at(window, 30, 180))
    assert len(window.view.boxes.regions) == 2, "a click beside all boxes leaves none"
    window.remove.click()
    assert window.view.boxes.regions == [FOUND]


def test_everything_is_done_by_keys(window: ConfirmWindow) -> None:
    view = window.view
    QTest.keyClick(view, Qt.Key.Key_Right)
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.ControlModifier)
    assert view.boxes.regions == [Region(11, 30, 61, 16)]
    QTest.keyClick(view, Qt.Key.Key_N)
    assert len(view.boxes.regions) == 2
    QTest.keyClick(view, Qt.Key.Key_B)
    QTest.keyClick(view, Qt.Key.Key_Delete)
    assert len(view.boxes.regions) == 1
    QTest.keyClick(view, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(view.boxes.regions) == 2
    QTest.keyClick(window, Qt.Key.Key_L)
    assert window.at.text() == "smallest value over 5 frames"
    QTest.keyClick(window, Qt.Key.Key_PageDown)
    assert window.at.text() == "picture 2 of 5, evenly over 5 frames"


def test_nothing_is_confirmed_but_by_confirming(window: ConfirmWindow, qtbot: QtBot) -> None:
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.result is None
    assert not window.isVisible()
    again = ConfirmWindow(look())
    qtbot.addWidget(again)
    with qtbot.waitActive(again):
        again.show()
        again.activateWindow()
    QTest.keyClick(again, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert again.result == (FOUND,)


def test_without_a_box_it_says_what_the_button_does(qtbot: QtBot) -> None:
    window = ConfirmWindow(look(found=()))
    qtbot.addWidget(window)
    assert window.confirm.text() == "No text: change nothing"
    window.confirm.click()
    assert window.result == ()


def test_it_is_translated_and_fits(qtbot: QtBot, german: Listening) -> None:
    for found in ((FOUND,), ()):
        window = ConfirmWindow(look(found=found))
        qtbot.addWidget(window)
        for size_px in ((1280, 720), (1920, 1080)):
            window.resize(*size_px)
            window.show()
            for button in (window.highest, window.lowest, window.single):
                button.click()
            fits(window)
    assert [text for text in german.lacking if text != "run.dcm"] == []
