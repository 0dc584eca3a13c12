from __future__ import annotations

from dataclasses import replace

import pytest

from calibration.density import nominal_attenuation_per_mm, nominal_density
from calibration.scale import disagreement, scale_from_geometry
from monitor.frame import ImagerGeometry, Intensity, PixelIntensityRelationship, SourceInfo
from monitor.plan import Scale

FULL = ImagerGeometry(
    imager_pixel_spacing_mm=(0.308, 0.308),
    distance_source_to_detector_mm=1009.0,
    distance_source_to_patient_mm=720.0,
    estimated_radiographic_magnification_factor=1.4014,
)


def test_detector_spacing_is_divided_by_the_magnification() -> None:
    scale = scale_from_geometry(FULL)
    assert scale is not None
    assert scale.mm_per_px == pytest.approx(0.308 * 720 / 1009)


def test_the_stated_magnification_serves_where_distances_are_missing() -> None:
    scale = scale_from_geometry(replace(FULL, distance_source_to_patient_mm=None))
    assert scale is not None
    assert scale.mm_per_px == pytest.approx(0.308 / 1.4014)


@pytest.mark.parametrize(
    "geometry",
    [
        ImagerGeometry(),
        ImagerGeometry(imager_pixel_spacing_mm=(0.3, 0.3)),
        replace(FULL, imager_pixel_spacing_mm=(0.3, 0.4)),
        replace(FULL, imager_pixel_spacing_mm=(0.0, 0.0)),
        ImagerGeometry(pixel_spacing_mm=(0.2, 0.2)),
        ImagerGeometry(
            imager_pixel_spacing_mm=(0.3, 0.3),
            distance_source_to_detector_mm=700.0,
            distance_source_to_patient_mm=900.0,
        ),
    ],
)
def test_a_header_that_does_not_say_enough_gives_no_scale(geometry: ImagerGeometry) -> None:
    assert scale_from_geometry(geometry) is None


def test_a_calibrated_pixel_spacing_wins() -> None:
    scale = scale_from_geometry(
        replace(FULL, pixel_spacing_mm=(0.21, 0.21), pixel_spacing_calibration_type="FIDUCIAL")
    )
    assert scale is not None
    assert scale.mm_per_px == pytest.approx(0.21)
    assert scale.relative_uncertainty < 0.05


def test_scales_that_disagree_are_told() -> None:
    header = scale_from_geometry(FULL)
    assert header is not None
    assert disagreement(Scale(0.308, 0.03), header) == pytest.approx(1009 / 720, rel=1e-3)
    assert disagreement(Scale(0.225, 0.03), header) is None


def source(relationship: PixelIntensityRelationship, kvp: float | None) -> SourceInfo:
    return SourceInfo("x", "dicom", 8, 8, Intensity(relationship, 12), kvp=kvp)


def test_only_linear_data_have_a_density() -> None:
    assert nominal_density(source(PixelIntensityRelationship.DISP, 80)) is None
    assert nominal_density(source(PixelIntensityRelationship.LOG, 80)) is None
    known = nominal_density(source(PixelIntensityRelationship.LIN, 80))
    unknown = nominal_density(source(PixelIntensityRelationship.LIN, None))
    assert known is not None
    assert unknown is not None
    assert unknown.relative_sd > known.relative_sd > 0.3


def test_nominal_attenuation_falls_with_the_tube_voltage_as_tabulated() -> None:
    # 20 % BaSO4 at 60, 70, 80, 90 kVp: 0.239, 0.190, 0.156, 0.135 per mm; scatter halves thin contrast
    table = {60.0: 0.239, 70.0: 0.190, 80.0: 0.156, 90.0: 0.135}
    for kvp, value in table.items():
        assert 2 * nominal_attenuation_per_mm(kvp) == pytest.approx(value, rel=0.2)
    assert nominal_attenuation_per_mm(80.0) / nominal_attenuation_per_mm(70.0) == pytest.approx(
        0.82, abs=0.06
    )
