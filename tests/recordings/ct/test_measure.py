"""Volume, place and leaks against the truth of a simulated patient; metal is not cement."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from recordings.ct.frames import frames_of
from recordings.ct.labels import LabelMap, labels_about, read_labels
from recordings.ct.marks import Mark
from recordings.ct.measure import LEAK_VALUES, METAL, MeasuredCt, measure_ct
from recordings.ct.metal import find_metal
from recordings.ct.places import CLASSES, zones_of
from recordings.ct.series import read_ct
from recordings.ct.volume import CtVolume, to_index
from recordings.simulated.ct import Patient
from recordings.simulated.ct_scan import scan
from tests.recordings.ct.conftest import SETTINGS

REALDATA = Path(__file__).resolve().parents[4] / "shared" / "realdata" / "ct_lumbar"


@pytest.fixture(scope="module")
def measured(volume: CtVolume, labels: LabelMap) -> MeasuredCt:
    return measure_ct(volume, labels, software_version="test")


def test_volume_and_leak_are_those_of_the_truth(measured: MeasuredCt, patient: Patient) -> None:
    (level,) = measured.record.levels
    body_ml, canal_ml = patient.body_ml["L1"], patient.leaks_ml["L1", "canal"]
    assert level.level == "L1"
    assert level.volume_ml == pytest.approx(body_ml + canal_ml, rel=0.03)
    assert level.volume_sd_ml is not None
    assert abs(level.volume_ml - body_ml - canal_ml) < 2 * level.volume_sd_ml < 0.2 * level.volume_ml
    assert [leak.leak_class for leak in level.leaks] == ["canal"]
    assert level.leaks[0].volume_ml == pytest.approx(canal_ml, rel=0.25)
    assert level.within_ml == pytest.approx(body_ml, rel=0.05)
    assert level.plateau_hu == pytest.approx(SETTINGS.cement_hu, rel=0.02)
    assert measured.record.metal == ()
    assert set(measured.record.searched) == {"T12", "L1", "L2"}


def test_the_label_map_holds_cement_and_leak_apart(measured: MeasuredCt, volume: CtVolume) -> None:
    voxels = {int(value): int((measured.cement == value).sum()) for value in np.unique(measured.cement)}
    assert set(voxels) == {0, 31, LEAK_VALUES["canal"]}
    (level,) = measured.record.levels
    assert voxels[31] * volume.voxel_ml == pytest.approx(level.within_ml, rel=0.15)


def test_bone_alone_is_no_cement(patient: Patient, labels: LabelMap) -> None:
    bare = scan(replace(patient, cement=np.zeros_like(patient.cement)), SETTINGS)
    record = measure_ct(CtVolume(bare.hu, bare.affine_lps, "bare"), labels, software_version="test").record
    assert record.levels == ()
    assert record.metal == ()


def test_screws_are_metal_and_cement_beside_one_is_doubtful(volume: CtVolume, labels: LabelMap) -> None:
    """One in L2, where no cement is, and one in L1, beside it."""
    frames = frames_of(labels.values, volume.affine_lps, labels.names)
    points = (
        np.argwhere(np.ones(volume.hu.shape, bool)) @ volume.affine_lps[:3, :3].T + volume.affine_lps[:3, 3]
    )
    rods = {}
    for number in (30, 31):
        a, s, r = frames[number].local(points).T
        inside = (np.hypot(s + 4, r - 12) < 2.75) & (a > -10) & (a < 32)
        rods[number] = inside.reshape(volume.hu.shape)
    rod = rods[30] | rods[31]
    hu = np.where(rod, 3071, volume.hu).astype(np.int16)
    made = measure_ct(replace(volume, hu=hu), labels, software_version="test")
    assert {metal.near_level for metal in made.record.metal} == {"L1", "L2"}
    for metal in made.record.metal:
        assert metal.volume_ml == pytest.approx(rods[30].sum() * volume.voxel_ml, rel=0.1)
        assert metal.length_mm == pytest.approx(42, abs=4)
    (level,) = made.record.levels
    assert level.level == "L1"
    assert any("metal is near" in note for note in level.notes)
    assert (made.cement[rod] == METAL).mean() > 0.95


def _rods(volume: CtVolume, *rods: tuple[np.ndarray, np.ndarray, float]) -> np.ndarray:
    points = np.argwhere(np.ones(volume.hu.shape, bool)) @ volume.affine_lps[:3, :3].T
    points += volume.affine_lps[:3, 3]
    there = np.zeros(len(points), bool)
    for start, end, radius in rods:
        along = np.clip((points - start) @ (end - start) / ((end - start) @ (end - start)), 0, 1)
        there |= np.linalg.norm(points - start - along[:, None] * (end - start), axis=1) <= radius
    return there.reshape(volume.hu.shape)


def test_metal_that_is_joined_is_no_cement(volume: CtVolume, labels: LabelMap) -> None:
    """Two screws that meet in a body, as its two pedicles have them: neither is slender then."""
    frame = frames_of(labels.values, volume.affine_lps, labels.names)[30]
    ends = np.array([(-12, -3, 0), (frame.back_mm + 16, -5, 18), (frame.back_mm + 16, -5, -18)])
    tip, left, right = ends @ frame.axes + frame.centre_mm
    rods = _rods(volume, (tip, left, 2.75), (tip, right, 2.75))
    made, _ = find_metal(replace(volume, hu=np.where(rods, 3071, volume.hu)), labels.values)
    assert made[rods].mean() > 0.95
    assert made.sum() < 1.15 * rods.sum()


def test_a_compact_implant_is_metal_where_the_scale_shows_it(volume: CtVolume, labels: LabelMap) -> None:
    centre = frames_of(labels.values, volume.affine_lps, labels.names)[30].centre_mm
    ball = _rods(volume, (centre, centre + 0.1, 6.0))
    made, _ = find_metal(replace(volume, hu=np.where(ball, 9000, volume.hu)), labels.values)
    assert made[ball].all()
    ends = replace(volume, hu=np.where(ball, 3071, volume.hu))
    levels = measure_ct(ends, labels, software_version="test").record.levels
    notes = {level.level: " ".join(level.notes) for level in levels}
    assert "may be metal" in notes["L2"]
    assert "may be metal" not in notes["L1"]


def test_marks_give_volumes_by_level_and_no_leaks(
    measured: MeasuredCt, volume: CtVolume, labels: LabelMap
) -> None:
    frames = frames_of(labels.values, volume.affine_lps, labels.names)
    marks = tuple(
        Mark(frame.level, tuple(float(one) for one in frame.centre_mm))  # type: ignore[arg-type]
        for frame in frames.values()
    )
    made = measure_ct(volume, labels_about(marks, volume, "marks"), software_version="test").record
    (level,) = made.levels
    assert made.coarse
    assert level.level == "L1"
    assert level.volume_ml == pytest.approx(measured.record.levels[0].volume_ml, rel=0.1)
    assert (level.within_ml, level.outside_ml, level.leaks) == (None, None, ())


def test_places_about_a_vertebra(volume: CtVolume, labels: LabelMap) -> None:
    frame = frames_of(labels.values, volume.affine_lps, labels.names)[31]
    places = {
        (0.0, frame.top_mm - 4, 2.0): "disc_superior",
        (-3.0, frame.bottom_mm + 4, -5.0): "disc_inferior",
        (frame.back_mm + 5, 2.0, 1.0): "canal",
        (frame.back_mm + 5, frame.bottom_mm + 3, 0.0): "canal",
        (frame.back_mm + 4, 0.6 * frame.bottom_mm, frame.canal[2] + 5): "foramen",
        (-2.0, 0.0, frame.half_width_mm + 5): "paravertebral",
        (-frame.half_width_mm - 6, 0.0, 0.0): "paravertebral",
    }
    points = np.array(list(places)) @ frame.axes + frame.centre_mm
    zones, _ = zones_of(frame, points)
    assert [CLASSES[zone] for zone in zones] == list(places.values())
    assert frame.canal_seen


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="no ../shared/realdata/ct_lumbar beside the project")
def test_a_hip_screw_is_metal_and_no_vertebra_has_cement() -> None:
    volume = read_ct(REALDATA / "example_ct.nii.gz")
    labels = read_labels(REALDATA / "example_ct_labels.nii.gz", volume)
    made = measure_ct(volume, labels, software_version="test")
    assert made.record.levels == ()
    assert made.record.unassigned_ml == 0
    assert set(made.record.searched) >= {"S1", "L5", "L4", "L3", "L2", "L1", "T12"}
    (metal,) = made.record.metal
    assert 8 < metal.volume_ml < 25
    assert metal.near_level == "S1"
    assert metal.distance_mm is not None
    assert metal.distance_mm > 50
    at = np.rint(to_index(volume.affine_lps, np.array([metal.centre_mm]))[0]).astype(int)
    assert (made.cement[tuple(slice(n - 4, n + 5) for n in at)] == METAL).any()
    assert set(np.unique(made.cement)) == {0, METAL}
