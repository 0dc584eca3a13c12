"""X-rays: a spectrum in a few bins, what each material takes out of it, and a detector."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
import xraydb
from numpy.typing import NDArray

Float32 = NDArray[np.float32]

_PMMA = {"C": 0.5998, "H": 0.0805, "O": 0.3196}
_COMPOSITION = {
    "water": {"H": 0.1119, "O": 0.8881},
    # cortical bone, ICRU 44
    "bone": {
        "H": 0.034,
        "C": 0.155,
        "N": 0.042,
        "O": 0.435,
        "Mg": 0.002,
        "P": 0.103,
        "S": 0.003,
        "Ca": 0.226,
    },
    "steel": {"Fe": 0.70, "Cr": 0.19, "Ni": 0.11},
    "BaSO4": {"Ba": 0.5884, "S": 0.1374, "O": 0.2742},
    "ZrO2": {"Zr": 0.7403, "O": 0.2597},
    "CsI": {"Cs": 0.5115, "I": 0.4885},
    "Al": {"Al": 1.0},
    "Cu": {"Cu": 1.0},
}
_DENSITY_G_CM3 = {"PMMA": 1.18, "BaSO4": 4.50, "ZrO2": 5.68, "steel": 7.9}
_CSI_G_CM2 = 0.22
_QUANTA_PER_MM2_NGY, _QUANTUM_EFFICIENCY = 30.0, 0.6
CEMENTS = {"BaSO4 20 %": ("BaSO4", 0.20), "BaSO4 10 %": ("BaSO4", 0.10), "ZrO2 30 %": ("ZrO2", 0.30)}
MATERIALS = ("water", "bone", "cement", "steel")


@dataclass(frozen=True, slots=True, eq=False)
class Beam:
    """A spectrum in bins.

    Parameters
    ----------
    weight : ndarray, shape (bins,), float32
        Signal of the unattenuated bin; larger at a higher voltage.
    mu : ndarray, shape (bins, 4), float32
        Attenuation of `MATERIALS`: per g/cm2 of water and bone, per mm of cement (instead of the
        marrow it pushes aside) and of steel.
    """

    weight: Float32
    mu: Float32

    def effective_cement_per_mm(self, water_g_cm2: float = 28.0, bone_g_cm2: float = 3.0) -> float:
        """Attenuation of 3 mm of cement behind a patient, per mm."""
        behind = self.weight * np.exp(-self.mu[:, 0] * water_g_cm2 - self.mu[:, 1] * bone_g_cm2)
        return float(-np.log((behind * np.exp(-3 * self.mu[:, 2])).sum() / behind.sum()) / 3)


def _mass_attenuation(composition: dict[str, float], energy_ev: NDArray[np.float64]) -> NDArray[np.float64]:
    """cm2/g of a mixture of elements by mass."""
    return sum(part * xraydb.mu_elam(element, energy_ev) for element, part in composition.items())


@lru_cache(maxsize=16)
def make_beam(kvp: float, cement: str) -> Beam:
    """Kramers' spectrum behind 3.5 mm Al and 0.1 mm Cu, energy-integrating CsI, six bins.

    The attenuation of a bin is the mean over the spectrum that 22 cm of water leave of it, so few bins do.

    Parameters
    ----------
    kvp : float
        Tube voltage (kV), 45 to 130.
    cement : str
        One of `CEMENTS`.

    Raises
    ------
    ValueError
        An unknown cement or a voltage out of range.
    """
    if cement not in CEMENTS:
        raise ValueError(f"cement: {cement!r} is none of {', '.join(CEMENTS)}")
    if not 45 <= kvp <= 130:
        raise ValueError(f"kvp: {kvp:g} is not from 45 to 130")
    energy = np.arange(22.0, kvp, 0.5)
    ev = energy * 1000
    mass = {name: _mass_attenuation(c, ev) for name, c in _COMPOSITION.items()}
    photons = (kvp - energy) / energy * np.exp(-mass["Al"] * 2.70 * 0.35 - mass["Cu"] * 8.96 * 0.01)
    signal = photons * energy * (1 - np.exp(-mass["CsI"] * _CSI_G_CM2))
    agent, part = CEMENTS[cement]
    density = 1 / ((1 - part) / _DENSITY_G_CM3["PMMA"] + part / _DENSITY_G_CM3[agent])
    filled = density * ((1 - part) * _mass_attenuation(_PMMA, ev) + part * mass[agent])
    columns = np.stack(
        [
            mass["water"],
            mass["bone"],
            (filled - 1.0 * mass["water"]) / 10,
            mass["steel"] * _DENSITY_G_CM3["steel"] / 10,
        ]
    )
    edges = np.unique([22.0, *np.minimum([37.5, 46.0, 54.0, 62.0, 72.0], kvp), kvp])
    left = signal * np.exp(-22 * mass["water"])
    weight, mu = [], []
    for low, high in pairwise(edges):
        inside = (energy >= low) & (energy < high)
        if inside.any():
            mean = columns[:, inside] @ left[inside] / left[inside].sum()
            weight.append(left[inside].sum() * np.exp(22 * mean[0]))
            mu.append(mean)
    return Beam(np.array(weight, np.float32) * np.float32(1e-3), np.array(mu, np.float32))


def primary(beam: Beam, water: Float32, bone: Float32, cement: Float32, steel: Float32) -> Float32:
    """Energy that reaches the detector unscattered.

    Parameters
    ----------
    beam : Beam
    water, bone : ndarray, float32
        g/cm2 along the beam.
    cement, steel : ndarray, float32
        mm along the beam.
    """
    out = np.zeros_like(water)
    line, part = np.empty_like(water), np.empty_like(water)
    dense = cv2.countNonZero(cement) > 0
    metal = cv2.countNonZero(steel) > 0
    for weight, mu in zip(beam.weight, beam.mu, strict=True):
        np.multiply(water, -mu[0], out=line)
        np.multiply(bone, mu[1], out=part)
        np.subtract(line, part, out=line)
        if dense:
            np.multiply(cement, mu[2], out=part)
            np.subtract(line, part, out=line)
        if metal:
            np.multiply(steel, mu[3], out=part)
            np.subtract(line, part, out=line)
        cv2.exp(line, line)
        np.multiply(line, weight, out=line)
        np.add(out, line, out=out)
    return out


def scattered(prim: Float32, ratio: float, sigma_px: float, cap: float) -> Float32:
    """Scatter: a broad blur of the primary (two widths), `ratio` times it where the primary is even."""
    step = 8
    rows, columns = prim.shape
    small = cv2.resize(np.minimum(prim, cap), (columns // step, rows // step), interpolation=cv2.INTER_AREA)
    near = cv2.GaussianBlur(small, (0, 0), sigma_px / step, borderType=cv2.BORDER_REPLICATE)
    far = cv2.GaussianBlur(small, (0, 0), 2.5 * sigma_px / step, borderType=cv2.BORDER_REPLICATE)
    mixed = np.float32(ratio) * (np.float32(0.6) * near + np.float32(0.4) * far)
    # not OpenCV's cubic: it does not keep a straight ramp straight, and ripples at the small grid's pitch
    return cv2.resize(mixed, (columns, rows), interpolation=cv2.INTER_LINEAR)


def quanta_per_px(dose_ngy: float, detector_px_mm: float) -> float:
    """Quanta that a pixel counts at a dose per frame (nGy at the detector)."""
    return dose_ngy * _QUANTA_PER_MM2_NGY * _QUANTUM_EFFICIENCY * detector_px_mm**2


def count(mean: Float32, random: np.random.Generator) -> Float32:
    """Poisson counts of a mean; where there are many, by the square root that makes them normal."""
    root = np.sqrt(np.maximum(mean, 0)) + np.float32(0.5) * random.standard_normal(mean.shape, np.float32)
    counts = root * root - np.float32(0.25)
    few = mean < 12
    if few.any():
        counts[few] = random.poisson(np.maximum(mean[few], 0))
    return counts


def blur(image: Float32, fwhm_px: float) -> Float32:
    """A Gaussian of this full width at half maximum."""
    sigma = fwhm_px / 2.355
    return image if sigma < 0.15 else cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def memory_weights(lag: float, recursive: float) -> NDArray[np.float32]:
    """Weights of this pulse and those before it: detector lag, then the C-arm's recursive filter.

    A finite row of weights, so that any frame can be had without all those before it.
    """
    n = 48
    decay = lag * (1 - 0.35) * 0.35 ** np.arange(n - 1)  # what is left fades to a third per frame
    detector = np.concatenate([[1 - lag], decay])
    filtered = (1 - recursive) * recursive ** np.arange(n)
    both = np.convolve(detector, filtered)[:n]
    keep = max(1, int(np.flatnonzero(both >= 2e-3 * both.max())[-1]) + 1)
    return (both[:keep] / both[:keep].sum()).astype(np.float32)
