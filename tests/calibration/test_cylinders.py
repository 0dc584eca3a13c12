"""Lying cylinders: found by their edges, their chords are steps, and what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibration.density import DIAMETERS_MM, looked_at, lying, tried
from calibration.cylinders import Cylinders, find_cylinders
from calibration.density_fit import density_from_wedge
from calibration.pictures_density import picture_of_cylinders
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from recordings.simulated.phantom_wedge import WedgePhantom, picture_of
from recordings.simulated.physics import attenuation

PHANTOM = lying(WedgePhantom(dose_ngy=800.0, angle_deg=10.0))


def found_in(
    phantom: WedgePhantom,
    off_px: tuple[float, float] = (0.0, 0.0),
    diameter_mm: tuple[float, ...] = DIAMETERS_MM,
) -> Cylinders:
    picture = picture_of(phantom)
    points = picture.centres_px.copy()
    points[0] += off_px
    points[-1] -= off_px
    return find_cylinders(looked_at(picture), [(float(x), float(y)) for x, y in points], diameter_mm)


@pytest.mark.parametrize("angle_deg", [0.0, 33.0, 90.0])
def test_scale_and_axes_are_found_although_the_clicks_are_off(angle_deg: float) -> None:
    phantom = replace(PHANTOM, angle_deg=angle_deg)
    found = found_in(phantom, (4.0, -5.0))
    assert found.mm_per_px == pytest.approx(phantom.mm_per_px, rel=0.01)
    middles = found.outline_px.mean(axis=1)
    along = np.array([np.cos(np.radians(angle_deg)), np.sin(np.radians(angle_deg))])
    off = (middles - picture_of(phantom).centres_px) @ along
    assert np.abs(off).max() < 0.7


def test_without_scatter_a_chord_adds_what_its_thickness_does() -> None:
    found = found_in(replace(PHANTOM, scatter_to_primary=0.0, dose_ngy=1e5))
    table = attenuation(PHANTOM.kvp, PHANTOM.cement)
    thickness = [step.thickness_mm for step in found.wedge.steps]
    assert thickness == sorted(thickness)
    assert thickness[0] < 4.0
    assert thickness[-1] > 19.0
    for step in found.wedge.steps:
        expected = np.interp(step.thickness_mm, table.thickness_mm, table.cement_log)
        assert step.added == pytest.approx(expected, rel=0.01)


def test_other_cylinders_are_read_with_what_these_teach() -> None:
    run = tried(PHANTOM, 3)
    assert run.refusal is None
    assert np.mean(np.abs(run.errors)) < 0.03


def test_a_display_is_calibrated_alike() -> None:
    shown = replace(PHANTOM, relationship=PixelIntensityRelationship.DISP, display_gamma=0.6, bits_stored=8)
    run = tried(shown, 4)
    assert run.refusal is None
    assert np.mean(np.abs(run.errors)) < 0.04


@pytest.mark.parametrize(
    ("diameter_mm", "words"),
    [
        ((4.0,), "1 diameters are given"),
        ((4.0, 7.0, 12.0), "4 points for 3 diameters"),
        ((4.0, 7.0, -12.0, 20.0), "above 0 mm"),
        ((4.0, 7.0, 15.0, 20.0), "looks like"),
        ((20.0, 12.0, 7.0, 4.0), "looks like"),
    ],
)
def test_diameters_that_contradict_are_refused(diameter_mm: tuple[float, ...], words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        found_in(PHANTOM, diameter_mm=diameter_mm)


def test_a_wedge_is_no_row_of_cylinders() -> None:
    picture = picture_of(WedgePhantom(thickness_mm=(5.0, 10.0, 15.0, 20.0), dose_ngy=800.0))
    points = [(float(x), float(y)) for x, y in picture.centres_px]
    with pytest.raises(CalibrationError, match="cylinders"):
        find_cylinders(looked_at(picture), points, (5.0, 10.0, 15.0, 20.0))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exposure": 5.0}, "saturated"),
        ({"pitch_mm": 0.0}, "touch|looks like|not seen"),
        ({"size": 200}, "outside"),
    ],
)
def test_what_cannot_be_measured_is_refused(changes: dict[str, object], words: str) -> None:
    with pytest.raises(CalibrationError, match=words):
        found_in(replace(PHANTOM, **changes))  # type: ignore[arg-type]


def test_nothing_there_is_refused() -> None:
    picture = looked_at(picture_of(PHANTOM))
    with pytest.raises(CalibrationError, match="not seen"):
        find_cylinders(picture, [(100.0, 40.0), (200.0, 40.0), (300.0, 40.0)], (4.0, 7.0, 12.0))


def test_the_picture_shows_what_was_found() -> None:
    picture = picture_of(PHANTOM)
    found = found_in(PHANTOM)
    drawn = picture_of_cylinders(
        looked_at(picture), found, density_from_wedge(found.wedge, picture.info, what="cylinders")
    )
    assert drawn.shape == (1024, 1024, 3)
    assert (drawn[..., 0] != drawn[..., 2]).sum() > 500
