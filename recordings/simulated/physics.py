"""X-ray attenuation of a body, bone, cement and steel behind a given tube voltage.

The spectrum is Kramers' law behind aluminium and copper, hardened by 24 cm of water and 3 cm of
bone, seen by a caesium iodide detector that adds up energy. All mass attenuation coefficients come
from `xraydb` (Elam tables).
Cement and steel are strong attenuators, so their effective attenuation falls with thickness (beam
hardening); it is tabulated over thickness and interpolated, with water and bone at their mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import xraydb
from numpy.typing import NDArray

Floats = NDArray[np.float64]

PATIENT_WATER_MM = 240.0
PATIENT_BONE_MM = 30.0
FILTER_ALUMINIUM_MM = 3.0
FILTER_COPPER_MM = 0.2
CSI_MM = 0.55
CSI_DENSITY_G_CM3 = 4.51

CEMENTS: dict[str, tuple[str, float]] = {
    "10% BaSO4": ("BaSO4", 0.10),
    "20% BaSO4": ("BaSO4", 0.20),
    "30% BaSO4": ("BaSO4", 0.30),
    "30% ZrO2": ("ZrO2", 0.30),
}
"""Radiopacifier and its fraction of the cement's total mass."""

_OPACIFIER_DENSITY_G_CM3 = {"BaSO4": 4.50, "ZrO2": 5.68}
_PMMA_DENSITY_G_CM3 = 1.18
# ICRU-44 cortical bone, mass fractions.
_CORTICAL = {
    "H": 0.034,
    "C": 0.155,
    "N": 0.042,
    "O": 0.435,
    "Na": 0.001,
    "Mg": 0.002,
    "P": 0.103,
    "S": 0.003,
    "Ca": 0.225,
}
_CORTICAL_DENSITY_G_CM3 = 1.92
# 304 steel, mass fractions.
_STEEL = {"Fe": 0.70, "Cr": 0.19, "Ni": 0.09, "Mn": 0.02}
_STEEL_DENSITY_G_CM3 = 8.0


@dataclass(frozen=True, slots=True, eq=False)
class Attenuation:
    """Effective attenuation at one tube voltage.

    Parameters
    ----------
    water_per_mm, bone_per_mm : float
        Effective attenuation of a little more water or cortical bone (1/mm).
    cement_per_mm : float
        Of the first film of cement, nothing displaced (1/mm).
    thickness_mm : ndarray, shape (n,)
        Equally spaced thicknesses of the two tables.
    cement_log : ndarray, shape (n,)
        Log-attenuation added by so much cement where it takes the place of as much marrow.
    steel_log : ndarray, shape (n,)
        Log-attenuation added by so much steel in place of soft tissue.
    """

    water_per_mm: float
    bone_per_mm: float
    cement_per_mm: float
    thickness_mm: Floats
    cement_log: Floats
    steel_log: Floats

    @property
    def step_mm(self) -> float:
        """Spacing of the tables (mm)."""
        return float(self.thickness_mm[1] - self.thickness_mm[0])


def linear_attenuation_per_mm(material: str, energy_kev: Floats) -> Floats:
    """Linear attenuation of water, bone, steel, aluminium, copper or a cement of `CEMENTS`.

    Parameters
    ----------
    material : str
    energy_kev : ndarray, shape (n,)

    Returns
    -------
    ndarray, shape (n,)
        In 1/mm.
    """
    energy_ev = energy_kev * 1e3
    if material == "water":
        return np.asarray(xraydb.material_mu("H2O", energy_ev, density=1.0)) / 10
    if material == "aluminium":
        return np.asarray(xraydb.material_mu("Al", energy_ev, density=2.70)) / 10
    if material == "copper":
        return np.asarray(xraydb.material_mu("Cu", energy_ev, density=8.96)) / 10
    if material == "bone":
        return _mixture(_CORTICAL, _CORTICAL_DENSITY_G_CM3, energy_ev)
    if material == "steel":
        return _mixture(_STEEL, _STEEL_DENSITY_G_CM3, energy_ev)
    formula, fraction = CEMENTS[material]
    density = 1 / (fraction / _OPACIFIER_DENSITY_G_CM3[formula] + (1 - fraction) / _PMMA_DENSITY_G_CM3)
    opacifier = np.asarray(xraydb.material_mu(formula, energy_ev, density=density))
    pmma = np.asarray(xraydb.material_mu("C5H8O2", energy_ev, density=density))
    mixed: Floats = (fraction * opacifier + (1 - fraction) * pmma) / 10
    return mixed


@lru_cache(maxsize=16)
def attenuation(kvp: float, cement: str) -> Attenuation:
    """Effective attenuation behind a patient at a tube voltage.

    Parameters
    ----------
    kvp : float
        Tube voltage (kV).
    cement : str
        A name of `CEMENTS`.
    """
    energy_kev = np.arange(15.5, kvp, 0.5)
    spectrum = kvp / energy_kev - 1.0  # Kramers: photons per unit of energy
    water = linear_attenuation_per_mm("water", energy_kev)
    bone = linear_attenuation_per_mm("bone", energy_kev)
    in_the_way = (
        linear_attenuation_per_mm("aluminium", energy_kev) * FILTER_ALUMINIUM_MM
        + linear_attenuation_per_mm("copper", energy_kev) * FILTER_COPPER_MM
        + water * PATIENT_WATER_MM
        + bone * PATIENT_BONE_MM
    )
    spectrum *= np.exp(-in_the_way)
    csi = np.asarray(xraydb.material_mu("CsI", energy_kev * 1e3, density=CSI_DENSITY_G_CM3)) / 10
    signal = spectrum * energy_kev * (1 - np.exp(-csi * CSI_MM))
    signal /= signal.sum()

    def added_log(per_mm: Floats, thickness_mm: Floats) -> Floats:
        logs: Floats = -np.log(np.exp(-np.outer(thickness_mm, per_mm)) @ signal)
        return logs

    film = np.array([0.0, 0.1])
    steel = linear_attenuation_per_mm("steel", energy_kev)
    filled = linear_attenuation_per_mm(cement, energy_kev)
    thickness_mm = np.linspace(0.0, 50.0, 1001)
    return Attenuation(
        water_per_mm=float(added_log(water, film)[1] / 0.1),
        bone_per_mm=float(added_log(bone, film)[1] / 0.1),
        cement_per_mm=float(added_log(filled, film)[1] / 0.1),
        thickness_mm=thickness_mm,
        cement_log=added_log(filled - water, thickness_mm),
        steel_log=added_log(steel - water, thickness_mm),
    )


def _mixture(parts: dict[str, float], density_g_cm3: float, energy_ev: Floats) -> Floats:
    total = np.zeros_like(energy_ev)
    for element, share in parts.items():
        total += share * np.asarray(xraydb.mu_elam(element, energy_ev))
    return total * density_g_cm3 / 10
