"""What is said of a session: whole, or what of it is damaged or missing."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from recordings.recording import RecordingReader
from recordings.verify import verify_session
from tests.recordings.test_archive import archived, flip, kept, record
from tests.recordings.test_recording import noisy_frame
from tests.recordings.test_session import create
from ui.cli import run

__all__ = ["archived", "kept"]


def _flip_frame(folder: Path) -> None:
    with RecordingReader(folder / "frames.mcap") as reader:
        at = reader._frames.offsets[2]
    flip(folder / "frames.mcap", at + 300)


def _flip_video(folder: Path) -> None:
    flip(folder / "frames.mkv", 9000)


def _cut(name: str, rest: int) -> Callable[[Path], None]:
    def cut(folder: Path) -> None:
        data = (folder / name).read_bytes()
        (folder / name).write_bytes(data[:-rest])

    return cut


def _gone(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _text(name: str, old: str, new: str) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        path = folder / name
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return change


def _log_of_another(folder: Path) -> None:
    with sqlite3.connect(folder / "log.sqlite") as log:
        log.execute("UPDATE session SET id = 'another'")
    log.close()


def _log_damaged(folder: Path) -> None:
    data = bytearray((folder / "log.sqlite").read_bytes())
    data[4096 * 2 : 4096 * 2 + 200] = bytes(200)
    (folder / "log.sqlite").write_bytes(data)


DAMAGE: dict[str, tuple[str, Callable[[Path], None], str]] = {
    "frame": ("kept", _flip_frame, r"frames\.mcap: 1 of 7 frames are damaged \(at 2\)"),
    "cut": ("kept", _cut("frames.mcap", 400), r"frames\.mcap: has no clean end"),
    "tail": ("kept", _cut("frames.mcap", 3), r"frames\.mcap: has no clean end"),
    "recording gone": ("kept", _gone("frames.mcap"), r"frames\.mcap: cannot read the recording"),
    "plan gone": ("kept", _gone("plan.json"), r"plan\.json: .*No such file"),
    "plan": ("kept", _text("plan.json", "L1", "L2"), r"plan\.json: is not the one that the log names"),
    "config": ("kept", _text("config.toml", "[alerts]", "[alerts"), r"config\.toml: "),
    "log": ("kept", _log_damaged, r"log\.sqlite: "),
    "log gone": ("kept", _gone("log.sqlite"), r"log\.sqlite: no such log"),
    "another log": ("kept", _log_of_another, r"log\.sqlite: is of another session"),
    "session": (
        "kept",
        _text("session.json", '"complete"', '"complet'),
        r"session\.json: not a session file",
    ),
    "not closed": (
        "kept",
        _text("session.json", '"complete": true', '"complete": false'),
        "the session was not closed in order",
    ),
    "sums": ("kept", _text("checksums.sha256", "  plan.json", " plan.json"), r"checksums\.sha256: line"),
    "packet": ("archived", _flip_video, r"frames\.mkv: 1 of 7 frames are damaged"),
    "video gone": ("archived", _gone("frames.mkv"), r"frames\.mkv: 7 of 7 frames are damaged"),
    "video cut": ("archived", _cut("frames.mkv", 20), r"frames\.mkv has \d+ bytes, was written with"),
    "time line": ("archived", _cut("timeline.mcap", 900), r"timeline\.mcap: has no clean end"),
    "no time line": ("archived", _gone("timeline.mcap"), r"timeline\.mcap is missing: exact times, gaps"),
}


@pytest.fixture
def copy(tmp_path: Path, kept: Path, archived: Path) -> Callable[[str], Path]:
    folders = {"kept": kept, "archived": archived}
    return lambda form: shutil.copytree(folders[form], tmp_path / "session")


@pytest.mark.parametrize("form", ["kept", "archived"])
def test_a_whole_session_is_said_to_be_whole_with_what_it_lost(
    form: str, copy: Callable[[str], Path], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    folder = copy(form)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert run(["verify", str(folder), "--json", str(tmp_path / "told.json")]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    first, *lines = out.splitlines()
    assert first == f"{folder}: whole"
    assert "  lost while recording, as the recording says: 2 frames in 1 gaps (overflow)" in lines
    (told,) = json.loads((tmp_path / "told.json").read_text())["sessions"]
    assert (told["whole"], told["frames"], told["frames_lost"], told["problems"]) == (True, 7, 2, [])
    assert told["archived"] is (form == "archived")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
    assert verify_session(folder, quick=True).whole


@pytest.mark.parametrize("what", DAMAGE)
def test_what_is_damaged_is_named(
    what: str, copy: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    form, damage, said = DAMAGE[what]
    folder = copy(form)
    damage(folder)
    assert run(["verify", str(folder)]) == 3
    out, err = capsys.readouterr()
    assert err == ""
    first, *lines = out.splitlines()
    assert first == f"{folder}: DAMAGED OR CUT"

    assert any(re.match(rf"  ! {said}", line) for line in lines), out


def test_a_run_that_was_killed_is_cut(tmp_path: Path) -> None:
    session = create(tmp_path / "s")
    session.recording.append(noisy_frame(0))
    found = verify_session(tmp_path / "s")
    session.close()
    assert found.problems == [
        "the session was not closed in order: it was broken off, or still runs",
        "frames.mcap: has no clean end: what came behind is missing",
    ]
    assert found.frames == 1
    assert verify_session(tmp_path / "s").whole


def test_frames_that_are_missing_without_a_word_are_damage(tmp_path: Path) -> None:
    found = verify_session(record(tmp_path / "s", [noisy_frame(seq) for seq in (0, 1, 3, 9)]))
    assert found.problems == [
        "frames.mcap: missing, and no gap says so: frame 2",
        "frames.mcap: missing, and no gap says so: frames 4 to 8",
    ]


def test_what_is_no_session_is_bad_input(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        assert run(["verify", str(folder)]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert err.splitlines() == [
            f"cementwatch: {folder}: no session: session.json: No such file or directory"
        ]


def test_a_session_of_before_there_were_checksums_is_whole(copy: Callable[[str], Path]) -> None:
    folder = copy("kept")
    (folder / "checksums.sha256").unlink()
    found = verify_session(folder)
    assert found.whole
    assert "there is no checksums.sha256" in found.notes
