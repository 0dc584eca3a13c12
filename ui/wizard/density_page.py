"""Fourth page: what cement of known thickness adds to the picture."""

from __future__ import annotations

from collections.abc import Hashable

from PyQt6.QtCore import QTimer

from calibration.density_marks import MeasuredDensity, WedgeMarks, thicknesses_mm
from calibration.shapes import Shapes
from monitor.errors import InputError
from ui.wizard.book import Tool
from ui.wizard.look import field, form, label, set_role
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.page import Finding, Page
from ui.wizard.worker import Worker

_WEDGE = Tool("wedge", ("first step", "last step"))
_PAUSE_MS = 150


class DensityPage(Page):
    """Two points and a list of thicknesses."""

    name = "density"
    title = "Density"
    instruction = (
        "Lay a wedge of the very cement, equally long steps one after another, over what attenuates "
        "like a patient; average 16 frames. Click the middle of the outer edge of the first step, then of "
        "the last, and type the thickness of every step in that order."
    )
    keep_words = "Keep this density"

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.measurement = Measurement(worker, self)
        rows = form()
        self.thickness, self.cement = field("1,2,4,8,16"), field("name, optional")
        rows.addRow("&Thickness (mm)", self.thickness)
        rows.addRow("&Cement", self.cement)
        box = self.box()
        box.addLayout(rows)
        self.said = label("", "soft")
        box.addWidget(self.said)
        self.content.addWidget(
            label(
                "Without a wedge: two aliquots typed into the plan do the same during a procedure.", "faint"
            )
        )
        self.content.addStretch(1)
        self._problem = ""
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self.measurement.start)
        self.thickness.textChanged.connect(lambda: self.marks_changed(settled=True))
        self.cement.textChanged.connect(self.refresh)
        self.measurement.changed.connect(self.refresh)
        self.refresh()

    def tool(self) -> Tool | None:
        """The two ends of the wedge."""
        return _WEDGE

    def shapes(self) -> Shapes:
        """The steps that were found."""
        found = self.measurement.value
        return found.found if isinstance(found, MeasuredDensity) else Shapes()

    def marks_changed(self, *, settled: bool) -> None:
        """Whatever was measured before is outdated; measure once the marks stay."""
        task, self._problem = None, ""
        points = self.book.whole(_WEDGE)
        if self.loaded is not None and points is not None:
            picture, text = self.loaded.picture, self.thickness.text().strip()
            try:
                if not text:
                    raise InputError("marked; now type the thickness of every step")
                marks = WedgeMarks(points[0], points[1], thicknesses_mm("Thickness", text))
                task = Task((picture, marks), lambda: marks.measured(picture))
            except InputError as error:
                self._problem = str(error)
        self.measurement.want(task)
        if settled:
            self._pause.start()
        self.refresh()

    def key(self) -> Hashable:
        """Picture, marks, thicknesses and the name of the cement."""
        return self.measurement.wanted, self.cement.text().strip()

    def finding(self) -> Finding | None:
        """The density, where it is current."""
        found = self.measurement.value
        if not isinstance(found, MeasuredDensity):
            return None
        cement, (low, high) = self.cement.text().strip(), found.valid_mm
        words = f"{found.density.method}, {low:g} to {high:g} mm"
        return Finding(self.key(), words, lambda made: found.part(made, cement))

    def refresh(self) -> None:
        """Say what was found, or why nothing was."""
        found, standing = self.measurement.value, self.measurement.standing
        words = {
            Standing.READY: "measuring…",
            Standing.MEASURING: "measuring…",
            Standing.OUTDATED: "outdated: marks or thicknesses have changed since it was measured",
            Standing.REFUSED: f"refused: {self.measurement.refusal}",
        }.get(standing, "not marked")
        if isinstance(found, MeasuredDensity):
            words = "\n".join(found.lines)
        self.said.setText(self._problem or words)
        set_role(self.said, "refused" if standing is Standing.REFUSED else "soft")
        super().refresh()
