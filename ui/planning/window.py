"""The planning window: source, picture, levels and scale; what is saved, and what is asked before closing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtGui import QCloseEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import (
    QFileDialog,
    QFrame,
    QHBoxLayout,
    QMessageBox,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from calibration.planning.draft import Draft, ViewDraft, draft_of
from calibration.planning.still_picture import MOST_FRAMES, USUAL_FRAMES, StillPicture, still_picture_of
from calibration.profile import Profile
from calibration.whole_file import write_whole
from monitor.errors import CementWatchError, PlanError
from monitor.plan import ImageSize, Plan, Polarity, check_fits, plan_to_json, read_plan
from monitor.plan_image import encode_reference
from monitor.polarity import taken_as
from monitor.sources.cropped import Crop, cropped
from recordings.open import open_source
from ui.language import translated
from ui.planning.hand import PlanHand
from ui.planning.keys import show_keys
from ui.planning.levels_box import LevelsBox
from ui.planning.scale_box import ScaleBox
from ui.planning.tools import Tool
from ui.planning.view import PlanView
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, label, set_role, style_sheet
from ui.wizard.source_bar import SourceBar
from ui.wizard.worker import Worker
from ui.worded import Button

STANDING = "Research and training software, not a medical device"
_TITLE = "CementWatch planning"
ANOTHER_PICTURE = "the levels were marked on another picture: check every outline, then Enter"
_SIDE_LARGE_PX, _SIDE_SMALL_PX = 470, 350
_VIEWS = (("lateral", "lateral"), ("ap", "ap"))


class PlanWindow(QWidget):
    """Marks a plan. `result` is the plan that was saved last.

    Parameters
    ----------
    out : Path or None
        Where the plan is written; what is there already is gone on with. None: it is asked for.
    source : str or None
        To begin with.
    frame_rate_hz : float or None
        Of a folder of images.
    polarity : str or None
        How cement looks, as the operator said; kept with the views.
    crop : Crop or None
        Part of the frames that is the image.
    profile : Profile or None
        Calibration of the room: its scale, where the header has none.
    accept_words : str
        What the button that saves and closes says.
    """

    def __init__(
        self,
        out: Path | None = None,
        source: str | None = None,
        *,
        frame_rate_hz: float | None = None,
        polarity: Polarity | None = None,
        crop: Crop | None = None,
        profile: Profile | None = None,
        accept_words: str = "Save and close",
    ) -> None:
        super().__init__()
        self.setWindowTitle(translated(f"{_TITLE}. {STANDING}"))
        self.hand = PlanHand()
        self._out, self._polarity, self._frame_rate_hz, self._crop = out, polarity, frame_rate_hz, crop
        self._worker = Worker(self)
        self._font_px = 0
        self.result: Plan | None = None
        self.bar = SourceBar(
            self._worker, self._look, brand="PLAN", frames=USUAL_FRAMES, most_frames=MOST_FRAMES
        )
        self.view = PlanView(self.hand)
        self.levels, self.scale = LevelsBox(self.hand), ScaleBox(self.hand, profile)
        self._saved = self.hand.history.now
        self._lay_out(accept_words)
        self._connect()
        if out is not None and out.exists():
            self.hand.history.now = self._saved = draft_of(read_plan(out))
        self.refresh()
        self.view.setFocus()
        if source is not None:
            self.bar.source.setText(source)
            self.bar.load()

    # what is shown

    def show_picture(self, spec: str, still: StillPicture) -> None:
        """Mark on a picture that was read."""
        hand, view = self.hand, self.hand.view
        picture = still.picture
        rows, columns = picture.stored.shape
        size = ImageSize(rows, columns)
        if view.levels and view.image is not None and view.image != size:
            self.say(
                f"the {view.name} levels were marked on {view.image.columns} x {view.image.rows} px, "
                f"this is {columns} x {rows}: remove them first", refused=True,
            )  # fmt: skip
            return
        hand.take_picture(picture)
        fresh = view.scale is None
        drawn = replace(
            view, image=size, reference_frame=still.frame, reference_png=encode_reference(still.pixels),
            polarity=self._polarity or view.polarity,
        )  # fmt: skip
        elsewhere = bool(view.levels) and drawn.reference_png != view.reference_png
        if elsewhere:  # the spine may lie a few millimetres beside the marks
            drawn = replace(drawn, levels=tuple(replace(one, confirmed=False) for one in drawn.levels))
        hand.history.begin(hand.history.now.with_view(hand.view_number, drawn))
        self.scale.take_picture(picture, fresh=fresh)
        self.view.show_picture(picture)
        self.setWindowTitle(translated(f"{_TITLE}: {spec}. {STANDING}"))
        frames = "1 frame" if picture.frames == 1 else f"mean of {picture.frames} frames that lie still"
        if elsewhere:
            self.say(ANOTHER_PICTURE, refused=True)
        else:
            self.say(f"{spec}: {columns} x {rows} px, frame {still.frame}, {frames}")
        self.refresh()

    def refresh(self) -> None:
        """Show everything as it is now."""
        hand = self.hand
        for number, button in enumerate(self.tabs):
            button.setChecked(_VIEWS[number][1] == hand.view.projection)
        self.view.show_picture(hand.picture)
        self.view.show_cursor()
        self.levels.show_view(hand.view)
        self.scale.show_view(hand.view)
        self.undo.setEnabled(hand.history.can_undo or bool(hand.clicks))
        self.redo.setEnabled(hand.history.can_redo)
        snapping = "" if hand.snapping else "   (snapping is off: S)"
        if hand.picture is None:
            words = (
                "open a source: a file or folder, device:0, an address, or simulated:twolevels for a trial"
            )
        else:
            words = f"{hand.wanted.sentence}{snapping}"
        self.instruction.setText(hand.problem or words)
        set_role(self.instruction, "refused" if hand.problem else "step")
        problems = self.problems()
        # one line, whatever is missing: the picture must not move
        self.missing.setText("; ".join(problems) if problems else "ready: nothing is missing")
        set_role(self.missing, "refused" if problems else "kept")
        self.accept.setEnabled(not problems)
        self.save_button.setEnabled(not problems)

    def problems(self) -> list[str]:
        """What keeps the plan from being written, in words; empty where nothing does."""
        draft = self.hand.history.now
        missing = list(draft.missing())
        if missing:
            return missing
        try:
            plan = self._without_pictures(draft).plan()
            for view in plan.views:
                if view.image is not None:
                    check_fits(view, view.image.rows, view.image.columns)
        except PlanError as error:
            return [str(error).removeprefix("plan: ")]
        return []

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line at the bottom."""
        self.said.setText(words)
        self.said.setToolTip(words)
        set_role(self.said, "refused" if refused else "soft")

    def go_to_view(self, number: int) -> None:
        """Mark the lateral (0) or the AP view (1)."""
        name, projection = _VIEWS[number]
        draft = self.hand.history.now
        where = next((k for k, view in enumerate(draft.views) if view.projection == projection), None)
        if where is None:
            where = len(draft.views)
            self.hand.history.now = replace(draft, views=(*draft.views, ViewDraft(name, projection)))  # type: ignore[arg-type]
        self.hand.go_to_view(where)
        self.refresh()

    # what is kept

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost if the window closed now."""
        return self.hand.history.now != self._saved and any(v.levels for v in self.hand.history.now.views)

    def save(self) -> bool:
        """Write the plan; ask for a file where there is none. Whether it was written."""
        problems = self.problems()
        if problems:
            self.say(problems[0], refused=True)
            return False
        if self._out is None:
            chosen, _ = QFileDialog.getSaveFileName(
                self, translated("Save the plan as"), "plan.json", translated("Plan (*.json)")
            )
            if not chosen:
                return False
            self._out = Path(chosen)
        draft = self.hand.history.now
        try:
            plan = draft.plan()
            self._out.parent.mkdir(parents=True, exist_ok=True)
            write_whole(self._out, plan_to_json(plan))
        except CementWatchError as error:
            self.say(str(error), refused=True)
            return False
        except OSError as error:
            self.say(f"{self._out}: cannot be written: {error.strerror or error}", refused=True)
            return False
        self._saved, self.result = draft, plan
        self.say(f"saved: {self._out}")
        return True

    def save_and_close(self) -> None:
        """Save, and close where that worked."""
        if self.save():
            self.close()

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Ask before marks are lost."""
        if event is None:
            return
        if self.unsaved and not self._lose_marks():
            event.ignore()
            return
        self._worker.close(wait=False)
        event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        self._size_letters()

    def _lose_marks(self) -> bool:
        asked = QMessageBox.question(
            self, translated("Not saved"), translated("The plan has changed and is not saved. Close anyway?")
        )
        return asked == QMessageBox.StandardButton.Yes

    @staticmethod
    def _without_pictures(draft: Draft) -> Draft:
        return replace(draft, views=tuple(replace(view, reference_png=None) for view in draft.views))

    def _look(self, spec: str, first: int, frames: int) -> tuple[str, StillPicture]:
        source = cropped(open_source(spec, frame_rate_hz=self._frame_rate_hz), self._crop)
        still = still_picture_of(source, first, frames)
        stated = taken_as(still.picture.info, self._polarity)
        return spec, replace(still, picture=replace(still.picture, info=stated))

    # how it is put together

    def _lay_out(self, accept_words: str) -> None:
        self.tabs = [Button("Lateral"), Button("AP")]
        tabs = QHBoxLayout()
        for button in self.tabs:
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            tabs.addWidget(button)
        tabs.addStretch(1)
        self.undo, self.redo, self.keys = Button("Undo"), Button("Redo"), Button("Keys")
        for button in (self.undo, self.redo, self.keys):
            tabs.addWidget(button)
        self.instruction = label("", "step")
        left = QVBoxLayout()
        left.setContentsMargins(10, 8, 0, 8)
        left.addLayout(tabs)
        left.addWidget(self.instruction)
        left.addWidget(self.view, 1)
        inner = QWidget()
        side = QVBoxLayout(inner)
        side.setContentsMargins(10, 4, 10, 4)
        side.setSpacing(4)
        side.addWidget(label("LEVELS", "faint"))
        side.addWidget(self.levels)
        side.addWidget(label("SCALE", "faint"))
        side.addWidget(self.scale)
        side.addStretch(1)
        self._side = QScrollArea()
        self._side.setWidgetResizable(True)
        self._side.setWidget(inner)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addLayout(left, 1)
        middle.addWidget(self._side)
        self.missing = label("", "refused", one_line=True)
        self.said = label("", "soft", one_line=True)
        for line in (self.missing, self.said):  # long words must not make the window wider
            line.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.save_button, self.accept = Button("Save"), Button(accept_words)
        self.accept.setProperty("role", "main")
        foot = QFrame()
        foot.setProperty("role", "bar")
        row = QHBoxLayout(foot)
        row.setContentsMargins(14, 8, 14, 8)
        words = QVBoxLayout()
        words.addWidget(self.missing)
        words.addWidget(self.said)
        row.addLayout(words, 1)
        row.addWidget(self.save_button)
        row.addWidget(self.accept)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(self.bar)
        outer.addLayout(middle, 1)
        outer.addWidget(foot)
        self.resize(1280, 720)
        self._size_letters()

    def _size_letters(self) -> None:
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        if font_px == self._font_px:
            return
        self._font_px = font_px
        self.setStyleSheet(style_sheet(font_px))
        self._side.setFixedWidth(_SIDE_LARGE_PX if large else _SIDE_SMALL_PX)

    def _connect(self) -> None:
        self.bar.opened.connect(lambda found, _: self.show_picture(*found))
        self.bar.said.connect(lambda words, refused: self.say(words, refused=refused))
        self.view.moved.connect(self.refresh)
        self.view.settled.connect(self._settled)
        self.levels.changed.connect(self.refresh)
        self.scale.changed.connect(self.refresh)
        self.scale.mark.clicked.connect(lambda: self._take_tool(Tool.CANNULA))
        self.undo.clicked.connect(self.view.undo)
        self.redo.clicked.connect(self.view.redo)
        self.keys.clicked.connect(partial(show_keys, self))
        self.save_button.clicked.connect(self.save)
        self.accept.clicked.connect(self.save_and_close)
        for number, button in enumerate(self.tabs):
            button.clicked.connect(partial(self.go_to_view, number))
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+Z": self.view.undo,
            "Ctrl+Y": self.view.redo,
            "Ctrl+Shift+Z": self.view.redo,
            "Ctrl+O": self.bar.choose_file,
            "Ctrl+S": self.save,
            "Ctrl+Return": self.save_and_close,
            "Ctrl+1": partial(self.go_to_view, 0),
            "Ctrl+2": partial(self.go_to_view, 1),
            "F1": partial(show_keys, self),
            "?": partial(show_keys, self),
            "F2": self.view.setFocus,
        }
        for key, does in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(does)

    def _settled(self) -> None:
        self.hand.settle()
        self.refresh()

    def _take_tool(self, tool: Tool) -> None:
        self.view.take_tool(tool)
        self.view.setFocus()
