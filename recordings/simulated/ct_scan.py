"""A scan of a patient who was laid out for it: blurred, averaged over the slice, with noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from recordings.simulated.ct import Floats, Image, Patient

_SCREW_HU = 7000.0


@dataclass(frozen=True, slots=True)
class CtSettings:
    """How the scan is taken.

    Parameters
    ----------
    pixel_mm, slice_mm : float
        Slices are a multiple of the fine grid thick and lie side by side.
    cement_hu : float
        Of cement by itself.
    noise_hu : float
        Standard deviation in a voxel.
    blur_mm : float
        Standard deviation of the point spread in the plane.
    most_hu : float
        Where the scale ends.
    seed : int
        Of tissue and noise.
    """

    pixel_mm: float = 0.5
    slice_mm: float = 1.0
    cement_hu: float = 2000.0
    noise_hu: float = 25.0
    blur_mm: float = 0.45
    most_hu: float = 3071.0
    seed: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class SimulatedCt:
    """A scan: HU and labels, shape (i, j, k), and the map from index to patient coordinates (LPS, mm)."""

    hu: NDArray[np.int16]
    labels: NDArray[np.uint8]
    affine_lps: Floats


def scan(patient: Patient, settings: CtSettings) -> SimulatedCt:
    """Take a scan of what was laid out with the same `pixel_mm`."""
    fine_mm = patient.step_mm[2]
    count = round(settings.slice_mm / fine_mm)
    slices = patient.cement.shape[2] // count

    def averaged(values: Image) -> Image:
        kept = values[:, :, : slices * count]
        mean = kept.reshape(*kept.shape[:2], slices, count).mean(axis=3)
        sigma = settings.blur_mm / settings.pixel_mm
        blurred: Image = ndimage.gaussian_filter(mean, (sigma, sigma, 0), mode="nearest")
        return blurred

    hu = averaged(patient.tissue_hu * (1 - patient.cement - patient.metal))
    hu += averaged(patient.cement) * settings.cement_hu
    metal = averaged(patient.metal)
    rng = np.random.default_rng([settings.seed, 78])
    if metal.any():
        hu += metal * _SCREW_HU + _streaks(metal, settings, rng)
    hu += settings.noise_hu * rng.standard_normal(hu.shape).astype(np.float32)
    affine = np.diag([*patient.step_mm[:2], settings.slice_mm, 1.0])
    affine[:3, 3] = patient.origin_mm
    affine[2, 3] += (count - 1) / 2 * fine_mm
    labels = patient.labels[:, :, count // 2 :: count][:, :, :slices]
    return SimulatedCt(np.rint(np.clip(hu, -1024, settings.most_hu)).astype(np.int16), labels, affine)


def _streaks(metal: Image, settings: CtSettings, rng: np.random.Generator) -> Image:
    """Dark and bright bands about metal, in its slices, falling off over a centimetre and a half."""
    there = ndimage.binary_dilation(metal > 0.5)
    made = np.zeros_like(metal)
    for k in np.flatnonzero(there.any(axis=(0, 1))):
        away = ndimage.distance_transform_edt(~there[:, :, k], sampling=settings.pixel_mm)
        x, y = np.nonzero(there[:, :, k])
        turn = np.arctan2(
            np.arange(metal.shape[1])[None, :] - y.mean(), np.arange(metal.shape[0])[:, None] - x.mean()
        )
        bands = np.sin(turn * 6 + rng.uniform(0, 2 * np.pi))
        made[:, :, k] = np.where(away > 0, 220.0 * bands * np.exp(-away / 8.0), 0.0)
    return made
