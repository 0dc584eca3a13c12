"""Every way to a scale that a DICOM header offers, by its attributes."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from calibration.scale import (
    HeaderScale,
    ScaleEstimate,
    SpineDepth,
    combined,
    disagreement,
    scale_from_geometry,
    scale_from_header,
    scale_from_points,
)
from monitor.frame import ImagerGeometry
from monitor.plan import Scale
from monitor.sources.dicom_header import geometry_of

REALDATA = Path(__file__).resolve().parents[3] / "shared" / "realdata"
DISTANCES = {"DistanceSourceToDetector": 1000.0, "DistanceSourceToPatient": 750.0}


def read(depth: SpineDepth | None = None, **attributes: Any) -> HeaderScale:
    header = Dataset()
    for keyword, value in attributes.items():
        setattr(header, keyword, value)
    return scale_from_header(geometry_of(header), depth)


def best(depth: SpineDepth | None = None, **attributes: Any) -> ScaleEstimate:
    found = read(depth, **attributes).best
    assert found is not None
    return found


def group(**attributes: Any) -> Sequence:
    item = Dataset()
    for keyword, value in attributes.items():
        setattr(item, keyword, value)
    return Sequence([item])


def test_detector_spacing_by_the_distances_to_detector_and_patient() -> None:
    found = best(ImagerPixelSpacing=[0.4, 0.4], **DISTANCES)
    assert found.mm_per_px == pytest.approx(0.3, rel=1e-9)
    assert found.method == "dicom ImagerPixelSpacing"
    # spacing 0.5 %, two distances 1 % each, 40 mm of 750
    expected = math.hypot(math.hypot(0.005, math.sqrt(2) * 0.01), 40 / 750)
    assert found.relative_sd == pytest.approx(expected)
    assert "DistanceSourceToDetector 1000 / DistanceSourceToPatient 750 = 1.3333" in " ".join(found.reasoning)
    assert found.reasoning[-1].startswith("0.3000 mm per pixel at the spine")


def test_detector_spacing_by_the_distance_to_the_isocentre() -> None:
    found = best(ImagerPixelSpacing=[0.4, 0.4], DistanceSourceToDetector=1000, DistanceSourceToIsocenter=800)
    assert found.mm_per_px == pytest.approx(0.32, rel=1e-9)
    assert any("DistanceSourceToIsocenter 800" in line for line in found.reasoning)


def test_the_distance_to_the_patient_goes_before_that_to_the_isocentre() -> None:
    found = best(ImagerPixelSpacing=[0.4, 0.4], DistanceSourceToIsocenter=800, **DISTANCES)
    assert found.mm_per_px == pytest.approx(0.3, rel=1e-9)


def test_detector_spacing_by_the_stated_magnification() -> None:
    found = best(ImagerPixelSpacing=[0.4, 0.4], EstimatedRadiographicMagnificationFactor=1.25)
    assert found.mm_per_px == pytest.approx(0.32, rel=1e-9)
    assert found.method == "dicom EstimatedRadiographicMagnificationFactor"
    assert found.relative_sd == pytest.approx(math.hypot(0.05, 0.01))


def test_the_stated_magnification_with_the_distance_to_the_detector_says_where_the_patient_is() -> None:
    found = best(
        SpineDepth(20.0, 10.0),
        ImagerPixelSpacing=[0.4, 0.4],
        EstimatedRadiographicMagnificationFactor=1.25,
        DistanceSourceToDetector=1000,
    )
    assert found.mm_per_px == pytest.approx(0.4 * 820 / 1000, rel=1e-9)
    assert found.relative_sd == pytest.approx(math.hypot(10 / 820, 0.01), rel=0.03)


def test_detector_spacing_alone_is_no_scale_and_says_what_is_lacking() -> None:
    nothing = read(ImagerPixelSpacing=[0.4, 0.4])
    assert nothing.best is None
    assert "lacks DistanceSourceToDetector" in nothing.unusable[0]
    half = read(ImagerPixelSpacing=[0.4, 0.4], DistanceSourceToDetector=1000)
    assert half.best is None
    assert "lacks DistanceSourceToPatient" in half.unusable[0]


@pytest.mark.parametrize(("kind", "sd"), [("FIDUCIAL", 0.02), ("GEOMETRY", 0.05)])
def test_calibrated_pixel_spacing_is_taken_as_it_stands(kind: str, sd: float) -> None:
    found = best(
        PixelSpacing=[0.21, 0.21],
        PixelSpacingCalibrationType=kind,
        PixelSpacingCalibrationDescription="10 mm ball",
        ImagerPixelSpacing=[0.3, 0.3],
    )
    assert found.mm_per_px == pytest.approx(0.21, rel=1e-9)
    assert found.relative_sd == sd
    assert found.method == f"dicom PixelSpacing {kind}"
    assert "10 mm ball" in found.reasoning[0]


def test_pixel_spacing_without_a_type_that_equals_the_detectors_is_the_detectors() -> None:
    found = read(PixelSpacing=[0.3, 0.3], ImagerPixelSpacing=[0.3, 0.3], **DISTANCES)
    assert [e.method for e in found.estimates] == ["dicom ImagerPixelSpacing"]
    assert found.estimates[0].mm_per_px == pytest.approx(0.225, rel=1e-9)
    assert any("equals ImagerPixelSpacing" in line for line in found.unusable)


def test_pixel_spacing_without_a_type_that_differs_was_corrected_and_comes_last() -> None:
    found = read(PixelSpacing=[0.22, 0.22], ImagerPixelSpacing=[0.3, 0.3], **DISTANCES)
    assert [e.method for e in found.estimates] == ["dicom ImagerPixelSpacing", "dicom PixelSpacing"]
    assert found.estimates[1].mm_per_px == pytest.approx(0.22, rel=1e-9)
    alone = best(PixelSpacing=[0.22, 0.22], ImagerPixelSpacing=[0.3, 0.3])
    assert alone.mm_per_px == pytest.approx(0.22, rel=1e-9)
    assert alone.relative_sd == 0.08


def test_pixel_spacing_alone_is_not_trusted() -> None:
    found = read(PixelSpacing=[0.22, 0.22])
    assert found.best is None
    assert "may be the detector's own" in found.unusable[0]


def test_object_spacing_of_enhanced_objects_lies_at_the_object() -> None:
    alone = best(ObjectPixelSpacingInCenterOfBeam=[0.25, 0.25])
    assert alone.mm_per_px == pytest.approx(0.25, rel=1e-9)
    placed = best(
        SpineDepth(-25.0, 10.0),
        ObjectPixelSpacingInCenterOfBeam=[0.25, 0.25],
        ImagerPixelSpacing=[0.4, 0.4],
        DistanceSourceToDetector=1200,
    )
    # the object is at 1200 * 0.25 / 0.4 = 750 mm
    assert placed.mm_per_px == pytest.approx(0.25 * 725 / 750, rel=1e-9)


def test_the_spacing_of_a_scanned_film_is_no_scale() -> None:
    found = read(NominalScannedPixelSpacing=[0.2, 0.2])
    assert found.best is None
    assert any("scanned film" in line for line in found.unusable)


@pytest.mark.parametrize(
    "attributes",
    [
        {"ImagerPixelSpacing": [0.4, 0.3], **DISTANCES},
        {"PixelSpacing": [0.4, 0.3], "PixelSpacingCalibrationType": "FIDUCIAL"},
        {"ObjectPixelSpacingInCenterOfBeam": [0.4, 0.3]},
    ],
)
def test_pixels_that_are_not_square_are_refused(attributes: dict[str, Any]) -> None:
    found = read(**attributes)
    assert found.best is None
    assert "not square" in found.unusable[0]


def test_an_aspect_ratio_that_is_not_one_closes_every_way() -> None:
    found = read(ImagerPixelSpacing=[0.4, 0.4], PixelAspectRatio=[4, 3], **DISTANCES)
    assert found.best is None
    assert any("PixelAspectRatio 4:3" in line for line in found.unusable)
    assert best(
        ImagerPixelSpacing=[0.4, 0.4], PixelAspectRatio=[1, 1], **DISTANCES
    ).mm_per_px == pytest.approx(0.3)


def test_a_detector_before_the_patient_contradicts_itself() -> None:
    found = read(ImagerPixelSpacing=[0.4, 0.4], DistanceSourceToDetector=700, DistanceSourceToPatient=900)
    assert found.best is None
    assert "contradict" in found.unusable[0]


def test_a_magnification_that_contradicts_the_distances_is_told() -> None:
    found = read(ImagerPixelSpacing=[0.4, 0.4], EstimatedRadiographicMagnificationFactor=1.1, **DISTANCES)
    assert found.best is not None
    assert found.best.mm_per_px == pytest.approx(0.3, rel=1e-9)
    assert "contradicts the distances" in found.conflicts[0]
    agreeing = read(ImagerPixelSpacing=[0.4, 0.4], EstimatedRadiographicMagnificationFactor=1.33, **DISTANCES)
    assert agreeing.conflicts == ()
    assert agreeing.best is not None
    assert any("1.33 agrees" in line for line in agreeing.best.reasoning)


def test_a_calibrated_spacing_that_contradicts_the_distances_is_told() -> None:
    found = read(
        SpineDepth(0.0, 10.0),
        PixelSpacing=[0.4, 0.4],
        PixelSpacingCalibrationType="FIDUCIAL",
        ImagerPixelSpacing=[0.4, 0.4],
        **DISTANCES,
    )
    assert found.best is not None
    assert found.best.mm_per_px == pytest.approx(0.4)
    assert "a ratio of 1.33" in found.conflicts[0]


@pytest.mark.parametrize(("offset", "expected"), [(0.0, 0.3), (30.0, 0.312), (-30.0, 0.288)])
def test_the_spines_depth_moves_the_scale(offset: float, expected: float) -> None:
    found = best(SpineDepth(offset, 15.0), ImagerPixelSpacing=[0.4, 0.4], **DISTANCES)
    assert found.mm_per_px == pytest.approx(expected, rel=1e-9)
    assert 0.02 < found.relative_sd < 0.03
    low, high = found.interval_mm_per_px
    assert low < expected < high


def test_functional_groups_of_enhanced_objects_are_read() -> None:
    shared, frame = Dataset(), Dataset()
    shared.XRayGeometrySequence = group(DistanceSourceToDetector=1000.0, DistanceSourceToIsocenter=780.0)
    shared.FramePixelDataPropertiesSequence = group(ImagerPixelSpacing=[0.4, 0.4])
    frame.FramePixelDataPropertiesSequence = group(ObjectPixelSpacingInCenterOfBeam=[0.3, 0.3])
    header = Dataset()
    header.SharedFunctionalGroupsSequence = Sequence([shared])
    header.PerFrameFunctionalGroupsSequence = Sequence([frame])
    geometry = geometry_of(header)
    assert geometry.distance_source_to_detector_mm == 1000.0
    found = scale_from_header(geometry)
    assert {e.method: round(e.mm_per_px, 6) for e in found.estimates} == {
        "dicom ObjectPixelSpacingInCenterOfBeam": 0.3,
        "dicom ImagerPixelSpacing": 0.312,
    }


def test_a_header_of_nothing_gives_nothing() -> None:
    assert read() == HeaderScale()
    assert scale_from_geometry(ImagerGeometry()) is None


def test_independent_estimates_are_weighed() -> None:
    one, other = ScaleEstimate(0.30, 0.02, "a", ("1",)), ScaleEstimate(0.31, 0.04, "b", ("2",))
    both = combined((one, other))
    assert 0.30 < both.mm_per_px < 0.3035
    assert both.relative_sd == pytest.approx(0.02 * 0.04 / math.hypot(0.02, 0.04))
    assert (both.method, both.reasoning) == ("a + b", ("1", "2"))
    with pytest.raises(ValueError, match="no scale"):
        combined(())
    with pytest.raises(ValueError, match="ratio"):
        combined((one, ScaleEstimate(0.45, 0.02, "c")))


def test_two_points_give_a_scale_with_the_error_of_both() -> None:
    found = scale_from_points(200.0, 50.0, sd_px=1.0, length_sd_mm=0.5)
    assert found.mm_per_px == 0.25
    assert found.relative_sd == pytest.approx(math.hypot(math.sqrt(2) / 200, 0.01))


def test_a_ratio_is_a_disagreement_only_beyond_both_errors() -> None:
    assert disagreement(Scale(0.4, 0.05), Scale(0.3, 0.05)) == pytest.approx(4 / 3)
    assert disagreement(Scale(0.35, 0.05), Scale(0.3, 0.05)) is None


def test_the_header_values_of_a_real_coronary_run() -> None:
    found = read(
        ImagerPixelSpacing=[0.308, 0.308],
        DistanceSourceToDetector=1009,
        DistanceSourceToPatient=720,
        EstimatedRadiographicMagnificationFactor=1.4014,
    )
    assert found.conflicts == ()
    assert found.best is not None
    assert found.best.mm_per_px == pytest.approx(0.308 * 720 / 1009, rel=1e-9)
    assert any("1.4014 agrees" in line for line in found.best.reasoning)


@pytest.mark.realdata
@pytest.mark.skipif(not REALDATA.is_dir(), reason="no ../shared/realdata beside the project")
def test_real_headers_with_and_without_a_scale() -> None:
    cine = geometry_of(dcmread(REALDATA / "xa_ge" / "cine_5.dcm", stop_before_pixels=True))
    found = scale_from_header(cine)
    assert len(found.estimates) == 1
    assert found.conflicts == found.unusable == ()
    assert found.best is not None
    assert found.best.mm_per_px == pytest.approx(0.390625 * 720 / 931, rel=1e-9)
    assert found.best.relative_sd == pytest.approx(0.0575, abs=5e-4)
    assert found.best.reasoning == (
        "ImagerPixelSpacing 0.3906 mm, at the detector",
        "magnification at the spine: DistanceSourceToDetector 931 / DistanceSourceToPatient 720 = 1.2931",
        "EstimatedRadiographicMagnificationFactor 1.29306 agrees",
        "the spine lies within 40 mm (one SD) of that plane",
        "0.3021 mm per pixel at the spine, plus or minus 11.3 % (95 %)",
    )
    loop = geometry_of(dcmread(REALDATA / "xa_ge" / "fluoro_loop_1.dcm", stop_before_pixels=True))
    # it has the distances, but no spacing at all
    assert loop.distance_source_to_detector_mm == 860.0
    assert scale_from_header(loop) == HeaderScale()


def test_distances_that_give_no_finite_magnification_contradict_nothing() -> None:
    """A session's file may hold a distance that no header can: the smallest of all numbers."""
    odd = ImagerGeometry(
        imager_pixel_spacing_mm=(0.3, 0.3),
        distance_source_to_detector_mm=1000.0,
        distance_source_to_patient_mm=1e-320,
        estimated_radiographic_magnification_factor=1.4,
    )
    found = scale_from_header(odd)
    assert not any("contradicts the distances" in words for words in found.conflicts)
