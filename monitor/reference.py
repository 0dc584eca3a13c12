"""What a level looks like without cement: the registered mean, its noise, and its structured residual.

All maps are in vertebra coordinates over the level's window. The mean, not a minimum or a median,
since those bias the logarithm. The noise is that of `pulse_noise`.
"""

from __future__ import annotations

from typing import Any, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.breathing import Breathing
from monitor.config import CementConfig, LearningConfig
from monitor.intensity import low_pass
from monitor.masks import square
from monitor.passing import Passing
from monitor.patch import Patch
from monitor.pulse_noise import PulseNoise, noise_of
from monitor.robust import median, spread

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_KEPT_PULSES = 24.0
_LEAST_OUTLIER = 0.15
_MOST_KEPT = 48
_REVIEWED_PER_PULSE = 8
_ZONE_EVERY = 4
_FORGOTTEN_S = 20.0
_FILL_MM = 3.0
_FILL_FACTOR = 1.5
_GAIN_SHARE = 0.12
_GAIN_PULSES = 24
_LEAST_GAIN_DOUBT = 0.02
_SETTLES_S, _SETTLED = 1.0, 0.04


class Reference:
    """Learns a level; asked for residual, noise and dead-zone."""

    def __init__(
        self, shape: tuple[int, int], mm_per_px: float, learning: LearningConfig, cement: CementConfig
    ) -> None:
        self._shape, self._mm = shape, mm_per_px
        # a turn that the fit gets wrong moves what is far from the middle
        rows, columns = np.indices(shape, dtype=np.float32)
        arm_mm = np.hypot(columns - (shape[1] - 1) / 2, rows - (shape[0] - 1) / 2) * np.float32(mm_per_px)
        self._slip_mm = (
            np.float32(cement.dead_zone_motion_mm) + np.float32(cement.dead_zone_turn_rad) * arm_mm
        )
        self._learning, self._cement = learning, cement
        self._pulses = 0
        self._mean = np.zeros(shape, np.float32)
        self._shortest_s = learning.shortest_s
        self._learned_excursion = np.zeros(shape, np.float32)
        self.restart(learning.shortest_s)

    def restart(self, shortest_s: float, kept: Bool | None = None) -> None:
        """Forget the mean, the noise and the dead-zone; learn for at least `shortest_s` (s).

        Parameters
        ----------
        kept : ndarray of bool, shape of the window, or None
            Where the mean of before stays in force: the bone that cement has covered since.
        """
        self._shortest_s = shortest_s
        known = kept is not None and self._pulses > 0
        self._kept_mean = (self._mean, kept) if known and kept is not None else None
        self._excursion_before = self._learned_excursion if known else None
        self._mean = np.zeros(self._shape, np.float32)
        self._count = np.zeros(self._shape, np.float32)
        self._pulses = 0
        self._first_s: float | None = None
        self._last_s = 0.0
        self._interval_s = 1.0 / 15.0
        self._noise = PulseNoise(self._shape)
        self._average = np.zeros(self._shape, np.float32)
        self._passing = Passing(self._shape, self._mm)
        self._excursion = np.zeros(self._shape, np.float32)
        self._learned_excursion = np.zeros(self._shape, np.float32)
        self._zone: Float32 | None = None
        self._settled_zone: Float32 | None = None
        # with the gradient that it was made of
        self._settled_whole: tuple[Float32, Float32] | None = None
        self._gradient = np.zeros(self._shape, np.float32)
        self._contrast = np.zeros(self._shape, np.float32)
        self._gain, self._gain_doubt = 1.0, 0.0
        self._learned_gain, self._is_template = 1.0, False
        self._breathing = Breathing(self._shape, self._mm, self._learning.reference_pulses)
        self._kept: list[tuple[NDArray[np.float16], Bool, float, Vector]] = []
        self._reviewed = 0
        self._settled = False

    def recall(self, mean: Float32, excursion: Float32) -> None:
        """Take up what was learned before; a `restart` that keeps some of it must follow."""
        self._mean, self._learned_excursion, self._pulses = mean.copy(), excursion.copy(), 1

    @property
    def learned_excursion(self) -> Float32:
        """How far the residual strayed while it was learned (log units)."""
        return self._learned_excursion

    @property
    def pulses(self) -> int:
        """Pulses learned from since the last restart."""
        return self._pulses

    @property
    def mean(self) -> Float32:
        """Registered mean attenuation."""
        return self._mean

    @property
    def learned_s(self) -> float:
        """Time since learning began (s)."""
        return 0.0 if self._first_s is None else self._last_s - self._first_s

    @property
    def ready(self) -> bool:
        """Whether it is good enough to monitor on."""
        return self._settled

    @property
    def _long_enough(self) -> bool:
        return self.learned_s >= self._shortest_s and self._pulses >= self._learning.fewest_pulses

    @property
    def pulse_interval_s(self) -> float:
        """Usual time between pulses (s)."""
        return self._interval_s

    @property
    def noise_correlation(self) -> float | None:
        """Correlation of the noise from pulse to pulse, None while too few pulses have been seen."""
        return self._noise.correlation

    @property
    def noise_ratio(self) -> float:
        """Noise now, relative to the learned noise."""
        return self._noise.ratio

    def residual(self, live: Float32, background: Bool, gain: float, shift_mm: Vector) -> Float32:
        """Attenuation added since the reference, without brightness, scatter and breathing at large.

        Parameters
        ----------
        live : ndarray, shape (rows, columns), float32
            Live attenuation in reference coordinates.
        background : ndarray of bool, same shape
            Where the background may be estimated: not on cement, nor where nothing is seen.
        gain : float
            Contrast of the live image relative to the registration's template, from the registration.
        shift_mm : ndarray, shape (4,)
            Breathing surrogate of the pulse (`breathing.Surrogate`).
        """
        # what is learned now has the contrast of now, whatever the template had
        if not self.ready and not self._is_template:
            self._learned_gain += (gain - self._learned_gain) / max(1, min(self._pulses, _GAIN_PULSES))
        gain /= max(self._learned_gain, 0.05)
        self._gain += _GAIN_SHARE * (gain - self._gain)
        self._gain_doubt = max(abs(gain - self._gain), (1 - _GAIN_SHARE) * self._gain_doubt)
        return self._difference(live, background, shift_mm if self.ready else None)

    def _difference(self, live: Float32, background: Bool, shift_mm: Vector | None) -> Float32:
        difference = live - self._mean
        foretold = self._breathing.foretold(shift_mm) if shift_mm is not None else None
        if foretold is not None:
            difference -= foretold
        if abs(self._gain - 1.0) > 0.02:
            difference -= np.float32(self._gain - 1.0) * self._contrast
        # what stands out (new cement, a needle gone) is no background, in either direction
        ordinary = _ordinary(difference, difference[::3, ::3])
        sigma_px = self._cement.background_mm / self._mm
        difference -= low_pass(difference, (background & ordinary).astype(np.float32), sigma_px)
        return difference

    def matched(self, difference: Float32) -> Float32:
        """The matched blur: detection looks for parts no finer than this."""
        blur_px = max(0.4, self._cement.blur_mm / self._mm)
        return cast(Float32, cv2.GaussianBlur(difference, (0, 0), blur_px))

    def take_as_template(self) -> None:
        """The mean is the registration's template from now on: contrasts are relative to it."""
        self._learned_gain, self._is_template = 1.0, True

    def is_settling(self, live: Float32) -> bool:
        """Brightness still settling at the start of a run: the frames so far are no reference."""
        if self.ready or self.learned_s > _SETTLES_S:
            return False
        return abs(median((live - self._mean)[::3, ::3])) > _SETTLED

    def start(self, live: Float32, time_s: float) -> None:
        """Take the first pulse as the reference."""
        self._mean = live.copy()
        self._count[:] = 1.0
        if self._kept_mean is not None:
            before, kept = self._kept_mean
            # the same bone under another brightness
            change = live - before
            weight = (~kept & _ordinary(change, change[~kept])).astype(np.float32)
            brightness = low_pass(change, weight, self._cement.background_mm / self._mm)
            self._mean[kept] = (before + brightness)[kept]
            self._count[kept] = _KEPT_PULSES
        self._pulses = 1
        self._first_s = self._last_s = time_s

    def learn(
        self,
        live: Float32,
        residual: Float32,
        learnable: Bool,
        time_s: float,
        shift_mm: Vector,
        strange: Bool | None = None,
        bare: Bool | None = None,
    ) -> None:
        """Take in a pulse.

        Parameters
        ----------
        live, residual : ndarray, shape (rows, columns), float32
            Live attenuation in reference coordinates, and `residual` of it.
        learnable : ndarray of bool, same shape
            Where nothing is suspected and the image is valid.
        time_s : float
            Time of the pulse (s).
        shift_mm : ndarray, shape (4,)
            Breathing surrogate of the pulse (`breathing.Surrogate`).
        strange : ndarray of bool, same shape, or None
            In a phase of the breath that has not been learned yet: where nothing is believed to be cement,
            so that whatever is seen there is soft tissue.
        bare : ndarray of bool, same shape, or None
            Where there is no cement yet, also right beside it; None: where it is learnable.
        """
        if self._first_s is None:
            self.start(live, time_s)
            return
        dt = time_s - self._last_s
        if 0 < dt < 2.0:
            self._interval_s += 0.2 * (dt - self._interval_s)
        self._last_s = time_s
        self._pulses += 1
        self._noise.learn(residual, learnable, finished=self.ready)
        maturing = not self.ready
        refining = self.learned_s < self._learning.refine_for_s or strange is not None
        if maturing or refining:
            self._learn_mean(live, learnable, shift_mm)
        if maturing:
            self._keep_for_review(live, learnable, time_s, shift_mm)
            if self._long_enough:
                self._review()
        else:
            # cement cannot take attenuation away: what goes below the reference is motion or noise;
            # what came once and never again is forgotten
            keep = float(np.exp(-max(dt, 0.0) / _FORGOTTEN_S))
            cv2.addWeighted(
                self._excursion, keep, self._learned_excursion, 1.0 - keep, 0.0, dst=self._excursion
            )
            free = learnable if bare is None else bare
            self._stray(residual, free, dt, both_ways=False)
            passed = self._passing.look(self._average, free, self._cement.dead_zone_floor, dt)
            if passed is not None:
                np.maximum(self._excursion, passed, out=self._excursion)
            if strange is not None:
                np.maximum(self._excursion, np.abs(self._average) * strange, out=self._excursion)

    def _learn_mean(self, live: Float32, learnable: Bool, shift_mm: Vector) -> None:
        most = float(self._learning.reference_pulses)
        self._count += learnable
        np.minimum(self._count, np.float32(most), out=self._count)
        # brightness may have settled since: bring the pulse to the mean's own level first
        level = np.float32(median(live[::3, ::3] - self._mean[::3, ::3]))
        deviation = live - level - self._mean
        self._breathing.learn(shift_mm, deviation, learnable)
        deviation /= np.maximum(self._count, np.float32(1))
        deviation *= learnable
        self._mean += deviation
        if self._pulses in (2, 4) or self._pulses % 8 == 0:
            self._look_at_mean()

    def _look_at_mean(self) -> None:
        sigma_px = max(0.8, self._cement.blur_mm / self._mm)
        smooth = cast(Float32, cv2.GaussianBlur(self._mean, (0, 0), sigma_px))
        gx = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        gy = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        self._gradient = cast(Float32, cv2.magnitude(gx, gy)) * np.float32(1.0 / self._mm)
        self._contrast = smooth - low_pass(smooth, None, self._cement.background_mm / self._mm)

    def take(self, patch: Patch) -> None:
        """Take in a part that has been learned anew while the rest was watched."""
        patch.put(patch.mean(), self._mean)
        self._noise.take(patch)
        self._passing.clear()
        patch.put(patch.stray(), self._excursion)
        patch.put(patch.stray(), self._learned_excursion)
        self._zone = self._settled_zone = None
        self._breathing.forget(patch.part)
        self._look_at_mean()

    def _keep_for_review(self, live: Float32, learnable: Bool, time_s: float, shift_mm: Vector) -> None:
        if self._reviewed or len(self._kept) >= 2 * _MOST_KEPT:
            return
        half = cast(NDArray[np.float16], _converted(live, cv2.CV_16F))
        self._kept.append((half, learnable, time_s, shift_mm))
        if len(self._kept) == 2 * _MOST_KEPT:
            del self._kept[1::2]

    def _review(self) -> None:
        """Look at the kept pulses again with the finished mean, a few at a time.

        How far does each pixel's moving average stray where there is no cement? The running
        residuals would not do: they were taken against a mean that was still moving.
        """
        if self._reviewed == 0:
            self._average[:] = 0
            self._looked = np.zeros(self._shape, np.float32)
            del self._kept[: len(self._kept) - _MOST_KEPT]
        for live, learnable, time_s, shift_mm in self._kept[
            self._reviewed : self._reviewed + _REVIEWED_PER_PULSE
        ]:
            before_s = self._kept[max(0, self._reviewed - 1)][2]
            residual = self.matched(
                self._difference(cast(Float32, _converted(live, cv2.CV_32F)), learnable, shift_mm)
            )
            self._stray(residual, learnable, time_s - before_s, both_ways=True)
            self._looked += learnable
            self._reviewed += 1
        if self._reviewed >= len(self._kept):
            self._settled = True
            self._fill_unlooked()
            self._learned_excursion = self._excursion.copy()
            self._settled_zone = None
            self._kept.clear()

    def _fill_unlooked(self) -> None:
        """Where cement kept it from being learned, the residual strays as around it, or as before."""
        looked = (self._looked > 0.5 * self._reviewed).astype(np.float32)
        if looked.all():
            return
        around = low_pass(self._excursion, looked, _FILL_MM / self._mm) * np.float32(_FILL_FACTOR)
        if self._excursion_before is not None:
            around = np.maximum(around, self._excursion_before)
        np.maximum(self._excursion, around * (1 - looked), out=self._excursion)

    def _stray(self, residual: Float32, learnable: Bool, dt_s: float, *, both_ways: bool) -> None:
        keep = np.float32(np.exp(-max(dt_s, 1e-3) / self._cement.evidence_s))
        self._average *= keep
        self._average += residual * (1 - keep)
        # the excursion is never below zero: what strays upwards does not count by itself
        seen = np.abs(self._average) if both_ways else np.negative(self._average)
        seen *= learnable
        np.maximum(self._excursion, seen, out=self._excursion)

    def noise(self, residual: Float32) -> Float32:
        """Standard deviation of the residual, widened for its correlation in time (`PulseNoise.sigma`).

        While still learning, the spread of the residual at hand: what is arriving must not pass for noise.
        """
        if not self.ready:
            return np.full(self._shape, noise_of(residual), np.float32)
        return self._noise.sigma()

    def unfamiliar_mm(self, shift_mm: Vector) -> float:
        """How far the breath is beyond what has been learned of it (mm)."""
        return self._breathing.unfamiliar_mm(shift_mm)

    def settled_zone(self) -> Float32:
        """The dead-zone as it was when learning ended (log units): nothing seen since has widened it."""
        reach = max(1, round(0.7 / self._mm))
        if self._settled_zone is None:
            self._settled_whole = None
            self._settled_zone = cast(Float32, cv2.dilate(self._learned_excursion, square(reach)))
        gradient, whole = self._settled_whole or (None, self._settled_zone)
        if gradient is not self._gradient:
            still = self._settled_zone * np.float32(self._cement.dead_zone_factor)
            zone = np.maximum(still, self._slip_mm * self._gradient)
            whole = zone + np.float32(self._cement.dead_zone_floor)
            self._settled_whole = (self._gradient, whole)
        return whole

    def dead_zone(self, loose_mm: float, shift_mm: Vector) -> Float32:
        """Residual that is to be expected without cement: structured, from motion and soft tissue.

        `loose_mm` is the displacement (mm) that the registration may have missed beyond the usual;
        `shift_mm` the breathing surrogate, shape (4,).
        """
        cement = self._cement
        if not self.ready:
            return cast(
                Float32,
                np.float32(cement.provisional_floor)
                + np.float32(cement.provisional_motion_mm + loose_mm) * self._gradient,
            )
        reach = max(1, round(0.7 / self._mm))
        learned = self._zone
        if learned is None or self._pulses % _ZONE_EVERY == 0:
            learned = cast(Float32, cv2.dilate(self._excursion, square(reach)))
            self._zone = learned
        motion = (self._slip_mm + np.float32(loose_mm)) * self._gradient
        zone = np.maximum(learned * np.float32(cement.dead_zone_factor), motion)
        if self._gain_doubt > _LEAST_GAIN_DOUBT:
            # dense bone darkens when the tube voltage falls: cement must stand out from that
            zone = zone + np.float32(self._gain_doubt) * np.abs(self._contrast)
        doubt = self._breathing.doubt(shift_mm)
        if doubt is not None:
            zone = zone + cv2.dilate(doubt, square(reach))
        return cast(Float32, zone + np.float32(cement.dead_zone_floor))


def _ordinary(difference: Float32, sample: Float32) -> Bool:
    """Where a difference is not far from that of most of a sample."""
    if not sample.size:
        return np.ones(difference.shape, bool)
    middle = median(sample)
    limit = np.float32(max(_LEAST_OUTLIER, 5.0 * spread(sample, middle)))
    away = difference - np.float32(middle)
    within: Bool = np.abs(away, out=away) < limit
    return within


def _converted(image: NDArray[Any], depth: int) -> NDArray[np.floating]:
    """An image in half or single precision. NumPy converts the same, but twelve times as slowly."""
    return cast(NDArray[np.floating], cv2.add(image, 0.0, dtype=depth))  # type: ignore[call-overload]
