"""`cementwatch replay` with a window: what is refused, in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.recording import RecordingWriter
from recordings.session import Session
from tests.ui.replay import made
from ui.cli import run


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["replay", *arguments]) == 2
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    return told


@pytest.fixture
def display(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were one: nothing is shown, since it is refused before."""
    monkeypatch.setattr("ui.replay.run.display_available", lambda: True)


def test_without_a_display_it_says_what_can_be_done(
    kept: Session, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "replay needs a display" in refused(capsys, str(kept.folder))


@pytest.mark.usefixtures("display")
def test_what_is_no_session_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "no session" in refused(capsys, str(tmp_path / "nowhere"))
    made.record(tmp_path / "empty", seconds=0.0)
    assert "holds no frame" in refused(capsys, str(tmp_path / "empty"))


@pytest.mark.usefixtures("display")
def test_results_of_something_else_are_refused(
    kept: Session, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    RecordingWriter(tmp_path / "none.mcap").close()
    assert "holds no results" in refused(capsys, str(kept.folder), "--compare", str(tmp_path / "none.mcap"))
    other = made.record(tmp_path / "other", seconds=0.5)
    path = made.results(tmp_path / "other.mcap", other, until=5)
    assert "another session" in refused(capsys, str(kept.folder), "--compare", str(path))
    missing = str(tmp_path / "missing.mcap")
    assert "missing.mcap" in refused(capsys, str(kept.folder), "--compare", missing)
