"""Second page: millimetres per pixel, by as many ways as there are, and whether they agree."""

from __future__ import annotations

from collections.abc import Hashable

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QButtonGroup, QPushButton

from calibration.conditions import conditions_of
from calibration.profile import ScalePart
from calibration.scale import ScaleEstimate
from calibration.scale_choice import chosen_scale
from calibration.shapes import Shapes
from monitor.errors import CalibrationError
from ui.wizard.book import Tool
from ui.wizard.look import label, set_role
from ui.wizard.measurement import Standing
from ui.wizard.page import Finding, Page
from ui.wizard.scale_ways import HeaderWay, MarkedWay, marked_ways
from ui.wizard.worker import Worker
from ui.worded import Button

_PAUSE_MS = 150
_PENDING = (Standing.READY, Standing.MEASURING, Standing.OUTDATED)


class ScalePage(Page):
    """Ways are listed with what became of each; the chosen one can be marked on the picture."""

    name = "scale"
    title = "Scale"
    instruction = (
        "Millimetres per pixel at the spine. Take one way or several: what agrees is combined, what "
        "contradicts is said and cannot be kept."
    )
    keep_words = "Keep this scale"

    def __init__(self, worker: Worker) -> None:
        super().__init__(worker)
        self.header = HeaderWay()
        self.ways = marked_ways(worker)
        self._group = QButtonGroup(self)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._measure)
        box = self.box()
        box.setSpacing(2)
        self.buttons: list[QPushButton] = []
        for number in range(1 + len(self.ways)):
            button = Button()
            button.setCheckable(True)
            button.setProperty("role", "way")
            self._group.addButton(button, number)
            self.buttons.append(button)
            box.addWidget(button)
        for marked in self.ways:
            marked.changed.connect(self._way_changed)
        self.header.changed.connect(self.refresh)
        self._group.idToggled.connect(self._choose)
        together = self.box()
        self.value = label("", "value", one_line=True)
        self.said = label("", "soft")
        together.addWidget(self.value)
        together.addWidget(self.said)
        for detail in self._all():
            detail.hide()
            self.content.addWidget(detail)
        self.content.addStretch(1)
        self.buttons[0].setChecked(True)
        self.refresh()

    def tool(self) -> Tool | None:
        """Of the chosen way."""
        number = self._group.checkedId()
        return self.ways[number - 1].tool if number > 0 else None

    def shapes(self) -> Shapes:
        """Of every way that is current."""
        return sum((way.found.found for way in self.ways if way.found is not None), Shapes())

    def marks_changed(self, *, settled: bool) -> None:
        """Whatever was measured between other marks is outdated at once; measure once they stay."""
        picture = None if self.loaded is None else self.loaded.picture
        for way in self.ways:
            way.look(self.book, picture)
        self.header.look(picture)
        if settled:
            self._pause.start()
        self.refresh()

    def key(self) -> Hashable:
        """Picture, marks, what was typed, and what the header is taken to say."""
        picture = None if self.loaded is None else self.loaded.picture
        header = self.header.header if self.header.used.isChecked() else None
        return picture, tuple(way.measurement.wanted for way in self.ways), header

    def finding(self) -> Finding | None:
        """What the ways give together, where they agree and none is being measured."""
        taken, _ = self._together()
        if taken is None or self.loaded is None:
            return None
        conditions = conditions_of(self.loaded.picture.info)
        words = f"{taken.mm_per_px:.4f} mm per pixel, {taken.method}"
        return Finding(self.key(), words, lambda made: ScalePart.of(taken, made, conditions))

    def refresh(self) -> None:
        """Say what became of every way and of all together."""
        for button, way in zip(self.buttons, self._all(), strict=True):
            button.setText(f"{way.title}:  {way.summary}")
        taken, words = self._together()
        if taken is None:
            self.value.setText("no scale yet")
        else:
            low, high = taken.interval_mm_per_px
            self.value.setText(f"{taken.mm_per_px:.4f} mm per pixel")
            words = "\n".join(
                (f"{low:.4f} to {high:.4f} (95 %), {taken.method}", *([words] if words else []))
            )
        self.said.setText(words)
        set_role(self.said, "refused" if words.startswith("conflict") else "soft")
        super().refresh()

    def _all(self) -> tuple[HeaderWay | MarkedWay, ...]:
        return (self.header, *self.ways)

    def _together(self) -> tuple[ScaleEstimate | None, str]:
        """What is taken, None where nothing is; and what is to be said of it."""
        if self.loaded is None:
            return None, "open a picture first"
        if any(way.measurement.standing in _PENDING for way in self.ways):
            return None, "measuring…"
        found = tuple(way.found.estimate for way in self.ways if way.found is not None)
        refused = [way.title.lower() for way in self.ways if way.measurement.standing is Standing.REFUSED]
        try:
            taken = chosen_scale(found, self.header.header, with_header=self.header.used.isChecked())
        except CalibrationError as error:
            return None, f"conflict: {error}"
        if refused:
            return taken, f"left out, since refused: {', '.join(refused)}"
        return taken, "" if taken is not None else "choose a way above"

    def _choose(self, number: int, is_on: bool) -> None:
        self._all()[number].setVisible(is_on)
        if is_on:
            self.refresh()

    def _way_changed(self) -> None:
        picture = None if self.loaded is None else self.loaded.picture
        for way in self.ways:
            way.look(self.book, picture)
        if any(way.measurement.standing in (Standing.READY, Standing.OUTDATED) for way in self.ways):
            self._pause.start()
        self.refresh()

    def _measure(self) -> None:
        for way in self.ways:
            way.measurement.start()
