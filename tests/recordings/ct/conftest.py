"""A small simulated patient, scanned once."""

from __future__ import annotations

import numpy as np
import pytest

from recordings.ct.labels import LabelMap, on_grid
from recordings.ct.numbering import DEFAULT_NUMBERS
from recordings.ct.volume import CtVolume
from recordings.simulated.ct import Patient, lay_out
from recordings.simulated.ct_scan import CtSettings, SimulatedCt, scan
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings

PIXEL_MM = 1.0
SETTINGS = CtSettings(pixel_mm=PIXEL_MM, slice_mm=1.0, cement_hu=1700.0, noise_hu=20.0, blur_mm=0.6, seed=4)


@pytest.fixture(scope="package")
def patient() -> Patient:
    """Cement in L1 and in its canal."""
    scene = build_scene("canal", SimulationSettings(seed=21, size=128))
    return lay_out(scene, 500.0, pixel_mm=PIXEL_MM, fine_mm=0.5, seed=4)


@pytest.fixture(scope="package")
def scanned(patient: Patient) -> SimulatedCt:
    return scan(patient, SETTINGS)


@pytest.fixture(scope="package")
def volume(scanned: SimulatedCt) -> CtVolume:
    return CtVolume(scanned.hu, scanned.affine_lps, "simulated")


@pytest.fixture(scope="package")
def labels(scanned: SimulatedCt, volume: CtVolume) -> LabelMap:
    return on_grid(scanned.labels.astype(np.uint16), scanned.affine_lps, volume, DEFAULT_NUMBERS, "labels")
