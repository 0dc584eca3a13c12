"""Exported files: every value and time as it was recorded, whole or not there, and nobody's name unasked."""

from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pydicom
import pytest

from benchmarks import foreign
from monitor.sources.open import source_for
from recordings.procedure import Procedure
from tests.recordings.test_archive import SEQS, archived, flip, frames, kept, record
from tests.recordings.test_log import SOURCE
from tests.recordings.test_recording import frame_of, noisy_frame
from tests.recordings.test_session import ROOT
from ui.cli import run

__all__ = ["archived", "kept"]
TIMES_MS = [0, 66, 67, 198, 396, 462, 528]


@pytest.fixture(params=["kept", "archived"])
def session(request: pytest.FixtureRequest, kept: Path, archived: Path) -> Path:
    return {"kept": kept, "archived": archived}[request.param]


def export(session: Path, out: Path, *more: object) -> int:
    return run(["export", str(session), "--out", str(out), *(str(word) for word in more)])


def video_frames(path: Path) -> list[tuple[int | None, np.ndarray]]:
    with av.open(str(path)) as container:
        return [(frame.pts, frame.to_ndarray()) for frame in container.decode(video=0)]


def one_line(capsys: pytest.CaptureFixture[str]) -> str:
    out, err = capsys.readouterr()
    assert out == ""
    assert len(err.splitlines()) == 1, err
    return err


def test_a_video_holds_every_value_at_its_time(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.mkv"
    assert export(session, out) == 0
    read = video_frames(out)
    assert [pts for pts, _ in read] == TIMES_MS
    for (_, pixels), written in zip(read, frames(), strict=True):
        np.testing.assert_array_equal(pixels, written.pixels)
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with source_for(str(out)) as source:
        assert source.info.intensity.bits_stored == 12
        np.testing.assert_array_equal(source.read().pixels, frames()[0].pixels)


def test_a_dicom_object_holds_every_value_at_its_time(session: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.dcm"
    assert export(session, out) == 0
    ds = pydicom.dcmread(out)
    assert ds.SOPClassUID.name == "Multi-frame Grayscale Word Secondary Capture Image Storage"
    assert (ds.NumberOfFrames, ds.Rows, ds.Columns) == (len(SEQS), 40, 56)
    assert (ds.BitsAllocated, ds.BitsStored, ds.HighBit) == (16, 12, 11)
    assert np.cumsum([float(step) for step in ds.FrameTimeVector]).tolist() == TIMES_MS
    np.testing.assert_array_equal(ds.pixel_array, np.stack([frame.pixels for frame in frames()]))
    assert (ds.PatientName, ds.PatientID, ds.StudyDate) == ("", "", "")
    with source_for(str(out)) as source:
        read = [source.read() for _ in range(3)]
    assert [frame.time_ns for frame in read] == [0, 66_000_000, 67_000_000]
    np.testing.assert_array_equal(read[2].pixels, frames()[2].pixels)


def test_even_times_are_a_frame_time_and_bytes_stay_bytes(tmp_path: Path) -> None:
    record(tmp_path / "s", [noisy_frame(seq, np.uint8, (7, 9)) for seq in range(4)])
    assert export(tmp_path / "s", tmp_path / "o.dcm") == 0
    ds = pydicom.dcmread(tmp_path / "o.dcm")
    assert ds.SOPClassUID.name == "Multi-frame Grayscale Byte Secondary Capture Image Storage"
    assert (ds.BitsAllocated, ds.BitsStored, ds.FrameTime) == (8, 8, 66)
    assert "FrameTimeVector" not in ds
    np.testing.assert_array_equal(ds.pixel_array[3], noisy_frame(3, np.uint8, (7, 9)).pixels)


def test_who_it_was_is_written_only_where_it_is_asked_for(tmp_path: Path) -> None:
    who = Procedure("4711", "Zebrowski, Anna", "vertebroplasty L1", "Dr. Quux=a=b=c=d\\e")
    folder = record(tmp_path / "s", procedure=who)
    told = (b"4711", b"Zebrowski", b"Quux", b"2026", b"vertebroplasty")
    for name in ("o.dcm", "o.mkv"):
        assert export(folder, tmp_path / name) == 0
        data = (tmp_path / name).read_bytes()
        assert [word for word in told if word in data] == []
        assert export(folder, tmp_path / name, "--identified", "--force") == 0
    ds = pydicom.dcmread(tmp_path / "o.dcm")
    assert (ds.PatientID, str(ds.PatientName), ds.StudyDate) == ("4711", "Zebrowski, Anna", "20260304")
    assert str(ds.OperatorsName) == "Dr. Quux-a-b-c-d/e"
    assert b"2026-03-04" in (tmp_path / "o.mkv").read_bytes()


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        (("--first", 3, "--last", 5), [3, 4, 5]),
        (("--first", 5), [5, 6]),
        (("--from-s", 0.066, "--to-s", 0.198), [1, 2, 3]),
        (("--to-s", 0.05), [0]),
        (("--first", 6, "--last", 99), [6]),
    ],
)
def test_a_part(session: Path, asked: tuple[object, ...], positions: list[int], tmp_path: Path) -> None:
    assert export(session, tmp_path / "o.mkv", *asked) == 0
    read = video_frames(tmp_path / "o.mkv")
    assert [pts for pts, _ in read] == [TIMES_MS[k] - TIMES_MS[positions[0]] for k in positions]
    for (_, pixels), position in zip(read, positions, strict=True):
        np.testing.assert_array_equal(pixels, frames()[position].pixels)
    assert export(session, tmp_path / "o.dcm", *asked) == 0
    held = pydicom.dcmread(tmp_path / "o.dcm").pixel_array.reshape(-1, 40, 56)
    np.testing.assert_array_equal(held[-1], frames()[positions[-1]].pixels)
    assert len(held) == len(positions)


@pytest.mark.parametrize(
    ("name", "asked", "said"),
    [
        ("o.mkv", ("--first", 7), "no frames in the part"),
        ("o.mkv", ("--first", 3, "--last", 2), "--last 2 lies before the start"),
        ("o.mkv", ("--first", -1), "--first must not be below 0"),
        ("o.mkv", ("--first", 1, "--to-s", 1), "not both"),
        ("o.mkv", ("--from-s", 9), "no frames in the part"),
        ("o.mkv", ("--to-s", "inf"), "no session is so long"),
        ("o.dcm", ("--from-s", "1e300"), "no session is so long"),
        ("o.mkv", ("--from-s", "nan"), "no session is so long"),
        ("o.txt", (), "the extension must be one of .mkv, .dcm"),
        ("o.avi", (), "one of .mkv, .dcm, .mp4"),
        ("none/o.mkv", (), "No such file or directory"),
    ],
)
def test_what_cannot_be_is_one_line_and_leaves_nothing(
    kept: Path,
    name: str,
    asked: tuple[object, ...],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert export(kept, tmp_path / name, *asked) == 2
    assert said in one_line(capsys)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["o.mkv", "o.dcm"])
def test_below_a_file_nothing_can_be_written(
    kept: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("mine")
    assert export(kept, tmp_path / "file" / name) == 2
    assert f"{name}: cannot be written: Not a directory" in one_line(capsys)


def test_what_an_archive_would_be_called_is_no_place(
    session: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert export(session, session / "frames.mkv", "--force") == 2
    assert "is a file of the session itself" in one_line(capsys)


def test_nothing_is_replaced_unasked(
    archived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.mkv"
    out.write_text("mine")
    assert export(archived, out) == 2
    assert "exists already; --force replaces it" in one_line(capsys)
    assert out.read_text() == "mine"
    assert export(archived, out, "--force") == 0
    capsys.readouterr()
    before = (archived / "frames.mkv").read_bytes()
    assert export(archived, archived / "frames.mkv", "--force") == 2
    assert "is a file of the session itself" in one_line(capsys)
    assert (archived / "frames.mkv").read_bytes() == before


@pytest.mark.parametrize("name", ["o.mkv", "o.dcm"])
def test_a_damaged_frame_is_left_out_and_told(
    name: str, archived: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shutil.copytree(archived, tmp_path / "s")
    flip(folder / "frames.mkv", 9000)
    assert export(folder, tmp_path / name) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / name}: 6 frames\n"
    assert err == f"cementwatch: {folder}: 1 damaged frames are left out of {tmp_path / name}\n"


def test_what_one_dicom_object_cannot_hold_is_told_before_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    info = replace(SOURCE, rows=16384, columns=16384)  # half a GiB a frame
    folder = record(tmp_path / "s", [noisy_frame(seq) for seq in range(8)], source_info=info)
    assert export(folder, tmp_path / "o.dcm") == 2
    said = one_line(capsys)
    assert "o.dcm: 8 frames are too many for one DICOM object; choose at most 7 by --first" in said
    assert ".new" not in said


def test_frames_of_two_sizes_are_no_video(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record(tmp_path / "s", [noisy_frame(0), frame_of(np.zeros((4, 5), np.uint16), 1)])
    for name in ("o.mkv", "o.dcm"):
        assert export(tmp_path / "s", tmp_path / name) == 2
        assert "more than one size or depth (56 x 40 of 16 bit, 5 x 4 of 16 bit)" in one_line(capsys)
        assert not (tmp_path / name).exists()


NO_ROOM = """
import resource, sys
from ui.cli import run
resource.setrlimit(resource.RLIMIT_FSIZE, (9000, resource.RLIM_INFINITY))
for session in sys.argv[1:3]:
    for out in sys.argv[3:]:
        assert run(["export", session, "--out", out]) == 2, (session, out)
"""


def test_a_full_disk_is_one_line(kept: Path, archived: Path, tmp_path: Path) -> None:
    outs = [tmp_path / "o.mkv", tmp_path / "o.dcm"]
    done = subprocess.run(
        [sys.executable, "-c", NO_ROOM, str(kept), str(archived), *map(str, outs)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == 2 * [
        f"cementwatch: {out}: cannot be written: File too large" for out in outs
    ]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("ffprobe", "ffmpeg", "dcmdump", "dcm2pnm")),
    reason="needs ffmpeg and DCMTK",
)
@pytest.mark.parametrize("name", ["10 bit"])
def test_other_programs_read_the_same(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A short round of `benchmarks.foreign`."""
    bits, rows, columns = foreign.NOISE[name]
    found = foreign.look(name, *foreign.noise(bits, rows, columns, 6), tmp_path)
    assert found.wrong == []
