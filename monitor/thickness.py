"""From added attenuation to cement thickness: a curve that is not known exactly, and what aliquots say of it.

Scatter under the cement and beam hardening bend the curve: thick cement adds less than its share. Behind
a share q of scattered radiation, a pixel that adds `a` log units has the primary attenuation
m = -ln((exp(-a) - q) / (1 - q)), and its thickness follows from m by the spectrum. Neither q nor the
cement's attenuation is known, so a model holds a row of curves, one per share of scatter, each with its
weight and with a factor that is known up to a logarithmic error. Aliquots of known volume give other
weights and factors (Bayes), which is all that calibration is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]
Matrix = NDArray[np.float64]

_NODE_STEP = 0.005
NODES: Vector = np.arange(-0.5, 3.0 + _NODE_STEP / 2, _NODE_STEP)
"""Added attenuation (log units) at which curves are tabulated."""

_LEAST_ML = 1e-6
_LEAST_PRIMARY = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class ThicknessModel:
    """Curves of thickness over added attenuation, each with its weight and factor.

    Parameters
    ----------
    thickness_mm : ndarray, shape (curves, nodes)
        Thickness at `NODES`.
    weight : ndarray, shape (curves,)
        How likely each curve is; sums to 1.
    log_factor, log_factor_sd : ndarray, shape (curves,)
        Natural logarithm of what each curve is multiplied by, and its standard deviation.
    """

    thickness_mm: Matrix
    weight: Vector
    log_factor: Vector
    log_factor_sd: Vector

    def volume_ml(self, areas_mm2: Vector) -> tuple[float, float]:
        """Volume (mL) and the standard deviation of its logarithm.

        Parameters
        ----------
        areas_mm2 : ndarray, shape (nodes,)
            Projected area at each node (`areas_by_added`).
        """
        logs = self._log_volumes(areas_mm2) + self.log_factor
        mean = float(self.weight @ logs)
        variance = float(self.weight @ (np.square(logs - mean) + np.square(self.log_factor_sd)))
        return float(np.exp(mean)), float(np.sqrt(variance))

    def given(self, areas_mm2: Matrix, volumes_ml: Vector, relative_sd: float) -> ThicknessModel:
        """The model once it is known what was injected.

        The factor's logarithm is normal before and after, in closed form; the weights follow from how
        well each curve with its best factor agrees with the volumes.

        Parameters
        ----------
        areas_mm2 : ndarray, shape (aliquots, nodes)
            What was seen after each aliquot.
        volumes_ml : ndarray, shape (aliquots,)
            What was injected by then, all in all (mL).
        relative_sd : float
            Error of a single comparison.
        """
        wanted = np.log(volumes_ml)[None, :] - np.stack([self._log_volumes(a) for a in areas_mm2], axis=1)
        precision, prior = 1.0 / relative_sd**2, 1.0 / np.square(self.log_factor_sd)
        total = prior + precision * len(volumes_ml)
        factor = (prior * self.log_factor + precision * wanted.sum(axis=1)) / total
        misfit = precision * np.square(wanted - factor[:, None]).sum(axis=1)
        misfit += prior * np.square(factor - self.log_factor)
        likelihood = np.exp(-0.5 * (misfit - misfit.min())) * np.sqrt(prior / total)
        weight = self.weight * likelihood
        return ThicknessModel(self.thickness_mm, weight / weight.sum(), factor, 1.0 / np.sqrt(total))

    def _log_volumes(self, areas_mm2: Vector) -> Vector:
        volumes: Vector = np.maximum(self.thickness_mm @ areas_mm2 / 1000.0, _LEAST_ML)
        return np.log(volumes)


def areas_by_added(added: NDArray[np.floating], pixel_mm2: float) -> Vector:
    """Projected area (mm2) at each of `NODES`, shape (nodes,), of pixels with this added attenuation.

    A pixel is shared by the two nodes beside it, so that a straight curve gives its integral exactly.

    Parameters
    ----------
    added : ndarray, shape (n,)
        Log units.
    """
    place = np.clip((np.asarray(added, np.float64) - NODES[0]) / _NODE_STEP, 0.0, len(NODES) - 1.000001)
    lower = place.astype(np.intp)
    upper_share = place - lower
    areas = np.bincount(lower, weights=1.0 - upper_share, minlength=len(NODES))
    areas += np.bincount(lower + 1, weights=upper_share, minlength=len(NODES))
    return np.asarray(areas * pixel_mm2, dtype=np.float64)


def straight(attenuation_per_mm: float, relative_sd: float) -> ThicknessModel:
    """Thickness in proportion to the added attenuation."""
    one = np.ones(1)
    return ThicknessModel(
        (NODES / attenuation_per_mm)[None, :], one, np.zeros(1), max(relative_sd, 1e-3) * one
    )


def behind_scatter(
    thickness_mm: Vector,
    primary_log: Vector,
    scatter_share: Vector,
    weight: Vector,
    log_factor: float,
    log_factor_sd: float,
) -> ThicknessModel:
    """Curves behind each of several shares of scatter.

    Parameters
    ----------
    thickness_mm, primary_log : ndarray, shape (n,)
        Thickness and the primary attenuation that it adds (log units), both growing from 0.
    scatter_share, weight : ndarray, shape (curves,)
        Scattered part of the signal beside the cement, 0 to below 1, and how likely it is.
    """
    curves = []
    for share in scatter_share:
        passed = np.maximum((np.exp(-NODES) - share) / (1.0 - share), _LEAST_PRIMARY)
        primary = -np.log(passed)
        thin_per_mm = primary_log[1] / thickness_mm[1]
        curve = np.interp(primary, primary_log, thickness_mm)
        # noise goes both ways: below zero the curve goes on straight
        curves.append(np.where(primary < 0, primary / thin_per_mm, curve))
    count = len(scatter_share)
    return ThicknessModel(
        np.array(curves),
        weight / weight.sum(),
        np.full(count, log_factor),
        np.full(count, log_factor_sd),
    )
