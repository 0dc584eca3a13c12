"""The start window: a live picture of the source on the left, what the session needs on the right."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt, QTimer
from PyQt6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from calibration.readiness import known_scale, scale_in_words
from monitor.config import Config
from monitor.errors import InputError
from monitor.sources.base import FrameSource
from monitor.sources.capture_list import CaptureDevice, capture_devices
from recordings.open import open_source
from recordings.room import Free, free_bytes
from recordings.simulated.settings import SCENARIOS
from ui.capture_list import spec_for
from ui.language import translated
from ui.start.choice import begun, can_mark, new_plan_path, proposed_session
from ui.start.disk import DiskSeen
from ui.start.filled import Filled
from ui.start.foot import Foot
from ui.start.form import Form
from ui.start.from_worklist import FromWorklist
from ui.start.handover import Begun, Wanted
from ui.start.missing import Draft, missing, missing_for_marking
from ui.start.picture import PreviewView
from ui.start.rooms import Room, read_rooms, room_of, rooms_path, write_rooms
from ui.start.scheduled import Listed, Question
from ui.start.watched_source import WatchedSource
from ui.start.words import brand_words, plan_words, polarity_words
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, set_role, style_sheet
from ui.wizard.worker import Worker

_LOOK_MS = 33
_FORM_LARGE_PX, _FORM_SMALL_PX = 690, 520
_FIRST_ROOM = "room 1"

_TITLE, _STANDING = "CementWatch start", "Research and training software, not a medical device"


class StartWindow(QWidget):
    """Asks; nothing is written before `start` but the marks of a simulated procedure.

    Parameters
    ----------
    wanted : Wanted
        What was typed already.
    config : Config
        With the clocks of brands of cement.
    rooms : Path or None
        File of what is remembered; None: where it belongs.
    open_as : callable
        Gives the source of a name and a frame rate.
    devices : callable
        Lists the capture devices.
    free : callable
        Gives the space left where a folder lies or will lie (bytes).
    ask : callable or None
        Gives what a worklist server answers; None: it does.
    """

    def __init__(
        self,
        wanted: Wanted | None = None,
        config: Config | None = None,
        *,
        rooms: Path | None = None,
        open_as: Callable[[str, float | None], FrameSource] | None = None,
        devices: Callable[[], tuple[CaptureDevice, ...]] = capture_devices,
        free: Free = free_bytes,
        ask: Callable[[Question], Listed] | None = None,
    ) -> None:
        super().__init__()
        self.setWindowTitle(translated(f"{_TITLE}. {_STANDING}"))
        self.begun: Begun | None = None
        self._config, self._devices = config or Config(), devices
        self._now = datetime.now()
        self._rooms_path = rooms or rooms_path()
        self._remembered = read_rooms(self._rooms_path, self._now)
        self._font_px = 0
        self._work = Worker(self)
        self.source = WatchedSource(open_as or _open, self._work)
        self.form, self.view = Form(), PreviewView()
        self.scheduled = FromWorklist(self, self.form, ask)
        self.filled = Filled(self.form, self.source, self.scheduled)
        self.disk = DiskSeen(self._work, self._config, self.refresh, free)
        self._lay_out()
        self._connect()
        self._fill_in(wanted or Wanted())
        self.look_for_devices()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.look)
        self._timer.start(_LOOK_MS)
        self.refresh()
        if wanted is not None and wanted.worklist is not None:
            QTimer.singleShot(0, partial(self.scheduled.show, wanted.accession, wanted.step))

    # the source

    def load(self) -> None:
        """Open what is typed as the source. What was said of another one, and its plan, hold no longer."""
        spec = self.filled.spec
        if spec != self.source.spec and self.source.spec:
            self._say_of_image(Room(""))
            self.form.plan.clear()
        self._open()

    def _open(self) -> None:
        try:
            rate_hz = self.filled.rate_hz()
        except InputError:  # told as what is missing
            rate_hz = None
        self.foot.say(self._remembered.words, refused=True)
        self.source.open(self.filled.spec, rate_hz)

    def look(self) -> None:
        """Take over what the preview has seen since."""
        self.source.look()
        seen = self.source.seen
        self.view.show_seen(seen, time.monotonic_ns(), self.source.spec)
        shown = f": {self.source.spec}" if seen.frame is not None else ""
        self.setWindowTitle(translated(f"{_TITLE}{shown}. {_STANDING}"))

    def look_for_devices(self) -> None:
        """List the capture devices again."""
        self._list_sources(())
        self._work.submit(self._devices, self._take_devices)

    def _take_devices(self, found: object) -> None:
        if isinstance(found, tuple):
            self._list_sources(found)
            if not self.form.source.currentText() and len(found) == 1:
                self._choose_source(f"device:{found[0].index}")

    def _list_sources(self, devices: tuple[CaptureDevice, ...]) -> None:
        entries = []
        for device in devices:
            exact = spec_for(device)
            specs = [f"device:{device.index}"] + ([] if exact is None else [exact])
            entries += [(f"{spec}   {device.name}", spec) for spec in specs]
        rooms = [room.source for room in self._remembered.rooms if room.source]
        entries += [(spec, spec) for spec in dict.fromkeys(rooms) if spec not in {e[1] for e in entries}]
        entries += [
            (f"simulated:{name}   trial: {what}", f"simulated:{name}") for name, what in SCENARIOS.items()
        ]
        self.form.offer(self.form.source, entries)

    def _choose_source(self, spec: str) -> None:
        self.form.source.setEditText(spec)
        self.load()

    # what is shown

    def refresh(self) -> None:
        """Say what there is, and what is missing."""
        form, info, filled = self.form, self.source.seen.info, self.filled
        draft = self._draft()
        lacking = missing(draft)
        self.foot.show_missing(lacking)
        form.mark.setVisible(can_mark())
        form.mark.setEnabled(not missing_for_marking(draft))
        form.polarity_words.setText(polarity_words(info, filled.polarity))
        plan = draft.plan
        form.brand_words.setText(brand_words(self._config, filled.brand, None if plan is None else plan.plan))
        words, refused = plan_words(plan, opened=bool(form.plan.text().strip()))
        form.plan_words.setText(words)
        form.plan_words.setToolTip(words)
        set_role(form.plan_words, "refused" if refused else "faint")
        self._show_crop()
        self._show_scale()
        self.scheduled.refresh()
        words, scarce = self.disk.words(info)
        form.session_words.setText(words)
        form.session_words.setVisible(bool(words))
        set_role(form.session_words, "refused" if scarce else "faint")
        for widget in (form.rate, form.rate_name):
            widget.setVisible(info is not None and info.kind == "images")

    def _draft(self) -> Draft:
        """All that decides whether a monitor can start."""
        self.disk.look(self.filled.session_path)
        draft = self.filled.draft()
        problem = self.disk.problem
        return replace(draft, problems=(*draft.problems, problem)) if problem else draft

    def _show_crop(self) -> None:
        try:
            crop = self.filled.crop()
        except InputError:
            crop = None
        found = self.source.proposal
        self.view.show_crop(crop, None if found is None else found.crop)
        self.form.take.setVisible(found is not None and found.crop != crop)
        if found is not None:
            self.form.take.setText(f"&Take the {found.shape} image found")
            self.form.take.setToolTip(f"left, top, columns, rows: {found.crop}")

    def _show_scale(self) -> None:
        info, words = self.source.seen.info, ""
        lines: tuple[str, ...] = ()
        try:
            if info is not None:
                scale, lines = known_scale(info, self.filled.profile())
                words = lines[-1] if scale is None else scale_in_words(scale)
        except InputError as error:
            words = str(error)
        self.form.scale_words.setText(words)
        self.form.scale_words.setToolTip("\n".join(lines))

    # the end

    def start(self, *, mark_now: bool = False) -> None:
        """Hand over what was chosen and close; nothing while anything is missing."""
        draft, info = self._draft(), self.source.seen.info
        if info is None or (missing_for_marking(draft) if mark_now else missing(draft)):
            self.refresh()
            return
        choice = self.filled.choice(info, mark_now=mark_now)
        told = ""
        name = self.form.room.currentText().strip()
        if name and self._remembered.replaceable:
            told = write_rooms(self._rooms_path, self._remembered.used(room_of(name, choice)))
        self.begun = begun(choice, new_plan_path(Path.home(), datetime.now()), (told,) if told else ())
        self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Let the source go."""
        self._timer.stop()
        self._work.close(wait=False)
        self.scheduled.close()
        self.source.close()
        super().closeEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:  # noqa: N802 - Qt's name
        """Enter opens a source that was typed, presses a button, or starts."""
        if event is None or event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
            return
        focused = self.focusWidget()
        seen = self.source.seen
        if self.filled.spec != self.source.spec or (seen.info is None and seen.problem):
            self.load()
        elif isinstance(focused, QPushButton) and focused is not self.foot.start:
            focused.click()
        else:
            self.start()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        if font_px != self._font_px:
            self._font_px = font_px
            self.setStyleSheet(style_sheet(font_px))
            self.form.setFixedWidth(_FORM_LARGE_PX if large else _FORM_SMALL_PX)
            self.form.align()

    # how it is put together

    def _lay_out(self) -> None:
        self.foot = Foot()
        left = QVBoxLayout()
        left.setContentsMargins(10, 10, 0, 10)
        left.addWidget(self.view, 1)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(left, 1)
        middle.addWidget(self.form)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addLayout(middle, 1)
        outer.addWidget(self.foot)
        self.resize(1280, 720)

    def _connect(self) -> None:
        form = self.form
        form.edited.connect(self.refresh)
        self.source.changed.connect(self.refresh)
        self.source.failed.connect(partial(self.foot.say, refused=True))
        form.source.editTextChanged.connect(self.refresh)
        form.source.activated.connect(lambda at: self._choose_source(str(form.source.itemData(at))))
        form.room.activated.connect(lambda at: self._use_room(str(form.room.itemData(at))))
        form.file.clicked.connect(self._choose_file)
        form.folder.clicked.connect(self._choose_folder)
        form.again.clicked.connect(self.look_for_devices)
        form.take.clicked.connect(self._take_proposal)
        self.scheduled.chosen.connect(self.refresh)
        self.scheduled.chosen.connect(self.foot.start.setFocus)
        form.choose_profile.clicked.connect(partial(self._choose_into, "Profile of the room", form.profile))
        form.open_plan.clicked.connect(partial(self._choose_into, "Plan", form.plan))
        form.choose_session.clicked.connect(self._choose_session)
        form.mark.clicked.connect(lambda: self.start(mark_now=True))
        self.view.drawn.connect(lambda crop: form.crop.setText(str(crop)))
        self.foot.start.clicked.connect(lambda _: self.start())
        self.foot.cancel.clicked.connect(self.close)
        for key in ("Ctrl+Q", "Ctrl+W"):
            QShortcut(QKeySequence(key), self).activated.connect(self.close)

    def _fill_in(self, wanted: Wanted) -> None:
        form = self.form
        form.offer(form.room, [(room.name, room.name) for room in self._remembered.rooms])
        form.offer(form.brand, [(brand, brand) for brand in self._config.brands])
        form.room.setEditText(self._remembered.rooms[0].name if self._remembered.rooms else _FIRST_ROOM)
        form.session.setText(wanted.session or str(proposed_session(Path.home(), self._now)))
        room = self._remembered.rooms[0] if self._remembered.rooms else Room(_FIRST_ROOM)
        if wanted.source is not None and wanted.source != room.source:
            room = Room(room.name, brand=room.brand, profile=room.profile, worklist=room.worklist)
        self._take_room(
            Room(
                room.name,
                wanted.source or room.source,
                wanted.frame_rate or room.frame_rate_hz,
                wanted.polarity if wanted.polarity in ("cement-dark", "cement-bright") else room.polarity,  # type: ignore[arg-type]
                wanted.crop or room.crop,
                wanted.profile or room.profile,
                wanted.brand or room.brand,
                wanted.worklist or room.worklist,
            )
        )
        form.plan.setText(wanted.plan or "")
        self.foot.say(self._remembered.words or self.scheduled.problem, refused=True)
        (self.foot.start if form.source.currentText() else form.source).setFocus()

    def _use_room(self, name: str) -> None:
        room = self._remembered.room(name)
        if room is not None:
            self.form.room.setEditText(name)
            self._take_room(room)

    def _take_room(self, room: Room) -> None:
        form = self.form
        self._say_of_image(room)
        form.profile.setText(room.profile or "")
        form.brand.setEditText(room.brand or "")
        self.scheduled.address = room.worklist
        form.rate.setText("" if room.frame_rate_hz is None else f"{room.frame_rate_hz:g}")
        if room.source is not None:
            form.source.setEditText(room.source)
            self._open()

    def _say_of_image(self, room: Room) -> None:
        form = self.form
        form.dark.setChecked(room.polarity == "cement-dark")
        form.bright.setChecked(room.polarity == "cement-bright")
        form.crop.setText(room.crop or "")

    def _take_proposal(self) -> None:
        if self.source.proposal is not None:
            self.form.crop.setText(str(self.source.proposal.crop))

    def _choose_file(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, translated("Run or picture to monitor"))
        if chosen:
            self._choose_source(chosen)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(
            self, translated("Folder of images, of DICOM files, or a session")
        )
        if chosen:
            self._choose_source(chosen)

    def _choose_into(self, title: str, line: QLineEdit) -> None:
        chosen, _ = QFileDialog.getOpenFileName(
            self, translated(title), "", translated("JSON (*.json);;All files (*)")
        )
        if chosen:
            line.setText(chosen)

    def _choose_session(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, translated("Folder for the new session's folder"))
        if chosen:
            self.form.session.setText(str(Path(chosen) / proposed_session(Path(), self._now).name))


def _open(spec: str, rate_hz: float | None) -> FrameSource:
    return open_source(spec, frame_rate_hz=rate_hz)
