import numpy as np
import pytest

from monitor.frame import PixelIntensityRelationship
from recordings.simulated.detector import Detector
from recordings.simulated.physics import attenuation, linear_attenuation_per_mm

# Effective attenuation per mm from an independent calculation (another spectrum, 24 cm water and bone).
TABLE = {
    60: {"20% BaSO4": 0.239, "30% BaSO4": 0.388, "30% ZrO2": 0.235, "bone": 0.087, "water": 0.023},
    70: {"20% BaSO4": 0.190, "30% BaSO4": 0.307, "30% ZrO2": 0.181, "bone": 0.074, "water": 0.022},
    80: {"20% BaSO4": 0.156, "30% BaSO4": 0.252, "30% ZrO2": 0.147, "bone": 0.065, "water": 0.021},
    90: {"20% BaSO4": 0.135, "30% BaSO4": 0.218, "30% ZrO2": 0.127, "bone": 0.060, "water": 0.020},
}


@pytest.mark.parametrize("kvp", TABLE)
def test_effective_attenuation_agrees_with_the_table(kvp):
    for material, expected in TABLE[kvp].items():
        if material in ("bone", "water"):
            rays = attenuation(float(kvp), "20% BaSO4")
            value = rays.bone_per_mm if material == "bone" else rays.water_per_mm
        else:
            value = attenuation(float(kvp), material).cement_per_mm
        assert value == pytest.approx(expected, rel=0.10), material


def test_ten_percent_barium_is_within_a_fifth_of_the_table():
    assert attenuation(80.0, "10% BaSO4").cement_per_mm == pytest.approx(0.074, rel=0.20)


def test_one_mm_of_steel():
    rays = attenuation(80.0, "20% BaSO4")
    assert np.interp(1.0, rays.thickness_mm, rays.steel_log) == pytest.approx(0.97, rel=0.15)


def test_more_kilovolts_less_contrast():
    change = attenuation(80.0, "20% BaSO4").cement_per_mm / attenuation(70.0, "20% BaSO4").cement_per_mm - 1
    assert change == pytest.approx(-0.18, abs=0.02)


def test_the_beam_hardens_in_cement():
    rays = attenuation(80.0, "20% BaSO4")
    per_mm = rays.cement_log[1:] / rays.thickness_mm[1:]
    assert np.all(np.diff(per_mm) < 0)
    fall = np.interp(20.0, rays.thickness_mm[1:], per_mm) / np.interp(1.0, rays.thickness_mm[1:], per_mm) - 1
    assert -0.25 < fall < -0.10


def test_cement_takes_the_place_of_marrow():
    rays = attenuation(80.0, "20% BaSO4")
    film = rays.cement_log[1] / rays.thickness_mm[1]
    assert film == pytest.approx(rays.cement_per_mm - rays.water_per_mm, rel=0.02)


def test_water_matches_the_published_value_at_60_kev():
    # NIST: 0.2059 cm2/g.
    assert linear_attenuation_per_mm("water", np.array([60.0]))[0] == pytest.approx(0.02059, rel=0.01)


def _detector(**changes):
    values = {
        "mm_per_px": 0.35,
        "mean_quanta": 100.0,
        "blur_px": 0.0,
        "electronic_quanta": 0.0,
        "relationship": PixelIntensityRelationship.LIN,
        "gamma": 1.0,
        "bits": 12,
    }
    return Detector(**(values | changes))


@pytest.mark.parametrize("quanta", [4.0, 20.0, 130.0])
def test_counts_have_the_moments_of_poisson(quanta):
    flat = np.ones((600, 600), dtype=np.float32)
    counts = _detector(mean_quanta=quanta).expose(flat, np.random.default_rng(3)).astype(np.float64)
    assert counts.mean() == pytest.approx(quanta, rel=0.01)
    assert counts.var() == pytest.approx(quanta, rel=0.03)
    skew = ((counts - counts.mean()) ** 3).mean() / counts.std() ** 3
    assert skew == pytest.approx(quanta**-0.5, abs=0.03)


def test_read_out_noise_adds_its_variance():
    flat = np.ones((600, 600), dtype=np.float32)
    noisy = _detector(mean_quanta=50.0, electronic_quanta=5.0).expose(flat, np.random.default_rng(3))
    assert noisy.var() == pytest.approx(50 + 25, rel=0.03)


def test_relationships_are_what_they_say():
    quanta = np.array([[25.0, 50.0, 100.0, 200.0]], dtype=np.float32)
    lin = _detector().store(quanta).astype(float)[0]
    assert lin[3] / lin[0] == pytest.approx(8, rel=0.01)
    log = _detector(relationship=PixelIntensityRelationship.LOG).store(quanta).astype(float)[0]
    assert np.diff(log) == pytest.approx([np.diff(log)[0]] * 3, abs=1.5)
    shown = _detector(relationship=PixelIntensityRelationship.DISP, gamma=1.8, bits=8).store(quanta)
    assert shown.dtype == np.uint8
    steps = np.diff(shown[0].astype(float))
    assert np.all(steps > 0)
    assert steps[2] > 1.2 * steps[0]
