"""What every page of the wizard has: words, inputs and results, marks of its own, and what was kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from calibration.picture import Picture
from calibration.profile import Stamp
from calibration.shapes import Shapes
from calibration.summary import AnyPart
from ui.wizard.book import MarkBook, Tool
from ui.wizard.look import label, set_role
from ui.wizard.worker import Worker
from ui.worded import Button


@dataclass(frozen=True, slots=True)
class Loaded:
    """A picture and what it was opened by."""

    source: str
    picture: Picture

    @property
    def name(self) -> str:
        """The last part of the source: a path may be long."""
        return self.source.rstrip("/").rpartition("/")[2] or self.source

    @property
    def words(self) -> str:
        """What it is, in a line."""
        p = self.picture
        left_out = f", {p.left_out} of another exposure left out" if p.left_out else ""
        frames = "1 frame" if p.frames == 1 else f"mean of {p.frames} frames"
        return f"{self.source}: {p.info.columns} x {p.info.rows} px, {frames}{left_out}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What could be kept: what it depends on, in how many words, and how it becomes a part of a profile."""

    key: Hashable
    words: str
    part: Callable[[Stamp], AnyPart]


@dataclass(frozen=True, slots=True)
class Kept:
    """What the operator accepted, and the picture that it was found in."""

    finding: Finding
    loaded: Loaded | None


class Page(QWidget):
    """One step. Subclasses fill `content` and say what is found now (`finding`) and depends on what (`key`).

    `changed` is emitted where something that the window shows has changed.
    """

    changed = pyqtSignal()
    name = ""
    title = ""
    step = ""
    instruction = ""
    keep_words = "Keep for the profile"

    def __init__(self, worker: Worker) -> None:
        super().__init__()
        self.worker = worker
        self.book = MarkBook()
        self.loaded: Loaded | None = None
        self.kept: Kept | None = None
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        inner = QWidget()
        self.content = QVBoxLayout(inner)
        self.content.setContentsMargins(2, 0, 10, 0)
        self.content.setSpacing(8)
        self._scroll.setWidget(inner)
        outer.addWidget(self._scroll, 1)
        self.content.addWidget(label(self.title, "title"))
        if self.instruction:
            self.content.addWidget(label(self.instruction, "soft"))
        self.kept_line = label("", "kept")
        self.keep_button = Button(self.keep_words)
        self.keep_button.setProperty("role", "main")
        self.keep_button.clicked.connect(self.keep)
        self._foot = QHBoxLayout()
        self._foot.addWidget(self.kept_line, 1)
        self._foot.addWidget(self.keep_button)
        outer.addLayout(self._foot)

    # what subclasses say

    def tool(self) -> Tool | None:
        """What can be marked now."""
        return None

    def shapes(self) -> Shapes:
        """What was found and still holds, on the picture shown."""
        return Shapes()

    def key(self) -> Hashable:
        """All that a finding would depend on as things are now."""
        return None

    def finding(self) -> Finding | None:
        """What could be kept now; None: nothing, or it is not current."""
        return None

    def marks_changed(self, *, settled: bool) -> None:
        """Marks have moved; `settled`: and stay there."""

    # what all have

    def show_loaded(self, loaded: Loaded | None) -> None:
        """Work on another picture: marks were those of the old one."""
        if loaded is not self.loaded:
            self.loaded = loaded
            self.book.clear()
            self.marks_changed(settled=True)
            self.refresh()

    @property
    def holds(self) -> bool:
        """Whether what was kept still is what the marks and inputs say.

        It also holds where another picture is shown: it was that of its own picture.
        """
        if self.kept is None:
            return False
        return self.kept.loaded is not self.loaded or self.kept.finding.key == self.key()

    def keep(self) -> None:
        """Accept what was found. Nothing that is not current can be accepted."""
        found = self.finding()
        if found is not None:
            self.kept = Kept(found, self.loaded)
            self.refresh()

    def status(self) -> str:
        """A word or two for the list of steps."""
        if self.kept is None:
            return "not done" if self.finding() is None else "measured, not kept"
        return "kept" if self.holds else "changed since"

    def refresh(self) -> None:
        """Say what is kept and whether anything can be, and tell the window."""
        found = self.finding()
        if self.kept is None:
            words, role = "nothing kept yet", "faint"
        elif self.holds:
            old = self.kept.loaded
            where = f", from {old.name}" if old is not None and old is not self.loaded else ""
            words, role = f"kept: {self.kept.finding.words}{where}", "kept"
        else:
            words, role = "changed since it was kept: not in the profile until kept again", "refused"
        self.kept_line.setText(words)
        set_role(self.kept_line, role)
        already = found is not None and self.kept is not None and found.key == self.kept.finding.key
        self.keep_button.setEnabled(found is not None and not already)
        self.changed.emit()

    def box(self) -> QVBoxLayout:
        """A framed place in the content."""
        frame = QFrame()
        frame.setProperty("role", "box")
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(10, 8, 10, 8)
        layout.setSpacing(6)
        self.content.addWidget(frame)
        return layout
