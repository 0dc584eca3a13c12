"""The ways to a scale: what to mark, what to type, and what became of it."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from calibration.gauges import OUTER_DIAMETER_MM
from calibration.picture import Picture
from calibration.scale import HeaderScale, ScaleEstimate, SpineDepth, scale_from_header
from calibration.scale_choice import Console
from calibration.scale_marks import BallMarks, CannulaMarks, LengthMarks, MarkedScale, RulerMarks, ScaleMarks
from monitor.errors import InputError
from ui.language import translated
from ui.wizard.book import MarkBook, Points, Tool
from ui.wizard.look import choice, field, form, label, number_in, set_role
from ui.wizard.measurement import Measurement, Standing, Task
from ui.wizard.worker import Worker
from ui.worded import CheckBox


def in_words(estimate: ScaleEstimate) -> str:
    """A scale in a few words."""
    return f"{estimate.mm_per_px:.4f} mm/px ± {196 * estimate.relative_sd:.1f} %"


class MarkedWay(QWidget):
    """A way that needs marks and one thing to be typed.

    Parameters
    ----------
    tool : Tool
    title, instruction : str
    asked, hint : str
        What has to be typed.
    marks_of : callable
        The marks for `calibration.scale_marks`, from the points and what was typed.
    gauges : bool
        Whether what is typed is a gauge, chosen from a list.
    """

    changed = pyqtSignal()

    def __init__(
        self,
        worker: Worker,
        tool: Tool,
        title: str,
        instruction: str,
        asked: str,
        marks_of: Callable[[Points, QLineEdit], ScaleMarks | None],
        hint: str = "mm",
        *,
        gauges: bool = False,
    ) -> None:
        super().__init__()
        self.tool, self.title, self._asked, self._marks_of = tool, title, asked, marks_of
        self.measurement = Measurement(worker, self)
        self.measurement.changed.connect(self._tell)
        self._problem = ""
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(label(instruction, "soft"))
        rows = form()
        self.typed, shown = _gauge_field() if gauges else _plain_field(hint)
        rows.add(asked, shown)
        layout.addLayout(rows)
        self.said = label("", "soft")
        layout.addWidget(self.said)
        self.typed.textChanged.connect(self.changed)

    def look(self, book: MarkBook, picture: Picture | None) -> None:
        """Take the marks and what was typed into account."""
        self._problem, task = "", None
        points = book.whole(self.tool)
        if picture is not None and points is not None:
            try:
                marks = self._marks_of(points, self.typed)
            except InputError as error:
                self._problem = str(error)
            else:
                if marks is None:
                    self._problem = f"marked; now say: {self._asked.lower()}"
                else:
                    task = Task((picture, marks), lambda: marks.measured(picture))
        self.measurement.want(task)
        self._say()

    @property
    def found(self) -> MarkedScale | None:
        """What was measured, where it is current."""
        value = self.measurement.value
        return value if isinstance(value, MarkedScale) else None

    @property
    def summary(self) -> str:
        """What became of it, in a few words."""
        if self._problem:
            return "incomplete"
        found = self.found
        if found is not None:
            return in_words(found.estimate)
        standing = self.measurement.standing
        return "not marked" if standing is Standing.EMPTY else standing.value

    def _tell(self) -> None:
        self._say()
        self.changed.emit()

    def _say(self) -> None:
        found, standing = self.found, self.measurement.standing
        words, role = "", "soft"
        if self._problem:
            words = self._problem
        elif found is not None:
            words = "\n".join(found.estimate.reasoning)
        elif standing is Standing.REFUSED:
            words, role = f"refused: {self.measurement.refusal}", "refused"
        elif standing is Standing.OUTDATED:
            words = "outdated: the marks or the value have changed since it was measured"
        elif standing is Standing.MEASURING:
            words = "measuring…"
        self.said.setText(words)
        set_role(self.said, role)


class HeaderWay(QWidget):
    """What the header states, completed by what the operator reads off the console."""

    changed = pyqtSignal()
    title = "Header, console"

    def __init__(self) -> None:
        super().__init__()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        self.used = CheckBox("take what the header and the console state")
        self.used.setChecked(True)
        layout.addWidget(
            label(
                "Nothing to mark. What the header does not state, read off the C-arm's console. Say how much "
                "nearer to the detector than the isocentre the spine lies, and how sure that is.",
                "soft",
            )
        )
        layout.addWidget(self.used)
        self.said = label("", "soft")
        layout.addWidget(self.said)
        rows = form()
        self.spacing, self.sid, self.sod = field("mm"), field("mm"), field("mm")
        self.nearer, self.nearer_sd = field("mm", "0"), field("mm", "40")
        for words, edit in (
            ("Detector pixel", self.spacing),
            ("Source to detector", self.sid),
            ("Source to patient", self.sod),
            ("Spine nearer by", self.nearer),
            ("give or take (1 SD)", self.nearer_sd),
        ):
            rows.add(words, edit)
            edit.textChanged.connect(self._edited)
        self.used.toggled.connect(self._edited)
        layout.addLayout(rows)
        self.header = HeaderScale()
        self.problem = ""
        self._picture: Picture | None = None

    def look(self, picture: Picture | None) -> None:
        """Take a picture's header into account."""
        self._picture = picture
        self.header, self.problem = HeaderScale(), ""
        if picture is not None:
            geometry = picture.info.geometry
            for edit, stated in (
                (self.spacing, geometry.imager_pixel_spacing_mm),
                (self.sid, geometry.distance_source_to_detector_mm),
                (self.sod, geometry.distance_source_to_patient_mm),
            ):
                edit.setEnabled(stated is None)
                edit.setPlaceholderText("mm" if stated is None else "stated by the header")
            try:
                self.header = scale_from_header(self._console().completed(geometry), self._depth())
            except InputError as error:
                self.problem = str(error)
        lines: list[str] = []
        for estimate in self.header.estimates:
            lines += [f"{estimate.method}:", *estimate.reasoning]
        lines += [*self.header.conflicts, *self.header.unusable]
        if picture is not None and not lines and not self.problem:
            lines.append(
                "what the header states gives no scale: type what the console shows, or mark an object"
            )
        self.said.setText(self.problem or "\n".join(lines))
        set_role(self.said, "refused" if self.problem or self.header.conflicts else "soft")

    @property
    def summary(self) -> str:
        """What became of it, in a few words."""
        if self.problem:
            return "refused"
        if not self.used.isChecked():
            return "left out"
        if self.header.conflicts:
            return "contradicts itself"
        best = self.header.best
        return "states no scale" if best is None else in_words(best)

    def _console(self) -> Console:
        fields = (self.spacing, self.sid, self.sod)
        names = ("Detector pixel", "Source to detector", "Source to patient")
        # what the header states is not asked for: a field that is off says nothing
        given = [number_in(e, n) if e.isEnabled() else None for e, n in zip(fields, names, strict=True)]
        return Console(given[0], given[1], given[2], names)

    def _depth(self) -> SpineDepth:
        text = self.nearer.text().strip().replace(",", ".") or "0"
        try:
            offset_mm = float(text)
        except ValueError:
            offset_mm = float("nan")
        if not abs(offset_mm) < 1000:
            raise InputError(f"Spine nearer by: {text!r} is no length in mm")
        sd_mm = number_in(self.nearer_sd, "give or take")
        if sd_mm is None:
            raise InputError("give or take: say how sure the depth is (40 mm: nothing is known)")
        return SpineDepth(offset_mm, sd_mm)

    def _edited(self) -> None:
        self.look(self._picture)
        self.changed.emit()


def marked_ways(worker: Worker) -> tuple[MarkedWay, ...]:
    """All ways that need marks."""
    return (
        MarkedWay(
            worker,
            Tool("cannula", ("1", "2")),
            "Cannula",
            "Click two points along the straight part of the shaft, far apart, each on the shaft. Its "
            "edges are found between them.",
            "Gauge",
            _cannula,
            gauges=True,
        ),
        MarkedWay(
            worker,
            Tool("ball", ("ball",)),
            "Ball",
            "Put a steel or lead ball at the height of the spine and click within its shadow.",
            "Diameter (mm)",
            _ball,
        ),
        MarkedWay(
            worker,
            Tool("ruler", ("first", "last")),
            "Ruler",
            "Lay a radiopaque ruler at the height of the spine, square to the beam. Click its first and its "
            "last mark.",
            "Mark to mark (mm)",
            _ruler,
        ),
        MarkedWay(
            worker,
            Tool("length", ("1", "2")),
            "Known length",
            "Click both ends of something of known length at the height of the spine, square to the beam.",
            "Length (mm)",
            _length,
        ),
    )


def _cannula(points: Points, typed: QLineEdit) -> ScaleMarks | None:
    gauge = typed.text().strip()
    return CannulaMarks(points[0], points[1], gauge) if gauge else None


def _ball(points: Points, typed: QLineEdit) -> ScaleMarks | None:
    mm = number_in(typed, "Diameter")
    return None if mm is None else BallMarks(points[0], mm)


def _ruler(points: Points, typed: QLineEdit) -> ScaleMarks | None:
    mm = number_in(typed, "Mark to mark")
    return None if mm is None else RulerMarks(points[0], points[1], mm)


def _length(points: Points, typed: QLineEdit) -> ScaleMarks | None:
    mm = number_in(typed, "Length")
    return None if mm is None else LengthMarks(points[0], points[1], mm)


def _plain_field(hint: str) -> tuple[QLineEdit, QWidget]:
    edit = field(hint)
    return edit, edit


def _gauge_field() -> tuple[QLineEdit, QWidget]:
    """Gauges to choose from; what a maker states can be typed in mm."""
    chosen = choice(tuple(OUTER_DIAMETER_MM))
    chosen.setEditable(True)
    chosen.setCompleter(None)  # a gauge that nobody typed must not be completed
    chosen.setCurrentIndex(-1)
    edit = chosen.lineEdit()
    assert edit is not None, "an editable box has a line to type in"
    edit.setPlaceholderText(translated("choose, or type mm"))
    return edit, chosen
