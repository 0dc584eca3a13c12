"""Marked moments: in the log and as pictures, and said where either cannot be kept."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from pytestqt.qtbot import QtBot

from monitor.config import Config
from recordings.session import LOG, SNAPSHOTS, open_session
from recordings.simulated.marks import plan_for
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from tests.test_observer import running
from tests.ui import factory as made
from ui.live import live_run
from ui.marks import MOST_WAITING, Marker, Plane
from ui.window import marker_for, window_for

START_NS = 5_000_000_000
NOW_NS = START_NS + 220_400_000_000


class Rows:
    """A log in memory; `says` is why it does not take a row."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, dict[str, Any], int]] = []
        self.says = ""

    def note(self, name: str, data: Any, t_ns: int) -> str:
        self.rows.append((name, dict(data), t_ns))
        return self.says


def screen() -> QImage:
    image = QImage(64, 36, QImage.Format.Format_RGB32)
    image.fill(0x336699)
    return image


def marker_in(folder: Path | None, *logs: Rows) -> Marker:
    views = ("lateral", "ap")
    planes = [Plane(view, rows.note) for view, rows in zip(views, logs, strict=False)]
    return Marker(planes or [Plane("lateral", None)], folder, START_NS, lambda: NOW_NS)


def test_a_mark_is_a_row_with_its_moment_and_a_picture_beside_it(tmp_path: Path) -> None:
    rows = Rows()
    marker = marker_in(tmp_path, rows)
    shown = made.result(seq=77)
    assert marker.mark("T12", [shown], screen) == "marked 3:40"
    marker.stop()
    ((name, data, t_ns),) = rows.rows
    assert (name, t_ns) == ("mark", NOW_NS)
    assert data == {
        "elapsed_s": 220.4,
        "view": "lateral",
        "level": "T12",
        "seq": 77,
        "frame_time_ns": shown.frame.time_ns,
        "picture": "snapshots/mark-003m40.400s.png",
    }
    kept = tmp_path / data["picture"]
    assert QImage(str(kept)).pixel(5, 5) & 0xFFFFFF == 0x336699
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert [path.name for path in kept.parent.iterdir()] == [kept.name], "nothing half-written is left"


def test_both_planes_have_the_mark_with_their_own_frame(tmp_path: Path) -> None:
    lateral, ap = Rows(), Rows()
    marker = marker_in(tmp_path, lateral, ap)
    marker.mark("T12", [made.result(seq=3), None], screen)
    marker.stop()
    assert [(row[1]["view"], row[1]["seq"]) for row in (*lateral.rows, *ap.rows)] == [
        ("lateral", 3),
        ("ap", None),
    ]


def test_without_a_session_nothing_is_marked_and_that_is_said() -> None:
    marker = marker_in(None)
    assert marker.mark("T12", [], screen) == "not marked: nothing is recorded (--session)"
    marker.stop()


def test_a_log_that_takes_no_row_is_said_and_the_picture_is_kept(tmp_path: Path) -> None:
    rows = Rows()
    rows.says = "the log cannot be written"
    marker = marker_in(tmp_path, rows)
    assert marker.mark(None, [], screen) == "mark 3:40 waits: the log cannot be written"
    marker.stop()
    assert len(list((tmp_path / SNAPSHOTS).iterdir())) == 1


def test_a_picture_that_cannot_be_kept_is_said_and_logged(tmp_path: Path) -> None:
    rows = Rows()
    (tmp_path / SNAPSHOTS).write_text("in the way")
    marker = marker_in(tmp_path, rows)
    assert marker.mark(None, [], screen) == "marked 3:40"
    marker._waiting.put(None)  # it has been through all before it ends
    assert marker._thread is not None
    marker._thread.join(10)
    assert marker.lost() == "marked 3:40, without a picture: File exists"
    assert marker.lost() == ""
    assert rows.rows[-1][:2] == (
        "mark_without_picture",
        {"picture": "snapshots/mark-003m40.400s.png", "why": "File exists"},
    )


def test_a_full_disk_leaves_no_half_picture(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    (tmp_path / SNAPSHOTS).mkdir()
    (tmp_path / SNAPSHOTS / ".mark-003m40.400s.png.new").symlink_to(full)
    marker = marker_in(tmp_path, Rows())
    marker.mark(None, [], screen)
    marker._waiting.put(None)
    assert marker._thread is not None
    marker._thread.join(10)
    assert marker.lost() == "marked 3:40, without a picture: No space left on device"
    assert list((tmp_path / SNAPSHOTS).iterdir()) == []


def test_a_disk_that_hangs_holds_nothing_up(tmp_path: Path) -> None:
    rows = Rows()
    (tmp_path / SNAPSHOTS).mkdir()
    hanging = tmp_path / SNAPSHOTS / ".mark-003m40.400s.png.new"
    os.mkfifo(hanging)  # opening it waits until somebody reads
    marker = marker_in(tmp_path, rows)
    said = [marker.mark(None, [], screen) for _ in range(MOST_WAITING + 3)]
    assert said[0] == "marked 3:40"
    assert said[-1] == "marked 3:40, without a picture: the disk is too slow"
    assert rows.rows[-1][1]["picture"] is None
    hanging.read_bytes()
    marker.stop()
    assert [path.name for path in (tmp_path / SNAPSHOTS).iterdir()] == ["mark-003m40.400s.png"]


def test_a_row_that_a_full_disk_refused_is_told_and_written_later(tmp_path: Path) -> None:
    with running(tmp_path / "s") as bench:
        bench.session.log._connection.execute("PRAGMA max_page_count = 1")
        words = ""
        while not words:  # until the pages that it has are used up
            words = bench.observer.note("mark", {"why": "x" * 4000}, bench.now_ns)
        assert words == "the log cannot be written"
        assert any(reason.code == "recording" for reason in bench.wait(1.0).health.reasons)
        bench.session.log._connection.execute("PRAGMA max_page_count = 100000")
        bench.wait(1.0)
        assert bench.observer.log_error is None
        assert bench.session.log.waiting == 0
    assert open_session(tmp_path / "s").log().events[0]["name"] == "mark"


def test_a_pedal_in_the_window_of_a_run_marks_it(qtbot: QtBot, tmp_path: Path) -> None:
    settings = SimulationSettings(size=256, duration_s=2.0)
    folder = tmp_path / "session"
    plan = plan_for("quiet", settings)
    with live_run(SimulatedSource("quiet", settings), plan, Config(), folder) as run:
        marker = marker_for((run,))
        window = window_for((run,), plan, marker=marker)
        qtbot.addWidget(window)
        window.resize(1280, 720)
        window.show()
        qtbot.waitUntil(lambda: run.observer.look().result is not None, timeout=10_000)
        window.tick()
        qtbot.keyClick(window, Qt.Key.Key_F15)
        window.grab()
        assert any(word.text.startswith("marked 0:") for word in window.words)
        window.stop()
        marker.stop()
    kept = open_session(folder)
    assert kept.about.complete
    (mark,) = [row for row in kept.log().events if row["name"] == "mark"]
    data = json.loads(mark["data"])
    assert (data["view"], data["level"]) == (plan.views[0].name, plan.views[0].levels[0].name)
    assert data["seq"] is not None
    assert QImage(str(folder / data["picture"])).width() == 1280
    assert (folder / LOG).is_file()
