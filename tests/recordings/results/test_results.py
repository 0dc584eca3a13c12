"""Results as DICOM objects: valid for others' programs, and what they say is what the session says."""

from __future__ import annotations

import shutil
from array import array
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import cv2
import highdicom as hd
import numpy as np
import pytest
from msgspec.structs import replace as with_fields
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes

from monitor.alerts import AlarmBoard
from monitor.config import parse_config
from monitor.errors import OutputError, SourceError
from monitor.frame import Frame
from monitor.result import Result
from monitor.rules import technical_conditions
from monitor.states import Reason, State
from recordings.archive import archive_session
from recordings.dicom_origin import origins_of
from recordings.export_dicom import set_times
from recordings.importing.run import Wanted, import_source
from recordings.log import open_log
from recordings.procedure import Procedure
from recordings.recording import RecordingReader
from recordings.results import codes as ours
from recordings.results.course import Course, KeyMoment, LevelLines
from recordings.results.figures import Seen
from recordings.results.frames import ImageObjects, of_origins
from recordings.results.identity import disagreement, identity_of
from recordings.results.making import Making
from recordings.results.painting import Image
from recordings.results.pictures import write_run
from recordings.results.report import watched_share
from recordings.results.segmentation import write_masks
from recordings.results.spool import MaskSpool
from recordings.results.structures import write_structures
from recordings.results.write import Wish, WrittenObject, write_results
from recordings.retaken import NothingMonitoredError, as_live, every_frame
from recordings.session import CONFIG, LOG, Session, StoredSession, open_session
from recordings.track import recorded_track
from tests import peers
from tests.conformance_file import MADE
from tests.monitor.scripted import info, plan
from tests.recordings.test_retaken import SUPERSEDED, record, shown
from tests.sources.makers import save, xa
from ui.cli import run
from ui.replay.painted import open_painted
from ui.results_command import make_results

FRAMES, ACKNOWLEDGED_AT = 44, 41
QUICK = "[learning]\nshortest_s = 0.8\n"
SIZE_PX = (640, 360)
PAINT = partial(open_painted, size_px=SIZE_PX)
WHO = Procedure(
    patient_id="4711", patient_name="Zebrowski, Anna", patient_birth_date="1950-02-03", patient_sex="F",
    accession_number="A-12",
)  # fmt: skip
STUDY = "1.2.3.777.55555.4"


def pictured(seq: int, noise: np.random.Generator) -> Frame:
    """Quiet for a second and a half, then cement that crosses the posterior wall."""
    return replace(
        shown(seq + 44, noise), seq=seq, t_capture_ns=10**9 + round(seq * 1e9 / 15), t_source_ns=None
    )


def written(session: StoredSession, out: Path, wish: Wish, version: str = "2.0") -> tuple[WrittenObject, ...]:
    return write_results(session, out, software_version=version, paint=PAINT, wish=wish)


def of_kind(objects: tuple[WrittenObject, ...], kind: str) -> Path:
    (path,) = [one.path for one in objects if one.kind == kind]
    return path


@pytest.fixture(scope="module")
def monitored(tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    """A run of pictures that was monitored live; the patient is known."""
    session = record(
        tmp_path_factory.mktemp("run") / "session", frames=FRAMES, pictured=pictured,
        config=parse_config(QUICK, "quick"), acknowledged_at=ACKNOWLEDGED_AT,
    )  # fmt: skip
    return replace(session, about=with_fields(session.about, procedure=WHO))


@pytest.fixture(scope="module")
def results(monitored: StoredSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[WrittenObject, ...]:
    return written(monitored, tmp_path_factory.mktemp("results") / "out", Wish())


@pytest.fixture(scope="module")
def run_dcm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same pictures as an XA run."""
    noise = np.random.default_rng(4)
    images = np.stack([pictured(seq, noise).pixels for seq in range(FRAMES)])
    values = {"StudyInstanceUID": STUDY, "StudyDate": "20260304", "AccessionNumber": "B-7", "StudyID": "S1"}
    return save(xa(images, **values), tmp_path_factory.mktemp("xa") / "run.dcm")


@pytest.fixture(scope="module")
def imported(run_dcm: Path, tmp_path_factory: pytest.TempPathFactory) -> StoredSession:
    folder = tmp_path_factory.mktemp("imported") / "session"
    import_source(Wanted(str(run_dcm), folder, plan()), software_version="1.0")
    (folder / CONFIG).write_text(QUICK)
    return open_session(folder)


@pytest.fixture(scope="module")
def of_xa(imported: StoredSession, tmp_path_factory: pytest.TempPathFactory) -> tuple[WrittenObject, ...]:
    return written(
        imported, tmp_path_factory.mktemp("of_xa") / "out", Wish(("seg", "gsps", "sr"), mode="every frame")
    )


def found_in(session: StoredSession) -> list[Result]:
    """What was found live, step by step, out of the recording itself."""
    with session.frames() as reader:
        return [
            step.findings.on(reader.read(step.seq))
            for step in (reader.step(place) for place in range(reader.step_count))
            if step.findings is not None
        ]


# valid, for programs of others


def test_each_object_is_valid_for_dciodvfy(
    results: tuple[WrittenObject, ...], of_xa: tuple[WrittenObject, ...]
) -> None:
    assert [one.kind for one in results] == ["frames", "seg", "gsps", "key", "run", "sr"]
    assert [one.kind for one in of_xa] == ["seg", "gsps", "sr"]
    for one in (*results, *of_xa):
        said = peers.run("dciodvfy", one.path)
        assert not [line for line in said.splitlines() if line.startswith("Error")], (one.kind, said)
        # the scheme of ours is declared; dciodvfy knows the standard's alone
        warned = [line for line in said.splitlines() if line.startswith("Warning")]
        assert [line for line in warned if ours.SCHEME not in line and "DICOMDIR" not in line] == [], one.kind


def test_each_object_is_as_the_conformance_statement_says(results: tuple[WrittenObject, ...]) -> None:
    assert {one.kind for one in results} == set(MADE)
    for one in results:
        _, classes, syntax = MADE[one.kind]
        assert one.sop_class_uid in classes
        assert dcmread(one.path, stop_before_pixels=True).file_meta.TransferSyntaxUID == syntax


def test_every_object_says_what_it_is_and_is_its_owners_alone(
    results: tuple[WrittenObject, ...], monitored: StoredSession
) -> None:
    assert len({one.sop_instance_uid for one in results}) == len(results)
    study = {dcmread(one.path, stop_before_pixels=True).StudyInstanceUID for one in results}
    assert len(study) == 1
    for one in results:
        ds = dcmread(one.path, stop_before_pixels=True)
        assert (str(ds.SOPClassUID), str(ds.SOPInstanceUID)) == (one.sop_class_uid, one.sop_instance_uid)
        assert "research software, not for clinical use" in ds.SeriesDescription
        assert "not a medical device" in ds.ContributingEquipmentSequence[0].ContributionDescription
        assert ds.ContributingEquipmentSequence[0].SoftwareVersions == "2.0"
        assert (str(ds.PatientName), ds.PatientID, ds.PatientSex) == ("Zebrowski^Anna", "4711", "F")
        assert (ds.PatientBirthDate, ds.AccessionNumber) == ("19500203", "A-12")
        assert one.path.stat().st_mode & 0o777 == 0o600
        if one.kind not in ("gsps", "sr"):
            assert ds.ImageType[0] == "DERIVED"
            assert "not for clinical use" in ds.DerivationDescription


def test_the_same_gives_the_same_files_also_once_it_is_archived(
    monitored: StoredSession, results: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    folder = shutil.copytree(monitored.folder, tmp_path / "session")
    archive_session(folder, software_version="1.0")
    archived = open_session(folder)
    assert archived.archived
    archived = replace(archived, about=with_fields(archived.about, procedure=WHO))
    again = written(archived, tmp_path / "again", Wish(("seg", "gsps", "sr")))
    first = {one.kind: one for one in results}
    for one in again:
        assert one.sop_instance_uid == first[one.kind].sop_instance_uid
        assert one.path.read_bytes() == first[one.kind].path.read_bytes(), one.kind
    newer = written(monitored, tmp_path / "newer", Wish(("sr",)), version="3.0")
    assert not {one.sop_instance_uid for one in newer} & {one.sop_instance_uid for one in results}


def test_an_orthanc_gives_back_what_it_was_given(
    results: tuple[WrittenObject, ...], of_xa: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    with peers.orthanc(tmp_path) as server:
        for one in (*results, *of_xa):
            answer = server.post("/instances", one.path.read_bytes())
            assert answer["Status"] == "Success"
            held = tmp_path / "held.dcm"
            held.write_bytes(server.raw(f"/instances/{answer['ID']}/file"))
            ds = dcmread(one.path)
            assert dcmread(held) == ds
            if one.kind == "key":
                shown_there = server.raw(f"/instances/{answer['ID']}/frames/0/preview")
                picture = cv2.imdecode(np.frombuffer(shown_there, np.uint8), cv2.IMREAD_COLOR)
                np.testing.assert_array_equal(picture[:, :, ::-1], ds.pixel_array[0])
        assert server.instance_uids() == sorted(one.sop_instance_uid for one in (*results, *of_xa))
        assert len(server.get("/studies")) == 2


# measurements


def groups_of(path: Path) -> dict[str, hd.sr.MeasurementsAndQualitativeEvaluations]:
    report = hd.sr.srread(path)
    assert isinstance(report.content, hd.sr.MeasurementReport)
    return {group.tracking_identifier: group for group in report.content.get_image_measurement_groups()}


def values(group: hd.sr.MeasurementsAndQualitativeEvaluations, code: object) -> list[hd.sr.Measurement]:
    return [one for one in group.get_measurements() if one.name == code]


def bound(measurement: hd.sr.Measurement, code: object) -> float:
    (item,) = [item for item in measurement[0].ContentSequence if item.name == code]
    assert item.unit == measurement.unit
    return float(item.value)


def test_the_report_holds_the_figures_of_the_session(
    monitored: StoredSession, results: tuple[WrittenObject, ...]
) -> None:
    found = found_in(monitored)
    found = [each for each in found if each.levels[0].state <= State.DEGRADED]
    levels = [each.levels[0] for each in found]
    groups = groups_of(of_kind(results, "sr"))
    level = groups["L1 (lateral)"]
    assert [site.value for site in level.finding_sites] == [codes.SCT.L1Vertebra]
    (area,) = values(level, codes.SCT.Area)
    assert (area.value, area.unit) == (levels[-1].area_mm2, codes.UCUM.SquareMillimeter)
    assert values(level, codes.SCT.Volume) == []  # it is not calibrated
    (relative,) = values(level, ours.RELATIVE_VOLUME)
    assert (relative.value, relative.unit) == (levels[-1].volume_ml, codes.UCUM.NoUnits)
    assert bound(relative, ours.UPPER) == levels[-1].volume_sd_ml
    distances = values(level, codes.DCM.Distance)
    names = {name for each in levels for name in each.distances or {}}
    assert len(distances) == len(names) >= 4
    with monitored.frames() as reader:
        first_ns = reader.frame_heads.times_ns[0]
        times_ns = dict(zip(reader.step_heads.seqs, reader.step_heads.times_ns, strict=True))
    for distance, at in zip(distances, values(level, ours.CLOSEST_AT), strict=True):
        (site,) = distance.finding_sites
        (name,) = [name for name, code in ours.STRUCTURES.items() if code == site.value]
        closest, seq = min(
            (
                (each.levels[0].distances[name], each.frame.seq)
                for each in found
                if name in (each.levels[0].distances or {})
            ),
            key=lambda pair: pair[0].value_mm,
        )
        assert distance.value == closest.value_mm
        assert distance.value - bound(distance, ours.LOWER) == pytest.approx(closest.low_mm, abs=1e-9)
        assert at.value == (times_ns[seq] - first_ns) / 1e9
        (image,) = distance.referenced_images
        assert image.referenced_frame_numbers == [seq + 1]


def test_leaks_and_alarms_are_those_of_the_log(
    monitored: StoredSession, results: tuple[WrittenObject, ...]
) -> None:
    groups = groups_of(of_kind(results, "sr"))
    with monitored.frames() as reader:
        first_ns = reader.frame_heads.times_ns[0]
    told = monitored.log().alarms
    raised = [row for row in told if row["event"] == "raised"]
    alarms = [group for name, group in groups.items() if name.startswith("alarm ")]
    assert len(alarms) == len(raised) > 1
    for group, row in zip(alarms, raised, strict=True):
        assert values(group, ours.RAISED)[0].value == (row["t_ns"] - first_ns) / 1e9
        later = {
            e: [r for r in told if (r["event"], r["rule_id"]) == (e, row["rule_id"])]
            for e in ("acknowledged",)
        }
        assert len(values(group, ours.ACKNOWLEDGED)) == len(later["acknowledged"])
        evaluated = {one.name: one.value for one in group.get_qualitative_evaluations()}
        assert evaluated[ours.ALARM_KIND] == ours.KINDS[row["kind"]]
    acknowledged = [one.value for group in alarms for one in values(group, ours.ACKNOWLEDGED)]
    assert acknowledged
    assert min(acknowledged) >= ACKNOWLEDGED_AT / 15
    found = found_in(monitored)
    classes = {(leak.leak_class, leak.detached) for each in found for leak in each.levels[0].leaks}
    leaks = {name: group for name, group in groups.items() if ", leak " in name}
    assert len(leaks) == len(classes) >= 1
    for group in leaks.values():
        (area,) = values(group, codes.SCT.Area)
        sums = [
            sum(
                leak.area_mm2
                for leak in each.levels[0].leaks
                if ours.LEAKS[leak.leak_class] == group.finding_type
            )
            for each in found
        ]
        assert area.value == pytest.approx(max(sums), abs=1e-9)
        (image,) = area.referenced_images
        assert image.referenced_frame_numbers == [found[int(np.argmax(sums))].frame.seq + 1]


def test_alarms_of_no_image_are_in_the_report_too(monitored: StoredSession, tmp_path: Path) -> None:
    folder = shutil.copytree(monitored.folder, tmp_path / "session")
    lost = Reason(State.NOT_MONITORING, "source_lost", "image source lost: unplugged")
    board, begun_ns = AlarmBoard(), 3 * 10**9
    with open_log(folder / "log.sqlite") as log:
        for reasons, s in (((lost,), 0), ((lost,), 5), ((), 6), ((), 20)):
            conditions = technical_conditions(reasons, parse_config("", "none").alarm)
            for transition in board.update(conditions, lambda _: False, begun_ns + s * 10**9, 7):
                log.transition(transition)
    path = of_kind(written(open_session(folder), tmp_path / "out", Wish(("sr",))), "sr")
    (group,) = [group for name, group in groups_of(path).items() if "unplugged" in name]
    with monitored.frames() as reader:
        first_ns = reader.frame_heads.times_ns[0]
    (raised,) = values(group, ours.RAISED)
    assert (begun_ns - first_ns) / 1e9 <= raised.value <= (begun_ns - first_ns) / 1e9 + 5
    assert len(values(group, ours.CLEARED)) == 1
    assert group.source_images == []
    evaluated = {one.name: one.value for one in group.get_qualitative_evaluations()}
    assert evaluated[ours.ALARM_KIND] == ours.KINDS["technical"]


def test_a_step_that_was_not_recorded_is_counted_once_whatever_else_is_made(tmp_path: Path) -> None:
    session = record(
        tmp_path / "s", frames=30, pictured=pictured, config=parse_config(QUICK, "quick"), lose_step=26,
        lose=frozenset({27}),
    )  # fmt: skip
    alone = of_kind(written(session, tmp_path / "alone", Wish(("sr",))), "sr")
    beside = of_kind(written(session, tmp_path / "beside", Wish(("seg", "sr"))), "sr")
    assert alone.read_bytes() == beside.read_bytes()
    said = peers.run("dsrdump", "+Pl", alone)
    assert "Steps of the monitor that could not be read: 1." in said


def test_the_run_has_its_scale_and_who_measured_it(results: tuple[WrittenObject, ...]) -> None:
    path = of_kind(results, "sr")
    group = groups_of(path)["run"]
    (scale,) = values(group, ours.SCALE)
    assert (scale.value, scale.unit) == (0.4, ours.MM_PER_PX)
    assert bound(scale, ours.UPPER) == bound(scale, ours.LOWER) == pytest.approx(0.008)
    assert values(group, ours.LOOKED_AT)[0].value == FRAMES - len([seq for seq in SUPERSEDED if seq < FRAMES])
    report = dcmread(path)
    assert (report.VerificationFlag, report.CompletionFlag, report.PreliminaryFlag) == (
        "UNVERIFIED", "COMPLETE", "PRELIMINARY",
    )  # fmt: skip
    said = peers.run("dsrdump", "+Pl", path)
    assert "Made by research software, not a medical device" in said
    assert "configuration SHA-256" in said
    assert '(mm/{pixel},UCUM,"millimeter per pixel")' in said
    assert "As it was found and shown while the session was recorded." in said


def test_time_in_which_nothing_came_is_not_monitored() -> None:
    told = [
        {"t_ns": 2 * 10**9, "state": "LEARNING", "reasons": "[]"},
        {"t_ns": 4 * 10**9, "state": "MONITORING", "reasons": "[]"},
        {"t_ns": 7 * 10**9, "state": "NOT MONITORING", "reasons": "[]"},
        {"t_ns": 8 * 10**9, "state": "DEGRADED", "reasons": "[]"},
    ]
    assert watched_share(told, 10**9, 11 * 10**9) == pytest.approx(0.6)
    assert watched_share([], 0, 10**9) == 0


def test_what_was_never_measured_has_no_figures_and_is_named(tmp_path: Path) -> None:
    session = record(tmp_path / "short", frames=5, pictured=pictured)
    (path,) = [one.path for one in written(session, tmp_path / "out", Wish()) if one.kind == "sr"]
    assert list(groups_of(path)) == ["run"]
    said = peers.run("dsrdump", "+Pl", path)
    assert "L1 (lateral): nothing was measured." in said
    peers.run("dciodvfy", path)


def test_a_run_that_was_cut_is_a_partial_report(monitored: StoredSession, tmp_path: Path) -> None:
    folder = shutil.copytree(monitored.folder, tmp_path / "cut")
    recording = folder / "frames.mcap"
    with recording.open("r+b") as file:
        file.truncate(recording.stat().st_size * 9 // 10)
    cut = open_session(folder)
    cut = replace(cut, about=with_fields(cut.about, complete=False))
    report = dcmread(of_kind(written(cut, tmp_path / "out", Wish(("sr",))), "sr"))
    assert report.CompletionFlag == "PARTIAL"


# masks


def masks_of(session: StoredSession, reader: RecordingReader, live: bool) -> dict[int, NDArray[np.uint8]]:
    steps = as_live(session, reader, masks=True) if live else every_frame(session, reader, masks=True)
    found = {}
    for one in steps:
        if one.frame is not None and one.masks_px:
            found[one.frame.seq] = next(iter(one.masks_px.values()))
    return {seq: mask for seq, mask in found.items() if mask.any()}


def test_masks_are_the_cement_bit_for_bit_and_refer_to_their_frames(
    imported: StoredSession, of_xa: tuple[WrittenObject, ...], run_dcm: Path
) -> None:
    seg = hd.seg.segread(of_kind(of_xa, "seg"))
    source = dcmread(run_dcm, stop_before_pixels=True)
    assert [one.segment_label for one in map(seg.get_segment_description, (1, 2))] == [
        "L1: cement within the body", "L1: cement outside the body",
    ]  # fmt: skip
    with imported.frames() as reader:
        expected = masks_of(imported, reader, live=False)
    numbers = [seq + 1 for seq in sorted(expected)]
    read = seg.get_pixels_by_source_frame(source.SOPInstanceUID, numbers, ignore_spatial_locations=True)
    assert len(numbers) > 10
    for pixels, seq in zip(read, sorted(expected), strict=True):
        np.testing.assert_array_equal(pixels[..., 0], expected[seq] == 1)
        np.testing.assert_array_equal(pixels[..., 1], expected[seq] == 2)
    assert expected[max(expected)].max() == 2, "the run ends with cement outside the body"


def test_the_area_of_masks_is_the_area_that_was_told(
    monitored: StoredSession, results: tuple[WrittenObject, ...]
) -> None:
    seg = hd.seg.segread(of_kind(results, "seg"))
    last = [each for each in found_in(monitored) if each.levels[0].area_mm2][-1]
    (uid,) = [one.sop_instance_uid for one in results if one.kind == "frames"]
    ((within, outside),) = seg.get_pixels_by_source_frame(
        uid, [last.frame.seq + 1], ignore_spatial_locations=True
    ).sum(axis=(1, 2))
    assert (within + outside) * 0.4**2 == pytest.approx(last.levels[0].area_mm2, rel=0.03)
    assert outside * 0.4**2 == pytest.approx(last.levels[0].outside_mm2, rel=0.1)


def test_no_more_masks_than_asked_for_evenly_spread(tmp_path: Path) -> None:
    with (tmp_path / "bits").open("w+b") as file:
        spool = MaskSpool(file, 8)
        drawn = {}
        for seq in range(100):
            mask = np.zeros((5, 7), np.uint8)
            if seq >= 20:
                mask[seq % 5, seq % 7], mask[0, 0] = 2, 1
            drawn[seq] = mask
            spool.take(seq, {"L1": mask}, keep=seq in (33, 70))
        held = spool.held()
        seqs = sorted({one.seq for one in held})
        assert (spool.with_cement, spool.frames) == (80, len(seqs))
        assert {33, 70, 99} <= set(seqs)
        spread = [seq for seq in seqs if seq not in (33, 70, 99)]
        assert 4 <= len(spread) <= 8
        assert set(np.diff(spread)) <= {16, 15, 17}
        for one in held:
            bits = spool.bits(one).reshape(5, 7)
            np.testing.assert_array_equal(bits, drawn[one.seq] == one.key[1])


def test_more_masks_than_an_object_holds_are_refused_in_one_line(
    imported: StoredSession, tmp_path: Path
) -> None:
    making = Making(imported, Course("as live"), identity_of(imported, ()), "2.0")
    images = of_origins(origins_of(imported), imported.about.source, range(FRAMES))
    assert images is not None
    with (tmp_path / "bits").open("w+b") as file:
        spool = MaskSpool(file, FRAMES)
        for seq in range(FRAMES):
            spool.take(seq, {"L1": np.ones((4, 4), np.uint8)})
        spool.shape = 1 << 15, 1 << 15
        with pytest.raises(OutputError, match="44 masks are too many"):
            write_masks(making, spool, images, tmp_path / "masks.dcm")
    assert not (tmp_path / "masks.dcm").exists()


# pictures and structures


def test_structures_lie_where_they_were_and_a_foreign_program_applies_them(
    monitored: StoredSession, results: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    path = of_kind(results, "gsps")
    state = dcmread(path)
    found = {each.frame.seq: each for each in found_in(monitored)}
    (uid,) = [one.sop_instance_uid for one in results if one.kind == "frames"]
    drawn = {}
    for annotation in state.GraphicAnnotationSequence:
        (image,) = annotation.ReferencedImageSequence
        assert image.ReferencedSOPInstanceUID == uid
        for item in annotation.GraphicObjectSequence:
            points = np.array(item.GraphicData).reshape(-1, 2)
            drawn[image.ReferencedFrameNumber, annotation.GraphicLayer, item.TrackingID] = points
    frames = {key[0] for key in drawn}
    assert FRAMES in frames
    for number in frames:
        level = found[number - 1].levels[0]
        assert level.structures_px is not None
        (wall,) = level.structures_px["posterior_wall"]
        # the first pixel's corner is 0, 0 there; for us its centre is
        np.testing.assert_allclose(drawn[number, "STRUCTURES", "L1 posterior wall"], wall + 0.5, atol=1e-3)
    assert (FRAMES, "CEMENT", "L1 cement") in drawn
    picture = tmp_path / "applied.pgm"
    peers.run("dcmp2pgm", "-p", path, "-f", str(FRAMES), of_kind(results, "frames"), picture)
    shape = monitored.about.source.rows, monitored.about.source.columns
    applied = np.frombuffer(picture.read_bytes()[-shape[0] * shape[1] :], np.uint8).reshape(shape)
    body = applied[100:160, 95:165]
    assert 20 < np.median(body) < 235, "the window shows the bone"
    assert np.ptp(body.astype(int)) > 100


def test_structures_on_several_objects_refer_to_each_of_them(imported: StoredSession, tmp_path: Path) -> None:
    (origin,) = origins_of(imported)
    second = with_fields(origin, sop_instance_uid="1.2.3.9", first_seq=20)
    images = of_origins([with_fields(origin, frames=20), second], imported.about.source, range(FRAMES))
    assert images is not None
    line = np.array([[10, 20], [30, 20], [30, 40]], np.float32)
    moments = [
        KeyMoment(Seen(seq, seq), ("x",), 1, (LevelLines("L1", {"body": (line,)}, (), frozenset()),))
        for seq in (7, 25)
    ]
    making = Making(imported, Course("as live"), identity_of(imported, ()), "2.0")
    path = tmp_path / "gsps.dcm"
    write_structures(making, images, moments, {7: (50.0, 20.0), 25: (60.0, 20.0)}, path)
    state = dcmread(path)
    for items in (state.GraphicAnnotationSequence, state.SoftcopyVOILUTSequence):
        refs = [item.ReferencedImageSequence[0] for item in items]
        told = [(ref.ReferencedSOPInstanceUID, ref.ReferencedFrameNumber) for ref in refs]
        assert told == [(origin.sop_instance_uid, 8), ("1.2.3.9", 6)]
    assert (state.RescaleIntercept, state.RescaleSlope) == (0, 1), "windows are in stored values"
    said = peers.run("dciodvfy", path)
    assert [line for line in said.splitlines() if line.startswith("Error")] == []


def test_what_the_operator_has_marked_is_a_key_frame(monitored: StoredSession, tmp_path: Path) -> None:
    folder = shutil.copytree(monitored.folder, tmp_path / "session")
    with monitored.frames() as reader:
        shown_ns = reader.step_heads.times_ns[reader.step_heads.seqs.index(17)]
    with open_log(folder / LOG) as log:
        log.event("mark", {"level": "L1"}, shown_ns + 5_000_000)
    state = dcmread(of_kind(written(open_session(folder), tmp_path / "out", Wish(("gsps",))), "gsps"))
    numbers = {
        one.ReferencedImageSequence[0].ReferencedFrameNumber for one in state.GraphicAnnotationSequence
    }
    assert 18 in numbers


def test_key_frames_are_the_moments_as_painted(
    monitored: StoredSession, results: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    path = of_kind(results, "key")
    ds = dcmread(path)
    numbers = list(ds.SourceImageSequence[0].ReferencedFrameNumber)
    raised = {
        row["seq"] + 1
        for row in monitored.log().alarms
        if row["event"] == "raised" and row["kind"] == "clinical"
    }
    assert raised <= set(numbers)
    assert numbers[-1] == FRAMES
    assert len(ds.FrameLabelVector) == ds.NumberOfFrames == len(numbers)
    pixels = ds.pixel_array
    with PAINT(monitored, None) as painter:
        *_, last = [painter.of(number - 1) for number in numbers]
    np.testing.assert_array_equal(pixels[-1], last)
    assert np.ptp(pixels[-1].astype(int), axis=-1).max() > 100, "an alarm has a colour"
    assert "alarm raised, " in ds.DerivationDescription
    peers.run("dcm2pnm", "--write-raw-pnm", "+F", str(len(numbers)), path, tmp_path / "last.ppm")
    seen = np.frombuffer((tmp_path / "last.ppm").read_bytes()[-pixels[-1].size :], np.uint8)
    np.testing.assert_array_equal(seen.reshape(pixels[-1].shape), pixels[-1])


def test_the_run_shows_each_result_at_its_time(
    monitored: StoredSession, results: tuple[WrittenObject, ...], tmp_path: Path
) -> None:
    path = of_kind(results, "run")
    ds = dcmread(path)
    assert (ds.Columns, ds.Rows) == SIZE_PX
    with monitored.frames() as reader:
        track = recorded_track(monitored, reader)
        assert track is not None
        first_ns, times_ns = reader.frame_heads.times_ns[0], track.times_ns
    vector = np.cumsum([float(step) for step in ds.FrameTimeVector])
    expected = np.array(times_ns[1:]) - first_ns
    for at_ns in expected[::20]:
        assert np.abs(vector * 1e6 - at_ns).min() < 1e6
    assert (ds.LossyImageCompression, ds.LossyImageCompressionMethod) == ("01", "ISO_10918_1")
    peers.run("dcmdjpeg", path, tmp_path / "plain.dcm")
    plain = dcmread(tmp_path / "plain.dcm")
    assert plain.NumberOfFrames == ds.NumberOfFrames == len(vector)
    with PAINT(monitored, None) as painter:
        *_, last = painter.run()
    apart = plain.pixel_array[-1].astype(int) - last.pixels
    assert np.abs(apart).mean() < 4


class Unsteady:
    """Paints more pictures at uneven times than a vector of times has room for."""

    size_px = 16, 16

    def of(self, seq: int) -> None: ...

    def run(self) -> Iterator[Image]:
        pixels = np.zeros((16, 16, 3), np.uint8)
        for seq in range(6_300):
            yield Image(seq * 10**15 + (seq % 3) * 10**14, seq, pixels)


def test_times_that_the_run_cannot_hold_are_said_to_be_missing(
    imported: StoredSession, tmp_path: Path
) -> None:
    making = Making(imported, Course("as live"), identity_of(imported, ()), "2.0")
    ds = write_run(making, Unsteady(), ImageObjects([]), tmp_path / "run.dcm")
    assert ds is not None
    assert "FrameTimeVector" not in ds
    assert "their own times are more than DICOM can hold" in ds.DerivationDescription


def test_a_vector_of_times_is_as_long_as_it_was_reckoned(tmp_path: Path) -> None:
    ds = Dataset()
    times_ms = [k * 66 + (k % 3) * 20 for k in range(16_000)]
    assert set_times(ds, array("q", times_ms)) == ()
    ds.save_as(tmp_path / "times.dcm", implicit_vr=False, little_endian=True)
    held = dcmread(tmp_path / "times.dcm", force=True).FrameTimeVector
    assert np.cumsum([float(step) for step in held]).tolist() == times_ms


# whose, and where from


def test_results_of_dicom_go_into_its_study_and_refer_to_it(
    imported: StoredSession, of_xa: tuple[WrittenObject, ...], run_dcm: Path
) -> None:
    source = dcmread(run_dcm, stop_before_pixels=True)
    (origin,) = origins_of(imported)
    assert (origin.sop_instance_uid, origin.frames) == (source.SOPInstanceUID, FRAMES)
    for one in of_xa:
        ds = dcmread(one.path)
        assert ds.StudyInstanceUID == STUDY
        assert ds.SeriesInstanceUID != source.SeriesInstanceUID
        for keyword in (
            "PatientName",
            "PatientID",
            "PatientBirthDate",
            "StudyDate",
            "AccessionNumber",
            "StudyID",
        ):
            assert ds.get(keyword) == source.get(keyword), (one.kind, keyword)
        referenced = {
            element.value for element in ds.iterall() if element.keyword == "ReferencedSOPInstanceUID"
        }
        assert referenced == {source.SOPInstanceUID}, one.kind


def test_without_its_file_the_session_says_whose_it_is(imported: StoredSession, tmp_path: Path) -> None:
    origins = origins_of(imported)
    there = identity_of(imported, origins)
    assert (there.study_date, there.study_id) == ("20260304", "S1")
    gone = replace(imported.about.source, source_id=str(tmp_path / "gone.dcm"))
    session = replace(imported, about=with_fields(imported.about, source=gone))
    known = identity_of(session, origins)
    assert (known.study_uid, known.patient_name, known.patient_id) == (STUDY, "Secret^Person", "SECRET-7")
    assert (known.patient_birth_date, known.accession_number) == ("19400101", "B-7")
    assert (known.study_date, known.study_id) == ("", "")
    assert not known.is_orphan
    assert identity_of(replace(session, about=with_fields(session.about, procedure=None)), origins).is_orphan
    # another file of the same name says nothing of this one
    save(xa(np.zeros((2, 8, 8), np.uint16), PatientName="Other"), tmp_path / "gone.dcm")
    assert identity_of(session, origins) == known
    # what was received lies in the session
    received = replace(session, folder=tmp_path)
    (tmp_path / "received").mkdir()
    shutil.copy(imported.about.source.source_id, tmp_path / "received" / f"{origins[0].sop_instance_uid}.dcm")
    assert identity_of(received, origins).study_date == "20260304"


def test_another_patient_than_the_session_was_begun_for_is_never_put_into_the_images_study(
    imported: StoredSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origins = origins_of(imported)
    other = with_fields(WHO, study_instance_uid="1.2.3.4")
    begun = replace(imported, about=with_fields(imported.about, procedure=other))
    known = identity_of(begun, origins)
    assert (known.patient_id, known.study_uid, known.accession_number) == ("SECRET-7", STUDY, "B-7")
    assert "another patient" in str(disagreement(begun, known))
    gone = with_fields(begun.about, source=replace(imported.about.source, source_id=str(tmp_path / "gone")))
    known = identity_of(replace(begun, about=gone), origins)
    assert (known.study_uid, known.accession_number) == (STUDY, "")
    assert known.is_orphan
    assert "another study" in str(disagreement(begun, known))
    assert disagreement(imported, identity_of(imported, origins)) is None
    with pytest.raises(NothingMonitoredError):
        make_results(begun, tmp_path / "out", Wish(("sr",)))
    assert "are of another patient" in capsys.readouterr().err


def test_images_of_several_studies_go_into_none_and_of_several_patients_have_no_results(
    imported: StoredSession, tmp_path: Path
) -> None:
    (origin,) = origins_of(imported)
    uid, study = "1.2.3.9", "1.2.3.8"
    both = (origin, with_fields(origin, sop_instance_uid=uid, study_instance_uid=study, first_seq=FRAMES))
    received = replace(imported, folder=tmp_path)
    (tmp_path / "received").mkdir()
    shutil.copy(imported.about.source.source_id, tmp_path / "received" / f"{origin.sop_instance_uid}.dcm")
    second = xa(np.zeros((2, 8, 8), np.uint16), StudyInstanceUID=study, SOPInstanceUID=uid)
    save(second, tmp_path / "received" / f"{uid}.dcm")
    known = identity_of(received, both)
    assert (known.patient_id, known.study_uid, known.accession_number) == ("SECRET-7", None, "")
    second.PatientID = "OTHER-8"
    save(second, tmp_path / "received" / f"{uid}.dcm")
    with pytest.raises(SourceError, match="several patients") as error:
        identity_of(received, both)
    assert "OTHER-8" not in str(error.value)


def test_what_is_said_otherwise_is_another_object(imported: StoredSession) -> None:
    known = identity_of(imported, origins_of(imported))
    uids = set()
    for whose in (known, replace(known, study_date=""), replace(known, patient_name="Other")):
        making = Making(imported, Course("as live"), whose, "2.0")
        uids |= {making.uid("sr"), making.frames_uid("0", "9")}
    assert len(uids) == 6


def test_what_has_no_names_gets_none(run_dcm: Path, tmp_path: Path) -> None:
    folder = tmp_path / "session"
    few = dcmread(run_dcm)
    few.NumberOfFrames, few.PixelData = 3, few.pixel_array[:3].tobytes()
    save(few, tmp_path / "few.dcm")
    import_source(Wanted(str(tmp_path / "few.dcm"), folder, plan(), deidentify=True), software_version="1.0")
    session = open_session(folder)
    assert origins_of(session) == ()
    objects = written(session, tmp_path / "out", Wish(("sr",), mode="every frame"))
    assert [one.kind for one in objects] == ["frames", "sr"]
    for one in objects:
        data = one.path.read_bytes()
        assert [
            word
            for word in (b"Secret", b"SECRET-7", b"19400101", b"20260304", STUDY.encode())
            if word in data
        ] == []
        ds: Dataset = dcmread(one.path, stop_before_pixels=True)
        assert (ds.PatientName, ds.PatientID, ds.StudyDate) == ("", "", "")


@pytest.mark.parametrize(
    ("kind", "stated", "said"),
    [("dicom", "01", "01"), ("dicom", "00", "00"), ("video", None, None), ("simulated", None, "00")],
)
def test_a_loss_before_it_was_recorded_is_never_denied(
    imported: StoredSession, kind: str, stated: str | None, said: str | None
) -> None:
    facts = {} if stated is None else {"LossyImageCompression": stated}
    about = with_fields(imported.about, source=replace(imported.about.source, kind=kind, attributes=facts))
    making = Making(replace(imported, about=about), Course("as live"), identity_of(imported, ()), "2.0")
    ds = Dataset()
    making.say_loss(ds)
    assert ds.get("LossyImageCompression") == said


# what cannot be


def test_what_cannot_be_is_one_line_and_leaves_nothing(
    monitored: StoredSession, imported: StoredSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    bare = Session.create(
        tmp_path / "bare", source_info=info(), plan=None, config_toml="", software_version="1.0"
    )
    bare.recording.append(shown(0, np.random.default_rng(1)))
    (tmp_path / "held").mkdir()
    (tmp_path / "held" / "x").write_text("mine")

    def fails(folder: Path, words: str, *more: str, to: Path = out) -> None:
        assert run(["results", str(folder), "--out", str(to), *more]) == 2, words
        said = capsys.readouterr()
        assert said.out == ""
        assert len(said.err.splitlines()) == 1
        assert words in said.err
        assert not out.exists()

    fails(tmp_path, "no session")
    fails(imported.folder, "no step of the monitor was recorded; every frame can be computed: --every-frame")
    fails(bare.folder, "is being recorded")
    bare.close()
    fails(bare.folder, "no step of the monitor was recorded\n")
    fails(bare.folder, "has no plan", "--every-frame")
    fails(monitored.folder, "is none of sr, seg, sc, gsps", "--only", "sr,xy")
    fails(monitored.folder, "--most-masks must be at least 1", "--most-masks", "0")
    fails(monitored.folder, "exists already", to=tmp_path / "held")
    fails(monitored.folder, "lies in the session itself", to=monitored.folder / "results")
    fails(monitored.folder, "exists already", to=Path())
    fails(monitored.folder, "cannot be written", "--only", "sr", to=tmp_path / "held" / "x" / "y")
    damaged = shutil.copytree(monitored.folder, tmp_path / "damaged")
    (damaged / "plan.json").write_text("{")
    fails(damaged, "plan.json")
    assert sorted(path.name for path in (tmp_path / "held").iterdir()) == ["x"]
    assert not list(tmp_path.glob(".*"))


def test_an_object_that_fails_takes_all_with_it(
    monitored: StoredSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("recordings.results.write.write_report", full)
    with pytest.raises(OutputError, match="out: cannot be written: No space left on device"):
        written(monitored, tmp_path / "out", Wish(("gsps", "sr")))
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_grows_has_no_results_yet(monitored: StoredSession, tmp_path: Path) -> None:
    folder = tmp_path / "grows"
    session = Session.create(folder, source_info=info(), plan=plan(), config_toml="", software_version="1.0")
    with pytest.raises(SourceError, match="is being recorded"):
        written(open_session(folder), tmp_path / "out", Wish(("sr",)))
    session.close()
