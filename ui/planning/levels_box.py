"""The levels of a view: a list, and the form of the one that is chosen."""

from __future__ import annotations

from dataclasses import replace

import msgspec
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QListWidget, QSizePolicy, QVBoxLayout

from calibration.planning.cannula import comes_from_the_front
from calibration.planning.draft import LevelDraft, ViewDraft
from calibration.planning.level_names import ORDER
from calibration.planning.marking import with_name
from calibration.planning.morphometry import Morphometry, measured
from monitor.errors import InputError, PlanError
from ui.language import translated
from ui.planning.hand import PlanHand
from ui.wizard.look import choice, field, form, label, number_in, set_role
from ui.worded import Button, CheckBox

_MOST_ROWS = 5
PATHOLOGIES = ("", "osteoporotic fracture", "metastasis", "myeloma", "haemangioma", "trauma")


class LevelsBox(QFrame):
    """Shows and changes the levels of a hand. `changed` is emitted after each change."""

    changed = pyqtSignal()

    def __init__(self, hand: PlanHand) -> None:
        super().__init__()
        self.setProperty("role", "box")
        self._hand = hand
        self._showing = False
        self.list = QListWidget()
        self.list.setAccessibleName("levels")
        self.name, self.pathology = choice(ORDER), choice(PATHOLOGIES)
        for box in (self.name, self.pathology):
            box.setEditable(True)
            box.setCompleter(None)
        self.volume = field("planned, mL")
        self.defect = CheckBox("posterior wall broken")
        self.measures, self.said = label("", "soft"), label("", "refused")
        self.again, self.remove = Button("Find edge again"), Button("Remove")
        rows = form()
        rows.add("Name", self.name)
        rows.add("Volume", self.volume)
        rows.add("Pathology", self.pathology)
        buttons = QHBoxLayout()
        buttons.addWidget(self.again)
        buttons.addWidget(self.remove)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        self.list.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        layout.addWidget(self.list)
        layout.addWidget(self.measures)
        layout.addLayout(rows)
        layout.addWidget(self.defect)
        layout.addLayout(buttons)
        layout.addWidget(self.said)
        self.list.currentRowChanged.connect(self._choose)
        self.name.textActivated.connect(self._rename)
        name_line, kind_line = self.name.lineEdit(), self.pathology.lineEdit()
        assert name_line is not None, "an editable box has a line"
        assert kind_line is not None, "an editable box has a line"
        name_line.editingFinished.connect(lambda: self._rename(self.name.currentText()))
        kind_line.editingFinished.connect(self._intend)
        self.pathology.textActivated.connect(self._intend)
        self.volume.editingFinished.connect(self._intend)
        self.defect.toggled.connect(self._intend)
        self.again.clicked.connect(self._find_again)
        self.remove.clicked.connect(self._remove)

    def show_view(self, view: ViewDraft) -> None:
        """Show the levels as they are."""
        self._showing = True
        lines = [translated(_line(view, level)) for level in view.levels]
        if [self._text(k) for k in range(self.list.count())] != lines:
            self.list.clear()
            self.list.addItems(lines)
        row_px = max(self.list.sizeHintForRow(0), self.fontMetrics().height() + 4)
        self.list.setFixedHeight(row_px * min(max(len(lines), 2), _MOST_ROWS) + 4)
        self.list.setCurrentRow(self._hand.level if view.levels else -1)
        level = self._level
        for widget in (self.name, self.volume, self.pathology, self.defect, self.again, self.remove):
            widget.setEnabled(level is not None)
        if level is not None:
            self.name.setCurrentText(level.name)
            planned_ml = level.intent.planned_volume_ml
            if not self.volume.hasFocus():
                self.volume.setText("" if planned_ml is None else f"{planned_ml:g}")
            self.pathology.setCurrentText(translated(level.intent.risk.pathology or ""))
            self.defect.setChecked(level.intent.risk.posterior_wall_defect)
            self.measures.setText(_measures(view, level))
        else:
            self.name.setCurrentText("")
            self.pathology.setCurrentText("")
            self.volume.setText("")
            self.defect.setChecked(False)
            self.measures.setText("")
        unseen = () if level is None else level.outline.unseen
        if level is not None and view.projection == "lateral" and _turned(level):
            self._say("the cannula comes from the front: is the back on the other side?")
        elif unseen:
            self._say("edge not seen, as drawn: " + ", ".join(side_in_words(view, side) for side in unseen))
        elif not self.said.property("kept"):
            self._say("")
        self.said.setProperty("kept", False)
        self._showing = False

    @property
    def _level(self) -> LevelDraft | None:
        levels = self._hand.view.levels
        return levels[self._hand.level] if levels else None

    def _text(self, row: int) -> str:
        item = self.list.item(row)
        return "" if item is None else item.text()

    def _choose(self, row: int) -> None:
        if not self._showing and row >= 0:
            self._hand.level, self._hand.chosen = row, None
            self.changed.emit()

    def _rename(self, text: str) -> None:
        level, name = self._level, text.strip()
        if self._showing or level is None or not name or name == level.name:
            return
        try:
            self._hand.put_view(with_name(self._hand.view, self._hand.level, name))
        except PlanError as error:
            self._say(str(error))
            self.said.setProperty("kept", True)
        self.changed.emit()

    def _intend(self, *_: object) -> None:
        level = self._level
        if self._showing or level is None:
            return
        try:
            planned_ml = number_in(self.volume, "Planned volume")
        except InputError as error:
            self._say(str(error))
            return
        risk = msgspec.structs.replace(
            level.intent.risk,
            posterior_wall_defect=self.defect.isChecked(),
            pathology=_pathology_of(self.pathology.currentText().strip()) or None,
        )
        intent = msgspec.structs.replace(level.intent, planned_volume_ml=planned_ml, risk=risk)
        if intent != level.intent:
            hand = self._hand
            hand.put_view(hand.view.with_level(hand.level, replace(level, intent=intent)))
            self.changed.emit()

    def _find_again(self) -> None:
        self._hand.find_again()
        self.changed.emit()

    def _remove(self) -> None:
        self._hand.chosen = None
        self._hand.remove()
        self.changed.emit()

    def _say(self, words: str) -> None:
        self.said.setText(words)
        set_role(self.said, "refused")
        self.said.setVisible(bool(words))


def _turned(level: LevelDraft) -> bool:
    return any(comes_from_the_front(tube.path, level.outline) for tube in level.cannulas)


def _pathology_of(shown: str) -> str:
    """The plan's word for one of the list in the language of the windows; anything else as it was typed.

    Rules go by the plan's words: they are the same whatever the window speaks.
    """
    return next((word for word in PATHOLOGIES if word and shown in (word, translated(word))), shown)


def side_in_words(view: ViewDraft, side: str) -> str:
    """A side of an outline as the operator calls it."""
    lateral = view.projection == "lateral"
    return {
        "upper": "upper endplate",
        "lower": "lower endplate",
        "first": "front wall" if lateral else "left wall",
        "second": "posterior wall" if lateral else "right wall",
    }[side]


def _line(view: ViewDraft, level: LevelDraft) -> str:
    more = [
        f"{len(level.cannulas)} cannula{'s' if len(level.cannulas) > 1 else ''}" if level.cannulas else "",
        f"{len(level.veins)} vein{'s' if len(level.veins) > 1 else ''}" if level.veins else "",
        "foramen" if level.foramen else "",
    ]
    name = f"{level.name}" if level.confirmed else f"{level.name}?  proposed"
    return "   ".join([name, *(words for words in more if words)])


def _measures(view: ViewDraft, level: LevelDraft) -> str:
    """Heights and wedge angle, live."""
    if view.projection != "lateral":
        return ""
    found = measured(level.outline.handles, view.scale)
    return heights_in_words(found)


def heights_in_words(found: Morphometry) -> str:
    """Heights in front, in the middle and behind, and the wedge angle, with what each is unsure by (1 SD)."""
    if found.anterior_mm is None or found.middle_mm is None or found.posterior_mm is None:
        heights = (
            f"heights to the back's: front {found.anterior_to_posterior:.2f}, "
            f"middle {found.middle_to_posterior:.2f}"
        )
    else:
        heights = (
            f"heights: front {found.anterior_mm:.1f}, middle {found.middle_mm:.1f}, "
            f"back {found.posterior_mm:.1f} mm (± {found.height_sd_mm:.1f})"
        )
    wedge_sd = "" if found.wedge_sd_deg is None else f" ± {found.wedge_sd_deg:.1f}"
    wedge = f"wedge {found.wedge_deg:.1f}{wedge_sd}°"
    return f"{heights}\n{wedge}{f': {found.words}' if found.words else ''}"
