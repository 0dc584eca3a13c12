"""The session folder: whole or not there, owner only, readable after a kill."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from monitor.errors import OutputError, RecordingError, SourceError
from recordings.session import Session, is_session, open_session
from tests.recordings.test_log import PLAN, SOURCE, transition_of
from tests.recordings.test_recording import assert_same, noisy_frame

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)


def create(folder: Path, **changes: Any) -> Session:
    arguments: dict[str, Any] = {
        "source_info": SOURCE,
        "plan": PLAN,
        "config_toml": "[alerts]\n",
        "software_version": "0.1.0",
        "clock_utc": lambda: NOW,
        "clock_monotonic_ns": lambda: 77,
    }
    return Session.create(folder, **(arguments | changes))


def test_a_session_is_kept_and_read_back(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b" / "session"
    session = create(folder)
    assert not open_session(folder).about.complete
    for seq in range(3):
        session.recording.append(noisy_frame(seq))
    session.log.transition(transition_of())
    session.close()
    session.close()

    assert sorted(p.name for p in folder.iterdir()) == [
        "checksums.sha256",
        "config.toml",
        "frames.mcap",
        "log.sqlite",
        "plan.json",
        "session.json",
    ]
    about = json.loads((folder / "session.json").read_text())
    assert about["schema"] == "cementwatch.session/1"
    assert about["complete"] is True
    assert about["created_utc"] == "2026-03-04T05:06:07.000000+00:00"
    assert about["anchor_monotonic_ns"] == 77
    assert about["source"]["source_id"] == "simulated:test"

    stored = Session.open(folder)
    assert stored.about.source == SOURCE
    assert stored.plan() == PLAN
    assert stored.config_toml() == "[alerts]\n"
    assert len(stored.log().alarms) == 1
    with stored.frames() as reader:
        for seq, frame in enumerate(reader):
            assert_same(frame, noisy_frame(seq))
        assert reader.check().complete
        assert reader.metadata["session"] == about["id"]


def test_without_a_plan_there_is_no_plan_file(tmp_path: Path) -> None:
    create(tmp_path / "s", plan=None).close()
    assert not (tmp_path / "s" / "plan.json").exists()
    assert Session.open(tmp_path / "s").plan() is None


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        create(tmp_path / "parent" / "s").close()
        (tmp_path / "empty").mkdir()
        create(tmp_path / "empty").close()
    finally:
        os.umask(before)
    for folder in (tmp_path / "parent", tmp_path / "parent" / "s", tmp_path / "empty"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "empty").iterdir()} == {0o600}


def test_a_folder_that_holds_a_session_is_left_alone(tmp_path: Path) -> None:
    create(tmp_path / "s").close()
    before = {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()}
    with pytest.raises(OutputError, match="holds a session already"):
        create(tmp_path / "s")
    assert {p.name: p.read_bytes() for p in (tmp_path / "s").iterdir()} == before


def test_other_files_in_the_folder_stay(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    create(tmp_path).close()
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert is_session(tmp_path)


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for folder in (tmp_path / "file", tmp_path / "file" / "s"):
        with pytest.raises(OutputError, match="file"):
            create(folder)
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


AS_NOBODY = """
import os, sys
from pathlib import Path
from monitor.errors import OutputError
from tests.recordings.test_session import create
os.chdir(sys.argv[1])  # a root gives up its rights inside, so that the way there need not be open
if os.getuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
try:
    create(Path("s"))
except OutputError as error:
    assert str(error).startswith("s: cannot write"), error
else:
    raise SystemExit("it was written")
"""


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o555)
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, str(locked)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    locked.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert list(locked.iterdir()) == []


# The limit on the size of a file stands for a disk that fills up while the files are made.
NO_ROOM = """
import resource, sys
from pathlib import Path
from monitor.errors import OutputError
from tests.recordings.test_session import create

resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
try:
    create(Path(sys.argv[1]) / "new" / "s", config_toml="#" * int(sys.argv[3]))
except OutputError as error:
    print(error)
else:
    raise SystemExit("it was written")
"""


@pytest.mark.parametrize(
    ("most_bytes", "config_bytes", "file"),
    [(10, 10, "frames.mcap"), (3000, 10, "log.sqlite"), (200_000, 500_000, "log.sqlite")],
)
def test_nothing_half_made_is_left(tmp_path: Path, most_bytes: int, config_bytes: int, file: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(tmp_path), str(most_bytes), str(config_bytes)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert str(tmp_path / "new" / "s" / file) in done.stdout
    assert list(tmp_path.iterdir()) == []


KILLED = """
import os, signal, sys
from pathlib import Path
from tests.recordings.test_recording import noisy_frame
from tests.recordings.test_session import create
from tests.recordings.test_log import transition_of

session = create(Path(sys.argv[1]))
for seq in range(5):
    session.recording.append(noisy_frame(seq))
session.log.transition(transition_of())
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_session_is_read_and_said_to_be_incomplete(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(folder)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    stored = Session.open(folder)
    assert not stored.about.complete
    with stored.frames() as reader:
        assert reader.check().frames == 5
        assert not reader.complete
    assert len(stored.log().alarms) == 1


def test_a_session_that_ended_in_a_fault_stays_incomplete(tmp_path: Path) -> None:
    create(tmp_path / "s").close(complete=False)
    assert not Session.open(tmp_path / "s").about.complete


def test_a_log_that_cannot_be_ended_leaves_the_session_incomplete(tmp_path: Path) -> None:
    session = create(tmp_path / "s")
    session.recording.append(noisy_frame(0))
    other = sqlite3.connect(tmp_path / "s" / "log.sqlite", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(RecordingError):
        session.log.transition(transition_of())
    with pytest.raises(RecordingError, match="locked"):
        session.close()
    other.close()
    stored = Session.open(tmp_path / "s")
    assert not stored.about.complete
    with stored.frames() as reader:
        assert reader.check().complete


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "no session"),
        ("{", "not a session file"),
        ('{"schema": "cementwatch.session/1"}', "not a session file"),
    ],
)
def test_what_is_no_session_is_said_to_be_none(tmp_path: Path, content: str | None, message: str) -> None:
    if content is not None:
        (tmp_path / "session.json").write_text(content)
    with pytest.raises(SourceError, match=message):
        Session.open(tmp_path)


def test_a_session_of_another_schema_is_refused(tmp_path: Path) -> None:
    create(tmp_path / "s").close()
    path = tmp_path / "s" / "session.json"
    path.write_text(path.read_text().replace("session/1", "session/2"))
    with pytest.raises(SourceError, match="session/2"):
        Session.open(tmp_path / "s")
