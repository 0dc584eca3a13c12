"""The windows before monitoring, as `benchmarks.screenshots` pictures them: session start and planning."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from pathlib import Path

import numpy as np
from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QWidget

from benchmarks.calibration.wizard_pictures import wait
from benchmarks.first_use import SPEC, corners_of
from calibration.planning.draft import Draft
from monitor.plan import Point
from recordings.fetching.worklist import ScheduledStep
from recordings.open import open_source
from recordings.simulated.marks import plan_for
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings
from ui.planning.window import PlanWindow
from ui.start.choice import proposed_session
from ui.start.handover import Wanted
from ui.start.scheduled import Listed, Question
from ui.start.window import StartWindow

_CLICK_MM = 0.7
_DAY = datetime(2026, 1, 2, 8, 30)
_SCHEDULED = (
    ("Example^Anna", "Vertebroplasty L1"),
    ("Example^Bertram", "Vertebroplasty T12, L1"),
    ("Example^Clara", "Kyphoplasty L3"),
    ("Example^Dora", "Vertebroplasty T11"),
)


def start(*, filled: bool) -> QWidget:
    """The session start: empty, or with a simulated source."""
    window = StartWindow(
        Wanted(source=SPEC) if filled else None, rooms=Path("rooms.json"), devices=lambda: ()
    )
    window.form.session.setText(str(proposed_session(Path("/srv"), _DAY)))
    if not filled:
        return window
    wait(lambda: window.source.seen.frame is not None and window.source.proposal is not False)
    window._timer.stop()  # what follows is one moment, always the same
    with open_source(SPEC) as source:
        frame = source.read()
    seen = replace(window.source.seen, frame=frame, period_s=1 / 15)
    window.view.show_seen(seen, frame.t_capture_ns, SPEC)
    window.refresh()
    return window


def worklist() -> QWidget:
    """The session start with the box of today's steps in front."""
    window = _WithBox(None, rooms=Path("rooms.json"), devices=lambda: (), ask=_answer)
    window.form.session.setText(str(proposed_session(Path("/srv"), _DAY)))
    window._timer.stop()
    window.resize(1280, 720)
    window.show()
    window.scheduled.address = "RIS@10.0.0.6:104"
    window.scheduled.show()
    box = window.scheduled.box
    assert box is not None
    wait(lambda: box.table.rowCount() > 0)
    box.setWindowFlags(Qt.WindowType.Widget)  # a part of the picture, not a window beside it
    box.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    box.setStyleSheet("WorklistBox { border: 1px solid #8a939e; }")  # as a window manager frames it
    box.show()
    return window


class _WithBox(StartWindow):
    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """The box stays in the middle."""
        super().resizeEvent(event)
        box = self.scheduled.box
        if box is not None:
            box.move((self.width() - box.width()) // 2, (self.height() - box.height()) // 2)


def _answer(question: Question) -> Listed:
    steps = tuple(
        ScheduledStep(
            patient_id=str(471100 + k),
            patient_name=name,
            patient_birth_date=date(1941 + 4 * k, 2 + k, 3 + 5 * k),
            accession_number=f"A2601020{k}",
            requested_procedure_description=what,
            scheduled_procedure_step_start_time=time(8 + k, 30 * (k % 2)),
            scheduled_station_name="Angio 2",
        )
        for k, (name, what) in enumerate(_SCHEDULED)
    )
    return Listed(steps, question.server.address or "", _DAY)


def planning(*, levels: int, begun: bool = False, cannula: bool = False) -> QWidget:
    """Planning with so many levels, named; `begun`: two clicks of a next; `cannula`: with its gauge."""
    window = PlanWindow(None, SPEC)
    window.resize(1920, 1080)
    window.show()
    wait(lambda: window.hand.picture is not None)
    frame = window.hand.view.reference_frame
    scene = build_scene("twolevels", SimulationSettings())
    rng = np.random.default_rng(5)

    def click(at: Point) -> None:
        off = np.clip(rng.normal(0, _CLICK_MM, 2), -2 * _CLICK_MM, 2 * _CLICK_MM) / scene.settings.pixel_mm
        place = window.view.place((at[0] + off[0], at[1] + off[1]))
        where = QPoint(round(place.x()), round(place.y()))
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=where)

    for number, name in enumerate(("T12", "L1", "L2")[:levels]):
        corners = corners_of(scene, name, frame)
        for k in range(4) if number == 0 else (1, 2):
            click(corners[k])
    if begun:
        for k in (0, 1):
            click(corners_of(scene, "T12", frame)[k])
        return _kept(window)
    QTest.keyClick(window.view, Qt.Key.Key_U)
    QTest.keyClick(window.view, Qt.Key.Key_Return)
    if cannula:
        tube = next(level for level in plan_for("twolevels").views[0].levels if level.name == "L1").cannulas[
            0
        ]
        tip, end = np.array(tube.path)
        moved = np.subtract(corners_of(scene, "L1", frame)[1], corners_of(scene, "L1", 0)[1])
        QTest.keyClick(window.view, Qt.Key.Key_C)
        for share in (0.4, 0.85):
            place = window.view.place(tuple(tip + share * (end - tip) + moved))
            where = QPoint(round(place.x()), round(place.y()))
            QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=where)
        window.scale.gauge.setCurrentText("11G")
        window.scale.gauge.textActivated.emit("11G")
    return _kept(window)


def _kept(window: PlanWindow) -> PlanWindow:
    """Nobody is there to be asked when it closes."""
    window._saved = window.hand.history.now
    assert isinstance(window._saved, Draft)
    return window
