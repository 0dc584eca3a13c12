"""What a millimetre of cement takes from the beam, where no wedge or aliquot has been measured.

The nominal figure is for PMMA with 20 % barium sulphate of its mass behind 24 cm of water, from tabulated
attenuation (xraydb; Elam, Ravel and Sieber, Radiation Physics and Chemistry 63, 2002) over a Kramers
spectrum with 3 mm of aluminium, weighted by what a caesium iodide detector takes up, and
with as much scattered as primary radiation, which halves the contrast of thin cement.

Volumes take the whole curve, for every share of scatter that there may be (`monitor.thickness`).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from monitor.density import density_from_aliquots
from monitor.frame import PixelIntensityRelationship, SourceInfo
from monitor.thickness import ThicknessModel, behind_scatter
from monitor.volume import DensityCalibration

__all__ = [
    "cement_curve",
    "density_from_aliquots",
    "nominal_attenuation_per_mm",
    "nominal_density",
    "nominal_model",
]

_NOMINAL_KVP = 80.0
_UNKNOWN_CEMENT_RELATIVE_SD = 0.35
"""Cements on the market hold 10 to 30 % of barium sulphate: half to one and a half times the nominal."""
_UNKNOWN_KVP_RELATIVE_SD = 0.15
_SCATTER_TO_PRIMARY = 1.0
_UNKNOWN_SCATTER_RELATIVE_SD = 0.45
"""Scatter to primary behind a grid is 0.5 to 3: a contrast of 1/1.5 to 1/4."""
_SCATTER_SHARE, _SCATTER_SHARE_SD, _MOST_SCATTER_SHARE = 0.57, 0.2, 0.84
"""Scattered part of the signal: behind the spine, the darkest part of the field, more than on average."""
_VOLUME_FACTOR, _VOLUME_FACTOR_LOG_SD = 1.5, 0.2
"""What thickness the curve misses, since cement also takes away scatter: measured on simulated procedures
of two forward models (0.8 to 1.3 of this)."""


def nominal_density(info: SourceInfo) -> DensityCalibration | None:
    """Nominal attenuation of cement for a source; None where its numbers are not linear in intensity."""
    if info.intensity.relationship is not PixelIntensityRelationship.LIN:
        return None
    sd, kvp = float(np.hypot(_UNKNOWN_CEMENT_RELATIVE_SD, _UNKNOWN_SCATTER_RELATIVE_SD)), info.kvp
    if kvp is None or not 40.0 <= kvp <= 150.0:
        sd, kvp = float(np.hypot(sd, _UNKNOWN_KVP_RELATIVE_SD)), _NOMINAL_KVP
    kvp = round(kvp, 1)
    method = f"nominal, {kvp:.0f} kVp"
    return DensityCalibration(
        nominal_attenuation_per_mm(kvp), sd, method, relative=True, model=nominal_model(kvp)
    )


@lru_cache(maxsize=8)
def nominal_model(kvp: float) -> ThicknessModel:
    """Curves of nominal cement at a tube voltage (kV), one per share of scatter."""
    thickness_mm, primary_log = cement_curve(kvp)
    share = np.arange(0.0, _MOST_SCATTER_SHARE + 0.01, 0.02)
    weight = np.exp(-0.5 * np.square((share - _SCATTER_SHARE) / _SCATTER_SHARE_SD))
    log_factor = float(np.log(_VOLUME_FACTOR))
    return behind_scatter(thickness_mm, primary_log, share, weight, log_factor, _VOLUME_FACTOR_LOG_SD)


@lru_cache(maxsize=32)
def cement_curve(kvp: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Thickness of nominal cement (mm) and what it takes from the primary beam (log units), shape (241,)."""
    thickness_mm = np.linspace(0.0, 60.0, 241)
    seen, added = _spectrum(kvp)
    return thickness_mm, -np.log(np.exp(-np.outer(thickness_mm, added)) @ seen / seen.sum())


@lru_cache(maxsize=32)
def nominal_attenuation_per_mm(kvp: float) -> float:
    """Effective attenuation of 3 mm of nominal cement, less that of the water it displaces (1/mm)."""
    seen, added = _spectrum(kvp)
    thickness_mm = 3.0
    primary = (seen * np.exp(-added * thickness_mm)).sum() / seen.sum()
    passed = (primary + _SCATTER_TO_PRIMARY) / (1.0 + _SCATTER_TO_PRIMARY)
    return float(-np.log(passed) / thickness_mm)


def _spectrum(kvp: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """What a detector takes up per energy behind a patient, and what cement adds there (1/mm)."""
    import xraydb  # takes three quarters of a second, which a calibrated run does not need

    energy_ev = np.arange(20.0, kvp, 1.0) * 1000.0
    weight = kvp * 1000.0 / energy_ev - 1.0

    def mu_per_mm(formula: str, density_g_cm3: float) -> NDArray[np.float64]:
        return np.asarray(xraydb.material_mu(formula, energy_ev, density=density_g_cm3)) / 10.0

    filtered = weight * np.exp(-3.0 * mu_per_mm("Al", 2.70) - 240.0 * mu_per_mm("H2O", 1.0))
    seen = filtered * (1.0 - np.exp(-0.5 * mu_per_mm("CsI", 4.51))) * energy_ev
    share, pmma, barium = 0.2, 1.18, 4.5
    density = 1.0 / ((1 - share) / pmma + share / barium)
    cement = mu_per_mm("C5H8O2", pmma) * (1 - share) * density / pmma
    cement += mu_per_mm("BaSO4", barium) * share * density / barium
    return np.asarray(seen, dtype=np.float64), np.asarray(cement - mu_per_mm("H2O", 1.0), dtype=np.float64)
