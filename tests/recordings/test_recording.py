"""The recording file: bit-exact, cut anywhere, changed anywhere, and read by MCAP's own reader."""

from __future__ import annotations

import os
import resource
import signal
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from mcap.reader import make_reader

from monitor.errors import OutputError, RecordingError, SourceError
from monitor.frame import Frame, freeze_pixels
from recordings.messages import decode, encode
from recordings.recording import Gap, RecordingReader, RecordingWriter

ON_FILES = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def frame_of(
    pixels: np.ndarray, seq: int = 0, t_ns: int | None = None, source_ns: int | None = None
) -> Frame:
    t_capture_ns = 1_000_000_000 + seq * 66_000_000 if t_ns is None else t_ns
    return Frame(seq, t_capture_ns, source_ns, freeze_pixels(pixels, copy=True), "simulated:test")


def noisy_frame(seq: int, dtype: type = np.uint16, shape: tuple[int, int] = (40, 56)) -> Frame:
    rng = np.random.default_rng(seq)
    mean, sd = (2000, 60) if dtype is np.uint16 else (120, 4)
    return frame_of(rng.normal(mean, sd, shape).astype(dtype), seq, source_ns=seq * 66_000_000)


def assert_same(read: Frame, written: Frame) -> None:
    assert (read.seq, read.t_capture_ns, read.t_source_ns, read.source_id) == (
        written.seq,
        written.t_capture_ns,
        written.t_source_ns,
        written.source_id,
    )
    assert read.pixels.dtype == written.pixels.dtype
    assert not read.pixels.flags.writeable
    np.testing.assert_array_equal(read.pixels, written.pixels)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[Frame]]:
    """A finished recording of 12 frames with a gap and an event, as bytes."""
    path = tmp_path_factory.mktemp("whole") / "frames.mcap"
    frames = [noisy_frame(seq, np.uint16 if seq % 2 else np.uint8) for seq in (*range(6), *range(9, 15))]
    with RecordingWriter(path, {"session": "x"}) as writer:
        for frame in frames[:6]:
            writer.append(frame)
        writer.gap(Gap(6, 3, frames[5].t_capture_ns + 1, "overflow"))
        writer.event("note", {"text": "é", "n": [1, 2.5, None]}, frames[5].t_capture_ns + 2)
        for frame in frames[6:]:
            writer.append(frame)
    return path.read_bytes(), frames


@given(
    pixels=st.sampled_from([np.uint8, np.uint16]).flatmap(
        lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))
    ),
    seq=st.integers(0, 2**40),
    t_ns=st.integers(-(2**62), 2**62),
    source_ns=st.none() | st.integers(-(2**62), 2**62),
)
@settings(deadline=None)
def test_a_frame_comes_back_bit_for_bit(
    pixels: np.ndarray, seq: int, t_ns: int, source_ns: int | None
) -> None:
    frame = frame_of(pixels, seq, t_ns, source_ns)
    read = decode(encode(frame))
    assert isinstance(read, Frame)
    assert_same(read, frame)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_full_size_noise_is_stored_smaller_and_comes_back(dtype: type) -> None:
    frame = noisy_frame(3, dtype, (768, 1024))
    encoded = encode(frame)
    assert len(encoded) < 0.8 * frame.pixels.nbytes
    read = decode(encoded)
    assert isinstance(read, Frame)
    assert_same(read, frame)


def test_a_finished_recording_is_whole(whole: tuple[bytes, list[Frame]], tmp_path: Path) -> None:
    data, frames = whole
    path = tmp_path / "r.mcap"
    path.write_bytes(data)
    with RecordingReader(path) as reader:
        assert len(reader) == len(frames)
        for read, written in zip(reader, frames, strict=True):
            assert_same(read, written)
        assert_same(reader.read(7), frames[7])
        assert reader.metadata == {"session": "x"}
        assert reader.gaps == (Gap(6, 3, frames[5].t_capture_ns + 1, "overflow"),)
        assert [(e.name, e.data) for e in reader.events] == [("note", {"text": "é", "n": [1, 2.5, None]})]
        check = reader.check()
    assert check.complete
    assert (check.frames, check.missing, check.damaged) == (12, (), 0)


def test_mcaps_own_reader_reads_it(whole: tuple[bytes, list[Frame]], tmp_path: Path) -> None:
    data, frames = whole
    path = tmp_path / "r.mcap"
    path.write_bytes(data)
    with path.open("rb") as file:
        reader = make_reader(file, validate_crcs=True)
        summary = reader.get_summary()
        assert summary is not None
        assert summary.statistics is not None
        assert summary.statistics.message_count == len(frames) + 2
        assert {c.topic: c.message_encoding for c in summary.channels.values()} == dict.fromkeys(
            ("frames", "gaps", "events", "steps"), "msgpack"
        )
        messages = [m for _, channel, m in reader.iter_messages() if channel.topic == "frames"]
    assert [m.log_time for m in messages] == [f.t_capture_ns for f in frames]
    assert [m.publish_time for m in messages] == [f.t_source_ns for f in frames]
    # The message is plain MessagePack: what it is can be told without this software.
    plain = msgspec.msgpack.decode(messages[0].data)
    header = msgspec.msgpack.decode(plain["header"])
    assert (header["type"], header["seq"], header["rows"], header["columns"]) == ("frame", 0, 40, 56)


@given(data=st.data())
@ON_FILES
def test_a_cut_recording_gives_what_is_whole(
    whole: tuple[bytes, list[Frame]], tmp_path: Path, data: st.DataObject
) -> None:
    content, frames = whole
    cut = data.draw(st.integers(8, len(content) - 1))
    path = tmp_path / "cut.mcap"
    path.write_bytes(content[:cut])
    with RecordingReader(path) as reader:
        read = list(reader)
        assert not reader.complete
        check = reader.check()
    for got, written in zip(read, frames, strict=False):
        assert_same(got, written)
    assert len(read) <= len(frames)
    assert not check.complete
    assert check.damaged == 0
    # Nothing that was whole before the cut is given away.
    ends = [content.find(encode(frame)) + len(encode(frame)) for frame in frames]
    assert len(read) == sum(end <= cut for end in ends)


@given(data=st.data())
@settings(parent=ON_FILES, max_examples=300)
def test_a_changed_byte_is_never_taken_for_right(
    whole: tuple[bytes, list[Frame]], tmp_path: Path, data: st.DataObject
) -> None:
    content, frames = whole
    position = data.draw(st.integers(0, len(content) - 1))
    flipped = bytearray(content)
    flipped[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path / "flipped.mcap"
    path.write_bytes(flipped)
    by_seq = {frame.seq: frame for frame in frames}
    try:
        reader = RecordingReader(path)
    except SourceError:
        assert position < 8
        return
    with reader:
        read = list(reader)
        for frame in read:
            assert_same(frame, by_seq[frame.seq])
        assert [f.seq for f in read] == sorted({f.seq for f in read})
        if len(read) < len(frames) or len(reader.gaps) < 1 or len(reader.events) < 1:
            assert not reader.complete
        assert not reader.check().complete


def test_frames_missing_without_a_gap_record_are_named(tmp_path: Path) -> None:
    path = tmp_path / "r.mcap"
    with RecordingWriter(path) as writer:
        for seq in (0, 1, 7):
            writer.append(noisy_frame(seq))
            if seq == 1:
                writer.gap(Gap(3, 2, 0, "overflow"))
    with RecordingReader(path) as reader:
        check = reader.check()
    assert check.missing == ((2, 1), (5, 2))
    assert not check.complete
    assert check.ended


def test_it_is_read_while_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "r.mcap"
    writer = RecordingWriter(path)
    writer.append(noisy_frame(0))
    with RecordingReader(path) as reader:
        assert len(reader) == 1
        writer.append(noisy_frame(1))
        assert len(reader) == 1
        assert reader.refresh() == 1
        assert_same(reader.read(1), noisy_frame(1))
        assert not reader.ended
        writer.close()
        assert reader.refresh() == 0
        assert reader.check().complete


def test_only_the_owner_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        RecordingWriter(tmp_path / "r.mcap").close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "r.mcap").stat().st_mode) == 0o600


def test_it_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "r.mcap"
    path.write_text("mine")
    with pytest.raises(OutputError, match=r"r\.mcap"):
        RecordingWriter(path)
    assert path.read_text() == "mine"


@pytest.mark.parametrize("content", [b"", b"\x89MCAP", b"\x89PNG\r\n\x1a\n" + bytes(50)])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.mcap"
    path.write_bytes(content)
    with pytest.raises(SourceError, match="not a recording"):
        RecordingReader(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.mcap"):
        RecordingReader(tmp_path / "none.mcap")


LIMITED = """
import resource, sys
from pathlib import Path
from monitor.errors import RecordingError
from recordings.recording import RecordingWriter, RecordingReader, Gap
from tests.recordings.test_recording import noisy_frame

path = Path(sys.argv[1])
writer = RecordingWriter(path)
writer.append(noisy_frame(0))
size = path.stat().st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
for seq in (1, 2):
    try:
        writer.append(noisy_frame(seq))
    except RecordingError as error:
        assert str(path) in str(error), error
    else:
        raise SystemExit("the limit did not hold")
    assert path.stat().st_size == size
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
writer.gap(Gap(1, 2, 0, "full"))
writer.append(noisy_frame(3))
writer.close()
with RecordingReader(path) as reader:
    assert [frame.seq for frame in reader] == [0, 3]
    assert reader.check().complete
"""


def test_a_write_that_the_system_refuses_halfway_leaves_no_trace(tmp_path: Path) -> None:
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[1] == resource.RLIM_INFINITY
    run_python(LIMITED, str(tmp_path / "r.mcap"))


WRITING = """
import sys
from pathlib import Path
from recordings.recording import RecordingWriter
from tests.recordings.test_recording import noisy_frame

writer = RecordingWriter(Path(sys.argv[1]))
for seq in range(1_000_000):
    writer.append(noisy_frame(seq))
    print(seq, flush=True)
"""


def test_a_killed_process_loses_no_frame_that_was_accepted(tmp_path: Path) -> None:
    path = tmp_path / "r.mcap"
    accepted = -1
    with subprocess.Popen(
        [sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            accepted = int(line)
            if accepted == 30:
                process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    with RecordingReader(path) as reader:
        read = list(reader)
        assert not reader.complete
    assert len(read) >= accepted + 1
    for seq, frame in enumerate(read):
        assert_same(frame, noisy_frame(seq))


def test_a_closed_writer_refuses(tmp_path: Path) -> None:
    writer = RecordingWriter(tmp_path / "r.mcap")
    writer.close()
    writer.close()
    with pytest.raises(RecordingError, match="closed"):
        writer.append(noisy_frame(0))


ROOT = Path(__file__).resolve().parents[2]


def run_python(code: str, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("cut", [0, 1, 40, None])
def test_a_recording_that_was_cut_or_ended_can_be_gone_on_with(tmp_path: Path, cut: int | None) -> None:
    path = tmp_path / "frames.mcap"
    before = [noisy_frame(seq) for seq in range(5)]
    writer = RecordingWriter(path, {"session": "x"})
    for frame in before:
        writer.append(frame)
    writer.event("note", {"a": 1}, 5)
    if cut is None:
        writer.close()
    else:
        os.close(writer._fd)  # as a kill leaves it
        if cut:
            with path.open("ab") as file:
                file.write(path.read_bytes()[-200:][:cut])  # a message that was begun
    with RecordingReader(path) as reader:
        whole = reader.whole()
    assert (whole.frames, whole.events, whole.next_seq) == (5, 1, 5)

    after = [noisy_frame(seq) for seq in range(5, 9)]
    with RecordingWriter.resume(path, whole) as writer:
        for frame in after:
            writer.append(frame)
        assert writer.frames_written == 9
    with RecordingReader(path) as reader:
        check = reader.check()
        assert (check.frames, check.missing, check.damaged, check.ended, check.complete) == (
            9,
            (),
            0,
            True,
            True,
        )
        assert reader.metadata["session"] == "x"
        for index, frame in enumerate([*before, *after]):
            assert_same(reader.read(index), frame)
    with path.open("rb") as file:
        summary = make_reader(file).get_summary()
    assert summary is not None
    assert summary.statistics is not None
    assert summary.statistics.message_count == 10
    assert summary.statistics.message_start_time == 5


def test_what_is_changed_in_a_recording_gone_on_with_is_still_found(tmp_path: Path) -> None:
    path = tmp_path / "frames.mcap"
    with RecordingWriter(path) as writer:
        writer.append(noisy_frame(0))
    with RecordingReader(path) as reader:
        whole = reader.whole()
    with RecordingWriter.resume(path, whole) as writer:
        writer.append(noisy_frame(1))
    data = bytearray(path.read_bytes())
    data[whole.end - 30] ^= 0x10
    path.write_bytes(data)
    with RecordingReader(path) as reader:
        check = reader.check()
    assert (check.frames, check.damaged, check.complete) == (1, 1, False)
