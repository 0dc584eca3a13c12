"""Thickness from a wedge: right between its steps, for the cement and the display that it was, or refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibration.density import fitted, tried
from calibration.density_fit import WedgeDensity, density_from_wedge, thickness_of
from calibration.wedge import Wedge
from monitor.config import Config
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship
from monitor.thickness import areas_by_added
from monitor.volume import Seen, volume_of
from recordings.simulated.phantom_wedge import WedgePhantom, picture_of
from tests.calibration.test_wedge import found_in

LIN, LOG, DISP = (PixelIntensityRelationship(name) for name in ("LIN", "LOG", "DISP"))
PHANTOM = WedgePhantom(dose_ngy=800.0)
INFO = picture_of(PHANTOM).info


@pytest.fixture(scope="module")
def wedge() -> Wedge:
    return found_in(PHANTOM)


@pytest.fixture(scope="module")
def found(wedge: Wedge) -> WedgeDensity:
    return density_from_wedge(wedge, INFO)


def changed(wedge: Wedge, **values: dict[int, float]) -> Wedge:
    """A wedge with some numbers of some steps set."""
    steps = list(wedge.steps)
    for name, by_step in values.items():
        for k, value in by_step.items():
            steps[k] = replace(steps[k], **{name: value})  # type: ignore[arg-type]
    return replace(wedge, steps=tuple(steps))


@pytest.mark.parametrize("known", [True, False])
def test_linear_thickness_between_the_steps(known: bool) -> None:
    run = tried(PHANTOM, 3, kvp_known=known)
    assert run.refusal is None
    assert np.mean(np.abs(run.errors)) < 0.03
    assert np.mean(run.covered) >= 0.8


@pytest.mark.parametrize(("gamma", "bits"), [(0.4, 8), (1.0, 12), (2.2, 8)])
def test_any_display_curve(gamma: float, bits: int) -> None:
    run = tried(replace(PHANTOM, relationship=DISP, display_gamma=gamma, bits_stored=bits), 4)
    assert run.refusal is None
    assert np.mean(np.abs(run.errors)) < 0.05


def test_logarithms_of_an_unknown_factor() -> None:
    run = tried(replace(PHANTOM, relationship=LOG), 5)
    assert np.mean(np.abs(run.errors)) < 0.04


def test_the_density_is_absolute_and_says_what_it_holds_for(found: WedgeDensity) -> None:
    assert not found.density.is_relative
    assert found.density.model is not None
    assert "wedge of 8 steps" in found.density.method
    assert 0.01 <= found.density.relative_sd < 0.08
    assert found.chance > 0.001
    assert found.background_sd == 0.0
    assert found.over_spine.relative_sd > 0.05
    assert found.validity.thickness_mm[0] == 0.5
    assert any("over the spine" in line for line in found.lines)


def test_thicker_cement_never_adds_less(found: WedgeDensity) -> None:
    at = np.linspace(0.0, found.validity.added[1], 60)
    thickness = [thickness_of(found.density, float(a)) for a in at]
    assert (np.diff(thickness) >= 0).all()


def test_the_monitor_reads_a_volume_from_it(wedge: Wedge, found: WedgeDensity) -> None:
    """A slab of a step's thickness."""
    step = wedge.steps[4]
    seen = Seen(areas_by_added(np.full(1000, step.added), 0.25), 0.0)
    ml, sd_ml = volume_of(seen, 0.0, found.density, Config().volume)
    assert ml == pytest.approx(250.0 * step.thickness_mm / 1000.0, rel=0.04)
    assert 0 < sd_ml < 0.4 * ml


def test_a_display_says_that_the_background_matters() -> None:
    shown = fitted(replace(PHANTOM, relationship=DISP, display_gamma=0.6, bits_stored=8), 6)
    assert shown.background_sd > 0.01
    assert shown.density.relative_sd > shown.background_sd
    darker = 0.8 * shown.fit.reference_grey
    assert thickness_of(shown.at(darker), 0.1) != pytest.approx(thickness_of(shown.density, 0.1), rel=1e-3)


def test_beyond_where_scatter_hides_all_it_does_not_hold() -> None:
    hidden = fitted(replace(PHANTOM, cement="30% BaSO4", scatter_to_primary=1.5, kvp=75.0), 7)
    assert hidden.validity.thickness_mm[1] < 20.0


def test_too_few_steps(wedge: Wedge) -> None:
    with pytest.raises(CalibrationError, match="3 are needed"):
        density_from_wedge(replace(wedge, steps=wedge.steps[:2]), INFO)


def test_steps_that_do_not_grow(wedge: Wedge) -> None:
    with pytest.raises(CalibrationError, match="adds less"):
        density_from_wedge(changed(wedge, thickness_mm={0: 20.0, 7: 0.5}), INFO)


def test_a_wrong_thickness_is_not_explained(wedge: Wedge) -> None:
    with pytest.raises(CalibrationError, match="no curve explains"):
        density_from_wedge(changed(wedge, thickness_mm={4: 5.0}), INFO)


def test_a_voltage_or_equivalence_that_contradicts(wedge: Wedge) -> None:
    thicker = {k: 6.0 * step.thickness_mm for k, step in enumerate(wedge.steps)}
    with pytest.raises(CalibrationError, match=r"contradict|no curve"):
        density_from_wedge(changed(wedge, thickness_mm=thicker), INFO)
    thinner = {k: 0.15 * step.thickness_mm for k, step in enumerate(wedge.steps)}
    with pytest.raises(CalibrationError, match="contradict"):
        density_from_wedge(changed(wedge, thickness_mm=thinner), INFO)


def test_steps_that_are_all_alike(wedge: Wedge) -> None:
    alike = dict.fromkeys(range(8), 0.3)
    with pytest.raises(CalibrationError, match="less than the noise"):
        density_from_wedge(changed(wedge, added=alike), INFO)
