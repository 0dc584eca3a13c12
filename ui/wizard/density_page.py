"""Fourth page: what cement of known thickness adds to the picture."""

from __future__ import annotations

from collections.abc import Hashable

from PyQt6.QtCore import QTimer

from calibration.density_marks import CylinderMarks, MeasuredDensity, WedgeMarks, lengths_mm
from calibration.shapes import Shapes
from monitor.errors import InputError
from ui.wizard.book import Points, Tool
from ui.wizard.look import choice, field, form, label, set_role
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.page import Finding, Page
from ui.wizard.worker import Worker

_WEDGE = Tool("wedge", ("first step", "last step"))
_KINDS = ("steps of a wedge", "lying cylinders")
_ASKED = ("Thickness (mm)", "Diameters (mm)")
_PAUSE_MS = 150


class DensityPage(Page):
    """A list of thicknesses and the ends of a wedge, or a list of diameters and each cylinder."""

    name = "density"
    title = "Density"
    instruction = (
        "Lay the very cement over what attenuates like a patient and average 16 frames. First type how thick "
        "the pieces are, in their order; then click the middle of the first and of the last step, or each "
        "lying cylinder in that order."
    )
    keep_words = "Keep this density"

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.measurement = Measurement(worker, self)
        rows = form()
        self.thickness, self.cement = field("1,2,4,8,16"), field("name, optional")
        self.kind, self._asked = choice(_KINDS), label(_ASKED[0], one_line=True)
        self._asked.setBuddy(self.thickness)
        rows.add("&What", self.kind)
        rows.addRow(self._asked, self.thickness)
        rows.add("&Cement", self.cement)
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
        self.kind.currentIndexChanged.connect(lambda: self.marks_changed(settled=True))
        self.cement.textChanged.connect(self.refresh)
        self.measurement.changed.connect(self.refresh)
        self.refresh()

    def tool(self) -> Tool | None:
        """The two ends of the wedge, or as many cylinders as there are diameters; None: none are typed."""
        if not self._lying:
            return _WEDGE
        try:
            diameters = self._lengths()
        except InputError:
            return None
        # marks belong to one list: a cylinder more is another tool
        return Tool(f"{len(diameters)} cylinders", tuple(f"{mm:g} mm" for mm in diameters))

    def shapes(self) -> Shapes:
        """The steps that were found."""
        found = self.measurement.value
        return found.found if isinstance(found, MeasuredDensity) else Shapes()

    def marks_changed(self, *, settled: bool) -> None:
        """Whatever was measured before is outdated; measure once the marks stay."""
        task, self._problem = None, ""
        self._asked.setText(_ASKED[self._lying])
        tool = self.tool()
        points = None if tool is None else self.book.whole(tool)
        if self.loaded is not None and (points is not None or self.thickness.text().strip()):
            picture = self.loaded.picture
            try:
                lengths = self._lengths()
                if points is not None:
                    marks = self._marks(points, lengths)
                    task = Task((picture, marks), lambda: marks.measured(picture))
            except InputError as error:
                self._problem = str(error)
        self.measurement.want(task)
        if settled:
            self._pause.start()
        self.refresh()

    @property
    def _lying(self) -> bool:
        return self.kind.currentIndex() == 1

    def _lengths(self) -> tuple[float, ...]:
        text = self.thickness.text().strip()
        if not text:
            raise InputError(f"type the {_ASKED[self._lying].lower()} of all pieces, as 1,2,4,8")
        return lengths_mm(_ASKED[self._lying], text)

    def _marks(self, points: Points, lengths: tuple[float, ...]) -> WedgeMarks | CylinderMarks:
        return CylinderMarks(points, lengths) if self._lying else WedgeMarks(points[0], points[1], lengths)

    def key(self) -> Hashable:
        """Picture, marks, thicknesses and the name of the cement."""
        return self.measurement.wanted, self.cement.text().strip()

    def finding(self) -> Finding | None:
        """The density, where it is current."""
        found = self.measurement.value
        if not isinstance(found, MeasuredDensity):
            return None
        cement = self.cement.text().strip()
        words = found.fit.density.method
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
