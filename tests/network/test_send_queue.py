"""The queue of what is to be sent: whole or not there, whatever happens."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.errors import InputError, OutputError
from recordings.network.address import Peer
from recordings.network.tls import TlsFiles
from recordings.sending import locks
from recordings.sending.backoff import Backoff
from recordings.sending.entry import Route, Stage
from recordings.sending.queue import SendQueue, open_queue
from recordings.sending.sender import sending
from tests.network.objects import PATIENT, write_object

ROUTE = Route(Peer("PACS", "::1", 104), "US", True, "0.0.0.0", 11112, TlsFiles(None, None, Path("/ca.pem")))
NOW_S = 1_000_000.0


@pytest.fixture
def queue(tmp_path: Path) -> SendQueue:
    with open_queue(tmp_path / "queue") as opened:
        yield opened


def names_below(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*"))


def spooled(queue: SendQueue) -> list[str]:
    return names_below(queue.folder / "spool")


def test_what_is_queued_is_there_after_a_restart(queue: SendQueue, tmp_path: Path) -> None:
    uid = write_object(tmp_path / "a.dcm")
    added = queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)
    queue.close()
    with open_queue(queue.folder) as again:
        (entry,) = again.entries()
        assert (entry.name, entry.object.sop_instance, entry.route) == (added.new[0], uid, ROUTE)
        assert (entry.stage, entry.next_try_s, entry.reason) == (Stage.QUEUED, NOW_S, None)
        assert again.spool.path(entry.name).read_bytes() == (tmp_path / "a.dcm").read_bytes()


def test_of_several_objects_all_are_queued_or_none(queue: SendQueue, tmp_path: Path) -> None:
    write_object(tmp_path / "a.dcm")
    (tmp_path / "b.dcm").write_text("no DICOM")
    for bad in ("b.dcm", "none.dcm", "."):
        with pytest.raises(InputError, match=str(tmp_path / bad)):
            queue.add([tmp_path / "a.dcm", tmp_path / bad], ROUTE, NOW_S)
        assert (queue.entries(), spooled(queue)) == ((), [])


def test_a_file_whose_meta_information_names_another_object_is_refused(
    queue: SendQueue, tmp_path: Path
) -> None:
    uid = write_object(tmp_path / "a.dcm")
    data = (tmp_path / "a.dcm").read_bytes()
    (tmp_path / "a.dcm").write_bytes(data.replace(uid.encode(), f"{uid[:-1]}{9 - int(uid[-1])}".encode(), 1))
    with pytest.raises(InputError, match="another object"):
        queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)


def test_nothing_but_the_object_itself_names_the_patient(queue: SendQueue, tmp_path: Path) -> None:
    write_object(tmp_path / f"{PATIENT}.dcm")
    queue.add([tmp_path / f"{PATIENT}.dcm"], ROUTE, NOW_S)
    (entry,) = queue.entries()
    queue.failed([entry.name], "no connection", NOW_S, None)
    queue.close()
    held = [path for path in queue.folder.rglob("*") if path.is_file()]
    for path in held:
        assert "ebrowski" not in path.name
        assert (b"ebrowski" in path.read_bytes()) == (path.suffix == ".dcm")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (queue.folder, queue.folder / "spool")} == {
        0o700
    }


_FULL = """
import resource, sys
from pathlib import Path
from monitor.errors import CementWatchError
from recordings.sending.queue import open_queue
from tests.network.test_send_queue import ROUTE
folder, small, large = map(Path, sys.argv[1:])
with open_queue(folder) as queue:
    queue.add([small], ROUTE, 0.0)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    try:
        queue.add([small.with_name("b.dcm"), large], ROUTE, 0.0)
    except CementWatchError as error:
        print(error)
"""


def test_a_full_disk_leaves_nothing_half_written(queue: SendQueue, tmp_path: Path) -> None:
    small = write_object(tmp_path / "a.dcm")
    write_object(tmp_path / "b.dcm")
    write_object(tmp_path / "large.dcm", side_px=512)
    done = subprocess.run(
        [sys.executable, "-c", _FULL, queue.folder, tmp_path / "a.dcm", tmp_path / "large.dcm"],
        capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.count("\n") == 1
    assert "large.dcm" in done.stdout
    assert "nothing was queued" in done.stdout
    (entry,) = queue.entries()
    assert entry.object.sop_instance == small
    assert spooled(queue) == [f"{entry.name}.dcm"]
    assert queue.spool.problem(entry.object) is None


def test_what_a_kill_has_left_is_removed_unless_somebody_is_adding(queue: SendQueue, tmp_path: Path) -> None:
    write_object(tmp_path / "a.dcm")
    queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)
    kept = spooled(queue)
    (queue.folder / "spool" / ".new-0badf00d").write_bytes(b"half")
    (queue.folder / "spool" / "0badf00d.dcm").write_bytes(b"whole, and in no row")
    (queue.folder / ".making-x").mkdir()
    with locks.held(queue.folder / locks.ADDING, shared=True):
        queue.tidy()
        assert len(spooled(queue)) == 3
    queue.tidy()
    assert spooled(queue) == kept
    assert ".making-x" not in names_below(queue.folder)


def test_one_that_was_done_when_the_sender_was_killed_goes_with_the_next(
    queue: SendQueue, tmp_path: Path
) -> None:
    write_object(tmp_path / "a.dcm")
    queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)
    with sqlite3.connect(queue.folder / "queue.sqlite") as other:
        other.execute("UPDATE entry SET stage = ?", (Stage.COMMITTED.value,))
    other.close()
    queue.tidy()
    assert (queue.entries(), spooled(queue)) == ((), [])


def test_the_same_object_is_queued_once(queue: SendQueue, tmp_path: Path) -> None:
    uid = write_object(tmp_path / "a.dcm")
    (name,) = queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S).new
    queue.failed([name], "no connection", NOW_S, None)
    again = queue.add([tmp_path / "a.dcm"], Route(ROUTE.peer, "OTHER"), NOW_S + 5)
    assert (again.new, again.already) == ((), (name,))
    (entry,) = queue.entries()
    assert (entry.route.aet, entry.route.commit) == ("OTHER", True), "what has to be committed stays so"
    assert entry.next_try_s == NOW_S + 5
    write_object(tmp_path / "a.dcm", uid=uid, seed=2)
    with pytest.raises(InputError, match=f"{name}.*same SOP instance UID"):
        queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)
    assert spooled(queue) == [f"{name}.dcm"]
    elsewhere = Route(Peer("PACS", "::1", 105), "US")
    assert len(queue.add([tmp_path / "a.dcm"], elsewhere, NOW_S).new) == 1, "another peer is another way"


def test_commitment_that_is_asked_for_of_one_that_is_just_done_is_waited_for(
    queue: SendQueue, tmp_path: Path
) -> None:
    write_object(tmp_path / "a.dcm")
    queue.add([tmp_path / "a.dcm"], Route(ROUTE.peer, "US"), NOW_S)
    with sqlite3.connect(queue.folder / "queue.sqlite") as other:  # killed before it could leave the queue
        other.execute("UPDATE entry SET stage = ?", (Stage.COMMITTED.value,))
    other.close()
    (name,) = queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S).new
    queue.tidy()
    (entry,) = queue.entries()
    assert (entry.name, entry.route.commit, entry.stage) == (name, True, Stage.QUEUED)
    assert spooled(queue) == [f"{name}.dcm"]


def test_waits_double_up_to_a_bound() -> None:
    waits = Backoff(first_s=5, most_s=60)
    assert [waits.wait_s(tries) for tries in (1, 2, 3, 4, 5, 99, 10**6)] == [5, 10, 20, 40, 60, 60, 60]


def test_a_file_that_has_changed_or_gone_is_noticed(queue: SendQueue, tmp_path: Path) -> None:
    write_object(tmp_path / "a.dcm")
    queue.add([tmp_path / "a.dcm"], ROUTE, NOW_S)
    (entry,) = queue.entries()
    path = queue.spool.path(entry.name)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert "changed" in str(queue.spool.problem(entry.object))
    path.unlink()
    assert "gone" in str(queue.spool.problem(entry.object))


def test_one_sender_at_a_time(queue: SendQueue) -> None:
    with sending(queue, clock_s=lambda: NOW_S) as first, sending(queue, clock_s=lambda: NOW_S) as second:
        assert first is not None
        assert second is None
    with sending(queue, clock_s=lambda: NOW_S) as third:
        assert third is not None


def test_a_queue_that_cannot_be_used_is_told_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "queue"
    folder.mkdir()
    (folder / "queue.sqlite").write_bytes(os.urandom(4096))
    with pytest.raises(OutputError, match=r"queue\.sqlite: no queue"):
        open_queue(folder)
    (folder / "queue.sqlite").unlink()
    with sqlite3.connect(folder / "queue.sqlite") as newer:
        newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(OutputError, match="version 99"):
        open_queue(folder)
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="no folder"):
        open_queue(tmp_path / "file")
