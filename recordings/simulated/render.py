"""A frame of a scene: log-attenuation of everything where it is now, then the detector."""

from __future__ import annotations

from collections import OrderedDict

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels
from recordings.simulated.background import STEP_MM
from recordings.simulated.beam import Beam
from recordings.simulated.bone import Plane
from recordings.simulated.curves import Curves, add_curve, curves_of
from recordings.simulated.detector import (
    DETECTIVE_EFFICIENCY,
    MAGNIFICATION,
    QUANTA_PER_MM2_NGY,
    Detector,
    scattered,
)
from recordings.simulated.growth import drop_s
from recordings.simulated.injection import Flow, Steady
from recordings.simulated.intruders import Intruders
from recordings.simulated.motion import turn_matrix
from recordings.simulated.physics import attenuation
from recordings.simulated.scene import Instrument, Scene, SceneLevel
from recordings.simulated.screen import Screen

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

_FWHM_PER_SIGMA = 2.3548
_NOISE_STREAM = 20
_FORGOTTEN = 0.005
"""What is left of a frame after the recursive filter's run-in."""
_BEFORE = 1000
"""Exposures before the first frame have negative numbers; this keeps seeds positive."""


class Renderer:
    """Renders any frame of a scene; the result does not depend on the order in which they are asked.

    With a recursive filter, going back renders all frames before anew; going forward does not.

    Parameters
    ----------
    scene : Scene
    flow : Flow
        How far the cement is at a time; what it says of a time must stay so once that was rendered.
    """

    def __init__(self, scene: Scene, flow: Flow | None = None) -> None:
        self._scene = scene
        self._flow = flow or Steady()
        settings = scene.settings
        self._n = settings.size
        pixel_mm = settings.pixel_mm
        quanta_per_mm2 = scene.scenario.dose_ngy * QUANTA_PER_MM2_NGY * DETECTIVE_EFFICIENCY
        self.detector = Detector(
            mm_per_px=pixel_mm,
            mean_quanta=quanta_per_mm2 * (pixel_mm * MAGNIFICATION) ** 2,
            blur_px=settings.detector_blur_mm / _FWHM_PER_SIGMA / (pixel_mm * MAGNIFICATION),
            electronic_quanta=settings.electronic_noise_quanta,
            relationship=settings.relationship,
            gamma=settings.display_gamma,
            bits=settings.bits_stored,
        )
        rays = scene.attenuation
        self._curves: dict[float, Curves] = {}
        self._beam = Beam(scene.disturbances, settings.kvp, scene.collimator, pixel_mm)
        self._intruders = Intruders(
            scene.disturbances,
            rays.water_per_mm,
            rays.bone_per_mm - rays.water_per_mm,
            self._n,
            pixel_mm,
        )
        self._screen = Screen(
            scene.disturbances,
            settings.seed,
            settings.frame_rate_hz,
            (1 << settings.bits_stored) - 1,
            self._beam.circle,
        )
        self._open_field = scene.collimator > 0.5
        self._centre = np.s_[self._n // 4 : 3 * self._n // 4, self._n // 4 : 3 * self._n // 4]
        self._mean = 1.0
        self._aim: float | None = None
        start = self._expected(0.0)
        self._mean = float(start[self._open_field].mean())
        self._aim = float(start[self._centre].mean()) / self._mean
        self._exposures: OrderedDict[int, Image] = OrderedDict()
        self._filter: tuple[int, Image] | None = None

    def pixels(self, frame: int) -> Pixels:
        """Stored values of a frame, shape (size, size)."""
        stored = self.detector.store(self._filtered(self._scene.timeline.exposure(frame)))
        return self._screen.show(stored, frame)

    def _filtered(self, number: int) -> Image:
        """Quanta after the recursive filter, which starts long enough before the first frame."""
        past = self._scene.settings.recursive_filter
        if past <= 0:
            return self._lagged(number)
        if self._filter is None or self._filter[0] > number:
            start = -int(np.ceil(np.log(_FORGOTTEN) / np.log(past)))
            self._filter = (start, self._lagged(start))
        at, state = self._filter
        while at < number:
            at += 1
            if self._scene.timeline.taken(at) != at:
                continue
            state = np.asarray(cv2.addWeighted(state, past, self._lagged(at), 1 - past, 0.0), np.float32)
        self._filter = (at, state)
        return state

    def _lagged(self, number: int) -> Image:
        """An exposure with what was left of the one before."""
        lag = self._scene.settings.lag
        if lag <= 0:
            return self._exposure(number)
        before = self._exposure(
            self._scene.timeline.before(number)
        )  # the older first: the cache lets go of what came first
        now = self._exposure(number)
        return np.asarray(cv2.addWeighted(now, 1 - lag, before, lag, 0.0), np.float32)

    def intensity(self, frame: int) -> Image:
        """Expected intensity without noise, 1 at the field's mean in the first frame."""
        return self._expected(self._scene.shown_s(frame))

    def open_field(self, time_s: float) -> Image:
        """Part of the beam that collimator and blades let through, shape (size, size)."""
        return self._beam.mask(time_s)

    def _expected(self, time_s: float) -> Image:
        scene = self._scene
        primary = np.asarray(cv2.exp(-self._log_attenuation(time_s)), np.float32) * self.open_field(time_s)
        total = primary
        ratio = scene.settings.scatter_to_primary
        if ratio > 0:
            scatter = scattered(primary, scene.settings.pixel_mm)
            total = np.asarray(cv2.scaleAdd(scatter, ratio, primary), np.float32)
        gain = 1 / self._mean
        if scene.settings.automatic_brightness and self._aim is not None:
            gain = self._aim / float(total[self._centre].mean())
        return total * np.float32(gain * self._beam.factor(time_s))

    def steel_mm(self, time_s: float) -> Image:
        """Thickness of steel along the beam (mm), shape (size, size)."""
        steel = np.zeros((self._n, self._n), dtype=np.float32)
        for level in self._scene.treated:
            if level.instrument is not None:
                self._add_steel(steel, level, level.instrument, time_s)
        for seen in self._intruders.added_steel(time_s):
            stamp(steel, seen.plane, seen.to_px)
        return steel

    def cement_mm(self, time_s: float) -> Image:
        """Thickness of cement in the patient along the beam (mm), shape (size, size)."""
        cement = np.zeros((self._n, self._n), dtype=np.float32)
        grown_s = self._flow.grown_s(time_s)
        for level in self._scene.treated:
            if level.growth is not None and grown_s >= level.growth.start_s - 1:
                there = level.cement_mm(grown_s, drop_s=drop_s(level.growth, self._flow, time_s))
                stamp(cement, there, self._scene.to_px(level, time_s))
        return cement

    def _exposure(self, number: int) -> Image:
        done = self._exposures.get(number)
        if done is None:
            seed = [self._scene.settings.seed, _NOISE_STREAM, number + _BEFORE]
            rng = np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed)))
            done = self.detector.expose(self._expected(self._scene.timeline.time_s(number)), rng)
            self._exposures[number] = done
            while len(self._exposures) > 2:
                self._exposures.popitem(last=False)
        return done

    def _log_attenuation(self, time_s: float) -> Image:
        scene = self._scene
        curves = self._curves_at(time_s)
        log = self._soft(time_s)
        if curves.soft != 1.0:
            log *= np.float32(curves.soft)
        log += scene.fixed
        for level in scene.levels:
            stamp(log, level.bone, scene.to_px(level, time_s), float(curves.bone_per_mm))
        cement = self.cement_mm(time_s)
        for level in scene.treated:
            tool = level.instrument
            if tool is not None and tool.cannula.filled(time_s):
                stamp(cement, tool.rod.filling, self._tool_to_px(level, tool, time_s))
        add_curve(log, cement, curves.cement)
        add_curve(log, self.steel_mm(time_s), curves.steel)
        for seen in self._intruders.added_log(time_s, scene.motion.soft_mm(time_s)):
            stamp(log, seen.plane, seen.to_px)
        return log

    def _curves_at(self, time_s: float) -> Curves:
        """Curves of the tube voltage at a time."""
        scene, kvp = self._scene, self._beam.kvp(time_s)
        if kvp not in self._curves:
            rays = attenuation(float(kvp), scene.settings.cement)
            self._curves[kvp] = curves_of(rays, scene.attenuation.water_per_mm, scene.scenario.opacity)
        return self._curves[kvp]

    def _soft(self, time_s: float) -> Image:
        """Soft tissue where it is now; what is behind the spine moves with the spine."""
        scene = self._scene
        px = scene.settings.pixel_mm
        move = scene.motion.soft_mm(time_s)
        scale = px / STEP_MM
        start = (scene.soft.shape[0] - 1) / 2 - (self._n - 1) / 2 * scale
        to_canvas = np.array(
            [[scale, 0, start - move[0] / STEP_MM], [0, scale, start - move[1] / STEP_MM]], dtype=np.float64
        )
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        warped = cv2.warpAffine(
            scene.soft, to_canvas, (self._n, self._n), flags=flags, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, dtype=np.float32)

    def _tool_to_px(self, level: SceneLevel, tool: Instrument, time_s: float) -> Floats:
        """Affine map from the rod's plane (mm) to pixels."""
        angle = tool.back_rad + tool.cannula.wobble_rad(time_s)
        along = turn_matrix(angle)
        back = tool.cannula.withdrawn_mm(time_s) * tool.projected_length
        tip = tool.tip_mm + along @ np.array([back, 0.0])
        level_map = self._scene.to_px(level, time_s)
        return np.column_stack([level_map[:, :2] @ along, level_map[:, :2] @ tip + level_map[:, 2]])

    def _add_steel(self, steel: Image, level: SceneLevel, tool: Instrument, time_s: float) -> None:
        to_px = self._tool_to_px(level, tool, time_s)
        stamp(steel, tool.rod.steel, to_px)
        pulled = tool.cannula.stylet_mm(time_s)
        if pulled is not None:
            origin_x, origin_y = tool.rod.steel.origin_mm
            slid = Plane(
                tool.stylet, (origin_x + pulled * tool.projected_length, origin_y), tool.rod.steel.step_mm
            )
            stamp(steel, slid, to_px)


def stamp(target: Image, plane: Plane, to_px: Floats, weight: float = 1.0) -> None:
    """Add a plane, moved into the frame, to an image.

    Parameters
    ----------
    target : ndarray, shape (rows, columns), float32
        Changed in place.
    plane : Plane
        Its values fall to 0 at its edges.
    to_px : ndarray, shape (2, 3)
        From the plane's mm to pixels.
    weight : float
    """
    rows, columns = plane.values.shape
    index_to_px = np.column_stack(
        [to_px[:, :2] * plane.step_mm, to_px[:, :2] @ np.asarray(plane.origin_mm) + to_px[:, 2]]
    )
    corners = np.array([[0, 0], [columns, 0], [0, rows], [columns, rows]]) @ index_to_px[:, :2].T
    corners += index_to_px[:, 2]
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, target.shape[::-1])
    if np.any(high <= low):
        return
    index_to_px[:, 2] -= low
    moved = cv2.warpAffine(plane.values, index_to_px, (int(high[0] - low[0]), int(high[1] - low[1])))
    part = target[low[1] : high[1], low[0] : high[0]]
    part += moved if weight == 1.0 else moved * np.float32(weight)
