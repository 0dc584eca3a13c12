"""Any source becomes a session: bit for bit, at its own times; what is damaged is said and leaves a gap."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from pydicom import dcmread

from monitor.errors import EndOfStream, InputError, OutputError, SourceError
from monitor.frame import Frame
from monitor.plan import plan_to_json
from monitor.sources.cropped import Crop
from recordings.archive import archive_session
from recordings.dicom_origin import frame_in, origins_of
from recordings.importing.run import Imported, Wanted, import_source
from recordings.log import read_log
from recordings.messages import Gap
from recordings.open import open_source
from recordings.resume import resume_session
from recordings.session import LOG, StoredSession, open_session
from tests.monitor.scripted import frame, info, plan, scene
from tests.recordings.test_replay import write_session
from tests.sources.makers import REALDATA, run, save, write_images, write_video, xa
from ui.cli import run as cementwatch


def imported(spec: Path | str, folder: Path, **more: object) -> tuple[Imported, StoredSession]:
    done = import_source(Wanted(str(spec), folder, **more), software_version="test")  # type: ignore[arg-type]
    return done, open_session(folder)


def frames_of(session: StoredSession) -> list[Frame]:
    with session.frames() as reader:
        assert reader.check().ended
        return list(reader)


def same(frames: Iterable[Frame], images: NDArray[np.generic]) -> None:
    kept = [one.pixels for one in frames]
    assert len(kept) == len(images)
    for one, image in zip(kept, images, strict=True):
        assert one.dtype == image.dtype
        np.testing.assert_array_equal(one, image)


def test_a_dicom_run_is_kept_with_its_own_times_and_what_its_header_knows(tmp_path: Path) -> None:
    images = run(5)
    header = xa(
        images, FrameTime=None, FrameTimeVector=[0, 50, 70, 50, 90], FrameIncrementPointer=0x00181065,
        StudyDescription="Vertebroplasty L1", OperatorsName="Roe^R", AcquisitionDate="20260304",
        AcquisitionTime="102030",
    )  # fmt: skip
    done, session = imported(save(header, tmp_path / "run.dcm"), tmp_path / "s")
    frames = frames_of(session)
    same(frames, images)
    times_ns = [round(ms * 1e6) for ms in (0, 50, 120, 170, 260)]
    assert [one.t_source_ns for one in frames] == times_ns
    anchor_ns = session.about.anchor_monotonic_ns
    assert [one.t_capture_ns - anchor_ns for one in frames] == times_ns
    about = session.about
    assert about.complete
    assert (about.imported_from, about.acquired) == ("dicom", "2026-03-04T10:20:30")
    who = about.procedure
    assert who is not None
    assert (who.patient_id, who.patient_name) == ("SECRET-7", "Secret, Person")
    assert (who.description, who.operator) == ("Vertebroplasty L1", "Roe, R")
    assert done == Imported(5, 0, (), times_assumed=False)
    assert [event["name"] for event in read_log(session.folder / LOG).events] == ["imported"]

    with open_source(str(tmp_path / "s")) as again, open_source(str(tmp_path / "run.dcm")) as first:
        assert again.info.intensity == first.info.intensity
        assert again.info.geometry == first.info.geometry
        for image, at_ns in zip(images, times_ns, strict=True):
            replayed = again.read()
            np.testing.assert_array_equal(replayed.pixels, image)
            assert replayed.t_source_ns == at_ns
        with pytest.raises(EndOfStream):
            again.read()


def test_a_lossless_video_is_kept_at_its_depth(tmp_path: Path) -> None:
    images = run(4, bits=12)
    file = write_video(
        tmp_path / "run.mkv", images, codec="ffv1", layout="gray12le", pts=[0, 40, 130, 170],
        options={"level": "3", "slicecrc": "1"},
    )  # fmt: skip
    _, session = imported(file, tmp_path / "s")
    frames = frames_of(session)
    same(frames, images)
    assert [one.t_source_ns for one in frames] == [0, 40_000_000, 130_000_000, 170_000_000]
    assert session.about.source.intensity.bits_stored == 12
    assert session.about.procedure is None
    assert session.about.acquired is None


def test_pictures_without_times_are_said_to_have_assumed_ones(tmp_path: Path) -> None:
    images = run(3, bits=16)
    done, session = imported(write_images(tmp_path / "pictures", images), tmp_path / "s")
    frames = frames_of(session)
    same(frames, images)
    assert done.times_assumed
    assert session.about.source.attributes["FrameTimesFrom"] == "assumed"
    assert [one.t_source_ns for one in frames] == [0, 66_666_667, 133_333_334]

    rated, session = imported(tmp_path / "pictures", tmp_path / "rated", frame_rate_hz=10.0)
    assert not rated.times_assumed
    assert [one.t_source_ns for one in frames_of(session)] == [0, 100_000_000, 200_000_000]


def test_a_crop_and_a_word_on_polarity_are_part_of_the_session(tmp_path: Path) -> None:
    images = run(2)
    _, session = imported(
        save(xa(images), tmp_path / "run.dcm"), tmp_path / "s",
        crop=Crop(8, 4, 32, 20), polarity="cement-bright",
    )  # fmt: skip
    same(frames_of(session), images[:, 4:24, 8:40])
    source = session.about.source
    assert (source.columns, source.rows) == (32, 20)
    assert not source.intensity.bright_is_radiolucent
    assert source.attributes["Crop"] == "8,4,32,20"


def test_a_damaged_frame_leaves_a_gap_and_what_was_read_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    images = run(6)
    folder = write_images(tmp_path / "pictures", images)
    whole = (folder / "IM4.png").read_bytes()
    (folder / "IM4.png").write_bytes(whole[: len(whole) // 2])
    assert cementwatch(["import", str(folder), "--session", str(tmp_path / "s"), "--frame-rate", "10"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    kept = f"3 frames kept in {tmp_path / 's'}, 3 missing"
    assert told.err.splitlines() == [f"cementwatch: {folder / 'IM4.png'}: not a whole image file; {kept}"]
    session = open_session(tmp_path / "s")
    assert not session.about.complete
    same(frames_of(session), images[:3])
    with session.frames() as reader:
        assert [(gap.first_seq, gap.count) for gap in reader.gaps] == [(3, 3)]
    # nobody goes on with it: it was not recorded here
    with pytest.raises(SourceError, match="missing in its source is missing in it"):
        archive_session(tmp_path / "s", software_version="t")
    with pytest.raises(OutputError, match="was imported, not recorded here"):
        resume_session(
            tmp_path / "s", source_info=session.about.source, plan=plan(), config_toml="", now_ns=0
        )


def test_of_a_session_with_damage_everything_that_is_whole_is_taken(tmp_path: Path) -> None:
    original = write_session(tmp_path / "first", close=False)
    original.recording.gap(Gap(6, 2, 9, "overflow"))
    original.recording.append(frame(8, scene(), 6_000_000_000))
    original.close()
    with original.open(original.folder).frames() as reader:
        kept = [reader.read(index) for index in range(len(reader))]
        spoiled = reader._frames.offsets[2] + 200
    data = bytearray(original.recording.path.read_bytes())
    data[spoiled] ^= 1
    original.recording.path.write_bytes(data)

    done, session = imported(original.folder, tmp_path / "second")
    frames = frames_of(session)
    assert [one.seq for one in frames] == [0, 1, 3, 4, 5, 8]
    same(frames, np.array([one.pixels for one in kept if one.seq != 2]))
    first_ns = kept[0].time_ns
    assert [one.time_ns for one in frames] == [one.time_ns - first_ns for one in kept if one.seq != 2]
    with session.frames() as reader:
        assert [(gap.first_seq, gap.count) for gap in reader.gaps] == [(2, 1), (6, 2)]
    assert (done.frames, done.missing, len(done.damage)) == (6, 3, 1)
    assert not session.about.complete
    assert session.plan() == plan()
    assert session.about.imported_from == "recording"
    assert session.about.source.kind == info().kind


@pytest.mark.parametrize("spec", ["device:0", "rtsp://nowhere/x", "dicom://ANY@localhost:104"])
def test_a_live_source_is_for_live(spec: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cementwatch(["import", spec, "--session", str(tmp_path / "s")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"cementwatch: {spec}: a live source has no end to import; record it: cementwatch live --session DIR"
    ]
    assert not (tmp_path / "s").exists()


def test_what_does_not_serve_leaves_nothing_behind(tmp_path: Path) -> None:
    pictures = write_images(tmp_path / "pictures", run(2))
    marked = tmp_path / "plan.json"
    marked.write_bytes(plan_to_json(plan()))
    for more in (
        ["--plan", str(marked)],
        ["--plan", str(tmp_path / "none.json")],
        ["--crop", "50,0,32,32"],
        ["--black", "60,0,10,10"],
        ["--black", "1,2,3"],
        ["--polarity", "green"],
        ["--keep-text"],
    ):
        assert cementwatch(["import", str(pictures), "--session", str(tmp_path / "s"), *more]) == 2, more
    assert not (tmp_path / "s").exists()
    held = write_session(tmp_path / "held").folder
    before = {path.name: path.read_bytes() for path in held.iterdir()}
    with pytest.raises(OutputError, match="holds a session already"):
        imported(pictures, held)
    assert {path.name: path.read_bytes() for path in held.iterdir()} == before
    with pytest.raises(InputError, match="no such file"):
        imported(tmp_path / "nothing", tmp_path / "s")


KILLED = """
import sys
from pathlib import Path
from recordings.importing.run import Wanted, import_source

def told(done, whole):
    if done == 12:
        print("now", flush=True)
        sys.stdin.read()

import_source(Wanted(sys.argv[1], Path(sys.argv[2])), software_version="test", progress=told)
"""


def test_a_killed_import_leaves_a_session_that_says_so(tmp_path: Path) -> None:
    images = run(30)
    file = save(xa(images), tmp_path / "run.dcm")
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(file), str(tmp_path / "s")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == b"now\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    session = open_session(tmp_path / "s")
    assert not session.about.complete
    assert session.about.closed_utc is None
    with session.frames() as reader:
        assert not reader.ended
        same(reader, images[:12])


needs_realdata = pytest.mark.skipif(not REALDATA.is_dir(), reason="no ../shared/realdata beside the project")


@pytest.mark.realdata
@needs_realdata
@pytest.mark.parametrize(
    "name", ["xa_ge/fluoro_loop_2.dcm", "xa_nema/XA1_RLE", "xa_nema/XA1_JLSL", "coronary_run", "video"]
)
def test_foreign_images_bit_for_bit(name: str, tmp_path: Path) -> None:
    source = REALDATA / name
    if name == "video":
        source = next(source.glob("*.avi"))
        with av.open(str(source)) as container:
            # as ffmpeg converts full-range luma to gray: unchanged
            images = [shot.to_ndarray()[: shot.height, : shot.width] for shot in container.decode(video=0)]
    elif source.is_dir():
        images = [cv2.imread(str(source / f"IM0_{k:02d}.jpg"), cv2.IMREAD_GRAYSCALE) for k in range(1, 38)]
    else:
        pixels = dcmread(source).pixel_array
        images = list(pixels) if pixels.ndim == 3 else [pixels]
    _, session = imported(source, tmp_path / "s")
    same(frames_of(session), np.array(images))


def test_where_frames_came_from_is_kept(tmp_path: Path) -> None:
    folder = tmp_path / "series"
    folder.mkdir()
    uids = {
        "StudyInstanceUID": "1.2.3",
        "PatientBirthDate": "19500203",
        "PatientSex": "X",
        "AccessionNumber": "A-1",
    }
    for number, name in enumerate(("b", "a", "c"), 1):  # in the order of their instance numbers
        header = xa(run(2), **uids, InstanceNumber=number, SOPInstanceUID=f"1.2.3.{number}")
        save(header, folder / f"{name}.dcm")
    _, session = imported(folder, tmp_path / "s")
    kept = origins_of(session)
    assert [(one.sop_instance_uid, one.first_seq, one.frames) for one in kept] == [
        ("1.2.3.1", 0, 2), ("1.2.3.2", 2, 2), ("1.2.3.3", 4, 2),
    ]  # fmt: skip
    found = frame_in(kept, 3)
    assert found is not None
    assert (found[0].sop_instance_uid, found[1]) == ("1.2.3.2", 2)
    procedure = session.about.procedure
    assert procedure is not None
    assert (procedure.study_instance_uid, procedure.patient_birth_date) == ("1.2.3", "1950-02-03")
    assert procedure.patient_sex is None  # X is none that DICOM knows
    assert procedure.accession_number == "A-1"
    _, again = imported(session.folder, tmp_path / "again")
    assert origins_of(again) == kept
    _, nameless = imported(folder, tmp_path / "nameless", deidentify=True, keep_text=True)
    assert (origins_of(nameless), nameless.about.procedure) == ((), None)
