"""A session becomes an archive: bit for bit, at any moment one form or the other, and never a wrong frame."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from monitor.errors import CementWatchError, OutputError, RecordingError, SourceError
from monitor.frame import Frame
from recordings.archive import archive_session
from recordings.archive_reader import ArchivedReader
from recordings.mcap_messages import raw_messages
from recordings.messages import Gap
from recordings.monitor_lock import monitor_runs, monitoring
from recordings.recording import RecordingReader
from recordings.replay import RecordedSource
from recordings.resume import resume_session
from recordings.session import open_session
from recordings.verify import verify_session
from tests.recordings.test_log import PLAN, SOURCE, transition_of
from tests.recordings.test_recording import assert_same, frame_of, noisy_frame
from tests.recordings.test_session import ROOT, create

SEQS = (0, 1, 2, 3, 6, 7, 8)
CHECKSUMS = "checksums.sha256"


def frames() -> list[Frame]:
    """Seven frames with a gap, one of them no later than the one before, at 15 per second."""
    made = [noisy_frame(seq) for seq in SEQS]
    same_time = Frame(2, made[2].t_capture_ns, made[1].t_source_ns, made[2].pixels, made[2].source_id)
    return [made[0], made[1], same_time, *made[3:]]


def record(folder: Path, shots: list[Frame] | None = None, **changes: Any) -> Path:
    session = create(folder, **changes)
    for frame in frames() if shots is None else shots:
        if frame.seq == 6:
            session.recording.gap(Gap(4, 2, 5, "overflow"))
            session.recording.event("table moved", {"by_mm": 3.0}, 6)
        session.recording.append(frame)
    session.close()
    return folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return record(tmp_path_factory.mktemp("kept") / "session")


@pytest.fixture
def session(kept: Path, tmp_path: Path) -> Path:
    return shutil.copytree(kept, tmp_path / "session")


@pytest.fixture(scope="module")
def archived(kept: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = shutil.copytree(kept, tmp_path_factory.mktemp("archived") / "session")
    archive_session(folder, software_version="1.2.3")
    return folder


@pytest.fixture
def archive(archived: Path, tmp_path: Path) -> Path:
    return shutil.copytree(archived, tmp_path / "archive")


def held_frames(folder: Path) -> list[Frame]:
    with open_session(folder).frames() as reader:
        return list(reader)


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_is_in_the_archive_as_it_was(kept: Path, session: Path) -> None:
    with RecordingReader(kept / "frames.mcap") as reader:
        before = reader.check(), reader.gaps, reader.events, dict(reader.metadata)
    done = archive_session(session, software_version="1.2.3")
    assert (done.already, done.frames, done.damaged) == (False, len(SEQS), 0)
    assert done.raw_bytes == sum(frame.pixels.nbytes for frame in frames())
    stored = open_session(session)
    assert stored.archived
    assert stored.about.files["frames"] == stored.recording_path.name == "frames.mkv"
    assert stored.about.files["timeline"] == "timeline.mcap"
    assert "frames.mcap" not in names(session)
    assert not [name for name in names(session) if name.startswith(".")]
    assert {oct(path.stat().st_mode & 0o777) for path in session.iterdir()} == {"0o600"}
    with stored.frames() as reader:
        assert len(reader) == len(SEQS)
        for read, written in zip(reader, frames(), strict=True):
            assert_same(read, written)
        assert_same(reader.read(4), frames()[4])
        assert (reader.check(), reader.gaps, reader.events) == before[:3]
        assert before[3].items() <= reader.metadata.items()
        assert isinstance(reader, ArchivedReader)
        assert reader.facts is not None
        assert (reader.facts.bits_stored, reader.facts.kind.pixel_format) == (12, "gray12le")
        shown = [reader.video_frame(index).pts_ms for index in range(len(reader))]
        assert shown == [0, 66, 67, 198, 396, 462, 528]
        with pytest.raises(IndexError):
            reader.read(len(SEQS))


def test_a_time_line_that_is_none_leaves_nothing_open(archive: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    for name in ("none.mcap", "session.json"):
        with pytest.raises(SourceError):
            ArchivedReader(archive / name, archive / "frames.mkv")
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_player_finds_the_same_pixels_at_true_times(archive: Path) -> None:
    import av

    with av.open(str(archive / "frames.mkv")) as container:
        tags = {name.upper(): text for name, text in container.metadata.items()}
        stream = container.streams.video[0]
        shown = [(frame.pts, frame.key_frame, frame.to_ndarray()) for frame in container.decode(stream)]
    assert tags["CEMENTWATCH_SESSION"] == open_session(archive).about.id
    assert tags["CEMENTWATCH_ANCHOR_UTC"] == "2026-03-04T05:06:07.000000+00:00"
    assert (tags["CEMENTWATCH_SOFTWARE"], tags["CEMENTWATCH_BITS_STORED"]) == ("1.2.3", "12")
    assert [pts for pts, *_ in shown] == [0, 66, 67, 198, 396, 462, 528]
    assert all(key for _, key, _ in shown)
    for (_, _, pixels), written in zip(shown, frames(), strict=True):
        np.testing.assert_array_equal(pixels, written.pixels)


@pytest.mark.parametrize(
    ("dtype", "most", "shape", "pixel_format"),
    [
        (np.uint8, 255, (33, 57), "gray"),
        (np.uint16, 1023, (1, 70), "gray10le"),
        (np.uint16, 4095, (65, 127), "gray12le"),
        (np.uint16, 65535, (70, 1), "gray16le"),
    ],
)
def test_every_depth_and_odd_size_comes_back(
    dtype: type, most: int, shape: tuple[int, int], pixel_format: str, tmp_path: Path
) -> None:
    dice = np.random.default_rng(most)
    shots = [frame_of(dice.integers(0, most, shape, dtype, endpoint=True), seq) for seq in range(3)]
    shots[1] = frame_of(np.full(shape, most, dtype), 1)
    bits = SOURCE.intensity.__class__(SOURCE.intensity.relationship, most.bit_length())
    info = SOURCE.__class__("x", "device", *shape, bits)
    folder = record(tmp_path / "s", shots, source_info=info)
    archive_session(folder, software_version="1")
    with open_session(folder).frames() as reader:
        assert isinstance(reader, ArchivedReader)
        assert reader.facts is not None
        assert reader.facts.kind.pixel_format == pixel_format
        for read, written in zip(reader, shots, strict=True):
            assert_same(read, written)
    with RecordedSource(folder) as source:
        assert np.array_equal(source.read().pixels, shots[0].pixels)


def test_checksums_are_those_of_sha256sum(session: Path) -> None:
    for expected in ({"frames.mcap"}, {"frames.mkv", "timeline.mcap"}):
        lines = (session / CHECKSUMS).read_text().splitlines()
        listed = {line[66:]: line[:64] for line in lines}
        assert set(listed) == expected | {"config.toml", "log.sqlite", "plan.json", "session.json"}
        for name, digest in listed.items():
            assert hashlib.sha256((session / name).read_bytes()).hexdigest() == digest, name
        assert all(line[64:66] == "  " for line in lines)
        archive_session(session, software_version="1")


def test_who_opened_the_session_before_reads_on(session: Path) -> None:
    stored = open_session(session)
    with stored.frames() as before:
        archive_session(session, software_version="1")
        assert_same(before.read(6), frames()[6])
    with stored.frames() as after:
        assert_same(after.read(6), frames()[6])


def test_archiving_twice_changes_nothing(archive: Path) -> None:
    before = {path.name: path.read_bytes() for path in archive.iterdir()}
    assert archive_session(archive, software_version="2").already
    assert {path.name: path.read_bytes() for path in archive.iterdir()} == before


KILLING = """
import os, shutil, sys
from pathlib import Path
from recordings.archive import archive_session
from recordings.session import open_session
from tests.recordings.test_archive import frames, held_frames
from tests.recordings.test_recording import assert_same

kept, place = Path(sys.argv[1]), Path(sys.argv[2])
TOUCHES = {"os.rename", "os.remove", "os.truncate", "open", "os.mkdir"}
limit = None
count = 0

def hook(event, arguments):
    global count
    if limit is None or event not in TOUCHES:
        return
    if event == "open" and not str(arguments[0]).startswith(str(place)):
        return
    count += 1
    if count == limit:
        os._exit(9)

sys.addaudithook(hook)
outcome, number = 9, -2
forms = []
while outcome == 9:
    number += 3
    folder = place / str(number)
    shutil.copytree(kept, folder)
    child = os.fork()
    if child == 0:
        limit = number
        archive_session(folder, software_version="1")
        os._exit(0)
    outcome = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    forms.append(open_session(folder).archived)
    for read, written in zip(held_frames(folder), frames(), strict=True):
        assert_same(read, written)
    archive_session(folder, software_version="1")
    left = {path.name for path in folder.iterdir()} - {"config.toml", "log.sqlite", "plan.json"}
    assert left == {"checksums.sha256", "frames.mkv", "session.json", "timeline.mcap"}, left
    with open_session(folder).frames() as reader:
        assert reader.check(quick=True).complete
    shutil.rmtree(folder)
assert outcome == 0, outcome
print(forms.count(False), forms.count(True))
"""


def test_a_kill_at_any_step_leaves_one_form_or_the_other(kept: Path, tmp_path: Path) -> None:
    """Killed before every third opening, renaming or removing of a file, read, and archived again."""
    done = subprocess.run(
        [sys.executable, "-c", KILLING, str(kept), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    before, after = map(int, done.stdout.split())
    assert before >= 4
    assert after >= 2


def test_a_damaged_frame_stays_damaged(session: Path) -> None:
    with RecordingReader(session / "frames.mcap") as reader:
        offset = reader._frames.offsets[3]
    flip(session / "frames.mcap", offset + 200)
    done = archive_session(session, software_version="1")
    assert (done.frames, done.damaged) == (len(SEQS) - 1, 1)
    with open_session(session).frames() as reader:
        assert len(reader) == len(SEQS)
        with pytest.raises(RecordingError, match="position 3 is damaged"):
            reader.read(3)
        check = reader.check()
        assert [frame.seq for frame in reader] == [0, 1, 2, 6, 7, 8]
    assert (check.frames, check.damaged, check.missing, check.complete) == (6, 1, ((3, 1),), False)


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


@pytest.mark.parametrize("what", ["sizes", "depths", "cut", "no frames", "length"])
def test_what_cannot_be_archived_is_left_as_it_is(what: str, tmp_path: Path) -> None:
    shots = {
        "sizes": [noisy_frame(0), noisy_frame(1, shape=(40, 58))],
        "depths": [noisy_frame(0), noisy_frame(1, np.uint8)],
        "no frames": [],
    }.get(what)
    folder = record(tmp_path / "s", shots)
    mcap = folder / "frames.mcap"
    if what == "cut":
        mcap.write_bytes(mcap.read_bytes()[:-500])
    if what == "length":
        with RecordingReader(mcap) as reader:
            at = reader._frames.offsets[1] - 22 - 8
        flip(mcap, at + 2)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    with pytest.raises(SourceError, match=r"frames\.mcap") as told:
        archive_session(folder, software_version="1")
    assert "more than one size" in str(told.value) or what not in ("sizes", "depths")
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_a_session_that_can_be_gone_on_with_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    session = create(folder)
    for frame in frames():
        session.recording.append(frame)
    with pytest.raises(SourceError, match="--unclosed"):
        archive_session(folder, software_version="1")
    with pytest.raises(OutputError, match="is being recorded"):
        archive_session(folder, software_version="1", unclosed=True)
    os.close(session.recording._fd)  # as a kill leaves it
    session.recording._fd = os.open(os.devnull, os.O_WRONLY)
    session.log.transition(transition_of())
    shutil.copytree(folder, tmp_path / "killed")  # its log beside what is written ahead of it
    session.log.close()
    folder = tmp_path / "killed"
    assert (folder / "log.sqlite-wal").stat().st_size > 0
    archive_session(folder, software_version="1", unclosed=True)
    assert names(folder) == {
        CHECKSUMS, "config.toml", "frames.mkv", "log.sqlite", "plan.json", "session.json", "timeline.mcap",
    }  # fmt: skip
    assert len(open_session(folder).log().alarms) == 1
    assert verify_session(folder).problems == [
        "the session was not closed in order: it was broken off, or still runs",
        "frames.mkv: missing, and no gap says so: frames 4 to 5",
        "the recording had been cut before it was archived: what came behind is missing",
    ]
    assert archive_session(folder, software_version="1").already
    assert len(held_frames(folder)) == len(SEQS)
    assert not open_session(folder).about.complete
    with pytest.raises(OutputError, match="has been archived; record into another folder"):
        resume_session(folder, source_info=SOURCE, plan=PLAN, config_toml="[alerts]\n", now_ns=10**12)


def test_nobody_goes_on_with_a_session_that_is_being_archived(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    session = create(folder)
    session.recording.append(noisy_frame(0))
    session.close(complete=False)
    with (folder / "frames.mcap").open("rb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(OutputError, match="is being archived"):
            resume_session(folder, source_info=SOURCE, plan=PLAN, config_toml="[alerts]\n", now_ns=10**12)


def test_another_file_of_that_name_is_in_the_way(session: Path) -> None:
    (session / "frames.mkv").write_text("mine")
    with pytest.raises(OutputError, match="in the way"):
        archive_session(session, software_version="1")
    assert (session / "frames.mkv").read_text() == "mine"
    assert not open_session(session).archived
    assert len(held_frames(session)) == len(SEQS)


def test_what_does_not_read_back_is_not_kept(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path.name: path.read_bytes() for path in session.iterdir()}
    monkeypatch.setattr("recordings.archive_files.pixels_crc32", lambda pixels: 0)
    with pytest.raises(RecordingError, match="does not read back"):
        archive_session(session, software_version="1")
    assert {path.name: path.read_bytes() for path in session.iterdir()} == before


NO_ROOM = """
import resource, sys
from pathlib import Path
from monitor.errors import OutputError
from recordings.archive import archive_session

for most_bytes in (400, 9000):
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, resource.RLIM_INFINITY))
    try:
        archive_session(Path(sys.argv[1]), software_version="1")
    except OutputError as error:
        print(error)
    else:
        raise SystemExit("it was written")
"""


def test_a_full_disk_is_told_and_leaves_the_recording(session: Path) -> None:
    before = names(session)
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(session)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.endswith("cannot be written: File too large") for line in done.stdout.splitlines()] == [
        True,
        True,
    ], done.stdout
    assert names(session) == before
    assert len(held_frames(session)) == len(SEQS)


def test_a_disk_without_room_for_both_is_told_before_anything_is_written(
    session: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = (session / "frames.mcap").stat().st_size
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, size - 1))
    with pytest.raises(OutputError, match=r"not archived: up to 0\.0 GB are needed"):
        archive_session(session, software_version="1")
    assert "frames.mcap" in names(session)


@pytest.mark.parametrize("file", ["frames.mkv", "timeline.mcap"])
def test_no_changed_byte_is_taken_for_right(file: str, archive: Path) -> None:
    written = {frame.seq: frame for frame in frames()}
    data = (archive / file).read_bytes()
    dice = np.random.default_rng(7)
    told = 0
    for at in dice.integers(0, len(data), 60):
        flip(archive / file, int(at))
        try:
            with open_session(archive).frames() as reader:
                for frame in reader:
                    assert_same(frame, written[frame.seq])
                assert not reader.check(quick=True).complete
        except CementWatchError:
            told += 1
        (archive / file).write_bytes(data)
    assert told < 10


@pytest.mark.parametrize("file", ["frames.mkv", "timeline.mcap"])
def test_a_cut_file_gives_what_it_holds(file: str, archive: Path) -> None:
    data = (archive / file).read_bytes()
    for part in (0.2, 0.6, 0.95):
        (archive / file).write_bytes(data[: int(part * len(data))])
        with open_session(archive).frames() as reader:
            read = list(reader)
            assert not reader.check().complete
            assert len(reader.gaps) == 1 or file == "timeline.mcap"
        for got, wrote in zip(read, frames(), strict=False):
            assert_same(got, wrote)
        assert len(read) >= int(part * len(SEQS)) - 1


def test_without_the_time_line_the_frames_are_there_and_said_to_be_damaged(archive: Path) -> None:
    (archive / "timeline.mcap").unlink()
    with open_session(archive).frames() as reader:
        assert len(reader) == len(SEQS)
        for index, written in enumerate(frames()):
            read = reader.read(index)
            np.testing.assert_array_equal(read.pixels, written.pixels)
        assert [frame.time_ns // 1_000_000 for frame in reader] == [0, 66, 67, 198, 396, 462, 528]
        check = reader.check()
        assert (check.frames, check.ended, check.complete) == (len(SEQS), False, False)
        assert reader.refresh() == 0
    flip(archive / "frames.mkv", 3000)
    with open_session(archive).frames() as reader:
        assert len(list(reader)) == len(SEQS) - 1
        assert reader.damaged == 1


def test_without_the_video_gaps_and_events_are_there(archive: Path) -> None:
    (archive / "frames.mkv").unlink()
    with open_session(archive).frames() as reader:
        assert (len(reader), list(reader)) == (len(SEQS), [])
        assert reader.damaged == len(SEQS)
        assert [event.name for event in reader.events] == ["table moved"]
        assert reader.gaps == (Gap(4, 2, 5, "overflow"),)


def test_several_threads_read_it(archive: Path) -> None:
    written = frames()
    with open_session(archive).frames() as reader, ThreadPoolExecutor(4) as pool:
        order = [int(i) for i in np.random.default_rng(1).integers(0, len(SEQS), 60)]
        for index, read in zip(order, pool.map(reader.read, order), strict=True):
            assert_same(read, written[index])


def test_messages_of_a_topic_that_is_not_known_yet_are_copied(session: Path) -> None:
    """As a later version writes them: another channel, other bytes, in their place among the frames."""
    from io import BytesIO

    from mcap.writer import CompressionType, IndexType, Writer

    with (session / "frames.mcap").open("rb") as file:
        before = list(raw_messages(file.fileno()))
    out = BytesIO()
    writer = Writer(
        out, compression=CompressionType.NONE, use_chunking=False, index_types=IndexType.NONE,
        use_summary_offsets=False, enable_data_crcs=True,
    )  # fmt: skip
    writer.start("cementwatch.recording/2", "later")
    ids = {
        topic: writer.register_channel(topic, "msgpack", 0) for topic in ("frames", "steps", "gaps", "events")
    }
    for number, message in enumerate(before):
        writer.add_message(ids["steps"], number, f"step {number}".encode(), number + 1, sequence=number)
        writer.add_message(
            ids[message.topic], message.log_time_ns, message.data, message.publish_time_ns, message.sequence
        )
    writer.finish()
    (session / "frames.mcap").write_bytes(out.getvalue())
    with (session / "frames.mcap").open("rb") as file:
        before = list(raw_messages(file.fileno(), skip_data_of="frames"))
    archive_session(session, software_version="1")
    with (session / "timeline.mcap").open("rb") as file:
        assert list(raw_messages(file.fileno(), skip_data_of="frames")) == before
    assert sum(message.topic == "steps" for message in before) == len(SEQS) + 2


def test_it_waits_while_a_monitor_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert not monitor_runs()
    with monitoring(), monitoring():
        assert monitor_runs()
        held = threading.Event()

        def watch() -> None:
            with monitoring():
                held.set()

        other = threading.Thread(target=watch)
        other.start()
        other.join()
        assert held.is_set()
    assert not monitor_runs()


def test_session_json_leads_to_no_other_file(archive: Path) -> None:
    path = archive / "session.json"
    about = json.loads(path.read_text())
    about["files"]["frames"] = "../elsewhere.mkv"
    path.write_text(json.dumps(about))
    with pytest.raises(SourceError, match=r"frames\.mcap"):
        open_session(archive).frames()
