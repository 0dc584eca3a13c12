"""A room's profile: written whole, read back the same, refused where it makes no sense, doubted when old."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from calibration.beads import FoundBeads, Lattice
from calibration.conditions import Conditions, conditions_of, geometry_changes, quality_changes
from calibration.density import nominal_density, nominal_model
from calibration.distortion import DistortionModel
from calibration.distortion_fit import fit_distortion
from calibration.profile import (
    DistortionPart,
    LatencyPart,
    Profile,
    ScalePart,
    density_part,
    read_profile,
    stamp,
    write_profile,
)
from calibration.readiness import readiness
from monitor.errors import CalibrationError, OutputError
from monitor.frame import ImagerGeometry, Intensity, PixelIntensityRelationship, SourceInfo
from monitor.plan import Level, Scale, View
from monitor.thickness import NODES
from monitor.volume import DensityCalibration

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
GEOMETRY = ImagerGeometry(
    imager_pixel_spacing_mm=(0.308, 0.308),
    distance_source_to_detector_mm=1009.0,
    distance_source_to_patient_mm=720.0,
    field_of_view_mm=320.0,
)
INFO = SourceInfo(
    "run.dcm", "dicom", 512, 512, Intensity(PixelIntensityRelationship.LIN, 12), kvp=80.0, geometry=GEOMETRY
)
BODY = ((200.0, 220.0), (300.0, 220.0), (300.0, 300.0), (200.0, 300.0))


def view(mm_per_px: float = 0.22, relative_sd: float = 0.05, method: str = "dicom") -> View:
    scale = Scale(mm_per_px, relative_sd, method)
    return View(name="lateral", projection="lateral", scale=scale, levels=(Level("L1", BODY),))


def pincushion() -> DistortionModel:
    """A lattice of beads as 8 % pincushion shows it, fitted."""
    lattice = Lattice(10.0)
    indices = np.array([(i, j) for i in range(-9, 10) for j in range(-9, 10)])
    plain = indices * 26.0
    stretched = plain * (1 + 0.08 * (np.hypot(*plain.T) / 256.0) ** 2)[:, None] + 255.5
    seen = (stretched > 4).all(axis=1) & (stretched < 508).all(axis=1)
    found = FoundBeads(stretched[seen], indices[seen], lattice, 26.0, 1.5, 0, 512, 512, True)
    return fit_distortion(found)


def density() -> DensityCalibration:
    return DensityCalibration(0.14, 0.03, "wedge, 6 steps", model=nominal_model(80.0))


def whole() -> Profile:
    made, conditions = stamp("cementwatch 0.1.0", "A. Physicist", 365, NOW), conditions_of(INFO)
    return Profile(
        room="Angio 2",
        c_arm="Artis",
        scale=ScalePart(made, conditions, 0.2198, 0.02, "cannula 11G", ("3.05 mm are 13.9 px",)),
        distortion=DistortionPart(made, conditions, pincushion().to_dict(), 0.06, 0.14, 210),
        density=density_part(density(), made, conditions, (0.5, 20.0), "20% BaSO4"),
        latency=LatencyPart(made, conditions, 184.0, 9.0, 33.3, 31),
    )


def test_a_profile_is_read_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "rooms" / "angio-2.json"
    write_profile(whole(), path)
    assert read_profile(path) == whole()
    assert json.loads(path.read_text())["schema"] == "cementwatch.profile/1"
    assert [p.name for p in path.parent.iterdir()] == ["angio-2.json"]


def test_a_density_tells_the_same_volume_after_it_was_kept(tmp_path: Path) -> None:
    path = tmp_path / "p.json"
    write_profile(whole(), path)
    kept = read_profile(path).density
    assert kept is not None
    areas = np.interp(NODES, [0.0, 0.3, 0.6, 1.2, 1.3], [0, 30, 60, 40, 0])
    model, before = kept.calibration.model, density().model
    assert model is not None
    assert before is not None
    assert model.volume_ml(areas) == pytest.approx(before.volume_ml(areas), rel=2e-3)


def _set(*keys: str, to: Any) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for key in keys[:-1]:
            data = data[key]
        data[keys[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_set("schema", to="cementwatch.profile/9"), "schema is"),
        (_set("colour", to="red"), "unknown field `colour`"),
        (_set("scale", "mm_per_px", to=-0.2), "scale.mm_per_px"),
        (_set("scale", "relative_sd", to=0.0), "scale.relative_sd"),
        (_set("scale", "mm_per_px", to="wide"), "scale.mm_per_px"),
        (_set("scale", "stamp", "valid_until", to="2020-01-01T00:00:00Z"), "not after made_at"),
        (_set("scale", "stamp", "made_at", to="2026-03-01T09:30:00"), "need a zone"),
        (_set("density", "added_log", to=[0.0, 0.0, 1.0]), "density.added_log"),
        (_set("density", "curves", to=[]), "no curves"),
        (_set("density", "relative_sd", to=0), "out of range"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(
    tmp_path: Path, change: Callable[[dict[str, Any]], None], said: str
) -> None:
    data = json.loads(msgspec.json.encode(whole()))
    change(data)
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(data))
    with pytest.raises(CalibrationError) as refused:
        read_profile(path)
    assert str(path) in str(refused.value)
    assert said in str(refused.value) or said.rsplit(".", maxsplit=1)[-1] in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff\xfe", b'{"schema": 1}', b"[" * 100_000])
def test_what_is_no_profile_is_refused(tmp_path: Path, text: bytes) -> None:
    path = tmp_path / "none.json"
    path.write_bytes(text)
    with pytest.raises(CalibrationError, match=r"none\.json"):
        read_profile(path)


def test_an_unwritable_place_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(OutputError, match="cannot write"):
        write_profile(whole(), blocked / "p.json")
    assert blocked.read_text() == "in the way"


def test_a_density_for_comparison_only_is_no_calibration() -> None:
    nominal = nominal_density(INFO)
    assert nominal is not None
    with pytest.raises(CalibrationError, match="comparison"):
        density_part(nominal, stamp("x", now=NOW), conditions_of(INFO), (1, 2))


def test_a_profile_that_holds_is_used_and_says_nothing() -> None:
    ready = readiness(whole(), INFO, view(), NOW + timedelta(days=30))
    assert ready.notices == ()
    assert ready.density is not None
    assert not ready.density.is_relative
    assert ready.density.method == "wedge, 6 steps"
    assert ready.level_scales.keys() == {"L1"}
    assert ready.latency_ms == 184.0


def test_without_a_profile_volumes_serve_for_comparison_and_that_is_said() -> None:
    ready = readiness(None, INFO, view(), NOW)
    assert ready.density is not None
    assert ready.density.is_relative
    assert [notice.part for notice in ready.notices] == ["density"]
    assert "comparison only" in ready.notices[0].text


def test_an_expired_profile_is_not_believed() -> None:
    ready = readiness(whole(), INFO, view(), NOW + timedelta(days=400))
    assert {notice.part for notice in ready.notices} == {"scale", "density", "distortion", "latency"}
    assert all("expired on 2027-03-01" in notice.text for notice in ready.notices)
    assert ready.density is not None
    assert ready.density.is_relative
    assert not ready.level_scales
    assert ready.latency_ms is None


@pytest.mark.parametrize(
    ("now", "parts", "said"),
    [
        (
            replace(INFO, geometry=replace(GEOMETRY, field_of_view_mm=220.0)),
            {"scale", "distortion"},
            "field of view was 320 mm, is 220 mm",
        ),
        (
            replace(INFO, geometry=replace(GEOMETRY, distance_source_to_detector_mm=1100.0)),
            {"scale", "distortion"},
            "DistanceSourceToDetector was 1009 mm, is 1100 mm",
        ),
        (replace(INFO, rows=1024, columns=1024), {"scale", "distortion"}, "images were 512 x 512"),
        (replace(INFO, kvp=95.0), {"density"}, "tube voltage was 80 kV, is 95 kV"),
        (
            replace(INFO, intensity=Intensity(PixelIntensityRelationship.DISP, 8)),
            {"density"},
            "pixel values were LIN, are DISP",
        ),
    ],
    ids=["zoom", "SID", "format", "kVp", "curve"],
)
def test_other_conditions_end_what_they_concern(now: SourceInfo, parts: set[str], said: str) -> None:
    ready = readiness(whole(), now, view(0.22, 0.2, "two points"), NOW)
    assert {notice.part for notice in ready.notices} == parts
    assert any(said in notice.text for notice in ready.notices)


def test_what_a_header_does_not_state_is_no_contradiction() -> None:
    silent = replace(INFO, geometry=ImagerGeometry(), kvp=None)
    then, now = conditions_of(INFO), conditions_of(silent)
    assert list(geometry_changes(then, now)) == []
    assert list(quality_changes(then, now)) == []
    assert isinstance(now, Conditions)


def test_a_plan_that_contradicts_the_room_is_told() -> None:
    ready = readiness(whole(), INFO, view(0.308, 0.02, "two points"), NOW)
    assert any("1.40 times the room's" in notice.text for notice in ready.notices)


def test_the_scale_at_a_level_is_that_of_the_stretched_image_there() -> None:
    model = pincushion()
    off_middle = tuple((x - 150.0, y) for x, y in BODY)
    marked = msgspec.structs.replace(view(), levels=(Level("L1", BODY), Level("L2", off_middle)))
    ready = readiness(msgspec.structs.replace(whole(), distortion=None), INFO, marked, NOW)
    assert not ready.level_scales
    ready = readiness(whole(), INFO, marked, NOW)
    middle, edge = ready.level_scales["L1"], ready.level_scales["L2"]
    assert middle.mm_per_px == pytest.approx(0.22, rel=0.02)
    assert edge.mm_per_px < 0.97 * middle.mm_per_px
    assert edge.relative_uncertainty > 0.05
    assert model.residual.rms_mm < 0.05


def test_a_level_that_the_beads_do_not_reach_is_told() -> None:
    corner = tuple((x - 195.0, y - 215.0) for x, y in BODY)
    marked = msgspec.structs.replace(view(), levels=(Level("L1", corner),))
    ready = readiness(whole(), INFO, marked, NOW)
    assert not ready.level_scales
    assert any("beads do not reach" in notice.text for notice in ready.notices)


def test_a_profile_from_the_future_is_not_believed() -> None:
    """The clock of the machine was set back: nobody knows whether the profile has expired."""
    ready = readiness(whole(), INFO, view(), NOW - timedelta(days=2))
    assert {notice.part for notice in ready.notices} == {"scale", "density", "distortion", "latency"}
    assert all("in the future" in notice.text for notice in ready.notices)
    assert ready.density is not None
    assert ready.density.is_relative
