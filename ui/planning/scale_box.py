"""The scale of a view: what the header states, a cannula of known gauge, or what is typed."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QVBoxLayout

from calibration.gauges import OUTER_DIAMETER_MM, outer_diameter_mm
from calibration.picture import Picture
from calibration.planning.cannula import MarkedCannula, possible_gauges, scale_by
from calibration.planning.draft import LevelDraft, ViewDraft
from calibration.profile import Profile
from calibration.readiness import known_scale
from calibration.scale import HeaderScale, ScaleEstimate, scale_from_header
from calibration.scale_choice import chosen_scale
from monitor.errors import CementWatchError, InputError
from monitor.plan import Scale
from ui.language import translated
from ui.planning.hand import PlanHand
from ui.wizard.look import choice, field, form, label, number_in, set_role
from ui.worded import Button, CheckBox

TYPED_RELATIVE_SD = 0.05
"""What is typed without saying how it is known."""
_NOT_SAID = ""


class ScaleBox(QFrame):
    """Shows and changes the scale of a hand's view. `changed` is emitted after each change."""

    changed = pyqtSignal()

    def __init__(self, hand: PlanHand, profile: Profile | None = None) -> None:
        super().__init__()
        self.setProperty("role", "box")
        self._hand, self._profile = hand, profile
        self._header = HeaderScale()
        self._showing = False
        self.now = label("no scale yet", "value")
        self.why, self.said = label("", "faint"), label("", "refused")
        self.mark = Button("Mark cannula  (C)")
        self.gauge = choice((_NOT_SAID, *OUTER_DIAMETER_MM))
        self.gauge.setEditable(True)
        self.gauge.setCompleter(None)
        self.typed = field("mm per pixel")
        self.with_header = CheckBox("take the header too")
        self.with_header.setChecked(True)
        rows = form()
        rows.add("Its gauge", self.gauge)
        rows.add("Or typed", self.typed)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        layout.addWidget(self.now)
        layout.addWidget(self.why)
        layout.addWidget(self.mark)
        layout.addLayout(rows)
        layout.addWidget(self.with_header)
        layout.addWidget(self.said)
        line = self.gauge.lineEdit()
        assert line is not None, "an editable box has a line"
        line.setPlaceholderText(translated("choose, or type mm"))
        line.editingFinished.connect(self._measure)
        self.gauge.textActivated.connect(self._measure)
        self.typed.editingFinished.connect(self._type)
        self.with_header.toggled.connect(self._measure)
        hand.cannula_found = self._cannula_found
        hand.diameter_mm = self.diameter_mm

    def take_picture(self, picture: Picture, *, fresh: bool) -> None:
        """Take a picture's header into account; `fresh`: no scale was known before."""
        self._header = scale_from_header(picture.info.geometry)
        if fresh:
            scale, words = known_scale(picture.info, self._profile)
            if scale is not None:
                self._hand.drag_view(replace(self._hand.view, scale=scale))
            elif words:
                self._say(words[-1])

    def diameter_mm(self) -> float | None:
        """Outer diameter of the gauge that is said (mm); None where none is."""
        try:
            return outer_diameter_mm(self.gauge.currentText()) if self.gauge.currentText().strip() else None
        except CementWatchError:
            return None

    def show_view(self, view: ViewDraft) -> None:
        """Show the scale as it is."""
        self._showing = True
        scale = view.scale
        if scale is None:
            self.now.setText("no scale yet")
        else:
            self.now.setText(f"{scale.mm_per_px:.4f} mm/px  ± {196 * scale.relative_uncertainty:.1f} %")
        found = self._hand.marked.get(view.name)
        lines = [] if scale is None else [scale.method]
        if found is not None:
            lines.append(f"cannula {found.width_px:.2f} ± {1.96 * found.width_sd_px:.2f} px wide")
        lines += [*self._header.conflicts]
        self.why.setText("\n".join(lines))
        self.with_header.setEnabled(self._header.best is not None)
        self._showing = False

    def _cannula_found(self, marked: MarkedCannula) -> None:
        """Propose a gauge where a scale is known; measure where one was said already."""
        if self.diameter_mm() is not None:
            self._measure()
            return
        scale = self._hand.view.scale
        rough = self._header.best
        if scale is not None:
            rough = ScaleEstimate(scale.mm_per_px, max(scale.relative_uncertainty, 0.01), scale.method)
        gauges = () if rough is None else possible_gauges(marked, rough)
        if gauges:
            self._say(f"by its width {' or '.join(gauges)}: choose the gauge and the scale becomes sharper")
        elif rough is not None:
            self._say("no gauge fits this width at the scale that is known: check both")
        else:
            self._say("now say the gauge of this cannula")
        self._hand.problem = ""

    def _measure(self, *_: object) -> None:
        if self._showing:
            return
        picture, view = self._hand.picture, self._hand.view
        marked = self._hand.marked.get(view.name)
        try:
            text = self.gauge.currentText().strip()
            if not text:
                return
            diameter_mm = outer_diameter_mm(text)
            if marked is None or picture is None:
                self._say("mark the cannula: C, then two clicks along its shaft")
                return
            estimate = scale_by(picture, marked, diameter_mm)
            taken = chosen_scale((estimate,), self._header, with_header=self.with_header.isChecked())
        except CementWatchError as error:
            self._say(str(error))
            return
        self._say("")
        tubes = tuple(replace_diameter(level, marked, diameter_mm) for level in view.levels)
        self._hand.put_view(replace(view, levels=tubes))
        self._take(taken)
        self.changed.emit()

    def _type(self) -> None:
        if self._showing or not self.typed.text().strip():
            return
        try:
            value = number_in(self.typed, "mm per pixel")
            if value is None or value > 5:
                raise InputError(f"{value} mm per pixel: no fluoroscopy is so coarse")
        except InputError as error:
            self._say(str(error))
            return
        self._say("")
        self._hand.put_view(replace(self._hand.view, scale=Scale(value, TYPED_RELATIVE_SD, "typed")))
        self.changed.emit()

    def _take(self, estimate: ScaleEstimate | None) -> None:
        view = self._hand.view
        if estimate is not None and estimate.scale != view.scale:
            self._hand.put_view(replace(view, scale=estimate.scale))

    def _say(self, words: str) -> None:
        self.said.setText(words)
        set_role(self.said, "refused")
        self.said.setVisible(bool(words))


def replace_diameter(level: LevelDraft, marked: MarkedCannula, diameter_mm: float) -> LevelDraft:
    """A level whose cannula, where it is the marked one, is of this diameter."""
    tubes = tuple(
        msgspec.structs.replace(tube, outer_diameter_mm=diameter_mm) if tube.path == marked.path else tube
        for tube in level.cannulas
    )
    return replace(level, cannulas=tubes) if tubes != level.cannulas else level
