"""The library's window: search, table, and what is known of the chosen session."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PyQt6.QtCore import QEvent, QObject, Qt, QTimer, QUrl
from PyQt6.QtGui import QCloseEvent, QDesktopServices, QKeyEvent, QKeySequence, QResizeEvent, QShortcut
from PyQt6.QtWidgets import QDialog, QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from monitor.errors import InputError
from recordings.library.cache import FactsCache, cache_path
from recordings.library.delete import Deleted, delete_session
from recordings.library.row import Row
from recordings.library.search import parse_query
from recordings.library.tags import Tags, write_tags
from recordings.library.words import size_words
from ui.language import translated
from ui.library.delete_box import DeleteBox
from ui.library.look import library_style
from ui.library.model import COLUMNS, FoundRows, RowsModel
from ui.library.panel import Panel
from ui.library.pictures import Pictures
from ui.library.reader import LibraryReader
from ui.library.table import SessionsTable
from ui.wizard.look import LARGE_FROM_LINES, LARGE_PX, SMALL_PX, field, label, set_role
from ui.wizard.worker import Worker, words_of
from ui.worded import Button, tell

_TITLE = "CementWatch library"
_FRESHEN_MS = 15_000
_DOWN = (Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter)
_PANEL_LARGE_PX, _PANEL_SMALL_PX = 500, 360
_HINT = "search: words, level:L1, leak:canal, date:2026-03, tag:teaching, volume>4"
_EMPTY = "no sessions below this folder: live --session records one, import makes one of a file"
_NOTHING = "nothing matches: Esc clears the search"
KEYS = (
    ("Enter", "open the chosen session in the replay"),
    ("Ctrl+F", "search: words, and level:L1 leak:canal date:2026-03 tag:teaching volume>4"),
    ("Esc", "clear the search; back to the table"),
    ("Down", "from the search into the table"),
    ("Ctrl+1 … Ctrl+8", "sort by a column, again: the other way"),
    ("F2", "tags of the chosen session"),
    ("F5", "read everything again"),
    ("Del", "delete the chosen session; its name has to be typed"),
    ("Tab", "to the next field"),
)


class LibraryWindow(QWidget):
    """Shows the sessions below a folder.

    Parameters
    ----------
    root : Path
    open_session : callable
        Opens a session's folder for whoever looks.
    query : str
        To begin with.
    cache : Path or None
        Where facts are remembered; None: below the user's cache folder.
    """

    def __init__(
        self, root: Path, open_session: Callable[[Path], None], query: str = "", cache: Path | None = None
    ) -> None:
        super().__init__()
        self.setWindowTitle(translated(_TITLE))
        self._root, self._open = root, open_session
        self._worker, self._painter = Worker(self), Worker(self)
        facts = FactsCache(cache_path(root) if cache is None else cache)
        self._reader = LibraryReader(root, facts, self._worker, self._take_some, self._take_all)
        self._pictures = Pictures(root, self._painter, self._picture_arrived)
        self._growing = False
        self._chosen: str | None = None
        self._first: str | None = None
        self._font_px = 0
        self.model = RowsModel(self._pictures.of, self)
        self.found = FoundRows(self.model, self)
        self.search = field(_HINT)
        self.table = SessionsTable(
            self.found,
            {
                Qt.Key.Key_Return: self.open_chosen,
                Qt.Key.Key_Enter: self.open_chosen,
                Qt.Key.Key_Delete: self.delete_chosen,
            },
        )
        self.panel = Panel(self._keep_tags, lambda words, refused: self.say(words, refused=refused))
        self._lay_out()
        self._connect()
        self.search.setText(query)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._freshen)
        self._timer.start(_FRESHEN_MS)
        self.read_again()
        self.table.setFocus()

    # what is shown

    @property
    def reading(self) -> bool:
        """Whether sessions are still being read."""
        return self._reader.reading

    def read_again(self) -> None:
        """Read every session below the folder; what has not changed is known already."""
        self.panel.keep()
        # the first time rows are shown as they come; later all at once, so that nothing jumps
        self._growing = not self.model.rows
        self._reader.read_all()
        self.refresh()

    def refresh(self) -> None:
        """Show how many there are, or why there are none."""
        shown, all_rows = self.found.rowCount(), len(self.model.rows)
        size = size_words(sum(row.size_bytes for row in self.found.shown()))
        if self.reading and not all_rows:
            self.count.setText("reading the sessions…")
        elif shown == all_rows:
            self.count.setText(f"{all_rows} sessions, {size}" if all_rows != 1 else f"1 session, {size}")
        else:
            self.count.setText(f"{shown} of {all_rows} sessions, {size}")
        silent = shown or self.reading
        self.table.say_nothing("" if silent else _NOTHING if all_rows else _EMPTY)

    def say(self, words: str, *, refused: bool = False) -> None:
        """A line at the bottom."""
        self.said.setText(words)
        self.said.setToolTip(words)
        set_role(self.said, "refused" if refused else "soft")

    @property
    def row(self) -> Row | None:
        """The session that is chosen."""
        return self.found.row_at(self.table.currentIndex())

    def choose(self, folder: str | None) -> None:
        """Choose a session by its folder, or the first that is shown."""
        shown = self.found.shown()
        number = next((k for k, row in enumerate(shown) if row.folder == folder), 0)
        if shown:
            self.table.setCurrentIndex(self.found.index(number, 0))
        self._show_chosen()

    # what is done

    def open_chosen(self) -> None:
        """Open the chosen session in the replay."""
        row = self.row
        if row is None:
            return
        if not row.facts.frames:
            self.say("there are no frames to replay", refused=True)
            return
        self.say(f"opening {row.folder}…")
        self._open(self._root / row.folder)

    def show_folder(self) -> None:
        """Show the folder of the chosen session in the system's own way."""
        row = self.row
        if row is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._root / row.folder)))

    def delete_chosen(self) -> None:
        """Delete the chosen session, after its name was typed."""
        row = self.row
        if row is None or row.state == "recording now":
            return
        folder = self._root / row.folder
        box = DeleteBox(self, row, folder.resolve().name)
        if box.exec() == QDialog.DialogCode.Accepted:
            self._worker.submit(lambda: delete_session(folder), partial(self._deleted, row.folder))

    def closeEvent(self, event: QCloseEvent | None) -> None:  # noqa: N802 - Qt's name
        """Keep what was typed, and what is known of the sessions."""
        self.panel.keep()
        self._timer.stop()
        self._painter.close(wait=False)
        self._reader.save()
        self._worker.close(drop=False)
        if event is not None:
            event.accept()

    def resizeEvent(self, event: QResizeEvent | None) -> None:  # noqa: N802 - Qt's name
        """Letters as large as the window allows."""
        super().resizeEvent(event)
        self._size_letters()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:  # noqa: N802 - Qt's name
        """From the search into the table."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in _DOWN:
            self.table.setFocus()
            return True
        return super().eventFilter(watched, event)

    # what comes

    def _take_some(self, rows: list[Row]) -> None:
        if self._growing:
            self.model.add(rows)
            if self._chosen is None:
                self.choose(None)
                self._first = self._chosen
        self.refresh()

    def _take_all(self, rows: list[Row] | Exception) -> None:
        if isinstance(rows, Exception):
            self.say(words_of(rows), refused=True)
        elif not self._growing:
            chosen = self._chosen
            self.model.clear()
            self.model.add(rows)
            self._chosen = chosen
        self._growing = False
        # nobody has chosen yet: the topmost of all
        self.choose(None if self._chosen == self._first else self._chosen)
        self._first = None
        self.refresh()

    def _freshen(self) -> None:
        """Read again what is being recorded now."""
        for row in self.model.rows:
            if row.state == "recording now":
                self._reader.read_one(row.folder, self._take_row)

    def _take_row(self, came: object) -> None:
        if isinstance(came, Row):
            self.model.replace(came)
            if came.folder == self._chosen:
                self.panel.show_row(came, self._pictures.of(came), self._root)
            self.refresh()

    def _picture_arrived(self, folder: str) -> None:
        self.model.picture_arrived(folder)
        row = self.row
        if row is not None and row.folder == folder:
            self.panel.show_image(self._pictures.of(row))

    def _keep_tags(self, folder: str, tags: Tags) -> None:
        self._worker.submit(lambda: write_tags(self._root / folder, tags), partial(self._kept, folder))

    def _kept(self, folder: str, done: object) -> None:
        if isinstance(done, Exception):
            self.say(words_of(done), refused=True)
            return
        self.say(f"{folder}: tags and note are kept")
        self._reader.read_one(folder, self._take_row)

    def _deleted(self, folder: str, done: object) -> None:
        if not isinstance(done, Deleted):
            self.say(words_of(done) if isinstance(done, Exception) else "", refused=True)
            return
        self.panel.row = None  # its tags went with it
        self._pictures.forget(folder)
        self.model.remove(folder)
        left = f"; left, since they are no part of it: {', '.join(done.left)}" if done.left else ""
        self.say(f"{folder}: deleted, {size_words(done.freed_bytes)} freed{left}")
        self.choose(self._chosen)
        self.refresh()

    def _show_chosen(self) -> None:
        row = self.row
        fresh = row is not None and (self.panel.row is None or self.panel.row.folder != row.folder)
        self.panel.show_row(row, None if row is None else self._pictures.of(row), self._root)
        if row is None:
            return
        self._chosen = row.folder
        if fresh and row.facts.monitored:
            self._reader.read_alarms(row.folder, partial(self._take_alarms, row.folder))

    def _take_alarms(self, folder: str, came: object) -> None:
        if isinstance(came, list):
            self.panel.show_alarms(folder, came)

    def _look_for(self, text: str) -> None:
        """Find as it is typed; a query that is not understood leaves what was found."""
        try:
            query = parse_query(text)
        except InputError as error:
            self.say(str(error), refused=True)
            return
        self.say("")
        chosen = self._chosen
        self.found.look_for(query)
        self.choose(chosen)
        self.refresh()

    def _clear_search(self) -> None:
        self.search.clear()
        self.table.setFocus()

    def _show_keys(self) -> None:
        tell(self, "Keys", (f"{key}: {translated(does)}" for key, does in KEYS)).exec()

    # how it is put together

    def _lay_out(self) -> None:
        head = QFrame()
        head.setProperty("role", "bar")
        row = QHBoxLayout(head)
        row.setContentsMargins(14, 8, 14, 8)
        self.keys, self.again = Button("Keys"), Button("Read again")
        self.search.setAccessibleName(translated("search"))
        self.search.setClearButtonEnabled(True)
        row.addWidget(label("LIBRARY", "brand", one_line=True))
        row.addWidget(self.search, 1)
        for button in (self.again, self.keys):
            row.addWidget(button)
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.table, 1)
        middle.addWidget(self.panel)
        self.count = label("", "", one_line=True)
        self.said = label("", "soft", one_line=True)
        self.said.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.said.setAlignment(Qt.AlignmentFlag.AlignRight)
        foot = QFrame()
        foot.setProperty("role", "bar")
        line = QHBoxLayout(foot)
        line.setContentsMargins(14, 6, 14, 6)
        line.setSpacing(24)
        line.addWidget(self.count)
        line.addWidget(self.said, 1)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        outer.addWidget(head)
        outer.addLayout(middle, 1)
        outer.addWidget(foot)
        self.resize(1280, 720)
        self._size_letters()

    def _size_letters(self) -> None:
        large = self.height() >= LARGE_FROM_LINES
        font_px = LARGE_PX if large else SMALL_PX
        side_px = _PANEL_LARGE_PX if large else _PANEL_SMALL_PX
        if font_px != self._font_px:
            self._font_px = font_px
            self.setStyleSheet(library_style(font_px))
            self.panel.setFixedWidth(side_px)
        self.panel.fit()
        self.table.fit(self.width() - side_px, font_px)

    def _connect(self) -> None:
        self.search.textChanged.connect(self._look_for)
        self.search.installEventFilter(self)
        self.table.doubleClicked.connect(lambda _: self.open_chosen())
        selection = self.table.selectionModel()
        if selection is not None:
            selection.currentRowChanged.connect(lambda now, before: self._show_chosen())
        self.panel.open.clicked.connect(self.open_chosen)
        self.panel.show_folder.clicked.connect(self.show_folder)
        self.panel.delete.clicked.connect(self.delete_chosen)
        self.again.clicked.connect(self.read_again)
        self.keys.clicked.connect(self._show_keys)
        keys: dict[str, Callable[[], object]] = {
            "Ctrl+F": self.search.setFocus,
            "Esc": self._clear_search,
            "F2": self.panel.tags.setFocus,
            "F5": self.read_again,
        }
        for column in range(len(COLUMNS)):
            keys[f"Ctrl+{column + 1}"] = partial(self.table.sort_by, column)
        for key, does in keys.items():
            QShortcut(QKeySequence(key), self).activated.connect(does)
