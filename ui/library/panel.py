"""What is known of the chosen session: picture, levels, leaks, alarms; tags and note can be changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent, QImage, QPixmap
from PyQt6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import InputError
from recordings.library import words
from recordings.library.row import LevelRow, Row
from recordings.library.tags import LONGEST_NOTE, Tags, tags_of
from ui.language import translated
from ui.wizard.look import field, label, set_role
from ui.worded import Button

_MOST_ALARM_LINES = 200
_MOST_LINES = 7
_PICTURE_SHARE = 0.3


@dataclass(frozen=True, slots=True)
class AlarmLine:
    """An alarm of the session: time from its start (s), priority, and what it said."""

    at_s: float
    priority: str
    message: str
    level: str | None

    @property
    def text(self) -> str:
        """``0:45  HIGH  L1: canal leak 12 mm²``, in the language of the windows."""
        said = translated(f"{self.level}: {self.message}" if self.level else self.message)
        return f"{words.duration_words(max(self.at_s, 0.0))}  {translated(self.priority.upper())}  {said}"


class _Note(QPlainTextEdit):
    """Tells when it is left."""

    left = pyqtSignal()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:  # noqa: N802 - Qt's name
        """It is left."""
        super().focusOutEvent(event)
        self.left.emit()


class _Picture(QLabel):
    """A picture as wide as its place, not higher than it is wide."""

    def __init__(self) -> None:
        super().__init__()
        self.image: QImage | None = None
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_image(self, image: QImage | None, side_px: int) -> None:
        """Show it, in a square of this size at most."""
        self.image = image
        if image is None:
            self.setPixmap(QPixmap())
            self.setFixedHeight(0)
            return
        size = image.size().scaled(QSize(side_px, side_px), Qt.AspectRatioMode.KeepAspectRatio)
        smooth = Qt.TransformationMode.SmoothTransformation
        self.setPixmap(QPixmap.fromImage(image).scaled(size, transformMode=smooth))
        self.setFixedHeight(size.height())


class Panel(QFrame):
    """Shows a row. `keep` is called with the folder of a session and its tags once they were changed.

    Parameters
    ----------
    keep : callable
    say : callable
        Told a line, and whether something was refused.
    """

    def __init__(self, keep: Callable[[str, Tags], None], say: Callable[[str, bool], None]) -> None:
        super().__init__()
        self._keep, self._say = keep, say
        self.row: Row | None = None
        self.picture = _Picture()
        self.title = self._plain("title")
        self.state = label("", "refused")
        self.who, self.levels = self._plain(""), self._plain("")
        self.leaks, self.about = label(), self._plain("soft")
        self.alarms = QListWidget()
        self.alarms.setAccessibleName(translated("alarms"))
        self.tags = field("tags, with commas between")
        self.tags.setAccessibleName(translated("tags"))
        self.note = _Note()
        self.note.setPlaceholderText(translated("note"))
        self.note.setAccessibleName(translated("note"))
        self.note.setTabChangesFocus(True)
        self.path = self._plain("faint")
        self.open, self.show_folder, self.delete = Button("Open"), Button("Show folder"), Button("Delete…")
        self.open.setProperty("role", "main")
        self._lay_out()
        self.tags.editingFinished.connect(self.keep)
        self.note.left.connect(self.keep)
        self.show_row(None, None, Path())

    def show_row(self, row: Row | None, image: QImage | None, root: Path) -> None:
        """Show a session; None: none is chosen. What was typed for the one before is kept first."""
        if self.row is not None and (row is None or row.folder != self.row.folder):
            self.keep()
        fresh = row is None or self.row is None or row.folder != self.row.folder
        self.row = row
        self._inner.setVisible(row is not None)
        for button in (self.open, self.show_folder, self.delete):
            button.setEnabled(row is not None)
        if row is None:
            return
        self.show_image(image)
        self.open.setEnabled(bool(row.facts.frames))
        self.delete.setEnabled(row.state != "recording now")
        self.title.setText(translated(words.when_words(row)) or row.name)
        self.state.setText("" if row.state == "complete" else _state_words(row))
        self.state.setVisible(row.state != "complete" or bool(row.problems))
        if row.problems:
            self.state.setText("; ".join([*([] if row.state == "complete" else [row.state]), *row.problems]))
        set_role(self.state, "kept" if row.state == "recording now" else "refused")
        who = ((row.patient_name, row.patient_id), (row.description, row.operator))
        lines = ["  ·  ".join(text for text in line if text) for line in who]
        self.who.setText("\n".join(line for line in lines if line))
        self.who.setVisible(bool(self.who.text()))
        self.levels.setText("\n".join(map(level_words, row.facts.levels)))
        self.levels.setVisible(bool(row.facts.levels))
        self.leaks.setText(_leaks(row))
        self.leaks.setVisible(row.state != "broken")
        self.about.setText(_about(row))
        self.path.setText(str(root / row.folder))
        if fresh:
            self.alarms.clear()
            self._size_alarms()
            self.tags.setText(", ".join(row.tags))
            self.note.setPlainText(row.note)

    def show_image(self, image: QImage | None) -> None:
        """Show the picture of the session."""
        self.picture.show_image(image, max(80, min(self.width() - 48, round(_PICTURE_SHARE * self.height()))))

    def fit(self) -> None:
        """The size of the window, or of its letters, has changed."""
        self._size_alarms()
        self.show_image(self.picture.image)

    def show_alarms(self, folder: str, lines: list[AlarmLine]) -> None:
        """Show the alarms of a session, if it is still the one that is shown."""
        if self.row is None or self.row.folder != folder:
            return
        self.alarms.clear()
        self.alarms.addItems([line.text for line in lines[:_MOST_ALARM_LINES]])
        for number in range(self.alarms.count()):
            item = self.alarms.item(number)
            if item is not None:
                item.setToolTip(item.text())
        self._size_alarms()

    def keep(self) -> None:
        """Hand on what was typed, where it differs; what cannot be kept is said, and stays as typed."""
        row = self.row
        if row is None:
            return
        try:
            tags = Tags(tags_of(self.tags.text()), self.note.toPlainText().strip())
            if len(tags.note) > LONGEST_NOTE:
                raise InputError(f"note: at most {LONGEST_NOTE} characters are kept, not {len(tags.note)}")
        except InputError as error:
            self._say(str(error), True)
            return
        if (tags.tags, tags.note) != (row.tags, row.note):
            self._keep(row.folder, tags)

    @staticmethod
    def _plain(role: str) -> QLabel:
        """Words that somebody typed, or names: they are not translated."""
        made = QLabel()
        made.setTextFormat(Qt.TextFormat.PlainText)
        made.setWordWrap(True)
        made.setProperty("role", role)
        made.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        made.setSizePolicy(policy)
        return made

    def _size_alarms(self) -> None:
        """As high as its lines, within bounds; not there where there are none."""
        count = self.alarms.count()
        self.alarms.setVisible(count > 0)
        self._alarm_title.setVisible(count > 0)
        self.alarms.ensurePolished()
        line_px = self.alarms.fontMetrics().height() + 2
        self.alarms.setFixedHeight(min(count, _MOST_LINES) * line_px + 10)

    def _lay_out(self) -> None:
        self._alarm_title = label("ALARMS", "faint")
        self._inner = QWidget()
        inner = QVBoxLayout(self._inner)
        inner.setContentsMargins(14, 10, 14, 8)
        inner.setSpacing(6)
        for widget in (
            self.picture, self.title, self.state, self.who, self.levels, self.leaks, self._alarm_title,
            self.alarms, label("TAGS AND NOTE", "faint"), self.tags, self.note, self.about, self.path,
        ):  # fmt: skip
            inner.addWidget(widget)
        self.note.setFixedHeight(76)
        inner.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(self._inner)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(14, 6, 14, 10)
        buttons.setSpacing(8)
        buttons.addWidget(self.open, 1)
        buttons.addWidget(self.show_folder)
        buttons.addWidget(self.delete)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(area, 1)
        outer.addLayout(buttons)


def level_words(level: LevelRow) -> str:
    """``L1: 3.9 ± 0.4 mL; planned 4.0 mL``."""
    volume = "volume not known"
    if level.volume_ml is not None:
        sd = "" if level.volume_sd_ml is None else f" ± {level.volume_sd_ml:.1f}"
        volume = f"{level.volume_ml:.1f}{sd} mL"
    planned = "" if level.planned_ml is None else f"; planned {level.planned_ml:.1f} mL"
    return f"{level.name}: {'; '.join(translated(part) for part in (volume + planned).split('; '))}"


def _leaks(row: Row) -> str:
    if row.facts.leaks is None:
        return words.leak_words(row)
    lines = [f"leaks: {words.leak_words(row)}", f"highest alarm: {words.alarm_words(row)}"]
    if row.facts.watched_share is not None:
        lines.append(f"watched {100 * row.facts.watched_share:.0f} % of the time")
    return "\n".join(lines)


def _state_words(row: Row) -> str:
    return {"cut": "cut: not closed in order", "recording now": "recording now"}.get(row.state, row.state)


def _about(row: Row) -> str:
    facts = row.facts
    frames = "" if facts.frames is None else "1 frame" if facts.frames == 1 else f"{facts.frames} frames"
    missing = f"{facts.missing} missing" if facts.missing else ""
    length = words.duration_words(facts.duration_s)
    made = f"software {row.software_version}" if row.software_version else ""
    parts = (
        [length, frames, missing, words.size_words(row.size_bytes)],
        [words.source_words(row), row.source_words or ""],
        [made],
    )
    lines = ("  ·  ".join(translated(part) for part in line if part) for line in parts)
    return "\n".join(line for line in lines if line)
