"""Thickness from a wedge: right between its steps, and refused where the picture does not tell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibration.density import STEPS_MM, errors, picture_of
from calibration.density_fit import fit_density, thickness_over_added
from calibration.picture import Picture
from calibration.wedge import Step, Wedge, measure_wedge
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from monitor.thickness import NODES
from recordings.simulated.phantom_wedge import WedgePhantom

LIN = PixelIntensityRelationship.LIN
PHANTOM = WedgePhantom(thickness_mm=STEPS_MM, angle_deg=12.0)


@pytest.fixture(scope="module")
def picture() -> Picture:
    return picture_of(PHANTOM, 3)


@pytest.mark.parametrize("display", [False, True])
def test_thickness_between_the_steps_is_right(display: bool) -> None:
    error, relative_sd = errors(11, display=display)
    assert np.abs(error).max() < 0.05
    assert np.median(np.abs(error)) < 0.015
    assert relative_sd < 0.2


def test_the_steps_add_more_the_thicker_they_are_and_less_for_each_mm(picture: Picture) -> None:
    wedge = measure_wedge(picture, *PHANTOM.ends, STEPS_MM)
    added = np.array([step.added_log for step in wedge.steps])
    assert (np.diff(added) > 0).all()
    assert (np.diff(added / np.array(STEPS_MM)) < 0).all(), "hardening and scatter bend the curve"
    assert wedge.width_px == pytest.approx(PHANTOM.width_px, abs=3)


def test_what_the_fit_gives_is_absolute_and_says_what_it_holds_for(picture: Picture) -> None:
    fit = fit_density(measure_wedge(picture, *PHANTOM.ends, STEPS_MM), LIN, 80.0)
    assert not fit.density.is_relative
    assert fit.valid_mm == (1.0, 20.0)
    assert fit.density.method == "wedge of 8 steps, 80 kVp"
    assert any("foretold" in line for line in fit.lines)
    display = fit_density(measure_wedge(picture, *PHANTOM.ends, STEPS_MM), PixelIntensityRelationship.DISP)
    assert display.density.relative_sd > 2 * fit.density.relative_sd


def test_the_order_of_the_steps_is_that_of_the_thicknesses_given(picture: Picture) -> None:
    start, end = PHANTOM.ends
    there = measure_wedge(picture, start, end, STEPS_MM)
    back = measure_wedge(picture, end, start, STEPS_MM[::-1])
    for one, other in zip(there.steps, back.steps, strict=True):
        assert one.added_log == pytest.approx(other.added_log, abs=3e-3)
    with pytest.raises(CalibrationError, match="no darker"):
        measure_wedge(picture, start, end, STEPS_MM[::-1])


def _with(change: Callable[[np.ndarray], None]) -> Callable[[Picture], Picture]:
    def changed(picture: Picture) -> Picture:
        stored = picture.stored.copy()
        change(stored)
        return replace(picture, stored=stored)

    return changed


def _saturate(stored: np.ndarray) -> None:
    stored[stored > np.median(stored)] = 4095


def _blacken(stored: np.ndarray) -> None:
    stored[stored < np.quantile(stored, 0.1)] = 0


def _empty(stored: np.ndarray) -> None:
    stored[:] = 2000 + np.random.default_rng(1).normal(0, 5, stored.shape)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_with(_saturate), "saturated"),
        (_with(_blacken), "black on the"),
        (_with(_empty), "no wedge|hardly stands out"),
    ],
    ids=["saturated", "black", "no wedge"],
)
def test_a_picture_that_does_not_tell_is_refused(
    picture: Picture, change: Callable[[Picture], Picture], said: str
) -> None:
    with pytest.raises(CalibrationError, match=said):
        measure_wedge(change(picture), *PHANTOM.ends, STEPS_MM)


@pytest.mark.parametrize(
    ("thickness", "ends", "said"),
    [
        ((1.0, 2.0), PHANTOM.ends, "2 steps"),
        ((1.0, 2.0, -3.0), PHANTOM.ends, "above 0 mm"),
        ((1.0, 2.0, 2.0), PHANTOM.ends, "all different"),
        (STEPS_MM, ((10.0, 10.0), (40.0, 10.0)), "px long"),
        (STEPS_MM, ((-10.0, 10.0), (300.0, 10.0)), "outside the image"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    picture: Picture, thickness: tuple[float, ...], ends: tuple, said: str
) -> None:
    with pytest.raises(CalibrationError, match=said):
        measure_wedge(picture, *ends, thickness)


def _wedge(thickness: tuple[float, ...], added: tuple[float, ...]) -> Wedge:
    return Wedge(tuple(Step(t, a, 1e-3, ()) for t, a in zip(thickness, added, strict=True)), 30.0)


def test_steps_on_no_curve_and_steps_of_something_else_are_refused() -> None:
    good = (0.09, 0.17, 0.33, 0.62, 1.1)
    thickness = (1.0, 2.0, 4.0, 8.0, 16.0)
    fit_density(_wedge(thickness, good), LIN, 80.0)
    with pytest.raises(CalibrationError, match="no smooth curve"):
        fit_density(_wedge(thickness, (0.09, 0.17, 0.5, 0.62, 1.1)), LIN, 80.0)
    with pytest.raises(CalibrationError, match="is it cement"):
        fit_density(_wedge(thickness, tuple(a / 20 for a in good)), LIN, 80.0)


def test_the_curve_grows_everywhere_and_passes_through_the_steps() -> None:
    added, thickness = np.array([0.1, 0.2, 0.5, 0.9]), np.array([1.0, 2.2, 6.0, 13.0])
    curve = thickness_over_added(added, thickness)
    assert (np.diff(curve) > 0).all()
    assert np.interp([0.0, *added], NODES, curve) == pytest.approx([0.0, *thickness], abs=0.02)
