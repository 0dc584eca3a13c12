"""What lies in front of and behind the spine: soft tissue, lung, bowel gas, ribs, the table.

Images are log-attenuation relative to the mean patient, sampled every `STEP_MM` on a canvas wider
than the field, so that it can move.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated.anatomy import Placed

Image = NDArray[np.float32]

STEP_MM = 0.5
MARGIN_MM = 30.0


def soft_tissue(
    field_mm: float, projection: str, spine: tuple[Placed, ...], bone_per_mm: float, rng: np.random.Generator
) -> Image:
    """Log-attenuation of everything that moves with breathing but is not spine.

    Parameters
    ----------
    field_mm : float
        Side of the field (mm); the canvas is `MARGIN_MM` wider on each side.
    projection : {"lateral", "ap"}
    spine : tuple of Placed
        Where ribs start.
    bone_per_mm : float
        Effective attenuation of bone over soft tissue (1/mm).
    rng : Generator
    """
    n = int(np.ceil((field_mm + 2 * MARGIN_MM) / STEP_MM))
    axis = ((np.arange(n) - (n - 1) / 2) * STEP_MM).astype(np.float32)
    x, y = axis[None, :], axis[:, None]
    log = _clouds(n, rng)
    if projection == "lateral":
        log += _abdomen_from_side(x, y, spine, rng)
    else:
        log += _abdomen_from_front(x, y, rng)
    for _ in range(7 if projection == "lateral" else 9):
        _gas(log, axis, projection, rng)
    ribs = np.zeros((n, n), dtype=np.float32)
    for placed in spine:
        if placed.vertebra.name in ("T10", "T11", "T12"):
            _ribs(ribs, placed, projection, rng)
    log += bone_per_mm * cv2.GaussianBlur(ribs, (0, 0), 0.8 / STEP_MM)
    return log


def fixed(field_mm: float, n: int, projection: str, rng: np.random.Generator) -> Image:
    """Log-attenuation of what stands still: the heel effect, the table, shape (n, n) over the field."""
    axis = (((np.arange(n) - (n - 1) / 2) / n) * field_mm).astype(np.float32)
    x, y = axis[None, :], axis[:, None]
    slope = 0.10 * rng.uniform(-1, 1, size=2)
    log = slope[0] * x / field_mm + slope[1] * y / field_mm + 0.16 * (x**2 + y**2) / (field_mm / 2) ** 2
    if projection == "lateral":
        edge = -field_mm * rng.uniform(0.40, 0.46)
        log = log + 0.22 * _sigmoid((edge - x).astype(np.float32), 0.6)
        log = log + 0.10 * np.exp(-(((x - edge - 3) / 0.8) ** 2))
    return np.broadcast_to(log, (n, n)).astype(np.float32).copy()


def collimator(n: int, rng: np.random.Generator) -> Image:
    """Part of the beam that is let through, shape (n, n): an octagon with soft edges."""
    inset = 0.012 + 0.02 * rng.random(4)
    corner = 0.055 + 0.03 * rng.random()
    left, right, top, bottom = inset[0] * n, n - inset[1] * n, inset[2] * n, n - inset[3] * n
    c = corner * n
    octagon = np.array(
        [
            [left + c, top],
            [right - c, top],
            [right, top + c],
            [right, bottom - c],
            [right - c, bottom],
            [left + c, bottom],
            [left, bottom - c],
            [left, top + c],
        ]
    )
    mask = np.full((n, n), 0.012, dtype=np.float32)
    cv2.fillPoly(mask, [np.round(octagon * 16).astype(np.int32)], 1.0, shift=4)
    return cv2.GaussianBlur(mask, (0, 0), max(n / 512 * 1.6, 0.5)).astype(np.float32)


def _clouds(n: int, rng: np.random.Generator) -> Image:
    """Low, soft unevenness of muscle, fat and bowel."""
    total = np.zeros((n, n), dtype=np.float32)
    for size_mm, amplitude in ((22.0, 0.07), (8.0, 0.035), (2.5, 0.012)):
        m = max(int(n * STEP_MM / size_mm * 3), 8)
        coarse = rng.standard_normal((m, m)).astype(np.float32)
        total += amplitude * cv2.resize(coarse, (n, n), interpolation=cv2.INTER_CUBIC)
    return total


def _sigmoid(x: Image, width_mm: float) -> Image:
    smooth: Image = 1 / (1 + np.exp(-np.clip(x / width_mm, -30, 30)))
    return smooth


def _abdomen_from_side(x: Image, y: Image, spine: tuple[Placed, ...], rng: np.random.Generator) -> Image:
    column = np.interp(y[:, 0], [p.centre_mm[1] for p in spine], [p.centre_mm[0] for p in spine])[:, None]
    x = (x - column.astype(np.float32)).astype(np.float32)
    # Lung in front of and above the dome of the diaphragm, and behind in the recess.
    dome = -62 + 0.011 * (x + 35) ** 2 + rng.uniform(-6, 6)
    log = -0.50 * _sigmoid((dome - y).astype(np.float32), 1.2) * _sigmoid((22 - x).astype(np.float32), 5.0)
    recess = -38 - 0.9 * np.abs(x - 38) + rng.uniform(-6, 6)
    log -= 0.16 * _sigmoid((recess - y).astype(np.float32), 2.0)
    # The back: muscle thins out towards the skin.
    skin = 86 + 0.0012 * y**2 + rng.uniform(-3, 5)
    log -= 0.30 * _sigmoid((x - (skin - 26)).astype(np.float32), 9.0)
    log -= 1.5 * _sigmoid((x - skin).astype(np.float32), 0.9)
    # Aorta and psoas, broad and faint, in front of and over the column.
    log += 0.05 * np.exp(-(((x + 32) / 9) ** 2)).astype(np.float32)
    log += 0.12 * np.exp(-(((x - 2) / 24) ** 2)).astype(np.float32)
    return log.astype(np.float32)


def _abdomen_from_front(x: Image, y: Image, rng: np.random.Generator) -> Image:
    log = np.zeros((y.shape[0], x.shape[1]), dtype=np.float32)
    for side in (-1.0, 1.0):
        dome = -58 + 0.012 * (side * x - 55) ** 2 + rng.uniform(-6, 6)
        lung = _sigmoid((dome - y).astype(np.float32), 1.2)
        log -= 0.45 * lung * _sigmoid((side * x - 20).astype(np.float32), 4.0)
        psoas = 18 + 0.28 * (y + 20)
        log += 0.06 * _sigmoid((psoas - side * x).astype(np.float32), 1.5) * _sigmoid(y, 10.0)
        kidney = ((side * x - 58) / 24) ** 2 + ((y - 12 * side) / 42) ** 2
        log += 0.06 * _sigmoid((1 - kidney).astype(np.float32), 0.06)
    return log + (0.14 * np.exp(-((x / 30) ** 2))).astype(np.float32)


def _gas(log: Image, axis: Image, projection: str, rng: np.random.Generator) -> None:
    """A bubble of bowel gas: a lobed patch with a fairly sharp edge."""
    if projection == "lateral":
        cx, cy = rng.uniform(-105, -48), rng.uniform(-45, 105)
    else:
        cx, cy = rng.choice([-1, 1]) * rng.uniform(15, 95), rng.uniform(-20, 105)
    size = rng.uniform(6, 15)
    depth = rng.uniform(0.10, 0.30)
    angle = np.arctan2(axis[:, None] - cy, axis[None, :] - cx)
    lobes = 1 + 0.22 * np.sin(2 * angle + rng.uniform(0, 6)) + 0.12 * np.sin(3 * angle + rng.uniform(0, 6))
    away = np.hypot(axis[:, None] - cy, (axis[None, :] - cx) / 1.3) / (size * lobes)
    edge = _sigmoid(((1 - away) * size).astype(np.float32), 0.8)
    log -= (depth * edge * np.sqrt(np.clip(1.05 - away**2, 0.05, 1))).astype(np.float32)


def _ribs(ribs: Image, placed: Placed, projection: str, rng: np.random.Generator) -> None:
    """Draw a pair of ribs as compact-bone thickness (mm): two cortices and a fainter middle."""
    n = ribs.shape[0]
    a, s = placed.centre_mm
    t = np.linspace(0, 1, 40)
    length = 0.45 if placed.vertebra.name == "T12" else 1.0
    for side in (-1.0, 1.0):
        shift = rng.uniform(-3, 3)
        if projection == "lateral":
            x = a + 26 + side * 3 + 10 * np.sin(np.pi * t * length) - 135 * (t * length) ** 1.2
            y = s - 8 + shift + 62 * (t * length) ** 0.8
        else:
            x = placed.centre_r_mm + side * (20 + 85 * np.sin(np.pi / 2 * t * length))
            y = s - 8 + shift + 45 * (t * length) ** 1.3
        line = np.stack([x, y], axis=1) / STEP_MM + (n - 1) / 2
        points = np.round(line * 16).astype(np.int32).reshape(-1, 1, 2)
        one = np.zeros_like(ribs)
        cv2.polylines(one, [points], False, 3.2, thickness=int(11 / STEP_MM), lineType=cv2.LINE_8, shift=4)
        cv2.polylines(one, [points], False, 1.7, thickness=int(8.6 / STEP_MM), lineType=cv2.LINE_8, shift=4)
        ribs += one
