"""Thickness of cement over added attenuation, fitted to the steps of a wedge.

Three things bend the curve: scatter under the cement, beam hardening, and, where the numbers are those of a
display, a curve that nobody knows. Every combination of a share of scatter, a hardness of the beam and a
display curve is a candidate. Each with its best factor (the cement's attenuation) is held against the steps,
and what agrees keeps its weight (Bayes), as `monitor.thickness` takes it.

The model holds for the background of the wedge; how much another one would change it is part of the SD.

The factor takes up whatever cement it is, so a wrong tube voltage shows only where it is far off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaincc

from calibration.density_candidates import Candidates, candidates_for, merged, nominal_thickness
from calibration.wedge import FEWEST_STEPS, Step, Wedge
from monitor.errors import CalibrationError
from monitor.frame import PixelIntensityRelationship, SourceInfo
from monitor.intensity import Curve
from monitor.thickness import NODES, ThicknessModel, areas_by_added
from monitor.volume import DensityCalibration

Float64 = NDArray[np.float64]

_SCATTER_REACH = 2.0
"""How far scatter spreads, in steps (one standard deviation)."""
_CEMENT_LOG_SD = 0.5
_MOST_LOG_FACTOR = 1.2
"""Cements from a third to twice the nominal barium, and voltages and filters that are not as stated."""
_MODEL_SD = 0.01
"""What no candidate gets right of a thickness, as a part of it."""
_STATED_SD = 0.005
_OTHER_BACKGROUND = 0.1
"""Backgrounds differ from that of the wedge by this part of their grey (one SD)."""
_LEAST_CHANCE = 1e-4
_KEPT, _MOST_CURVES = 0.999, 400
_FALL_SD = 2.0
_STEEPEST = 3.0
"""An error of 1 % in what is added must not be more than so many % of the thickness."""
_SCATTER_SD = 0.007
"""Scatter is not the same everywhere: error of what is added, as a part of it."""
_AWAY_SD = 0.3
"""Error of a display curve away from the wedge's background, per log unit of grey: no family has them all."""
_ELSEWHERE_SD = 0.1
"""There is other scatter over the spine than over the wedge: what a wedge teaches reads lying cylinders 10 %
too thin, and the other way round (simulated pictures), since a broad object takes away more scatter."""
_FILM = 0.05


@dataclass(frozen=True, slots=True)
class Validity:
    """For what a density holds.

    Parameters
    ----------
    thickness_mm, added : tuple of float
        Least and most that was measured and can be told apart from more.
    background_grey : tuple of float
        Of the background beside the steps.
    """

    thickness_mm: tuple[float, float]
    added: tuple[float, float]
    background_grey: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """What agrees with the steps.

    Parameters
    ----------
    candidates : Candidates
    weight, log_factor, log_factor_sd : ndarray, shape (n,)
        As `monitor.thickness.ThicknessModel` takes them.
    reference_grey : float
        Background beside the wedge.
    added, blocked : ndarray, shape (steps,)
        What each step adds, and how much of the beam is taken around it.
    curve : Curve
    """

    candidates: Candidates
    weight: Float64
    log_factor: Float64
    log_factor_sd: Float64
    reference_grey: float
    added: Float64
    blocked: Float64
    curve: Curve

    def nominal_mm(self, added: Float64, ground: float | Float64) -> Float64:
        """Thickness of nominal cement by every candidate (mm), shape (candidates, n)."""
        return nominal_thickness(
            self.candidates,
            added,
            np.broadcast_to(ground, added.shape),
            self.reference_grey,
            self.curve,
            np.interp(added, self.added, self.blocked),
        )

    def model(self, background_grey: float) -> ThicknessModel:
        """Curves over a background, those alike taken together."""
        nodes = np.maximum.accumulate(self.nominal_mm(NODES, background_grey), axis=1)
        return merged(nodes, self.weight, self.log_factor, self.log_factor_sd, float(self.added.max()))


@dataclass(frozen=True, slots=True, eq=False)
class WedgeDensity:
    """A density from a wedge.

    Parameters
    ----------
    density : DensityCalibration
        Absolute.
    validity : Validity
    stated_mm : ndarray, shape (steps,)
    residual : ndarray, shape (steps,)
        Natural logarithm of fitted over stated thickness.
    chance : float
        Probability of a worse agreement (chi-square).
    background_sd : float
        Of `density.relative_sd`, the part that other backgrounds cause.
    fit : Fit
        What `density` was made from.
    """

    density: DensityCalibration
    validity: Validity
    stated_mm: Float64
    residual: Float64
    chance: float
    background_sd: float
    fit: Fit

    @property
    def over_spine(self) -> DensityCalibration:
        """The density for a patient, behind whom there is other scatter than behind the wedge."""
        sd = math.hypot(self.density.relative_sd, _ELSEWHERE_SD)
        return replace(self.density, relative_sd=sd)

    @property
    def lines(self) -> tuple[str, ...]:
        """What was found, to be told."""
        told = [
            f"{mm:.3g} mm adds {added:.4f}, fitted as {mm * math.exp(residual):.2f} mm"
            for mm, added, residual in zip(self.stated_mm, self.fit.added, self.residual, strict=True)
        ]
        low, high = self.validity.thickness_mm
        if high < self.stated_mm[-1]:
            told.append(f"thicker than {high:.3g} mm is not told apart: scatter hides it")
        told.append(
            f"plus or minus {196 * self.density.relative_sd:.1f} % on the wedge, "
            f"{196 * self.over_spine.relative_sd:.1f} % over the spine (95 %)"
        )
        return (*told, f"holds from {low:.2g} to {high:.3g} mm")

    def at(self, background_grey: float) -> DensityCalibration:
        """The density for another background than that of the wedge (stored value, larger is more X-ray).

        The same for LIN and LOG. For DISP the part of the SD that other backgrounds cause makes way for what
        the display curves that agree with the wedge disagree about there.
        """
        if self.fit.curve.relationship is not PixelIntensityRelationship.DISP:
            return self.density
        fit = self.fit
        logs = np.log(fit.nominal_mm(fit.added, background_grey)) + fit.log_factor[:, None]
        unsure = np.sqrt(np.mean(fit.weight @ np.square(logs - fit.weight @ logs)))
        away = math.log(background_grey / fit.reference_grey)
        own = max(self.density.relative_sd**2 - self.background_sd**2, _MODEL_SD**2)
        sd = math.sqrt(own + float(unsure) ** 2 + (_AWAY_SD * away) ** 2)
        model = self.fit.model(background_grey)
        return replace(self.density, relative_sd=sd, model=model, attenuation_per_mm=_film_per_mm(model))


def thickness_of(density: DensityCalibration, added: float) -> float:
    """Thickness of what adds so much (mm)."""
    if density.model is None:
        return added / density.attenuation_per_mm
    return density.model.volume_ml(areas_by_added(np.array([added]), 1.0))[0] * 1000.0


def density_from_wedge(wedge: Wedge, info: SourceInfo, what: str = "wedge") -> WedgeDensity:
    """Fit a density to a wedge.

    Parameters
    ----------
    wedge : Wedge
        Steps as `calibration.wedge.find_steps` found them.
    info : SourceInfo
        The source that the picture is of; its tube voltage counts where it is known.
    what : str
        What it is called in messages.

    Raises
    ------
    CalibrationError
        Fewer than three steps, steps that do not grow, a disagreement that noise does not explain, or
        attenuation that contradicts the tube voltage.
    """
    steps = sorted(wedge.steps, key=lambda step: step.thickness_mm)
    _check(steps, what)
    stated = np.array([s.thickness_mm for s in steps])
    added = np.array([s.added for s in steps])
    ground = np.array([s.background_grey for s in steps])
    reference = float(np.median(ground))
    candidates = candidates_for(info)

    blocked = _blocked(added)

    def nominal(c: Candidates, at: Float64, greys: Float64) -> Float64:
        return nominal_thickness(c, at, greys, reference, wedge.curve, np.interp(at, added, blocked))

    sd = np.array([s.added_sd for s in steps])
    thickness = nominal(candidates, added, ground)
    higher, lower = (nominal(candidates, added + k * sd, ground) for k in (1.0, -1.0))
    relative = 0.5 * (higher - lower) / thickness
    variance = np.square(relative) + _MODEL_SD**2 + _STATED_SD**2
    wanted = np.log(stated) - np.log(thickness)
    precision = 1.0 / variance
    total = precision.sum(axis=1) + 1.0 / _CEMENT_LOG_SD**2
    factor = (precision * wanted).sum(axis=1) / total
    misfit = (precision * np.square(wanted - factor[:, None])).sum(axis=1)
    log_weight = (
        candidates.log_prior
        - 0.5 * (misfit + np.square(factor / _CEMENT_LOG_SD))
        - 0.5 * np.log(variance).sum(axis=1)
        - 0.5 * np.log(total)
    )
    _check_agreement(info, float(misfit.min()), len(steps), float(factor[np.argmax(log_weight)]), steps, what)
    weight = np.exp(log_weight - log_weight.max())
    order = np.argsort(-weight)
    share = np.cumsum(weight[order]) / weight.sum()
    kept = order[: min(_MOST_CURVES, int(np.searchsorted(share, _KEPT)) + 1)]
    weight = weight[kept] / weight[kept].sum()
    factor, factor_sd = factor[kept], 1.0 / np.sqrt(total[kept])
    fit = Fit(candidates.take(kept), weight, factor, factor_sd, reference, added, blocked, wedge.curve)
    model = fit.model(reference)
    logs = np.log(thickness[kept]) + factor[:, None]
    mean = weight @ logs
    spread = np.sqrt(weight @ (np.square(logs - mean) + np.square(factor_sd)[:, None]))
    residual = mean - np.log(stated)
    background_sd = _of_background(fit)
    most_mm = _thickest(stated, added)
    sure = 1.0 / np.square(weight @ relative[kept] + _MODEL_SD)
    fit_sd = math.sqrt(float(np.average(np.square(spread) + np.square(residual), weights=sure)))
    valid = stated <= most_mm
    steep = np.gradient(np.log(stated[valid]), np.log(added[valid])).mean() if valid.sum() > 1 else 1.0
    relative_sd = math.sqrt(fit_sd**2 + _MODEL_SD**2 + (_SCATTER_SD * steep) ** 2 + background_sd**2)
    per_mm = _film_per_mm(model)
    said = "" if info.kvp is None else f", {info.kvp:.0f} kVp"
    method = f"{what} of {len(steps)} steps, {stated[0]:.2g} to {most_mm:.3g} mm{said}"
    validity = Validity(
        (float(stated[0]), most_mm),
        (float(added[0]), float(added[stated == most_mm][0])),
        (float(ground.min()), float(ground.max())),
    )
    density = DensityCalibration(per_mm, relative_sd, method, relative=False, model=model)
    chance = _chance(float(misfit.min()), len(steps))
    return WedgeDensity(density, validity, stated, residual, chance, background_sd, fit)


def _check(steps: list[Step], what: str) -> None:
    if len(steps) < FEWEST_STEPS:
        raise CalibrationError(f"{what}: {len(steps)} steps were found, {FEWEST_STEPS} are needed")
    for thin, thick in pairwise(steps):
        if thick.added < thin.added - _FALL_SD * math.hypot(thin.added_sd, thick.added_sd):
            raise CalibrationError(
                f"{what}: {thick.thickness_mm:.3g} mm adds less ({thick.added:.3f}) than "
                f"{thin.thickness_mm:.3g} mm ({thin.added:.3f}); the thicknesses are not in the order of the "
                "clicks, or scatter hides the thick steps"
            )
    first, last = steps[0], steps[-1]
    if last.added - first.added < 5.0 * math.hypot(first.added_sd, last.added_sd):
        raise CalibrationError(f"{what}: thick and thin steps differ by less than the noise")


def _check_agreement(
    info: SourceInfo, misfit: float, count: int, log_factor: float, steps: list[Step], what: str
) -> None:
    chance = _chance(misfit, count)
    if chance < _LEAST_CHANCE:
        raise CalibrationError(
            f"{what}: no curve explains what the {count} steps add (chi-square {misfit:.0f}); a thickness "
            "may be wrong, a click on another step, or something else in the way"
        )
    if abs(log_factor) > _MOST_LOG_FACTOR:
        kvp = "any usual voltage" if info.kvp is None else f"{info.kvp:.0f} kVp"
        raise CalibrationError(
            f"{what}: {steps[-1].thickness_mm:.3g} mm attenuate {math.exp(-log_factor):.2g} times what "
            f"cement does at {kvp}; the voltage or the thicknesses contradict the picture"
        )


def _blocked(added: Float64) -> Float64:
    """How much of the beam the wedge takes around each step, 1 at most: so much less scatter there is.

    Thick cement has thick cement around it, in a wedge as in a vertebra, so the curve keeps this.
    """
    number = np.arange(len(added), dtype=np.float64)
    near = np.exp(-0.5 * np.square((number[:, None] - number) / _SCATTER_REACH))
    taken = near @ (1.0 - np.exp(-np.maximum(added, 0.0)))
    return np.asarray(taken / taken.max(), np.float64)


def _chance(misfit: float, count: int) -> float:
    free = max(1, count - 2)
    return float(gammaincc(0.5 * free, 0.5 * misfit))


def _of_background(fit: Fit) -> float:
    """Relative SD of the thickness from backgrounds of another grey than that beside the wedge."""
    if fit.curve.relationship is not PixelIntensityRelationship.DISP:
        return 0.0
    more, less = (
        np.log(fit.nominal_mm(fit.added, fit.reference_grey * (1 + k)))
        for k in (_OTHER_BACKGROUND, -_OTHER_BACKGROUND)
    )
    change = 0.5 * (fit.weight @ (more - less))
    return float(np.sqrt(np.mean(np.square(change))))


def _thickest(stated: Float64, added: Float64) -> float:
    """Up to where thickness is told apart (mm): beyond, behind scatter, more cement hardly adds anything."""
    slopes = np.diff(np.log(stated)) / np.maximum(np.diff(np.log(added)), 1e-6)
    for k, slope in enumerate(slopes):
        if slope > _STEEPEST:
            return float(stated[k])
    return float(stated[-1])


def _film_per_mm(model: ThicknessModel) -> float:
    """What a thin film adds per millimetre."""
    return _FILM / (model.volume_ml(areas_by_added(np.array([_FILM]), 1.0))[0] * 1000.0)
