"""Clips: what players are given, at which times, and nothing half-written."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PyQt6.QtTest import QTest
from pytestqt.qtbot import QtBot

from monitor.errors import InputError, OutputError
from recordings.session import Session, open_session
from tests.ui.replay.conftest import Opened
from ui.cli import run
from ui.replay.clip import HD, film, write_clip
from ui.replay.deck import Deck


def test_a_clip_shows_each_result_at_its_time(kept: Session, tmp_path: Path) -> None:
    out = tmp_path / "clip.mp4"
    told: list[tuple[int, int | None]] = []
    session = open_session(kept.folder)
    count = write_clip(session, out, 5.0, 6.0, lambda *done: told.append(done), size_px=HD)
    assert told[-1] == (count, count)
    with av.open(str(out)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name == "h264"
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert (stream.width, stream.height) == HD
        frames = list(container.decode(stream))
    times = [round(float(frame.time or 0), 2) for frame in frames]
    assert times[:3] == [0.0, 0.04, 0.24]  # every second frame was looked at, 40 ms after its capture
    assert len(frames) == count
    picture = frames[3].to_ndarray(format="rgb24")
    assert np.abs(picture[60, 640].astype(int) - (240, 174, 31)).max() < 40  # the bar of a MEDIUM alarm
    assert picture[15, 1240].min() > 150  # the word REPLAY, dark on light
    assert list(tmp_path.iterdir()) == [out]


def test_a_clip_is_exported_by_its_extension(
    kept: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "clip.mp4"
    assert run(["export", str(kept.folder), "--out", str(out), "--first", "52", "--last", "55"]) == 0
    told = capsys.readouterr().out
    with av.open(str(out)) as container:
        count = sum(1 for _ in container.decode(video=0))
    assert told == f"{out}: {count} frames\n"
    assert 1 <= count <= 4
    assert list(tmp_path.iterdir()) == [out]


def test_a_film_that_is_ended_leaves_nothing(kept: Session, tmp_path: Path) -> None:
    deck = Deck(kept.folder)
    steps = film(deck, deck.track, tmp_path / "clip.mp4", 5.0, 6.0, size_px=(320, 180))
    next(steps)
    assert [path.name for path in tmp_path.iterdir()] == [".clip.mp4.new"]
    steps.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []
    deck.close()


def test_a_passage_that_is_none_is_one_line(kept: Session, tmp_path: Path) -> None:
    session = open_session(kept.folder)
    for passage in ((6.0, 5.0), (-1.0, 5.0), (100.0, None)):
        with pytest.raises(InputError, match=r"^no passage from "):
            write_clip(session, tmp_path / "clip.mp4", *passage)
    with pytest.raises(OutputError, match="cannot write the clip"):
        write_clip(session, tmp_path / "nowhere" / "clip.mp4", 5.0, 6.0)
    assert list(tmp_path.iterdir()) == []


def test_the_window_writes_one_beside_everything_else(
    kept: Session, opened: Opened, qtbot: QtBot, tmp_path: Path
) -> None:
    window = opened(kept.folder)
    window.go_s(5.0)
    window.set_loop("a")
    window.go_s(5.1)
    window.set_loop("b")
    window.start_film(tmp_path / "clip.mp4")
    qtbot.waitUntil(lambda: not window.filming.running, timeout=20000)
    assert window.controls.said.text() == "film written: clip.mp4"
    assert (tmp_path / "clip.mp4").stat().st_size > 1000
    window.start_film(tmp_path / "other.mp4")
    QTest.qWait(1)
    window.leave()
    assert window.controls.said.text() == "film ended, nothing was kept"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4"]
