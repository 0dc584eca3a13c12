"""The replay window: keys, time line, list, pictures, another version beside."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PyQt6.QtCore import QEvent, QPoint, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QMessageBox
from pytestqt.qtbot import QtBot

from recordings.session import Session, open_session
from recordings.track import open_track
from tests.ui.replay import made
from tests.ui.replay.conftest import Opened
from ui.replay.deck import Deck
from ui.replay.keys import KEYS
from ui.replay.window import ReplayWindow

Key = Qt.Key
SHIFT = Qt.KeyboardModifier.ShiftModifier


def at_s(window: ReplayWindow) -> float:
    return window.deck.session_s(window.player.transport.t_ns)


def words(window: ReplayWindow) -> str:
    window.pane.grab()
    return " | ".join(word.text for word in window.pane.words)


def test_alarms_are_gone_to_by_key(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    QTest.keyClick(window, Key.Key_N)
    assert at_s(window) == pytest.approx(made.MEDIUM_S + 0.04)
    assert "MEDIUM" in words(window)
    QTest.keyClick(window, Key.Key_N)
    assert at_s(window) == pytest.approx(made.HIGH_S + 0.04)
    assert "HIGH" in words(window)
    QTest.keyClick(window, Key.Key_N)
    assert at_s(window) == pytest.approx(made.HIGH_S + 0.04)
    assert window.controls.said.text() == "no alarm after this"
    QTest.keyClick(window, Key.Key_P)
    assert at_s(window) == pytest.approx(made.MEDIUM_S + 0.04)
    QTest.keyClick(window, Key.Key_M)
    assert at_s(window) == pytest.approx(made.MARK_S)


def test_frames_are_stepped_through_one_by_one(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    QTest.keyClick(window, Key.Key_N)
    frame = window.player.place.frame
    QTest.keyClick(window, Key.Key_Right)
    assert window.player.place.frame == frame + 1
    assert "not processed at this moment" in words(window)
    QTest.keyClick(window, Key.Key_Right)
    assert window.player.place.frame == frame + 2
    assert "posterior wall" in words(window)
    QTest.keyClick(window, Key.Key_Left)
    QTest.keyClick(window, Key.Key_Left)
    assert window.player.place.frame == frame
    here_s = at_s(window)
    QTest.keyClick(window, Key.Key_Right, SHIFT)
    assert at_s(window) == pytest.approx(here_s + 1)
    QTest.keyClick(window, Key.Key_End)
    assert at_s(window) == pytest.approx(window.time_line.row.length_s)
    QTest.keyClick(window, Key.Key_Home)
    assert at_s(window) == 0


def test_the_time_line_is_dragged(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    line = window.time_line
    y = line.height() // 2
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(3.0)), y))
    assert at_s(window) == pytest.approx(3.0, abs=0.02)
    QTest.mouseMove(line, QPoint(round(line.x_of(8.2)), y))
    assert at_s(window) == pytest.approx(8.2, abs=0.02)
    assert "HIGH" in words(window)
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=QPoint(round(line.x_of(8.2)), y))
    assert window.player.look.model is not None
    assert len(window.player.look.model.trend.points) > 20


def test_the_time_line_shows_alarms_marks_and_what_was_not_watched(kept: Session, opened: Opened) -> None:
    row = opened(kept.folder).time_line.row
    assert [(moment.kind, moment.event) for _, moment in row.marks] == [
        ("alarm", "raised"), ("alarm", "escalated"), ("mark", "mark"), ("acknowledged", "acknowledged"),
    ]  # fmt: skip
    assert [(round(a, 2), round(b, 2)) for a, b in row.unwatched] == [(0.04, 1.04), (9.64, 10.84)]


def test_a_small_picture_is_made_for_where_the_pointer_is(
    kept: Session, opened: Opened, qtbot: QtBot
) -> None:
    window = opened(kept.folder)
    line = window.time_line
    at = QPointF(line.x_of(8.0), line.height() / 2)
    kind, none = QEvent.Type.MouseMove, Qt.MouseButton.NoButton
    QApplication.sendEvent(
        line, QMouseEvent(kind, at, line.mapToGlobal(at), none, none, Qt.KeyboardModifier.NoModifier)
    )
    assert window.hover.isVisible()
    qtbot.waitUntil(lambda: window.hover.image is not None, timeout=5000)
    assert window.hover.lines[0].startswith("0:08.0  ·  81")
    picture = window.thumbnails.of(window.thumbnails.grid(80))
    assert picture is not None
    assert max(picture.shape) == 200
    window.hover_s(-1.0)
    assert not window.hover.isVisible()


def test_it_plays_and_repeats_a_passage(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    now = [0]
    window.player._clock_ns = lambda: now[0]
    for key, to_s in ((Key.Key_A, 6.0), (Key.Key_B, 8.0)):
        window.go_s(to_s)
        QTest.keyClick(window, key)
    QTest.keyClick(window, Key.Key_Space)
    now[0] = 1_500_000_000
    window.tick()
    assert at_s(window) == pytest.approx(7.5)
    now[0] = 2_500_000_000
    window.tick()
    assert at_s(window) == pytest.approx(6.5)
    QTest.keyClick(window, Key.Key_Plus)
    assert window.controls.speed.currentText() == "2 x"
    now[0] += 250_000_000
    window.tick()
    assert at_s(window) == pytest.approx(7.0)
    QTest.keyClick(window, Key.Key_Space)
    now[0] += 10_000_000_000
    window.tick()
    assert at_s(window) == pytest.approx(7.0)
    QTest.keyClick(window, Key.Key_L)
    assert window.player.transport.loop_ns is None


def test_frames_that_were_passed_over_do_not_flicker_while_it_plays(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    now = [0]
    window.player._clock_ns = lambda: now[0]
    window.go_s(5.0)
    QTest.keyClick(window, Key.Key_Space)
    seen = set()
    for k in range(100):
        now[0] = k * 20_000_000
        window.tick()
        seen.add(window.player.place.why)
    assert seen == {""}


def test_alarms_are_heard_only_where_that_was_asked_for(
    kept: Session, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []
    monkeypatch.setattr(
        "ui.sound.sounder.Sounder.hear", lambda self, seen: heard.append(len(seen[0].result.alerts))
    )
    window = opened(kept.folder)
    now = [0]
    window.player._clock_ns = lambda: now[0]
    window.go_s(8.1)
    QTest.keyClick(window, Key.Key_Space)
    now[0] = 200_000_000
    window.tick()
    assert heard == []
    QTest.keyClick(window, Key.Key_U)
    now[0] = 400_000_000
    window.tick()
    assert heard == [1]
    QTest.keyClick(window, Key.Key_Space)
    now[0] = 600_000_000
    window.tick()
    assert heard == [1]  # not while it is paused


def test_events_are_listed_filtered_and_gone_to(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    QTest.keyClick(window, Key.Key_E)
    listed = window.events.list
    assert listed.count() == 8
    window.events.alarms_alone.click()
    assert listed.count() == 2
    item = listed.item(1)
    assert item is not None
    assert item.text() == "0:08.0   HIGH now posterior wall 2.2 mm  ·  T12"
    QTest.mouseClick(listed.viewport(), Qt.MouseButton.LeftButton, pos=listed.visualItemRect(item).center())
    assert at_s(window) == pytest.approx(made.HIGH_S + 0.04)


def test_an_image_is_kept_as_shown_and_as_recorded(session: Path, opened: Opened) -> None:
    window = opened(session)
    window.go_s(8.2)
    QTest.keyClick(window, Key.Key_S)
    folder = session.with_name("session-pictures")
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["000m08.200s-as-shown.png", "000m08.200s-frame.png"]
    raw = cv2.imread(str(folder / names[1]), cv2.IMREAD_UNCHANGED)
    assert raw is not None
    assert raw.dtype == np.uint16
    assert np.array_equal(raw, window.deck.frame(window.player.place.frame).pixels)
    assert sorted(path.name for path in session.parent.iterdir()) == ["session", "session-pictures"]


def test_two_versions_stand_side_by_side_on_one_frame(
    kept: Session, opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    path = made.results(tmp_path / "r.mcap", kept, every=2, mode="as live", early_s=0.6)
    window = opened(kept.folder, compare=open_track(path, open_session(kept.folder)))
    qtbot.waitUntil(lambda: window.comparing.found != (), timeout=5000)
    assert "0.6 s earlier in the second: MEDIUM T12 posterior wall" in window.events.unlike.item(0).text()
    QTest.keyClick(window, Key.Key_D)
    assert window.beside is not None
    window.beside.grab()
    ours, theirs = words(window), " | ".join(word.text for word in window.beside.words)
    assert "as recorded, 1.0" in ours
    assert "as live, 2.0" in theirs
    assert "MEDIUM" in theirs
    assert "MEDIUM" not in ours
    assert window.player.beside is not None
    assert window.player.beside.place is not None
    assert window.player.beside.place.frame == window.player.place.frame
    QTest.keyClick(window, Key.Key_C)
    assert window.beside is None


def test_every_frame_is_read_while_it_is_computed(
    kept: Session, opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = opened(kept.folder)
    monkeypatch.setattr(window.recompute, "start", lambda: setattr(window.recompute, "_process", object()))
    window.go_s(8.1)
    QTest.keyClick(window, Key.Key_F)
    assert "not computed yet" in words(window)
    assert window.time_line.row.known_s == 0
    window.recompute.path.parent.mkdir(parents=True)
    made.results(window.recompute._part, kept, until=60, end=False)
    window.grow()
    assert window.controls.said.text() == "looking at every frame: 60 of 120"
    assert "not computed yet" in words(window)
    assert window.time_line.row.known_s == pytest.approx(5.94)
    window.go_s(5.54)
    assert window.player.place.frame == 55  # one that was not processed live
    assert "posterior wall" in words(window)
    QTest.keyClick(window, Key.Key_F)
    assert window.player.look.track is window.deck.track
    window.recompute._process = None


def test_without_a_place_for_results_every_frame_is_refused(
    kept: Session, opened: Opened, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    window = opened(kept.folder)
    QTest.keyClick(window, Key.Key_F)
    assert "every frame could not be looked at" in window.controls.said.text()
    assert "cannot be written" in window.controls.said.text()
    assert window.player.look.track is window.deck.track
    assert window.controls.source.currentIndex() == 0


def test_a_disk_that_goes_away_is_no_end_of_the_window(tmp_path: Path, opened: Opened) -> None:
    made.record(tmp_path / "s", seconds=3.0, close=False)
    window = opened(tmp_path / "s")
    window.go_s(1.0)
    held, window.deck.reader._fd = window.deck.reader._fd, 1_000_000
    window.grow()
    window.go_s(2.0)
    assert "this frame is damaged, and not shown" in words(window)
    window.deck.reader._fd = held


def test_every_frame_that_was_computed_before_is_taken_up(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    window.recompute.path.parent.mkdir(parents=True)
    made.results(window.recompute.path, kept)
    QTest.keyClick(window, Key.Key_F)
    assert not window.recompute.running
    assert window.player.look.track is not None
    assert len(window.player.look.track) == 120


def test_a_session_that_grows_is_followed(tmp_path: Path, opened: Opened) -> None:
    running = made.record(tmp_path / "s", seconds=3.0, close=False)
    window = opened(tmp_path / "s")
    assert window.deck.grows
    before_s = window.time_line.row.length_s
    made.go_on(running, 30, 100)
    window.grow()
    assert window.time_line.row.length_s == pytest.approx(before_s + 7, abs=0.2)
    QTest.keyClick(window, Key.Key_N)
    assert at_s(window) == pytest.approx(made.MEDIUM_S + 0.04)
    running.close()


def test_gaps_and_damage_stand_on_the_time_line(session: Path, opened: Opened, tmp_path: Path) -> None:
    with (session / "frames.mcap").open("r+b") as file:
        deck = Deck(session)
        file.seek(deck.reader._frames.offsets[80] + 3000)
        file.write(b"\xff" * 200)
        deck.close()
    window = opened(session)
    window.go_s(8.05)
    window.grow()
    assert [round(at, 1) for at in window.time_line.row.damaged] == [8.0]
    assert "this frame is damaged, and not shown" in words(window)
    window.grab()


def test_keys_are_listed(kept: Session, opened: Opened) -> None:
    window = opened(kept.folder)
    QTest.keyClick(window, "?")
    box = window.findChild(QMessageBox)
    assert box is not None
    assert all(key in box.text() for key, _ in KEYS)
    box.close()


@pytest.mark.parametrize("size", [(1280, 720), (1920, 1080)])
def test_nothing_needs_more_room_than_there_is(kept: Session, opened: Opened, size: tuple[int, int]) -> None:
    window = opened(kept.folder, *size)
    QTest.keyClick(window, Key.Key_E)
    QTest.qWait(1)
    assert window.minimumSizeHint().width() <= size[0]
    assert (window.width(), window.height()) == size
    words(window)
    assert [word.text for word in window.pane.words if word.cut] == []
