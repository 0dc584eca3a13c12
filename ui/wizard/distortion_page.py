"""Third page: the distortion of the image chain, and whether straight lines are straight after it."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QLabel

from calibration.distortion import DistortionModel
from calibration.lattice import Lattice
from calibration.plate import MeasuredPlate, measure_plate
from calibration.profile import DistortionPart
from calibration.shapes import Shapes
from calibration.straightness import StraightWire, straight_wire, tested_model
from monitor.errors import InputError
from ui.wizard.book import Tool
from ui.wizard.look import choice, field, form, label, number_in, set_role
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.page import Finding, Page
from ui.wizard.worker import Worker
from ui.worded import Button, CheckBox

_WIRE = Tool("wire", ("1", "2"))
_PAUSE_MS = 150


class DistortionPage(Page):
    """The phantom needs no marks, the straight line test two.

    Parameters
    ----------
    worker : Worker
    of_profile : callable
        The distortion of the profile on the disk, for the test where none was measured; None: none.
    """

    name = "distortion"
    title = "Distortion"
    instruction = (
        "Image intensifiers only: clamp a plate of beads or a wire grid flat to the entrance window and take "
        "a picture of it. Nothing has to be marked. Flat detectors do not distort: skip this page."
    )
    keep_words = "Keep this distortion"

    def __init__(self, worker: Worker, of_profile: Callable[[], DistortionPart | None]) -> None:
        super().__init__(worker)
        self._of_profile = of_profile
        self._kept_model: DistortionModel | None = None
        self.plate = Measurement(worker, self)
        self.wire = Measurement(worker, self)
        self.pitch, self.rough = field("mm"), field("mm per pixel, if known")
        self.lattice = choice(("square", "hexagonal"))
        rows = form()
        rows.add("&Pitch (mm)", self.pitch)
        rows.add("&Lattice", self.lattice)
        rows.add("Rough scale", self.rough)
        box = self.box()
        box.addLayout(rows)
        self.find_marks = Button("Find the &marks")
        box.addWidget(self.find_marks)
        self.said = label("", "soft")
        box.addWidget(self.said)
        test = self.box()
        test.addWidget(label("Straight line test", "soft"))
        test.addWidget(
            label(
                "Lay a straight wire or rod across the window, also in another picture, and click two "
                "points on it.",
                "faint",
            )
        )
        self.testing = CheckBox("mark a &wire")
        self.wire_width = field("px", "5")
        wide = form()
        wide.add("Width (px)", self.wire_width)
        test.addWidget(self.testing)
        test.addLayout(wide)
        self.line_said = label("", "soft")
        test.addWidget(self.line_said)
        self.content.addStretch(1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.wire.start)
        self._problem = self._wire_problem = self._which = ""
        for edit in (self.pitch, self.rough):
            edit.textChanged.connect(self._edited)
        self.lattice.currentIndexChanged.connect(self._edited)
        self.wire_width.textChanged.connect(self._edited)
        self.testing.toggled.connect(self._edited)
        self.find_marks.clicked.connect(self.plate.start)
        self.plate.changed.connect(self._edited)
        self.wire.changed.connect(self.refresh)
        self.refresh()

    def tool(self) -> Tool | None:
        """Two points on a wire, while the test is on."""
        return _WIRE if self.testing.isChecked() else None

    def shapes(self) -> Shapes:
        """The marks of the phantom, or the course of the wire while that is tested."""
        if self.testing.isChecked():
            return self._wire_found().found if self.wire.value is not None else Shapes()
        plate = self.plate.value
        return plate.found if isinstance(plate, MeasuredPlate) else Shapes()

    def marks_changed(self, *, settled: bool) -> None:
        """Another picture or other marks."""
        self._take_in()
        if settled:
            self._pause.start()
        self.refresh()

    def key(self) -> Hashable:
        """The picture and what was typed of the phantom."""
        return self.plate.wanted

    def finding(self) -> Finding | None:
        """The distortion, where it is current."""
        plate = self.plate.value
        if not isinstance(plate, MeasuredPlate):
            return None
        return Finding(self.key(), f"{plate.model.residual.rms_mm:.3f} mm RMS left", plate.part)

    def refresh(self) -> None:
        """Say what was found, what the test gave, or why not."""
        plate, standing = self.plate.value, self.plate.standing
        words = {
            Standing.MEASURING: "looking for the marks…",
            Standing.OUTDATED: "outdated: picture or values have changed since; find the marks again",
            Standing.REFUSED: f"refused: {self.plate.refusal}",
        }.get(standing, "")
        if standing in (Standing.READY, Standing.OUTDATED) and self.kept is not None and self.holds:
            words = "not looked for in this picture; what was kept stays"
        if isinstance(plate, MeasuredPlate):
            words = "\n".join(plate.lines)
        _tell(self.said, self._problem or words, refused=bool(self._problem) or standing is Standing.REFUSED)
        can = standing in (Standing.READY, Standing.OUTDATED)
        self.find_marks.setEnabled(can)
        words = {
            Standing.READY: "measuring…",
            Standing.MEASURING: "measuring…",
            Standing.OUTDATED: "outdated: the marks have changed since",
            Standing.REFUSED: f"refused: {self.wire.refusal}",
        }.get(self.wire.standing, "")
        if self.wire.value is not None:
            words = f"with the distortion {self._which}, {self._wire_found().line}"
        refused = bool(self._wire_problem) or self.wire.standing is Standing.REFUSED
        _tell(self.line_said, self._wire_problem or words, refused=refused)
        super().refresh()

    def _edited(self) -> None:
        self._take_in()
        if self.wire.standing in (Standing.READY, Standing.OUTDATED):
            self._pause.start()
        self.refresh()

    def _take_in(self) -> None:
        """Say to both measurements what is wanted."""
        task, self._problem = None, ""
        picture = None if self.loaded is None else self.loaded.picture
        if picture is not None:
            try:
                pitch_mm = number_in(self.pitch, "Pitch")
                rough = number_in(self.rough, "Rough scale")
                if pitch_mm is not None:
                    lattice = Lattice(pitch_mm, "hexagonal" if self.lattice.currentIndex() else "square")
                    task = Task(
                        ("plate", picture, lattice, rough),
                        lambda: measure_plate(picture, lattice, rough_mm_per_px=rough),
                    )
            except InputError as error:
                self._problem = str(error)
        self.plate.want(task)
        self.wire.want(self._wire_task())

    def _wire_task(self) -> Task | None:
        self._wire_problem = ""
        if not self.testing.isChecked() or self.loaded is None:
            return None
        picture = self.loaded.picture
        try:
            model, self._which = self._model()
            width_px = number_in(self.wire_width, "Width")
        except InputError as error:
            self._wire_problem = str(error)
            return None
        points = self.book.whole(_WIRE)
        if points is None or width_px is None:
            return None
        start, end = points
        return Task(
            ("wire", picture, model, points, width_px),
            lambda: straight_wire(picture.stored, model, start, end, width_px=width_px),
        )

    def _model(self) -> tuple[DistortionModel, str]:
        """What is tested, and which that is: what was measured, else kept, else what the profile holds."""
        plate = self.plate.value
        if isinstance(plate, MeasuredPlate):
            return plate.model, "found here"
        if self._kept_model is not None and self.holds:
            return self._kept_model, "kept"
        assert self.loaded is not None, "asked for with a picture only"
        return tested_model(self._of_profile(), self.loaded.picture.info, "the profile"), "of the profile"

    def keep(self) -> None:
        """Also remember the model for the test in other pictures."""
        plate = self.plate.value
        super().keep()
        if isinstance(plate, MeasuredPlate):
            self._kept_model = plate.model

    def _wire_found(self) -> StraightWire:
        value = self.wire.value
        assert isinstance(value, StraightWire), "asked for where it is current only"
        return value


def _tell(said: QLabel, words: str, *, refused: bool) -> None:
    said.setText(words)
    set_role(said, "refused" if refused else "soft")
