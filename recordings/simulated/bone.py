"""How much bone the beam meets: a vertebra, body and arch, filled into voxels and added up along it."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from recordings.simulated.anatomy import Vertebra

Image = NDArray[np.float32]

PLANE_MM = 0.3
"""Sampling of a level's own plane (mm)."""

_VOXEL_MM = 0.5
_CANCELLOUS = 0.11
_ARCH = 0.30
_SHELL = 0.65
_SHELL_MM = 0.6
_BACK_MM = 56.0


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """An image in a level's own plane.

    Parameters
    ----------
    values : ndarray, shape (n, m), float32
    origin_mm : (float, float)
        Horizontal and vertical coordinate of the first sample's centre, from the level's centre.
    step_mm : float
    """

    values: Image
    origin_mm: tuple[float, float]
    step_mm: float = PLANE_MM


def project_bone(vertebra: Vertebra, projection: str, tilt_rad: float, rng: np.random.Generator) -> Plane:
    """Thickness of compact bone along the beam (mm), in the level's own plane.

    Parameters
    ----------
    vertebra : Vertebra
    projection : {"lateral", "ap"}
    tilt_rad : float
        AP only: how far the beam is off the endplates' plane.
    rng : Generator
        For the trabecular texture.
    """
    half_s = vertebra.height_mm * 0.5 + 22.0
    half_r = max(vertebra.width_mm / 2 + 4, 42.0)
    a = np.arange(vertebra.front_mm - 3, vertebra.back_mm + _BACK_MM, _VOXEL_MM, dtype=np.float32)
    s = np.arange(-half_s, half_s, _VOXEL_MM, dtype=np.float32)
    r = np.arange(-half_r, half_r, _VOXEL_MM, dtype=np.float32)
    density = np.zeros((len(a), len(s), len(r)), dtype=np.float32)
    _fill_body(density, vertebra, a, s, r)
    body = density.copy() if projection == "lateral" else density
    for start, end, radius, flat_s, flat_r in arch_rods(vertebra):
        _fill_rod(density, (a, s, r), start, end, radius, flat_s, flat_r)
    if projection == "lateral":
        bone = density.sum(axis=2).T * _VOXEL_MM
        of_body = body.sum(axis=2).T * _VOXEL_MM
        first = float(a[0])
    else:
        bone = _along_depth(density, a, tilt_rad)
        of_body = bone
        first = float(r[0])
    bone = bone + 0.10 * of_body * _trabeculae(bone.shape, rng)
    factor = _VOXEL_MM / PLANE_MM
    size = (int(bone.shape[1] * factor), int(bone.shape[0] * factor))
    origin = (first, float(s[0]))
    to_plane = np.array([[1 / factor, 0, 0], [0, 1 / factor, 0]])
    flags = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    fine = cv2.warpAffine(np.ascontiguousarray(bone, np.float32), to_plane, size, flags=flags)
    return Plane(np.maximum(fine, 0).astype(np.float32), origin)


def _fill_body(density: Image, vertebra: Vertebra, a: Image, s: Image, r: Image) -> None:
    inner = (a > vertebra.front_mm - 1) & (a < vertebra.back_mm + 1)
    mid = np.abs(s) < vertebra.height_mm / 2 + 1
    grid = np.ix_(inner, mid, np.ones(len(r), bool))
    depth = vertebra.inside_mm(a[inner][:, None, None], s[mid][None, :, None], r[None, None, :])
    density[grid] = _with_shell(depth, _CANCELLOUS)


def _with_shell(depth_mm: Image, core: float) -> Image:
    """Bone fraction of a voxel that lies so deep under the surface; edges are shared between voxels."""
    inside = np.clip(depth_mm / _VOXEL_MM + 0.5, 0, 1)
    deep = np.clip((depth_mm - _SHELL_MM) / _VOXEL_MM + 0.5, 0, 1)
    filled: Image = (_SHELL * (inside - deep) + core * deep).astype(np.float32)
    return filled


Rod = tuple[tuple[float, float, float], tuple[float, float, float], float, float, float]


def arch_rods(vertebra: Vertebra) -> list[Rod]:
    """Rods of the posterior elements: start, end, radius (mm), stretch along `s`, squeeze along `r`."""
    b, h, w = vertebra.back_mm, vertebra.height_mm, vertebra.width_mm
    rods: list[Rod] = [((b + 22, 3, 0), (b + 46, 11, 0), 5.5, 1.6, 0.5)]
    for side in (-1.0, 1.0):
        rods += [
            ((b - 2, -0.22 * h, side * 0.31 * w), (b + 9, -0.24 * h, side * 0.33 * w), 4.0, 1.5, 1.0),
            ((b + 12, 0, side * 0.30 * w), (b + 23, 3, side * 2), 3.2, 2.2, 1.0),
            ((b + 11, -0.60 * h, side * 0.37 * w), (b + 14, -0.10 * h, side * 0.34 * w), 4.2, 1.0, 0.9),
            ((b + 17, 0.10 * h, side * 0.30 * w), (b + 19, 0.72 * h, side * 0.28 * w), 4.4, 1.0, 0.9),
            ((b + 10, -0.18 * h, side * 0.36 * w), (b + 14, -0.22 * h, side * 38.0), 3.2, 1.3, 1.0),
        ]
    return rods


def _fill_rod(
    density: Image,
    axes: tuple[Image, Image, Image],
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    stretch_s: float,
    squeeze_r: float,
) -> None:
    """Add a rounded rod; where bone is already denser it stays."""
    shape = np.array([1.0, stretch_s, squeeze_r])
    reach = radius * shape + 1
    low, high = np.minimum(start, end) - reach, np.maximum(start, end) + reach
    windows = []
    for axis, lowest, highest in zip(axes, low, high, strict=True):
        first, last = np.searchsorted(axis, [lowest, highest])
        windows.append(slice(int(first), int(last)))
    p = [axis[window] for axis, window in zip(axes, windows, strict=True)]
    if min(len(q) for q in p) == 0:
        return
    x, y, z = p[0][:, None, None], p[1][None, :, None] / stretch_s, p[2][None, None, :] / squeeze_r
    begin, along = np.asarray(start) / shape, (np.asarray(end) - np.asarray(start)) / shape
    t = ((x - begin[0]) * along[0] + (y - begin[1]) * along[1] + (z - begin[2]) * along[2]) / (along @ along)
    t = np.clip(t, 0, 1)
    gap = np.sqrt(
        (x - begin[0] - t * along[0]) ** 2
        + (y - begin[1] - t * along[1]) ** 2
        + (z - begin[2] - t * along[2]) ** 2
    )
    part = density[windows[0], windows[1], windows[2]]
    np.maximum(part, _with_shell((radius - gap).astype(np.float32), _ARCH), out=part)


def _along_depth(density: Image, a: Image, tilt_rad: float) -> Image:
    """Sum along `a`, each slice moved along `s` by ``a tan(tilt)``."""
    if abs(tilt_rad) < 1e-6:
        whole: Image = density.sum(axis=0) * _VOXEL_MM
        return whole
    total = np.zeros(density.shape[1:], dtype=np.float32)
    for depth, plate in zip(a, density, strict=True):
        move = np.array([[1, 0, 0], [0, 1, depth * np.tan(tilt_rad) / _VOXEL_MM]], dtype=np.float64)
        total += cv2.warpAffine(plate, move, (plate.shape[1], plate.shape[0]))
    return total * _VOXEL_MM


def _trabeculae(shape: tuple[int, ...], rng: np.random.Generator) -> Image:
    """Unit-variance texture, longer along `s`, as the vertical trabeculae are."""
    white = rng.standard_normal(shape).astype(np.float32)
    fine = cv2.GaussianBlur(white, (0, 0), sigmaX=1.0, sigmaY=2.6)
    coarse = cv2.GaussianBlur(white[::-1], (0, 0), sigmaX=5.0, sigmaY=6.0)
    mixed: Image = 0.6 * fine / fine.std() + 0.6 * coarse / coarse.std()
    return mixed
