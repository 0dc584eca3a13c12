"""What may lie between a thickness of cement and the grey that is seen: scatter, hardness, a display curve.

A display curve is a Box-Cox transform: the log of the intensity is linear in (grey^p - 1) / p. With p = 0 the
grey is a power of the intensity, and a factor in the monitor's units is all that there is; with p = 1 / gamma
it is a power of the logarithm, and what a millimetre adds depends on the grey of its background.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from calibration.density import cement_curve
from monitor.frame import PixelIntensityRelationship, SourceInfo
from monitor.intensity import Curve
from monitor.thickness import NODES, ThicknessModel

Float64 = NDArray[np.float64]

_SHARES, _COARSE_SHARES = np.arange(0.0, 0.85, 0.01), np.arange(0.0, 0.85, 0.05)
_SHARE, _SHARE_SD = 0.5, 0.25
"""Scattered part of the signal, between no phantom and a stout one."""
_DROPS = (0.0, 0.1, 0.2, 0.3)
"""Part of the scatter that the wedge itself takes away where it is thickest."""
_HARDER_KV, _HARDER_SD_KV = (-12.0, 5.0, 22.0), 15.0
"""Filters that nobody states harden a beam as some more voltage does."""
_ANY_KVP = (55.0, 70.0, 85.0, 100.0, 115.0)
_POWERS = (0.0, 0.2, 0.4, 0.5, 0.6, 0.75, 0.9, 1.1, 1.4, 1.8, 2.2, 2.6)
_SPANS = np.geomspace(0.3, 9.0, 20)
"""Log units of intensity to one of display grey."""
_LEAST_PRIMARY = 0.02
_GROUPS = 16


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Every combination: shares of scatter, what of it drops, spectra, powers and spans, each shape (n,)."""

    share: Float64
    drop: Float64
    kvp: Float64
    power: Float64
    span: Float64
    log_prior: Float64

    def take(self, which: NDArray[np.intp]) -> Candidates:
        """Some of them."""
        return Candidates(*(getattr(self, name)[which] for name in self.__slots__))


def candidates_for(info: SourceInfo) -> Candidates:
    """Every combination for a source, by its tube voltage and its kind of pixel value."""
    if info.kvp is not None and 40.0 <= info.kvp <= 150.0:
        voltages = [round(min(150.0, max(45.0, info.kvp + more)), 1) for more in _HARDER_KV]
        voltage_prior = [-0.5 * (more / _HARDER_SD_KV) ** 2 for more in _HARDER_KV]
    else:
        voltages, voltage_prior = list(_ANY_KVP), [0.0] * len(_ANY_KVP)
    relationship = info.intensity.relationship
    linear = relationship is PixelIntensityRelationship.LIN
    powers = _POWERS if relationship is PixelIntensityRelationship.DISP else (0.0,)
    rows = [
        (share, drop, kvp, power, span, prior - 0.5 * ((share - _SHARE) / _SHARE_SD) ** 2)
        for (kvp, prior), share, drop, power, span in product(
            zip(voltages, voltage_prior, strict=True),
            _SHARES if linear else _COARSE_SHARES,
            _DROPS,
            powers,
            (1.0,) if linear else _SPANS,
        )
    ]
    return Candidates(*np.array(rows, np.float64).T)


def nominal_thickness(
    c: Candidates, added: Float64, ground: Float64, reference: float, curve: Curve, blocked: Float64
) -> Float64:
    """Thickness of nominal cement by every candidate (mm), shape (candidates, n)."""
    logs = _logs(c.power, added, ground, reference, curve) * c.span[:, None]
    lost = c.drop[:, None] * blocked
    share = c.share[:, None] * (1.0 - lost) / (1.0 - c.share[:, None] * lost)
    primary = -np.log(np.maximum((np.exp(-logs) - share) / (1.0 - share), _LEAST_PRIMARY))
    found = np.empty_like(primary)
    for kvp in np.unique(c.kvp):
        thickness_mm, primary_log = cement_curve(float(kvp))
        thin_per_mm = primary_log[1] / thickness_mm[1]
        same = c.kvp == kvp
        part = primary[same]
        # noise goes both ways: below zero the curve goes on straight
        found[same] = np.where(part < 0, part / thin_per_mm, np.interp(part, primary_log, thickness_mm))
    return found if len(added) == len(NODES) else np.maximum(found, 1e-3)


def _logs(power: Float64, added: Float64, ground: Float64, reference: float, curve: Curve) -> Float64:
    """Attenuation in units of the display at the reference grey, shape (candidates, n)."""
    if curve.relationship is not PixelIntensityRelationship.DISP:
        return np.broadcast_to(added, (len(power), len(added))).copy()
    # from the monitor's units back to greys: they are logs of the grey and a little
    grey = np.maximum((ground + curve.black) * np.exp(-added) - curve.black, 0.5) / reference
    beside = ground / reference
    found = np.empty((len(power), len(added)))
    for p in np.unique(power):
        same = np.log(beside / grey) if p == 0 else (beside**p - grey**p) / p
        found[power == p] = same
    return found


def merged(
    curves: Float64, weight: Float64, log_factor: Float64, log_factor_sd: Float64, most_added: float
) -> ThicknessModel:
    """At most `_GROUPS` curves: hundreds that hardly differ would only fill a profile.

    They are ordered by how much they bend, which is what aliquots tell them apart by, and cut into groups of
    equal weight; what those of a group disagree about goes into its factor's error.
    """
    thick, thin = (_at(curves, most_added * part) for part in (1.0, 0.25))
    bend = np.log(np.maximum(thick, 1e-3)) - np.log(np.maximum(thin, 1e-3))
    order = np.argsort(bend, kind="stable")
    place = np.cumsum(weight[order]) - 0.5 * weight[order]
    group = np.minimum((place * _GROUPS).astype(np.intp), _GROUPS - 1)
    logs = np.log(np.maximum(0.5 * (thick + thin), 1e-3)) + log_factor
    rows, weights, sds = [], [], []
    for number in np.unique(group):
        which = order[group == number]
        part = weight[which] / weight[which].sum()
        rows.append((part * np.exp(log_factor[which])) @ curves[which])
        weights.append(weight[which].sum())
        spread = part @ np.square(logs[which] - part @ logs[which])
        sds.append(math.sqrt(float(spread + part @ np.square(log_factor_sd[which]))))
    return ThicknessModel(np.array(rows), np.array(weights), np.zeros(len(rows)), np.array(sds))


def _at(curves: Float64, added: float) -> Float64:
    return np.array([np.interp(added, NODES, curve) for curve in curves])
