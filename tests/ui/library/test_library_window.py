"""The library's window, driven by keys and mouse over real session folders."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from monitor.result import Priority
from recordings.library import index as library_index
from recordings.library.row import Row
from recordings.library.tags import Tags, read_tags, write_tags
from recordings.procedure import Procedure
from recordings.session import SESSION
from tests.recordings.library.made import DAY, session
from tests.ui.german import Listening, fits
from ui.library.delete_box import DeleteBox
from ui.library.model import COLUMNS
from ui.library.opened import Opened
from ui.library.window import KEYS, LibraryWindow
from ui.wizard.worker import Worker

LEAK = (0.5, "leak_canal", Priority.HIGH, 1)
NEAR = (0.2, "near_vein", Priority.MEDIUM, 0)
Show = Callable[..., LibraryWindow]


@pytest.fixture
def opened() -> list[Path]:
    return []


@pytest.fixture
def show(qtbot: QtBot, tmp_path: Path, opened: list[Path], monkeypatch: pytest.MonkeyPatch) -> Show:
    # files of a test are fresh, and yet nothing is being recorded
    monkeypatch.setattr(library_index, "_FRESH_NS", 0)

    def made(root: Path | None = None, query: str = "") -> LibraryWindow:
        window = LibraryWindow(root or tmp_path / "library", opened.append, query, tmp_path / "facts.msgpack")
        qtbot.addWidget(window)
        window.resize(1280, 720)
        window.show()
        qtbot.waitUntil(lambda: not window.reading)
        return window

    return made


@pytest.fixture
def library(tmp_path: Path) -> Path:
    root = tmp_path / "library"
    who = Procedure("4711", "Doe, Jane", "L1", "Dr. Roe")
    session(root / "a", alarms=(NEAR, LEAK), volumes_ml=(3.9,), who=who)
    session(root / "b", frames=9, volumes_ml=(2.0,), at=DAY.replace(month=5))
    session(root / "c", imported_from="dicom", acquired="2019-01-02")
    session(root / "d", close=False, planned=False, at=DAY.replace(month=2)).recording.close()
    session(root / "e").folder.joinpath(SESSION).write_text("{")
    write_tags(root / "b", Tags(("teaching",), "a note"))
    return root


def names(window: LibraryWindow) -> list[str]:
    return [row.folder for row in window.found.shown()]


def test_all_sessions_are_shown_with_what_is_known(show: Show, library: Path, qtbot: QtBot) -> None:
    window = show()
    assert names(window) == ["b", "a", "d", "c", "e"]
    cells = {row.folder: [column.cell(row) for column in COLUMNS] for row in window.model.rows}
    titles = [column.title for column in COLUMNS]
    leaks, volume, state = titles.index("Leaks"), titles.index("Volume"), titles.index("State")
    assert cells["a"][leaks][0] == "canal"
    assert cells["a"][volume] == ("3.9 mL", "planned 4.0 mL")
    assert cells["b"][leaks][0] == "none detected"
    assert cells["c"][leaks][0] == "not monitored"
    assert [cells[name][state][0] for name in "abcde"] == [
        "complete",
        "complete",
        "complete",
        "cut",
        "broken",
    ]
    assert "not a session file" in cells["e"][state][1]
    assert window.count.text().startswith("5 sessions, ")
    assert window.row is not None
    assert window.row.folder == "b", "the topmost"
    assert not window.table.nothing.isVisible()

    window.choose("a")
    panel = window.panel
    qtbot.waitUntil(lambda: panel.alarms.count() == 2)
    assert [panel.alarms.item(k).text() for k in range(2)] == [
        "0:00  MEDIUM  L1: near_vein of L1", "0:00  HIGH  L1: leak_canal of L1",
    ]  # fmt: skip
    assert panel.levels.text() == "L1: 3.9 ± 0.4 mL; planned 4.0 mL"
    assert panel.leaks.text() == "leaks: canal\nhighest alarm: HIGH\nwatched 100 % of the time"
    assert panel.who.text() == "Doe, Jane  ·  4711\nL1  ·  Dr. Roe"
    assert panel.path.text() == str(library / "a")
    qtbot.waitUntil(lambda: panel.picture.image is not None)
    window.choose("e")
    assert "not a session file" in panel.state.text()
    assert not panel.open.isEnabled()
    assert not panel.alarms.isVisible()
    assert panel.picture.image is None


def test_pictures_come_later_and_are_painted(show: Show, library: Path, qtbot: QtBot) -> None:
    window = show()
    rows = [row for row in window.model.rows if row.facts.frames]
    qtbot.waitUntil(lambda: all(isinstance(window._pictures.of(row), QImage) for row in rows))
    first = window.table.visualRect(window.found.index(0, 0))
    view = window.table.viewport()
    assert view is not None
    image = view.grab(first).toImage()
    bright = {image.pixelColor(x, first.height() // 2).lightness() for x in range(8, first.height() - 8)}
    assert max(bright) - min(bright) > 100


def test_a_double_click_or_enter_opens_it(show: Show, library: Path, opened: list[Path]) -> None:
    window = show()
    view = window.table.viewport()
    place = window.table.visualRect(window.found.index(1, 3)).center()
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert opened == [library / "a"]
    QTest.keyClick(window.table, Qt.Key.Key_Down)
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert opened == [library / "a", library / "d"]
    window.choose("c")
    window.panel.open.click()
    assert opened[2:] == [library / "c"]
    window.choose("e")
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert opened[3:] == []
    assert window.said.text() == "there are no frames to replay"


def test_it_is_found_as_it_is_typed(show: Show, library: Path, opened: list[Path]) -> None:
    window = show()
    window.activateWindow()
    QTest.keyClick(window.table, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.search.hasFocus()
    QTest.keyClicks(window.search, "leak:canal")
    assert names(window) == ["a"]
    assert window.count.text().startswith("1 of 5 sessions")
    assert window.panel.row is not None
    assert window.panel.row.folder == "a"
    window.search.setText("leak:canal colour:x")
    assert names(window) == ["a"], "a query that is not understood leaves what was found"
    assert "no key 'colour'" in window.said.text()
    QTest.keyClick(window.search, Qt.Key.Key_Escape)
    assert len(names(window)) == 5
    assert window.table.hasFocus()
    assert window.said.text() == ""
    window.search.setText("level:C3")
    assert names(window) == []
    assert window.table.nothing.isVisible()
    assert window.table.nothing.text() == "nothing matches: Esc clears the search"
    assert window.panel.row is None
    window.search.setText("teaching")
    QTest.keyClick(window.search, Qt.Key.Key_Down)
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert opened == [library / "b"]


def test_every_column_sorts_and_the_unknown_is_last(show: Show, library: Path) -> None:
    window = show()
    volume = next(k for k, column in enumerate(COLUMNS) if column.title == "Volume")
    control = Qt.KeyboardModifier.ControlModifier
    QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + volume), control)
    assert names(window)[:2] == ["b", "a"]
    QTest.keyClick(window, Qt.Key(Qt.Key.Key_1 + volume), control)
    assert names(window)[:2] == ["a", "b"]
    for number in range(len(COLUMNS)):
        for _ in range(2):
            window.table.sort_by(number)
            assert sorted(names(window)) == ["a", "b", "c", "d", "e"]
    window.table.sort_by(0)
    assert names(window) == ["c", "d", "a", "b", "e"]


def test_tags_and_note_are_kept_as_they_are_left(show: Show, library: Path, qtbot: QtBot) -> None:
    window = show()
    window.choose("a")
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_F2)
    assert window.panel.tags.hasFocus()
    QTest.keyClicks(window.panel.tags, "Vein, early")
    QTest.keyClick(window.panel.tags, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: read_tags(library / "a").tags == ("early", "vein"))
    qtbot.waitUntil(lambda: window.row is not None and window.row.tags == ("early", "vein"))
    window.panel.note.setPlainText("what happened")
    window.choose("b")
    qtbot.waitUntil(lambda: read_tags(library / "a").note == "what happened")
    assert window.panel.tags.text() == "teaching"
    assert window.panel.note.toPlainText() == "a note"

    window.panel.tags.setText("x" * 50)
    window.panel.keep()
    assert "must be 1 to 40 letters" in window.said.text()
    assert read_tags(library / "b").tags == ("teaching",)
    window.panel.tags.setText("last")
    window.close()
    assert read_tags(library / "b").tags == ("last",)


def test_a_session_is_deleted_once_its_name_is_typed(
    show: Show, library: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = show()
    window.choose("a")
    row = window.row
    assert row is not None
    box = DeleteBox(window, row, "a")
    qtbot.addWidget(box)
    assert not box.delete.isEnabled()
    box.typed.setText("b")
    assert not box.delete.isEnabled()
    box.typed.setText("a")
    assert box.delete.isEnabled()
    box.delete.click()
    assert box.result() == DeleteBox.DialogCode.Accepted
    broken = DeleteBox(window, Row("a", "broken", 1200), "a")
    qtbot.addWidget(broken)
    texts = [held.text() for held in broken.findChildren(QLabel)]
    assert "1.2 kB: it cannot be brought back" in texts  # how many frames there are is not known

    said: list[str] = []

    def typed(self: DeleteBox) -> int:
        said.append(self._name)
        return DeleteBox.DialogCode.Accepted if len(said) > 1 else DeleteBox.DialogCode.Rejected

    monkeypatch.setattr(DeleteBox, "exec", typed)
    QTest.keyClick(window.table, Qt.Key.Key_Delete)
    assert (library / "a" / SESSION).exists()
    QTest.keyClick(window.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not (library / "a").exists())
    qtbot.waitUntil(lambda: names(window) == ["b", "d", "c", "e"])
    assert "a: deleted" in window.said.text()
    assert said == ["a", "a"]


def test_reading_again_takes_up_what_is_new_and_keeps_the_choice(
    show: Show, library: Path, qtbot: QtBot
) -> None:
    window = show()
    window.choose("c")
    session(library / "f", at=DAY.replace(year=2027))
    QTest.keyClick(window, Qt.Key.Key_F5)
    qtbot.waitUntil(lambda: not window.reading)
    assert names(window)[0] == "f"
    assert window.row is not None
    assert window.row.folder == "c"


def test_what_is_being_recorded_is_followed(
    show: Show, tmp_path: Path, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "library"
    made = session(root / "now", frames=2, close=False)
    window = show()
    monkeypatch.setattr(library_index, "_FRESH_NS", 10**18)
    window.read_again()
    qtbot.waitUntil(lambda: not window.reading)
    row = window.row
    assert row is not None
    assert row.state == "recording now"
    assert window.panel.state.text() == "recording now"
    assert not window.panel.delete.isEnabled()
    QTest.keyClick(window.table, Qt.Key.Key_Delete)
    made.close()
    window._freshen()
    qtbot.waitUntil(lambda: window.row is not None and window.row.state == "complete")
    assert window.panel.delete.isEnabled()


def test_an_empty_folder_says_so(show: Show, tmp_path: Path) -> None:
    (tmp_path / "library").mkdir()
    window = show()
    assert window.table.nothing.isVisible()
    assert window.table.nothing.text().startswith("no sessions below this folder")
    assert window.panel.row is None
    assert not window.panel.open.isEnabled()


def test_it_is_all_in_german_and_fits(show: Show, library: Path, german: Listening, qtbot: QtBot) -> None:
    from ui.language import translated

    write_tags(library / "b", Tags())
    window = show()
    for name in "abcde":
        window.choose(name)
        qtbot.waitUntil(lambda: not window.reading)
        window.grab()
        fits(window)
    window.read_again()
    window.search.setText("level:C3")
    window.search.setText("")
    window.resize(1920, 1080)
    fits(window)
    row = window.row
    assert row is not None
    for known in (row, Row("a", "broken", 1200)):
        box = DeleteBox(window, known, "a")
        qtbot.addWidget(box)
        box.grab()
    for _, does in KEYS:
        translated(does)
    for words in ("recording now", "reading the sessions…", "there are no frames to replay", "opening a…"):
        translated(words)
    translated("a: deleted, 3.2 MB freed; left, since they are no part of it: x.txt")
    translated("a: tags and note are kept")
    translated("1 of 5 sessions, 3.2 MB")
    # what a log or an error says stays as it is
    as_it_is = ("near_vein", "leak_canal", "session.json")
    assert [text for text in german.lacking if not any(part in text for part in as_it_is)] == []


def test_a_replay_that_fails_is_said(qtbot: QtBot, tmp_path: Path) -> None:
    said: list[str] = []
    script = "import sys; print('cementwatch: no such thing', file=sys.stderr); sys.exit(2)"
    opened = Opened(said.append, (sys.executable, "-S", "-c", script))
    opened.open(tmp_path / "s")
    qtbot.waitUntil(lambda: bool(said))
    assert said == ["s: replay has ended: no such thing"]
    Opened(said.append, ("/nowhere/at/all",)).open(tmp_path / "s")
    assert "cannot be opened" in said[1]
    quiet = Opened(said.append, (sys.executable, "-S", "-c", ""))
    quiet.open(tmp_path / "s")
    qtbot.waitUntil(lambda: not quiet._running)
    assert len(said) == 2


def test_a_worker_that_is_closed_without_dropping_does_what_waits(qtbot: QtBot) -> None:
    worker, done = Worker(), []
    worker.submit(lambda: time.sleep(0), done.append)
    worker.submit(lambda: done.append("kept"), lambda _: None)
    worker.close(drop=False)
    assert done == ["kept"]
