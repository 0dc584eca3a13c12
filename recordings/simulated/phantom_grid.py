"""Pictures of bead and wire-grid phantoms as an image intensifier distorts them, with the exact mapping.

A plate with steel balls or wires lies in a cone beam near the entrance window. Its shadow on the window is a
homography of the plate. The intensifier then adds pincushion (its curved input screen), a swirl that grows
with the square of the radius and a sigmoidal bend (stray magnetic fields on the electrons), and the shift of
the earth's field (Rudin, Bednarek and Wong, Medical Physics 18, 1991; Gutierrez and others, Medical Physics
35, 2008).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import RectBivariateSpline

from monitor.frame import PixelIntensityRelationship, Pixels
from recordings.simulated.detector import Detector

Floats = NDArray[np.float64]
Image = NDArray[np.float32]

_FINE = 2
"""Samples per pixel, along each axis."""
_COARSE_PX = 4
_STEEL_PER_MM = 0.55
"""Attenuation of iron for a beam of 70 kVp behind a light filter, hardened by the first tenths (1/mm)."""
_NEWTON_STEPS, _CONVERGED = 30, 1e-12


@dataclass(frozen=True, slots=True)
class Plate:
    """A phantom: what is on the plate and how the plate lies.

    Parameters
    ----------
    pitch_mm : float
        Distance of neighbours on the lattice.
    lattice : "square" or "hexagonal"
    marks : "beads" or "wires"
        Wires lie along both axes of a square lattice.
    mark_mm : float
        Diameter of a ball or a wire.
    turn_deg : float
        Rotation in its own plane.
    offset_mm : tuple of float
        Where its middle lies from the axis of the beam.
    height_mm : float
        Above the entrance window.
    tilt_deg : tuple of float
        About the image's horizontal and vertical axis.
    missing : tuple of (int, int)
        Lattice indices without a bead.
    doubled : tuple of (float, float)
        Beads that do not belong to the lattice, in units of lattice indices.
    """

    pitch_mm: float = 10.0
    lattice: Literal["square", "hexagonal"] = "square"
    marks: Literal["beads", "wires"] = "beads"
    mark_mm: float = 2.0
    turn_deg: float = 0.0
    offset_mm: tuple[float, float] = (0.0, 0.0)
    height_mm: float = 10.0
    tilt_deg: tuple[float, float] = (0.0, 0.0)
    missing: tuple[tuple[int, int], ...] = ()
    doubled: tuple[tuple[float, float], ...] = ()

    @property
    def basis_mm(self) -> Floats:
        """Lattice vectors as columns, shape (2, 2) (mm)."""
        slant = (0.0, 1.0) if self.lattice == "square" else (0.5, math.sqrt(0.75))
        return self.pitch_mm * np.array([[1.0, slant[0]], [0.0, slant[1]]])


@dataclass(frozen=True, slots=True)
class Intensifier:
    """An image intensifier with its camera.

    Parameters
    ----------
    rows, columns : int
    field_mm : float
        Diameter of the field on the entrance window.
    source_mm : float
        Distance of the source from the entrance window.
    pincushion : float
        By how much the edge of the field is drawn outwards, relative to the middle's scale.
    swirl_deg : float
        Rotation of the edge of the field against the middle; it grows with the square of the radius.
    sigmoid : float
        Amplitude of the S-shape, relative to the field's radius; its axis is `sigmoid_deg`.
    shift : tuple of float
        By the earth's field, relative to the field's radius.
    fill : float
        Diameter of the shown field relative to the shorter side of the frame.
    vignetting : float
        Loss of brightness at the edge.
    glare : float
        Part of the light that is spread widely (veiling glare).
    blur_px, mean_quanta : float
        As `Detector`.
    relationship, gamma, bits
        As `Detector`.
    inverted : bool
        Stored the other way round: beads are bright; the mask around the field stays black.
    """

    rows: int = 1024
    columns: int = 1024
    field_mm: float = 230.0
    source_mm: float = 1000.0
    pincushion: float = 0.08
    swirl_deg: float = 3.5
    sigmoid: float = 0.01
    sigmoid_deg: float = 0.0
    shift: tuple[float, float] = (0.01, -0.01)
    fill: float = 0.97
    vignetting: float = 0.25
    glare: float = 0.15
    blur_px: float = 1.0
    mean_quanta: float = 400.0
    relationship: PixelIntensityRelationship = PixelIntensityRelationship.LIN
    gamma: float = 1.0
    bits: int = 12
    inverted: bool = False

    @property
    def radius_px(self) -> float:
        """Radius of the shown field (px)."""
        return self.fill * min(self.rows, self.columns) / 2

    @property
    def central_mm_per_px(self) -> float:
        """Millimetres on the entrance window per pixel in the middle of the field."""
        return self.field_mm / 2 * (1 + self.pincushion) / self.radius_px


class Mapping:
    """The exact way from plate to frame and back.

    Parameters
    ----------
    plate : Plate
    intensifier : Intensifier
    """

    def __init__(self, plate: Plate, intensifier: Intensifier) -> None:
        self._plate, self._tube = plate, intensifier
        self._to_window = _cone_beam(plate, intensifier.source_mm)
        self._to_plate: Floats = np.asarray(np.linalg.inv(self._to_window), np.float64)
        self.centre_px = np.array([(intensifier.columns - 1) / 2, (intensifier.rows - 1) / 2])

    def lattice_px(self, indices: NDArray[np.floating]) -> Floats:
        """Frame px of lattice places, shape (n, 2)."""
        return self.plate_to_frame(np.asarray(indices, np.float64) @ self._plate.basis_mm.T)

    def plate_to_frame(self, points_mm: Floats) -> Floats:
        """Frame px of points on the plate, shape (n, 2)."""
        return self.window_to_frame(_projected(points_mm, self._to_window))

    def frame_to_plate(self, points_px: Floats) -> Floats:
        """Points of the plate (mm) that are seen at frame px, shape (n, 2)."""
        return _projected(self.frame_to_window(points_px), self._to_plate)

    def window_to_frame(self, points_mm: Floats) -> Floats:
        """Frame px of points on the flat entrance window, shape (n, 2)."""
        tube = self._tube
        out = self._bent(np.asarray(points_mm, np.float64) / (tube.field_mm / 2))
        seen: Floats = out * (tube.radius_px / (1 + tube.pincushion)) + self.centre_px
        return seen

    def frame_to_window(self, points_px: Floats) -> Floats:
        """Points of the flat entrance window (mm) that are seen at frame px, shape (n, 2); by Newton."""
        tube = self._tube
        wanted = (np.asarray(points_px, np.float64) - self.centre_px) * (
            (1 + tube.pincushion) / tube.radius_px
        )
        u = wanted.copy()
        step = 1e-6
        right_step, down_step = np.array([step, 0.0]), np.array([0.0, step])
        for _ in range(_NEWTON_STEPS):
            missed = wanted - self._bent(u)
            if np.abs(missed).max(initial=0.0) < _CONVERGED:
                break
            right = (self._bent(u + right_step) - self._bent(u - right_step)) / (2 * step)
            down = (self._bent(u + down_step) - self._bent(u - down_step)) / (2 * step)
            area = right[:, 0] * down[:, 1] - right[:, 1] * down[:, 0]
            u[:, 0] += (missed[:, 0] * down[:, 1] - missed[:, 1] * down[:, 0]) / area
            u[:, 1] += (right[:, 0] * missed[:, 1] - right[:, 1] * missed[:, 0]) / area
        found: Floats = u * (tube.field_mm / 2)
        return found

    def _bent(self, u: Floats) -> Floats:
        """What the tube makes of a point, both relative to the field's radius."""
        tube = self._tube
        square = (u**2).sum(axis=1)
        angle = math.radians(tube.swirl_deg) * square
        cos, sin = np.cos(angle), np.sin(angle)
        x = (cos * u[:, 0] - sin * u[:, 1]) * (1 + tube.pincushion * square)
        y = (sin * u[:, 0] + cos * u[:, 1]) * (1 + tube.pincushion * square)
        ax, ay = math.cos(math.radians(tube.sigmoid_deg)), math.sin(math.radians(tube.sigmoid_deg))
        bend = tube.sigmoid * np.sin(math.pi * (ax * u[:, 0] + ay * u[:, 1]))
        return np.stack([x - ay * bend + tube.shift[0], y + ax * bend + tube.shift[1]], axis=1)


def picture(plate: Plate, intensifier: Intensifier, seed: int) -> tuple[Pixels, Mapping]:
    """A frame of the phantom, and the mapping that made it.

    Returns
    -------
    pixels : ndarray, uint8 or uint16, shape (rows, columns)
    mapping : Mapping
    """
    tube = intensifier
    mapping = Mapping(plate, tube)
    thickness = _thickness(plate, tube, mapping)
    light = np.exp(np.float32(-_STEEL_PER_MM) * thickness)
    light = np.asarray(cv2.resize(light, (tube.columns, tube.rows), interpolation=cv2.INTER_AREA), np.float32)
    y, x = np.ogrid[: tube.rows, : tube.columns]
    radius = np.hypot(x - mapping.centre_px[0], y - mapping.centre_px[1]) / tube.radius_px
    light *= (1 - tube.vignetting * np.minimum(radius, 1.2) ** 2).astype(np.float32)
    open_field = np.clip((1 - radius) * tube.radius_px / 1.5 + 0.5, 0, 1).astype(np.float32)
    light *= open_field
    if tube.glare:
        light = (1 - tube.glare) * light + tube.glare * _spread(light)
    detector = Detector(
        mm_per_px=tube.central_mm_per_px,
        mean_quanta=tube.mean_quanta,
        blur_px=0.0,
        electronic_quanta=2.0,
        relationship=tube.relationship,
        gamma=tube.gamma,
        bits=tube.bits,
    )
    light = np.asarray(cv2.GaussianBlur(light, (0, 0), max(tube.blur_px, 0.2)), np.float32)
    noisy = detector.expose(light, np.random.default_rng([seed, 77]))
    # the camera's own blur is what makes noise of neighbouring pixels alike
    noisy = np.asarray(cv2.GaussianBlur(noisy, (0, 0), 0.5), np.float32)
    stored = detector.store(noisy)
    if tube.inverted:
        np.subtract((1 << tube.bits) - 1, stored, out=stored, casting="unsafe")
    stored[radius > 1 + 1 / tube.radius_px] = 0
    return stored, mapping


def _thickness(plate: Plate, tube: Intensifier, mapping: Mapping) -> Image:
    """Steel that each fine pixel's ray goes through (mm), shape (fine rows, fine columns)."""
    # the mapping is smooth: known exactly at every fourth pixel, a cubic spline is exact to a millionth
    across = np.arange(-_COARSE_PX, tube.columns + 2 * _COARSE_PX, _COARSE_PX, dtype=np.float64)
    down = np.arange(-_COARSE_PX, tube.rows + 2 * _COARSE_PX, _COARSE_PX, dtype=np.float64)
    coarse = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    places = mapping.frame_to_plate(coarse) @ np.linalg.inv(plate.basis_mm).T
    fine_x = (np.arange(tube.columns * _FINE) + 0.5) / _FINE - 0.5
    fine_y = (np.arange(tube.rows * _FINE) + 0.5) / _FINE - 0.5
    shape = (len(down), len(across))
    i, j = (
        np.asarray(RectBivariateSpline(down, across, places[:, k].reshape(shape))(fine_y, fine_x), np.float32)
        for k in (0, 1)
    )
    if plate.marks == "wires":
        pitch = np.float32(plate.pitch_mm)
        both: Image = _chord((i - np.rint(i)) * pitch, plate.mark_mm)
        both += _chord((j - np.rint(j)) * pitch, plate.mark_mm)
        return both
    near_i, near_j = np.rint(i), np.rint(j)
    thickness = _chord(_distance(i - near_i, j - near_j, plate), plate.mark_mm)
    for lost in plate.missing:
        thickness[(near_i == lost[0]) & (near_j == lost[1])] = 0.0
    for k, m in plate.doubled:
        thickness += _chord(_distance(i - np.float32(k), j - np.float32(m), plate), plate.mark_mm)
    return thickness


def _distance(i: Image, j: Image, plate: Plate) -> Image:
    (ax, bx), (_, by) = plate.basis_mm
    x, y = np.float32(ax) * i + np.float32(bx) * j, np.float32(by) * j
    return np.asarray(cv2.magnitude(x, y), dtype=np.float32)


def _chord(distance_mm: Image, diameter_mm: float) -> Image:
    square: Image = np.float32(diameter_mm**2 / 4) - distance_mm**2
    chord: Image = 2 * np.sqrt(np.maximum(square, np.float32(0)))
    return chord


def _spread(light: Image) -> Image:
    rows, columns = light.shape
    small = cv2.resize(light, (max(columns // 16, 8), max(rows // 16, 8)), interpolation=cv2.INTER_AREA)
    broad = cv2.GaussianBlur(small, (0, 0), 0.12 * min(small.shape))
    return np.asarray(cv2.resize(broad, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)


def _cone_beam(plate: Plate, source_mm: float) -> Floats:
    """Homography from the plate (mm) to the entrance window (mm), shape (3, 3)."""
    turn = math.radians(plate.turn_deg)
    tilt_x, tilt_y = (math.radians(angle) for angle in plate.tilt_deg)
    about_z = np.array([[math.cos(turn), -math.sin(turn)], [math.sin(turn), math.cos(turn)], [0.0, 0.0]])
    about_x = np.array(
        [
            [1.0, 0.0, 0.0],
            [0.0, math.cos(tilt_x), -math.sin(tilt_x)],
            [0.0, math.sin(tilt_x), math.cos(tilt_x)],
        ]
    )
    about_y = np.array(
        [
            [math.cos(tilt_y), 0.0, math.sin(tilt_y)],
            [0.0, 1.0, 0.0],
            [-math.sin(tilt_y), 0.0, math.cos(tilt_y)],
        ]
    )
    axes = about_y @ about_x @ about_z
    origin = np.array([*plate.offset_mm, plate.height_mm])
    in_space = np.column_stack([axes, origin])
    # a point at a height z above the window is seen at source / (source - z) times its place
    return np.vstack([source_mm * in_space[:2], [0.0, 0.0, source_mm] - in_space[2]])


def _projected(points: NDArray[np.floating], matrix: Floats) -> Floats:
    flat = np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2]
    out: Floats = flat[:, :2] / flat[:, 2:]
    return out
