"""Which picture to work on: typed, or chosen; read away from the window."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFileDialog, QFrame, QHBoxLayout

from ui.language import translated
from ui.wizard.look import count, field, label
from ui.wizard.worker import Worker, words_of
from ui.worded import Button


class SourceBar(QFrame):
    """A line of a source and what to average of it.

    `opened` carries what `look` returned and what `asker` gave when it was asked for; `said` what goes on,
    and whether it went wrong.

    Parameters
    ----------
    worker : Worker
    look : callable
        From a source, the first frame and a number of frames to a picture; called on another thread.
    brand : str
        What the window is for.
    frames, most_frames : int
        How many frames are usual, and possible.
    """

    opened = pyqtSignal(object, object)
    said = pyqtSignal(str, bool)

    def __init__(
        self,
        worker: Worker,
        look: Callable[[str, int, int], object],
        *,
        brand: str,
        frames: int,
        most_frames: int,
    ) -> None:
        super().__init__()
        self._worker, self._look = worker, look
        self._asked = 0
        self.asker: Callable[[], object] = lambda: None
        self.setProperty("role", "bar")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 8, 14, 8)
        layout.addWidget(label(brand, "brand", one_line=True))
        layout.addSpacing(10)
        self.source = field("a file or folder, device:0, rtsp://…, simulated:quiet")
        self.source.setAccessibleName("source")
        self.file, self.folder, self.open = (
            Button("&File…"),
            Button("Fol&der…"),
            Button("&Open"),
        )
        self.first, self.frames = count(0, 1_000_000, 0), count(1, most_frames, frames)
        for spin in (self.first, self.frames):
            spin.setFixedWidth(64)
        for widget in (self.source, self.file, self.folder):
            layout.addWidget(widget, 1 if widget is self.source else 0)
        for words, spin in (("mean of", self.frames), ("frames from", self.first)):
            layout.addWidget(label(words, "faint", one_line=True))
            layout.addWidget(spin)
        layout.addWidget(self.open)
        self.source.returnPressed.connect(self.load)
        self.open.clicked.connect(self.load)
        self.file.clicked.connect(self.choose_file)
        self.folder.clicked.connect(self.choose_folder)

    def choose_file(self) -> None:
        """Ask for a file and open it."""
        chosen, _ = QFileDialog.getOpenFileName(self, translated("Picture or run"))
        self._take(chosen)

    def choose_folder(self) -> None:
        """Ask for a folder of images, of DICOM files, or of a session."""
        self._take(QFileDialog.getExistingDirectory(self, translated("Folder")))

    def load(self) -> None:
        """Open what is typed; what was asked for before and has not come yet is dropped."""
        spec = self.source.text().strip()
        if not spec:
            self.said.emit("type a source, or choose a file or a folder", True)
            return
        self._asked += 1
        whom = self.asker()
        asked, first, frames = self._asked, self.first.value(), self.frames.value()
        self.said.emit(f"opening {spec}…", False)

        def work() -> object:
            return self._look(spec, first, frames)

        def then(outcome: object) -> None:
            if asked != self._asked:
                return
            if isinstance(outcome, Exception):
                self.said.emit(words_of(outcome), True)
            else:
                self.opened.emit(outcome, whom)

        self._worker.submit(work, then)

    def _take(self, chosen: str) -> None:
        if chosen:
            self.source.setText(chosen)
            self.load()
