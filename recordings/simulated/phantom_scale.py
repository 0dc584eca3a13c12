"""Pictures of what a scale is measured from, with known truth: a cannula, a ball, a ruler.

Everything is drawn finer than the pixels and binned. Quanta are drawn between the blur of the focal spot and
that of the detector, scatter is a veil, and the picture ends as linear values or behind a display curve. The
truth is in pixels, in the plane of the object's middle; nothing here knows how it is measured.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Intensity, PixelIntensityRelationship, Pixels
from recordings.simulated.detector import scattered
from recordings.simulated.physics import attenuation

Image = NDArray[np.float32]
Floats = NDArray[np.float64]
Display = Literal["linear", "power", "logarithmic"]

FINER = 4
"""Samples per pixel and axis."""
SOURCE_TO_MIDDLE_MM = 750.0
_CEMENT = "30% BaSO4"
_DARKEST_LOG, _BRIGHTEST_LOG = -3.2, 0.9
_ELECTRONIC_QUANTA = 2.0


@dataclass(frozen=True, slots=True)
class Exposure:
    """How a picture is taken.

    Parameters
    ----------
    quanta : float
        Detected quanta per pixel where the log-attenuation is 0.
    scatter : float
        Scatter-to-primary ratio.
    blur_px : float
        Standard deviation of the whole point spread, without the aperture of a pixel (px).
    focal_share : float
        Part of its variance that comes before the quanta are detected.
    display : {"linear", "power", "logarithmic"}
        Linear 12 bit values, or 8 bit behind a power of the intensity or of its logarithm.
    gamma : float
        Exponent of the display.
    kvp : float
        Tube voltage (kV).
    """

    quanta: float = 800.0
    scatter: float = 1.0
    blur_px: float = 0.6
    focal_share: float = 0.4
    display: Display = "linear"
    gamma: float = 1.0
    kvp: float = 80.0

    @property
    def intensity(self) -> Intensity:
        """How the stored values are to be read."""
        if self.display == "linear":
            return Intensity(PixelIntensityRelationship.LIN, 12)
        return Intensity(PixelIntensityRelationship.DISP, 8)

    def picture(self, transmission: Image, rng: np.random.Generator) -> Pixels:
        """Expose.

        Parameters
        ----------
        transmission : ndarray, shape (FINER * rows, FINER * columns), float32
            Of the primary beam.
        rng : Generator

        Returns
        -------
        ndarray, shape (rows, columns), uint8 or uint16
        """
        before = self.blur_px * math.sqrt(self.focal_share) * FINER
        after = self.blur_px * math.sqrt(1.0 - self.focal_share) * FINER
        primary = _blurred(transmission, before)
        veil = scattered(primary, 0.35 / FINER)
        # the mean of the primary, not of the patient: the automatic exposure has seen to that
        expected = (primary + self.scatter * veil) / (1.0 + self.scatter) * (self.quanta / FINER**2)
        counts = _blurred(rng.poisson(expected).astype(np.float32), after)
        rows, columns = (n // FINER for n in counts.shape)
        quanta = counts.reshape(rows, FINER, columns, FINER).sum(axis=(1, 3))
        quanta += rng.normal(0.0, _ELECTRONIC_QUANTA, quanta.shape).astype(np.float32)
        shown = quanta / self.quanta
        if self.display == "linear":
            return np.asarray(np.rint(np.clip(2000.0 * shown, 0, 4095)), np.uint16)
        if self.display == "power":
            shown = np.clip(0.6 * shown, 0, 1)
        else:
            log = np.log(np.maximum(shown, 1e-6))
            shown = np.clip((log - _DARKEST_LOG) / (_BRIGHTEST_LOG - _DARKEST_LOG), 0, 1)
        return np.asarray(np.rint(255.0 * shown**self.gamma), np.uint8)


@dataclass(frozen=True, slots=True)
class Tissue:
    """What lies in front of and behind, as log-attenuation.

    Parameters
    ----------
    slope_per_px : float
        In a random direction.
    texture, texture_px : float
        Standard deviation and size of its grain.
    bone : float
        Of a band of bone that crosses the middle at an angle of 30 to 90 degrees; 0: none.
    """

    slope_per_px: float = 0.002
    texture: float = 0.04
    texture_px: float = 8.0
    bone: float = 0.0

    def log(self, grid: Grid, along_rad: float, rng: np.random.Generator) -> Image:
        """Draw it; `along_rad` is the direction that the bone must not run along."""
        direction = rng.uniform(0, 2 * math.pi)
        log: NDArray[np.floating] = 0.1 + self.slope_per_px * (
            grid.x * math.cos(direction) + grid.y * math.sin(direction)
        )
        coarse = 2.0
        n = math.ceil(grid.x.shape[1] / FINER / coarse)
        grain = cv2.GaussianBlur(
            rng.normal(0, 1, (n, n)).astype(np.float32), (0, 0), self.texture_px / coarse / 2
        )
        grain = grain * (self.texture / max(float(grain.std()), 1e-6))
        log = log + cv2.resize(grain, (grid.x.shape[1], grid.y.shape[0]), interpolation=cv2.INTER_CUBIC)
        if self.bone:
            angle = along_rad + rng.choice([-1, 1]) * rng.uniform(math.radians(30), math.pi / 2)
            across = -grid.x * math.sin(angle) + grid.y * math.cos(angle) - rng.uniform(-20, 20)
            half = rng.uniform(6, 25)
            log = log + self.bone * _step(half - np.abs(across), 0.7)
        return np.asarray(log, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Fine sampling of a picture; x and y from its middle (px)."""

    x: Image
    y: Image

    @classmethod
    def of(cls, size: int) -> Grid:
        """Grid of a square picture."""
        axis = ((np.arange(size * FINER) + 0.5) / FINER - size / 2).astype(np.float32)
        return cls(axis[None, :], axis[:, None])


@dataclass(frozen=True, slots=True)
class Tube:
    """A cannula.

    Parameters
    ----------
    width_px : float
        Outer diameter in the picture, at the middle between its two points (px).
    outer_mm : float
    inner_share : float
        Inner by outer diameter.
    content : {"empty", "stylet", "cement"}
    length_px : float
        Between its two points, which lie within it.
    angle_rad : float
        Of its axis in the picture.
    tilt_rad : float
        Of its axis out of the picture: steel is thicker, and one end is enlarged more.
    """

    width_px: float
    outer_mm: float = 3.05
    inner_share: float = 0.79
    content: Literal["empty", "stylet", "cement"] = "empty"
    length_px: float = 120.0
    angle_rad: float = 0.3
    tilt_rad: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Phantom:
    """A picture and its truth: two points (x, y) or one, and a size between or at them (px)."""

    pixels: Pixels
    intensity: Intensity
    points: tuple[tuple[float, float], ...]
    size_px: float


def cannula_phantom(
    tube: Tube, exposure: Exposure, tissue: Tissue, rng: np.random.Generator, size: int = 240
) -> Phantom:
    """Picture of a cannula; the truth is its width, the points the ends of its axis."""
    grid = Grid.of(size)
    cos, sin = math.cos(tube.angle_rad), math.sin(tube.angle_rad)
    shift = rng.uniform(-4, 4, 2)
    x, y = grid.x - np.float32(shift[0]), grid.y - np.float32(shift[1])
    s, u = x * cos + y * sin, -x * sin + y * cos
    mm_per_px = tube.outer_mm / tube.width_px
    # depth along the axis over the distance from the source, per pixel of the picture
    enlarged = 1.0 + s * np.float32(math.tan(tube.tilt_rad) * mm_per_px / SOURCE_TO_MIDDLE_MM)
    across, transmission = _across(tube, exposure.kvp)
    # enlarged more at one end; np.interp of as many samples takes long, a table of even steps does not
    seen = _looked_up(np.abs(u) / enlarged, across, transmission)
    beyond = tube.length_px / 2 + 0.6 * tube.width_px + 4.0
    inside = _step(beyond - np.abs(s), 0.3)
    log = tissue.log(grid, tube.angle_rad, rng)
    primary = np.exp(-log) * (1.0 + inside * (seen - 1.0))
    pixels = exposure.picture(np.asarray(primary, np.float32), rng)
    middle = np.array([size / 2 - 0.5, size / 2 - 0.5]) + shift
    half = tube.length_px / 2 * np.array([cos, sin])
    ends = tuple((float(p[0]), float(p[1])) for p in (middle - half, middle + half))
    return Phantom(pixels, exposure.intensity, ends, tube.width_px)


def ball_phantom(
    diameter_px: float,
    diameter_mm: float,
    exposure: Exposure,
    tissue: Tissue,
    rng: np.random.Generator,
    *,
    squeezed: float = 1.0,
    off_px: tuple[float, float] = (0.0, 0.0),
    size: int = 120,
) -> Phantom:
    """Picture of a ball of steel; the truth is its diameter, the point its middle.

    `squeezed` is the ratio of its axes, 1 for a ball; `off_px` its place from the middle of the picture.
    """
    grid = Grid.of(size)
    shift = rng.uniform(-2, 2, 2) + off_px
    x, y = grid.x - np.float32(shift[0]), grid.y - np.float32(shift[1])
    steps = np.linspace(0.0, diameter_px, 4001)
    rays = attenuation(exposure.kvp, _CEMENT)
    chord_mm = diameter_mm * np.sqrt(np.maximum(1.0 - (2.0 * steps / diameter_px) ** 2, 0.0))
    seen = _looked_up(
        np.hypot(x * squeezed, y), steps, np.exp(-np.interp(chord_mm, rays.thickness_mm, rays.steel_log))
    )
    primary = np.exp(-tissue.log(grid, 0.0, rng)) * seen
    pixels = exposure.picture(np.asarray(primary, np.float32), rng)
    middle = (size / 2 - 0.5 + float(shift[0]), size / 2 - 0.5 + float(shift[1]))
    return Phantom(pixels, exposure.intensity, (middle,), diameter_px)


def ruler_phantom(
    pitch_px: float,
    marks: int,
    exposure: Exposure,
    tissue: Tissue,
    rng: np.random.Generator,
    *,
    missing: tuple[int, ...] = (),
    jitter_px: float = 0.0,
    contrast: float = 0.6,
    angle_rad: float = 0.2,
    size: int = 220,
) -> Phantom:
    """Picture of a ruler with marks across it; the truth is their pitch, the points the first and last mark.

    `missing` are the numbers of marks that are not there, `jitter_px` how much each is off (one SD).
    """
    grid = Grid.of(size)
    cos, sin = math.cos(angle_rad), math.sin(angle_rad)
    shift = rng.uniform(-2, 2, 2)
    x, y = grid.x - np.float32(shift[0]), grid.y - np.float32(shift[1])
    s, u = x * cos + y * sin, -x * sin + y * cos
    half_mark = max(0.1 * pitch_px, 0.5)
    log = tissue.log(grid, angle_rad, rng)
    strip = _step(max(0.8 * pitch_px, 5.0) - np.abs(u), 0.3)
    for number in range(marks):
        if number not in missing:
            at = (number - (marks - 1) / 2) * pitch_px + rng.normal(0.0, jitter_px)
            log = log + contrast * strip * _step(half_mark - np.abs(s - at), 0.15)
    pixels = exposure.picture(np.exp(-np.asarray(log, np.float32)), rng)
    middle = np.array([size / 2 - 0.5, size / 2 - 0.5]) + shift
    half = (marks - 1) / 2 * pitch_px * np.array([cos, sin])
    ends = tuple((float(p[0]), float(p[1])) for p in (middle - half, middle + half))
    return Phantom(pixels, exposure.intensity, ends, pitch_px)


def _across(tube: Tube, kvp: float) -> tuple[Floats, Floats]:
    """What the tube lets through by the distance from its axis (px), each value the mean of a fine step."""
    rays = attenuation(kvp, _CEMENT)
    radius = tube.width_px / 2
    steps = np.linspace(0.0, tube.width_px, 6001)
    long = tube.outer_mm / math.cos(tube.tilt_rad)
    outer = long * np.sqrt(np.maximum(1.0 - (steps / radius) ** 2, 0.0))
    inner = long * np.sqrt(np.maximum(tube.inner_share**2 - (steps / radius) ** 2, 0.0))
    # a stylet leaves a gap that cannot be seen
    steel = outer if tube.content == "stylet" else outer - inner
    log = np.interp(steel, rays.thickness_mm, rays.steel_log)
    if tube.content == "cement":
        log = log + np.interp(inner, rays.thickness_mm, rays.cement_log)
    elif tube.content == "empty":
        log = log - rays.water_per_mm * inner
    return steps, np.exp(-log)


def _looked_up(at: Image, steps: Floats, values: Floats) -> Image:
    """Values of a table of even steps from 0; beyond its end 1. Averaged over the size of a fine sample."""
    step = float(steps[1])
    mirrored = np.concatenate([values[:0:-1], values])
    running = np.concatenate([[0.0], np.cumsum(mirrored)])
    width = max(1, round(1.0 / FINER / step))
    middle = len(values) - 1 + np.arange(len(values))
    low, high = middle - width // 2, np.minimum(middle - width // 2 + width, len(mirrored))
    mean = (running[high] - running[low]) / (high - low)
    index = np.minimum(np.rint(at / np.float32(step)), len(values) - 1).astype(np.int32)
    return np.asarray(mean[index], np.float32)


def _step(inside_px: NDArray[np.floating], soft_px: float) -> Image:
    """1 inside, 0 outside, with a soft edge."""
    return np.asarray(np.clip(0.5 + inside_px / (2.0 * soft_px), 0.0, 1.0), np.float32)


def _blurred(image: Image, sigma: float) -> Image:
    if sigma < 0.1:
        return image
    return np.asarray(cv2.GaussianBlur(image, (0, 0), sigma, borderType=cv2.BORDER_REFLECT), np.float32)
