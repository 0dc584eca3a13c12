"""What a millimetre of cement takes from the beam, where no wedge or aliquot has been measured.

The nominal figure is for PMMA with 20 % barium sulphate of its mass behind 24 cm of water, from tabulated
attenuation (xraydb; Elam, Ravel and Sieber, Radiation Physics and Chemistry 63, 2002) over a Kramers
spectrum with 3 mm of aluminium, weighted by what a caesium iodide detector takes up, and
with as much scattered as primary radiation, which halves the contrast of thin cement.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import xraydb
from numpy.typing import NDArray

from monitor.frame import PixelIntensityRelationship, SourceInfo
from monitor.volume import DensityCalibration

_NOMINAL_KVP = 80.0
_UNKNOWN_CEMENT_RELATIVE_SD = 0.35
"""Cements on the market hold 10 to 30 % of barium sulphate: half to one and a half times the nominal."""
_UNKNOWN_KVP_RELATIVE_SD = 0.15
_SCATTER_TO_PRIMARY = 1.0
_UNKNOWN_SCATTER_RELATIVE_SD = 0.3
"""Scatter to primary behind a grid is 0.5 to 3."""


def nominal_density(info: SourceInfo) -> DensityCalibration | None:
    """Nominal attenuation of cement for a source; None where its numbers are not linear in intensity."""
    if info.intensity.relationship is not PixelIntensityRelationship.LIN:
        return None
    sd, kvp = float(np.hypot(_UNKNOWN_CEMENT_RELATIVE_SD, _UNKNOWN_SCATTER_RELATIVE_SD)), info.kvp
    if kvp is None or not 40.0 <= kvp <= 150.0:
        sd, kvp = float(np.hypot(sd, _UNKNOWN_KVP_RELATIVE_SD)), _NOMINAL_KVP
    return DensityCalibration(nominal_attenuation_per_mm(round(kvp, 1)), sd, f"nominal, {kvp:.0f} kVp")


@lru_cache(maxsize=32)
def nominal_attenuation_per_mm(kvp: float) -> float:
    """Effective attenuation of 3 mm of nominal cement, less that of the water it displaces (1/mm)."""
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
    added = cement - mu_per_mm("H2O", 1.0)
    thickness_mm = 3.0
    primary = (seen * np.exp(-added * thickness_mm)).sum() / seen.sum()
    passed = (primary + _SCATTER_TO_PRIMARY) / (1.0 + _SCATTER_TO_PRIMARY)
    return float(-np.log(passed) / thickness_mm)
