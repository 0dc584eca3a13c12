"""`cementwatch send`: what is said, and the exit status."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import dcmread
from pydicom.uid import RLELossless
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    ComprehensiveSRStorage,
)

from recordings.sending import locks
from tests import peers
from tests.network.objects import write_object
from tests.network.scripted_pacs import ScriptedPacs, scripted_pacs
from tests.recordings.test_archive import kept
from tests.recordings.test_retaken import record
from ui.cli import run

__all__ = ["kept"]


@pytest.fixture(scope="module")
def running() -> Iterator[ScriptedPacs]:
    with scripted_pacs() as pacs:
        yield pacs


@pytest.fixture
def pacs(running: ScriptedPacs) -> ScriptedPacs:
    running.statuses, running.failures, running.reports_on_same = {}, {}, True
    running.received.clear()
    return running


@pytest.fixture
def queue(tmp_path: Path) -> Path:
    return tmp_path / "queue"


@pytest.fixture
def dicom(tmp_path: Path) -> Path:
    (tmp_path / "study").mkdir()
    for number in range(2):
        write_object(tmp_path / "study" / f"{number}.dcm", seed=number)
    (tmp_path / "study" / "notes.txt").write_text("Zebrowski")
    return tmp_path / "study"


def names_in(queue: Path) -> list[str]:
    with sqlite3.connect(queue / "queue.sqlite") as held:
        found = [name for (name,) in held.execute("SELECT name FROM entry ORDER BY number")]
    held.close()
    return found


def test_a_folder_of_dicom_files_is_sent_and_committed(
    dicom: Path, queue: Path, pacs: ScriptedPacs, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["send", str(dicom), "--to", str(pacs.peer), "--commit", "--queue", str(queue)]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.splitlines()[0] == f"2 objects queued for {pacs.peer}"
    assert sum(line.endswith(f"committed by {pacs.peer}") for line in out.splitlines()) == 2
    assert len(pacs.received) == 2
    assert names_in(queue) == []


def test_the_results_of_a_session_are_sent(
    queue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    session = record(tmp_path / "session", frames=12).folder
    before, port = sorted(session.iterdir()), peers.free_port()
    asked = ["send", str(session), "--only", "sr", "--to", f"ANY-SCP@127.0.0.1:{port}"]
    (tmp_path / "got").mkdir()
    with peers.server("storescp", "-od", tmp_path / "got", str(port), port=port, folder=tmp_path):
        assert run([*asked, "--queue", str(queue)]) == 0
    got = {str(dcmread(path).SOPClassUID) for path in (tmp_path / "got").iterdir()}
    assert ComprehensiveSRStorage in got
    assert sorted(session.iterdir()) == before, "a session is only read"
    assert list(queue.glob(".making-*")) == []
    assert " objects queued for ANY-SCP@" in capsys.readouterr().out


def test_a_session_that_was_not_monitored_has_no_results_and_queues_nothing(
    kept: Path, queue: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["send", str(kept), "--to", "A@b:104", "--queue", str(queue)]) == 2
    assert capsys.readouterr().err.count("\n") == 1
    assert names_in(queue) == []
    assert list(queue.glob(".making-*")) == []


def test_what_is_not_sent_is_told_a_line_each_and_goes_on_later(
    dicom: Path, queue: Path, pacs: ScriptedPacs, capsys: pytest.CaptureFixture[str]
) -> None:
    compressed = dicom / "2.dcm"
    write_object(compressed, syntax=RLELossless)
    sent = ["send", str(dicom), "--to", str(pacs.peer), "--queue", str(queue), "--wait", "0"]
    assert run(sent) == 1
    out, err = capsys.readouterr()
    (name,) = names_in(queue)
    why = "the peer does not take Secondary Capture Image Storage in RLE Lossless, and nothing is transcoded"
    assert err.splitlines() == [
        f"cementwatch: {name} (Secondary Capture Image) to {pacs.peer}: failed: {why}; "
        f"not tried again by itself (--retry {name})"
    ]
    assert run(["send", "--pending", "--queue", str(queue)]) == 1
    assert len(pacs.received) == 2
    assert run(["send", "--list", "--queue", str(queue)]) == 0
    out, _ = capsys.readouterr()
    assert sum(line.startswith(f"{name} (Secondary Capture Image) to {pacs.peer}: failed: ") for line in
               out.splitlines()) == 1  # fmt: skip
    assert run(["send", "--retry", name, "--queue", str(queue)]) == 1
    assert run(["send", "--retry", "none", "--queue", str(queue)]) == 2
    assert run(["send", "--drop", name, "--queue", str(queue)]) == 0
    assert run(["send", "--drop", name, "--queue", str(queue)]) == 2
    assert run(["send", "--pending", "--queue", str(queue)]) == 0
    said = "".join(capsys.readouterr())
    assert "ebrowski" not in out + err + said


def test_a_peer_that_was_away_gets_what_is_pending(dicom: Path, queue: Path, tmp_path: Path) -> None:
    port = peers.free_port()
    to = f"ANY-SCP@127.0.0.1:{port}"
    assert run(["send", str(dicom), "--to", to, "--queue", str(queue), "--wait", "0"]) == 1
    (tmp_path / "got").mkdir()
    with peers.server("storescp", "-od", tmp_path / "got", str(port), port=port, folder=tmp_path):
        assert run(["send", "--pending", "--queue", str(queue), "--wait", "0"]) == 1, "it is not due yet"
        assert run(["send", "--retry", "all", "--queue", str(queue), "--wait", "0"]) == 0
    assert len(list((tmp_path / "got").iterdir())) == 2
    assert names_in(queue) == []


def test_what_is_left_of_others_does_not_count_but_is_said(
    dicom: Path, queue: Path, pacs: ScriptedPacs, capsys: pytest.CaptureFixture[str]
) -> None:
    away = f"AWAY@127.0.0.1:{peers.free_port()}"
    assert run(["send", str(dicom / "0.dcm"), "--to", away, "--queue", str(queue), "--wait", "0"]) == 1
    capsys.readouterr()
    assert run(["send", str(dicom / "1.dcm"), "--to", str(pacs.peer), "--queue", str(queue)]) == 0
    assert capsys.readouterr().err == "cementwatch: 1 other object is in the queue (--list)\n"


def test_while_another_sender_is_at_work_objects_are_queued(
    dicom: Path, queue: Path, pacs: ScriptedPacs, capsys: pytest.CaptureFixture[str]
) -> None:
    queue.mkdir()
    with locks.held(queue / locks.SENDING):
        assert run(["send", str(dicom), "--to", str(pacs.peer), "--queue", str(queue), "--wait", "0"]) == 1
    assert capsys.readouterr().err.startswith("cementwatch: another sender is at work on the queue\n")
    assert pacs.received == []
    assert run(["send", "--pending", "--queue", str(queue)]) == 0
    assert len(pacs.received) == 2


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["{dicom}"], "--to"),
        ([], "--pending"),
        (["--pending", "--list"], "--pending"),
        (["--pending", "--to", "A@b:104"], "--to"),
        (["{dicom}", "--to", "nowhere"], "--to"),
        (["{dicom}", "--to", "A@b:104", "--aet", "TOO LONG FOR A TITLE"], "--aet"),
        (["{dicom}", "--to", "A@b:104", "--port", "104"], "--commit"),
        (["{dicom}", "--to", "A@b:104", "--tls-key", "k.pem"], "--tls"),
        (["{dicom}", "--to", "A@b:104", "--tls", "--tls-authority", "none.pem"], "none.pem"),
        (["{dicom}/none", "--to", "A@b:104"], "none"),
        (["{dicom}/notes.txt", "--to", "A@b:104"], "notes.txt"),
        (["{queue}", "--to", "A@b:104"], "queue"),
        (["--drop", "0badf00d"], "queue"),
    ],
)
def test_bad_arguments_are_one_clear_line_and_queue_nothing(
    dicom: Path, queue: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], named: str
) -> None:
    asked = [argument.format(dicom=dicom, queue=queue) for argument in arguments]
    assert run(["send", *asked, "--queue", str(queue)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert named in err
    assert not queue.exists() or names_in(queue) == []
