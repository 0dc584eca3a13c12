"""The replay window in German: nothing it shows is without a translation, and nothing is cut."""

from __future__ import annotations

from pathlib import Path

import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtTest import QTest

from recordings.session import Session, open_session
from recordings.track import open_track
from tests.ui.german import Listening, fits
from tests.ui.replay import made
from tests.ui.replay.conftest import Opened
from ui.language import translated
from ui.replay.keys import KEYS

SIZES_PX = ((1280, 720), (1920, 1080))


@pytest.mark.parametrize("size", SIZES_PX)
def test_every_state_of_the_replay_is_translated_and_fits(
    kept: Session, opened: Opened, german: Listening, size: tuple[int, int]
) -> None:
    window = opened(kept.folder, *size)
    QTest.keyClick(window, Qt.Key.Key_E)
    window.hover_s(5.0)
    for at_s in (0.0, 0.5, 3.0, 5.5, 8.2, 10.0, 11.5):
        window.go_s(at_s)
        window.pane.grab()
        assert [word.text for word in window.pane.words if word.cut] == []
    window.step(1)
    window.pane.grab()
    if size[0] == 1280:
        fits(window)
    assert german.lacking == []


def test_what_it_says_of_what_was_done_is_translated(
    session: Path, opened: Opened, german: Listening, tmp_path: Path
) -> None:
    window = opened(session)
    for key in "NNNPPPMMMDSUU":
        QTest.keyClick(window, key)
    window.go_s(5.0)
    window.set_loop("a")
    window.go_s(5.2)
    window.set_loop("b")
    window.start_film(tmp_path / "clip.mp4")
    window.start_film(tmp_path / "clip.mp4")
    window.leave()
    for words in (
        "film written: clip.mp4", "writing the film: 40 %", "looking at every frame…", "no difference",
        "looking at every frame: 60 of 120", "every frame was looked at: 120 images", "comparing…",
        "every frame could not be looked at: the disk is full", "at the end",
        "every frame cannot be looked at: the session has no plan",
        "not monitored: this session holds images without findings", "not monitored", "not computed yet",
        "findings were not recorded: this session holds images without findings",
        "findings were not recorded",
        "one plane is shown; the other is a session of its own: second-plane",
        "the monitor failed on this image",
        "wait, or go back to what was found live", "record damaged", "this frame is damaged, and not shown",
        "Write the film as", "Film (*.mp4)", "Results of another version", "nothing is known of this image",
        "without its plan: plan.json: damaged", "without its log: log.sqlite: damaged",
        "X-ray: fluoroscopy, 4.2 s, 71 kV, 1.85 mGy, 0.123 Gy cm²", "X-ray: acquisition",
        "X-ray: irradiation",
        "without its dose: dose.json: damaged", "every frame, 2.0", "as live, 2.0", "REPLAY of a recording",
    ):  # fmt: skip
        translated(words)
    for _, does in KEYS:
        translated(does)
    assert german.lacking == []


def test_differences_are_translated(kept: Session, opened: Opened, german: Listening, tmp_path: Path) -> None:
    path = made.results(
        tmp_path / "r.mcap", kept, early_s=0.6, wall=lambda at_s: made.usual_mm(at_s) - 0.5, until=100
    )
    window = opened(kept.folder, compare=open_track(path, open_session(kept.folder)))
    for each in (
        "only in the first: HIGH T12 posterior wall 2.1 mm", "only in the second: LOW T12 vein 2.5 mm",
        "0.6 s later in the second: MEDIUM T12 posterior wall 6.2 mm",
        "T12 volume at the end: 3.5 mL, unknown",
        "0.6 s earlier in the second: MEDIUM T12 posterior wall 6.2 mm", "images looked at: 60, 120",
        "T12 closest to posterior wall: 1.6 mm, 1.1 mm", "images on which the monitor failed: 0, 2",
    ):  # fmt: skip
        translated(each)
    assert window.beside is not None
    for at_s in (0.5, 8.2, 11.0):
        window.go_s(at_s)
        window.pane.grab()
        window.beside.grab()
    assert german.lacking == []
