"""Archiving from the command line, and behind a live run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from recordings.monitor_lock import monitor_runs
from recordings.session import open_session
from tests.recordings.test_archive import SEQS, held_frames, kept, record
from tests.recordings.test_recording import noisy_frame
from tests.test_live import good_plan, pictures, quick
from ui.archive_command import archive_later
from ui.cli import run

__all__ = ["good_plan", "kept", "pictures", "quick"]


@pytest.fixture(autouse=True)
def own_lock(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No monitor of another test holds this one up."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))


@pytest.fixture
def session(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "session")


def test_sessions_are_archived_and_told(
    session: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record(session / "second-plane", [noisy_frame(seq) for seq in range(2)])
    odd = record(tmp_path / "odd", [noisy_frame(0), noisy_frame(1, shape=(4, 4))])
    assert run(["archive", str(odd), str(session), str(tmp_path / "none")]) == 2
    out, err = capsys.readouterr()
    first, second = out.splitlines()
    assert first.startswith(f"{session}: {len(SEQS)} frames archived; ")
    assert second.startswith(f"{session / 'second-plane'}: 2 frames archived; ")
    refused, missing = err.splitlines()
    assert f"{odd / 'frames.mcap'}: frames of more than one size" in refused
    assert "none: no session" in missing
    assert not open_session(odd).archived
    assert run(["archive", str(session)]) == 0
    assert capsys.readouterr().out.splitlines()[0] == f"{session}: archived already: {len(SEQS)} frames"
    assert run(["verify", str(session), "--quick"]) == 0


def test_it_runs_behind_in_a_process_of_its_own(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert archive_later([session]) is None, "switched off for the tests"
    monkeypatch.delenv("CEMENTWATCH_ARCHIVE")
    assert archive_later([]) is None
    process = archive_later([session])
    assert process is not None
    assert process.wait(timeout=60) == 0
    assert open_session(session).archived
    assert len(held_frames(session)) == len(SEQS)


def test_a_live_run_is_archived_unless_it_is_not_to_be(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[list[Path], bool]] = []

    def later(sessions: Any) -> None:
        asked.append((list(sessions), monitor_runs()))

    monkeypatch.setattr("ui.live_command.archive_later", later)
    arguments = [
        "live",
        str(pictures),
        "--plan",
        str(good_plan),
        "--frame-rate",
        "60",
        "--config",
        str(quick),
    ]
    arguments += ["--headless", "--seconds", "0.3", "--session"]
    assert run([*arguments, str(tmp_path / "one")]) == 0
    assert asked == [([tmp_path / "one"], False)]
    assert run([*arguments, str(tmp_path / "two"), "--no-archive"]) == 0
    assert len(asked) == 1


def test_a_monitor_that_runs_is_known_to_run(
    pictures: Path, good_plan: Path, quick: Path, tmp_path: Path
) -> None:
    from monitor.config import read_config
    from monitor.plan import read_plan
    from recordings.open import open_source
    from ui.live import live_run

    source = open_source(str(pictures), frame_rate_hz=20)
    with live_run(source, read_plan(good_plan), read_config(quick), None):
        assert monitor_runs()
    assert not monitor_runs()
