"""The window of the wizard: source, steps, picture, page; what is saved and what is asked before closing."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QApplication,
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from calibration.picture import MOST_FRAMES, average_of
from calibration.profile import DistortionPart
from calibration.summary import PARTS, AnyPart, mismatches
from monitor.errors import InputError
from recordings.open import open_source
from ui.language import translated
from ui.qt import start_application
from ui.wizard.density_page import DensityPage
from ui.wizard.distortion_page import DistortionPage
from ui.wizard.latency_page import LatencyPage
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, label, set_role, style_sheet
from ui.wizard.page import Kept, Loaded, Page
from ui.wizard.picture_panel import PicturePanel
from ui.wizard.rail import Rail
from ui.wizard.review_page import ReviewPage
from ui.wizard.room_page import RoomPage
from ui.wizard.scale_page import ScalePage
from ui.wizard.source_bar import SourceBar
from ui.wizard.worker import Worker
from ui.worded import Button, tell

_TITLE = "CementWatch calibration. Research and training software, not a medical device"
_USUAL_FRAMES = 16
_STEPS_LARGE, _STEPS_SMALL = (256, 500), (196, 390)
"""Widths of the steps and of the page (px), for large and small letters."""


class WizardWindow(QWidget):
    """Everything in one window. Nothing is written before `save`.

    Parameters
    ----------
    source : str or None
        To begin with.
    profile : Path or None
    room : str
    frame_rate_hz : float or None
        Of a folder of images.
    """

    def __init__(
        self,
        source: str | None = None,
        profile: Path | None = None,
        *,
        room: str = "",
        frame_rate_hz: float | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(translated(_TITLE))
        self.fits, self._loads = Worker(self), Worker(self)
        self._saved: dict[str, tuple[Path | None, Kept]] = {}
        self._font_px = 0
        self.bar = SourceBar(
            self._loads, partial(_look, frame_rate_hz), brand="CALIBRATION", frames=_USUAL_FRAMES,
            most_frames=MOST_FRAMES,
        )  # fmt: skip
        self.room = RoomPage(self.fits, profile, room)
        self.scale = ScalePage(self.fits)
        self.distortion = DistortionPage(self.fits, self._distortion_of_profile)
        self.density, self.latency = DensityPage(self.fits), LatencyPage(self.fits)
        self.review = ReviewPage(self.fits)
        self.pages: tuple[Page, ...] = (
            self.room, self.scale, self.distortion, self.density, self.latency, self.review,
        )  # fmt: skip
        self.rail, self.panel = Rail(self.pages), PicturePanel()
        self.view = self.panel.view
        self._lay_out()
        self._connect()
        self.go(0)
        if source is not None:
            self.bar.source.setText(source)
            self.bar.load()

    # what is shown

    @property
    def page(self) -> Page:
        """The page that is shown."""
        return self.pages[self._stack.currentIndex()]

    def go(self, number: int) -> None:
        """Show a page."""
        number = min(max(number, 0), len(self.pages) - 1)
        self._stack.setCurrentIndex(number)
        self.panel.setVisible(self.page is not self.review)
        self._side.setMaximumWidth(16777215 if self.page is self.review else self._page_width)
        if self.page.loaded is not None:  # pages may be on different pictures
            self.bar.source.setText(self.page.loaded.source)
            self.say(self.page.loaded.words)
        self._refresh()

    def show_loaded(self, loaded: Loaded, asker: object) -> None:
        """A picture was opened: for the page that asked, and for every other that nothing was done on yet."""
        for page in self.pages:
            untouched = page.kept is None and not page.book.can_undo
            if page is asker or untouched:
                page.show_loaded(loaded)
        self.say(loaded.words)
        self._refresh()

    def say(self, words: str, refused: bool = False) -> None:
        """A line at the bottom."""
        self.said.setText(words)
        self.said.setToolTip(words)
        set_role(self.said, "refused" if refused else "soft")

    # what is kept

    def unsaved(self) -> list[str]:
        """What would be lost if the window closed now."""
        lost = []
        for page in self.pages:
            if page.kept is not None and page.holds:
                if not self._is_saved(page.name, page.kept):
                    lost.append(f"{page.name} (kept, not saved)")
            elif page.kept is None and page.finding() is not None:
                lost.append(f"{page.name} (measured, not kept)")
        return lost

    def save(self) -> bool:
        """Write what was kept; ask for a file where there is none. Whether it was written."""
        path = self.room.profile_path()
        if path is None:
            chosen, _ = QFileDialog.getSaveFileName(
                self, translated("Save the profile as"), "room.json", translated("Profile (*.json)")
            )
            if not chosen:
                return False
            self.room.path.setText(chosen)
        parts = self._parts()
        try:
            into = self.room.room_profile()
            into.keep(**parts)
        except InputError as error:
            self.review.say(f"not saved: {error}", refused=True)
            return False
        for page in self.pages:
            if page.kept is not None and page.name in parts:
                self._saved[page.name] = into.path, page.kept
        self.room.refresh()
        self._refresh()
        unlike = list(mismatches(into.known()))
        saved = f"{', '.join(parts)} saved in {into.path}, until {into.made.valid_until:%Y-%m-%d}"
        self.review.say("; ".join([saved, *unlike]), refused=bool(unlike))
        return True

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask where something would be lost."""
        lost = self.unsaved()
        if event is not None and lost and not self._may_close(lost):
            event.ignore()
            return
        self.latency.stop()
        self.fits.close()
        self._loads.close(wait=False)  # a source that does not answer must not hold the window
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        self._size_letters()

    def _may_close(self, lost: list[str]) -> bool:
        asked = tell(self, "CementWatch calibration", ("Close without saving?",))
        asked.setInformativeText(translated(f"This would be lost: {', '.join(lost)}."))
        buttons = QMessageBox.StandardButton
        asked.setStandardButtons(buttons.Save | buttons.Discard | buttons.Cancel)
        asked.setDefaultButton(buttons.Cancel)
        if not self._parts():
            save = asked.button(buttons.Save)
            if save is not None:
                save.setEnabled(False)
        answer = asked.exec()
        if answer == buttons.Save:
            self.go(len(self.pages) - 1)
            return self.save()
        return answer == buttons.Discard

    def _kept(self) -> dict[str, Kept]:
        """What was kept and holds, by the name of the part."""
        return {page.name: page.kept for page in self.pages if page.kept is not None and page.holds}

    def _is_saved(self, name: str, one: Kept) -> bool:
        """Whether it was written to the profile that is named now."""
        path, saved = self._saved.get(name, (None, None))
        return saved is one and path == self.room.profile_path()

    def _parts(self) -> dict[str, AnyPart]:
        """What was kept, as parts with the stamp of this moment; empty where the stamp cannot be made."""
        kept = {name: one for name, one in self._kept().items() if not self._is_saved(name, one)}
        try:
            made = self.room.room_profile().made
        except InputError:
            return {}
        return {name: one.finding.part(made) for name, one in kept.items()}

    def _distortion_of_profile(self) -> DistortionPart | None:
        return self.room.room_profile().known().distortion

    # how it is put together

    def _lay_out(self) -> None:
        self._stack, self._side = QStackedWidget(), QFrame()
        for page in self.pages:
            self._stack.addWidget(page)
        side = QVBoxLayout(self._side)
        side.setContentsMargins(12, 10, 12, 10)
        side.addWidget(self._stack)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.rail)
        middle.addWidget(self.panel, 1)
        middle.addWidget(self._side, 1)
        foot = QFrame()
        foot.setProperty("role", "bar")
        self.said = label("", "soft")
        self.said.setObjectName("said")
        self.back, self.forward = Button("‹ Back"), Button("Next ›")
        line = QHBoxLayout(foot)
        line.setContentsMargins(14, 8, 14, 8)
        line.addWidget(self.said, 1)
        line.addWidget(self.back)
        line.addWidget(self.forward)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.bar)
        outer.addLayout(middle, 1)
        outer.addWidget(foot)
        self._page_width = _STEPS_SMALL[1]
        self.resize(1280, 720)
        self._size_letters()

    def _size_letters(self) -> None:
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        if font_px == self._font_px:
            return
        self._font_px = font_px
        self.setStyleSheet(style_sheet(font_px))
        steps, self._page_width = _STEPS_LARGE if large else _STEPS_SMALL
        self.rail.setFixedWidth(steps)
        self._side.setMinimumWidth(self._page_width)
        self._side.setMaximumWidth(16777215 if self.page is self.review else self._page_width)

    def _connect(self) -> None:
        self.bar.asker = lambda: self.page
        self.bar.opened.connect(self.show_loaded)
        self.bar.said.connect(self.say)
        self.rail.chosen.connect(self.go)
        self.back.clicked.connect(lambda: self.go(self._stack.currentIndex() - 1))
        self.forward.clicked.connect(lambda: self.go(self._stack.currentIndex() + 1))
        self.view.moved.connect(lambda: self._marks_changed(settled=False))
        self.view.settled.connect(lambda: self._marks_changed(settled=True))
        self.review.keep_button.clicked.connect(self.save)
        self.room.choose.clicked.connect(self._choose_profile)
        for page in self.pages:
            page.changed.connect(self._refresh)
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+Z": self.view.undo,
            "Ctrl+Shift+Z": self.view.redo,
            "Ctrl+Y": self.view.redo,
            "Ctrl+O": self.bar.choose_file,
            "Ctrl+S": self._save_by_key,
            "Ctrl+Return": self._keep_by_key,
            "Ctrl+PgUp": self.back.click,
            "Ctrl+PgDown": self.forward.click,
            "F2": self.view.setFocus,
            "F1": self.panel.keys.click,
        }
        keys |= {f"Ctrl+{number + 1}": partial(self.go, number) for number in range(len(self.pages))}
        for key, does in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(does)

    def _save_by_key(self) -> None:
        self.go(len(self.pages) - 1)
        if self.review.keep_button.isEnabled():
            self.save()

    def _keep_by_key(self) -> None:
        self.page.keep()

    def _choose_profile(self) -> None:
        chosen, _ = QFileDialog.getSaveFileName(
            self, translated("Profile of the room"), "room.json", translated("Profile (*.json)"),
            options=QFileDialog.Option.DontConfirmOverwrite,
        )  # fmt: skip
        if chosen:
            self.room.path.setText(chosen)

    def _marks_changed(self, *, settled: bool) -> None:
        self.page.marks_changed(settled=settled)
        self._refresh()

    def _refresh(self) -> None:
        page, number = self.page, self._stack.currentIndex()
        self.rail.show_pages(number)
        self.panel.show_page(page)
        self.back.setEnabled(number > 0)
        self.forward.setEnabled(number < len(self.pages) - 1)
        skipping = page.name in PARTS and not (page.kept is not None and page.holds)
        self.forward.setText("Skip ›" if skipping else "Next ›")
        if page is self.review:
            try:
                self.review.show_profile(self.room.room_profile(), self._parts(), self.pages)
            except InputError as error:
                self.review.show_nothing(str(error))


def _look(frame_rate_hz: float | None, spec: str, first: int, frames: int) -> Loaded:
    return Loaded(spec, average_of(open_source(spec, frame_rate_hz=frame_rate_hz), first, frames))


def run_wizard(
    source: str | None, profile: Path | None, *, room: str = "", frame_rate_hz: float | None = None
) -> int:
    """Show the window until it is closed; returns Qt's exit status."""
    start_application()
    window = WizardWindow(source, profile, room=room, frame_rate_hz=frame_rate_hz)
    window.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose)
    window.showMaximized()
    return QApplication.exec()
