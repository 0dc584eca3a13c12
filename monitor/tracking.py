"""Follows one level from pulse to pulse, and says when its pose is not to be trusted."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
from numpy.typing import NDArray

from monitor.config import MotionConfig
from monitor.grid import Grid
from monitor.motion import BoneTemplate, Fit, band_pass, fit_pose, make_template, search
from monitor.result import Pose
from monitor.robust import median
from monitor.sway import Sway
from monitor.zones import LevelMaps

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_FASTEST_BREATHING_MM_S = 12.0
_EXPECTED_STEP_MM = 2.0
_ESTABLISHED = 12
"""Trusted poses in a row after which a level counts as one that can be followed."""
_RIPE_PULSES = 24
_ON_TRIAL_S = 1.2
_BLURRED_MM_S = 1.5
_UNRIPE_FACTOR = 2.5
_FOUND_CORRELATION = 0.6
"""Likeness from which bone that was too faint is believed to be found."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a level is.

    `disturbed` names an event after which the reference must be learned anew: ``moved``,
    ``contrast_changed``, ``found`` (bone that was too faint can be followed now). `faint` says that
    the bone cannot be followed: the level is taken to be still, with a large error.
    """

    pose: Pose
    fit: Fit | None
    disturbed: str | None = None
    faint: bool = False


class Tracker:
    """Keeps the template, the last pose, the breathing range and the usual likeness of one level."""

    def __init__(self, maps: LevelMaps, grid: Grid, config: MotionConfig) -> None:
        self._maps, self._grid, self._config = maps, grid, config
        self._template: BoneTemplate | None = None
        self._last: Fit | None = None
        self._last_s = 0.0
        self._sway = Sway()
        self._correlations: deque[float] = deque(maxlen=150)
        self._gain = 1.0
        self._misses = 0
        self._faint = False
        self._established = False
        self._sparse: Float32 | None = None
        self._grain: deque[float] = deque(maxlen=16)
        self._good = 0
        self._drift = np.zeros(2)
        self.misplaced_px = (0.0, 0.0)
        """`plan_frame.misplaced_by`: what poses are too far by, seen from the plan (work px)."""
        self._prior_px = _EXPECTED_STEP_MM / grid.mm_per_px

    def set_reference(self, reference: Float32, pulses: int = 1) -> None:
        """Take a (better) reference: attenuation over the level's window, averaged over so many pulses."""
        template = make_template(reference, self._maps.band, self._grid.mm_per_px, self._config, pulses)
        if template is not None:
            self._template = template
            self._correlations.clear()
            self._gain = 1.0

    def accept_new_place(self, disturbed: str) -> Vector:
        """After a disturbance: breathing is now around the present pose.

        Parameters
        ----------
        disturbed : str
            What it was. The present contrast is taken only where it was that: while a table moves all is
            blurred.

        Returns
        -------
        moved_px : ndarray, shape (2,)
            Whole pixels, x then y, by which the live window must follow.
        """
        self._sway.clear()
        self._correlations.clear()
        if self._last is None:
            return np.zeros(2)
        if disturbed == "contrast_changed":
            self._gain = self._last.gain
        by = np.round(np.array(self._last.shift))
        self._drift = self._drift + by
        self._last = replace(self._last, shift=(self._last.shift[0] - by[0], self._last.shift[1] - by[1]))
        return by

    def recall(self, drift_px: Vector) -> None:
        """The live window has been moved by so many pixels already, x then y."""
        self._drift = drift_px.copy()

    @property
    def centre(self) -> NDArray[np.float64]:
        """Centre of the template (window px)."""
        if self._template is None:
            return np.array([self._maps.window.columns / 2, self._maps.window.rows / 2])
        return self._template.centre

    def locate(
        self, window: Float32, excluded: Bool | None, time_s: float, *, may_restart: bool = True
    ) -> Located:
        """Find the level in a live window.

        Parameters
        ----------
        window : ndarray, shape (rows, columns), float32
            Attenuation of the live image over the level's window.
        excluded : ndarray of bool, same shape, or None
            Reference pixels not to be used: cement and what hides bone.
        time_s : float
            Time of the frame (s).
        may_restart : bool
            Whether the reference may be learned anew when faint bone can be followed at last; not
            once cement is there.
        """
        if self._template is None:
            return Located(self._pose(None, trusted=False, why="no bone edge in the marked outline"), None)
        image = band_pass(window, self._grid.mm_per_px, self._config)
        self._measure_grain(image)
        last = self._last
        start = (0.0, 0.0, 0.0) if last is None else (*last.shift, last.rotation_rad)
        fit = fit_pose(image, self._template, start, excluded, self._config, self._prior_px)
        usual = self._usual_correlation()
        if self._faint:
            return self._try_again(fit, time_s, may_restart=may_restart)
        if not self._established and (fit is None or self._too_faint(fit, last)):
            self._faint, self._good = True, 0
            return self._still()
        if fit is None or fit.correlation < max(self._config.lowest_correlation, 0.7 * usual):
            fit = self._search_wide(image, fit, start, excluded)
        if fit is None:
            self._misses += 1
            return Located(self._pose(None, trusted=False, why="bone hidden by cement or instruments"), None)
        return self._judge(fit, usual, time_s)

    def _measure_grain(self, image: Float32) -> None:
        """Noise of the band-passed image from pulse to pulse, over all of it: most of it does not move.

        Until the level is established; the template's share of it must not pass for bone.
        """
        if self._established or self._template is None:
            return
        sparse = image[::3, ::3].copy()
        if self._sparse is not None:
            step = 1.4826 * median(np.abs(sparse - self._sparse))
            self._grain.append(step**2 / 2.0)
            variance = median(self._grain) / self._template.pulses
            self._template = replace(self._template, noise_variance=variance)
        self._sparse = sparse

    def _too_faint(self, fit: Fit, last: Fit | None) -> bool:
        """Whether an early fit shows that the template holds noise, or something else than bone."""
        config, mm = self._config, self._grid.mm_per_px
        step = math.dist(fit.shift, last.shift if last is not None else (0.0, 0.0))
        return (
            fit.correlation < max(0.35, config.lowest_correlation)
            or abs(math.log(max(fit.gain, 1e-3))) > 2 * math.log1p(config.largest_gain_change)
            or fit.sigma_px * mm > self._largest_sigma_mm()
            or step * mm > config.jerk_mm
            or math.hypot(*fit.shift) * mm > 2 * config.range_margin_mm
        )

    def _try_again(self, fit: Fit | None, time_s: float, *, may_restart: bool) -> Located:
        """Bone that was too faint is followed again once a row of fits agrees with itself."""
        weak = fit is None or fit.correlation < _FOUND_CORRELATION
        if fit is None or weak or self._too_faint(fit, self._last if self._good else None):
            self._good, self._last = 0, None
            return self._still()
        self._good += 1
        self._last, self._last_s = fit, time_s
        if self._good < _ESTABLISHED or not may_restart:
            return self._still()
        self._faint, self._established = False, True
        self._sway.add(time_s, fit.shift)
        return Located(self._pose(fit, trusted=True, why="bone can be followed now"), fit, "found")

    def _still(self) -> Located:
        fit = Fit((0.0, 0.0), 0.0, 1.0, 0.0, self._config.faint_sigma_mm / self._grid.mm_per_px, 0.0, 1.0)
        return Located(self._pose(fit, trusted=True, why=None), fit, faint=True)

    def _search_wide(
        self, image: Float32, fit: Fit | None, start: tuple[float, float, float], excluded: Bool | None
    ) -> Fit | None:
        # a lost level is searched for at every pulse at first, then now and then
        self._misses += 1
        if self._misses > 8 and self._misses % 4:
            return fit
        template = cast(BoneTemplate, self._template)
        reach_px = self._config.search_mm / self._grid.mm_per_px
        found = search(image, template, start[:2], reach_px)
        again = fit_pose(image, template, (*found, 0.0), excluded, self._config, self._prior_px)
        if again is not None and (fit is None or again.correlation > fit.correlation + 0.05):
            return again
        return fit

    def _judge(self, fit: Fit, usual: float, time_s: float) -> Located:
        config, mm = self._config, self._grid.mm_per_px
        if fit.correlation < max(config.lowest_correlation, config.lowest_relative_correlation * usual):
            return Located(self._pose(fit, trusted=False, why="marked bone not found in the image"), fit)
        if fit.sigma_px * mm > self._largest_sigma_mm():
            return Located(
                self._pose(
                    fit, trusted=False, why=f"image too poor to follow the bone ({fit.sigma_px * mm:.1f} mm)"
                ),
                fit,
            )
        if fit.point_fraction < config.lowest_point_fraction:
            return Located(self._pose(fit, trusted=False, why="bone hidden by cement or instruments"), fit)
        self._misses = 0
        moved_mm = self._moved_mm(fit, time_s)
        at_rest = self._at_rest(fit, time_s)
        gain_change = abs(math.log(max(fit.gain, 1e-3) / self._gain))
        self._last, self._last_s = fit, time_s
        if moved_mm is not None:
            return Located(
                self._pose(fit, trusted=False, why=f"patient or table moved {moved_mm:.0f} mm"), fit, "moved"
            )
        if self._established and at_rest and gain_change > math.log1p(config.largest_gain_change):
            return Located(
                self._pose(fit, trusted=False, why="contrast of the image changed"), fit, "contrast_changed"
            )
        self._gain += 0.02 * (fit.gain - self._gain)
        self._sway.add(time_s, fit.shift)
        self._established = self._established or self._sway.count >= _ESTABLISHED
        self._correlations.append(fit.correlation)
        return Located(self._pose(fit, trusted=True, why=None), fit)

    def _largest_sigma_mm(self) -> float:
        """A template of few pulses is grainy: while it ripens, larger errors are borne."""
        ripe = self._template is not None and self._template.pulses >= _RIPE_PULSES
        return self._config.largest_sigma_mm * (1.0 if ripe else _UNRIPE_FACTOR)

    def _usual_correlation(self) -> float:
        return median(self._correlations) if len(self._correlations) >= 5 else 0.0

    def _at_rest(self, fit: Fit, time_s: float) -> bool:
        """Whether the level is too slow for motion blur and recursive filters to take contrast away."""
        if self._last is None or time_s <= self._last_s:
            return False
        step_mm = math.dist(fit.shift, self._last.shift) * self._grid.mm_per_px
        return step_mm < _BLURRED_MM_S * (time_s - self._last_s)

    def _moved_mm(self, fit: Fit, time_s: float) -> float | None:
        """How far the level jumped or left its breathing range, None where it did not."""
        # what came just now is on trial itself: a table under way must not widen the range as it goes
        bounds = self._sway.bounds(time_s - _ON_TRIAL_S, _ESTABLISHED)
        if bounds is None or self._last is None:
            return None
        mm = self._grid.mm_per_px
        step_mm = math.dist(fit.shift, self._last.shift) * mm
        elapsed_s = max(0.0, time_s - self._last_s)
        if step_mm > self._config.jerk_mm + _FASTEST_BREATHING_MM_S * max(0.0, elapsed_s - 0.15):
            return step_mm
        low, high = (bound.tolist() for bound in bounds)
        out_mm = math.hypot(*(max(low[k] - fit.shift[k], fit.shift[k] - high[k], 0.0) for k in (0, 1))) * mm
        # a young range is not a range yet: allow a whole breath to unfold
        margin = self._config.range_margin_mm * (2.0 if self._sway.span_s < 6.0 else 1.0)
        return out_mm if out_mm > margin else None

    def _pose(self, fit: Fit | None, *, trusted: bool, why: str | None) -> Pose:
        grid, (x, y) = self._grid, self.centre + self._maps.window.origin
        ((centre_x, centre_y),) = grid.to_frame(np.array([[x, y]])).tolist()
        if fit is None:
            return Pose(
                (centre_x, centre_y),
                (0.0, 0.0),
                0.0,
                np.inf,
                0.0,
                trusted=False,
                distrust=why,
            )
        b = grid.binning
        return Pose(
            (centre_x, centre_y),
            (float(fit.shift[0] + self._drift[0]) * b, float(fit.shift[1] + self._drift[1]) * b),
            fit.rotation_rad,
            fit.sigma_px * grid.mm_per_px,
            fit.correlation,
            trusted=trusted,
            distrust=why,
            misplaced_px=(self.misplaced_px[0] * b, self.misplaced_px[1] * b),
        )
