"""Vertebrae from labels: sharp bone, the body without its arch, and what an operator would mark."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from benchmarks.ct_model.volume import Ct, Float32, Float64, Pose, refine

_SMOOTH_VOXELS = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Axes:
    """The body's own axes in detector coordinates (mm), ``(u, v, w)``.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        Centroid of the body.
    anterior, superior, right : ndarray, shape (3,)
        Unit vectors.
    wall_mm : float
        Where the posterior wall is along `anterior`, from the centre (negative).
    front_mm, top_mm, bottom_mm, half_width_mm : float
        Extents of the body along its axes, from the centre.
    """

    centre: Float64
    anterior: Float64
    superior: Float64
    right: Float64
    wall_mm: float
    front_mm: float
    top_mm: float
    bottom_mm: float
    half_width_mm: float

    def point(self, anterior_mm: float, superior_mm: float, right_mm: float) -> Float64:
        """Detector coordinates of a point given along the body's axes."""
        return self.centre + anterior_mm * self.anterior + superior_mm * self.superior + right_mm * self.right


@dataclass(frozen=True, slots=True, eq=False)
class Box:
    """A grid of voxels with axes ``(v, u, w)`` in detector coordinates."""

    start_mm: Float64
    step_mm: float
    shape: tuple[int, int, int]

    def coordinate(self, axis: int) -> Float32:
        """Centres along ``v``, ``u`` or ``w`` (mm), shaped to broadcast."""
        line = self.start_mm[axis] + self.step_mm * np.arange(self.shape[axis])
        return line.astype(np.float32).reshape([-1 if k == axis else 1 for k in range(3)])

    def along(self, origin: Float64, direction: Float64) -> Float32:
        """Coordinate of every voxel along a direction given as ``(u, v, w)`` (mm)."""
        parts = [
            np.float32(direction[component]) * (self.coordinate(axis) - np.float32(origin[component]))
            for axis, component in ((0, 1), (1, 0), (2, 2))
        ]
        return parts[0] + parts[1] + parts[2]

    def index(self, point: Float64) -> tuple[int, int, int]:
        """Nearest voxel of a point ``(u, v, w)``."""
        at = np.round((np.asarray(point)[[1, 0, 2]] - self.start_mm) / self.step_mm).astype(int)
        at = np.clip(at, 0, np.array(self.shape) - 1)
        return int(at[0]), int(at[1]), int(at[2])


def box_around(low_mm: Float64, high_mm: Float64, step_mm: float) -> Box:
    """Grid over a range given as ``(u, v, w)``."""
    low, high = np.asarray(low_mm)[[1, 0, 2]], np.asarray(high_mm)[[1, 0, 2]]
    n = np.maximum(2, np.ceil((high - low) / step_mm).astype(int) + 1)
    return Box(low, step_mm, (int(n[0]), int(n[1]), int(n[2])))


def posterior_wall_of(labels: NDArray[np.int16], label: int) -> tuple[Float64, float, float]:
    """Find the wall between body and canal on the CT grid.

    In the middle sagittal slices a vertebra is a body, a gap (the canal) and a spinous process; the end
    of the first run from the front is the wall. A line is fitted through the slices that show a gap.

    Returns
    -------
    middle : ndarray, shape (3,)
        CT index of the centre of the body, roughly.
    wall : float
        Anterior index of the wall at the centre's height.
    slope : float
        Anterior indices per index upwards.
    """
    at = np.argwhere(labels == label)
    x0 = round(float(np.median(at[:, 0])))
    heights, walls, fronts = [], [], []
    for x in range(x0 - 2, x0 + 3):
        for z in range(at[:, 2].min(), at[:, 2].max() + 1):
            run = np.flatnonzero(labels[x, :, z] == label)[::-1]
            if run.size < 5:
                continue
            gap = np.flatnonzero(np.diff(run) < -1)
            end = gap[0] if gap.size else run.size - 1
            if run[0] - run[end] >= 5:
                heights.append(z)
                walls.append(run[end] - 0.5)
                fronts.append(run[0] + 0.5)
    z, wall, front = np.array(heights, float), np.array(walls, float), np.array(fronts, float)
    keep = np.abs(wall - np.median(wall)) < 5
    for _ in range(3):
        slope, offset = np.polyfit(z[keep], wall[keep], 1)
        miss = np.abs(wall - (slope * z + offset))
        keep = miss <= max(0.8, float(np.median(miss[keep])) * 2.5)
    z_mid = float(np.median(z[keep]))
    at_mid = slope * z_mid + offset
    return np.array([x0, (at_mid + np.median(front)) / 2, z_mid]), float(at_mid), float(slope)


@dataclass(frozen=True, slots=True, eq=False)
class Vertebra:
    """The treated vertebra on a fine grid.

    Parameters
    ----------
    box : Box
    bone : ndarray, float32
        1 inside bone of any vertebra, 0 outside, 0.5 at its surface.
    depth_mm : ndarray, float32
        How deep inside the treated body, negative outside of it.
    others : ndarray of bool
        Bone of other vertebrae and of the arch.
    axes : Axes
    """

    box: Box
    bone: Float32
    depth_mm: Float32
    others: NDArray[np.bool_]
    axes: Axes


def smooth_label(ct: Ct, label: int) -> tuple[Float32, tuple[slice, slice, slice]]:
    """Spline coefficients of a label's smoothed indicator, cut out, and where they lie."""
    where = ndimage.find_objects((ct.labels == label).astype(np.int8))[0]
    cut = tuple(
        slice(max(0, s.start - 5), min(n, s.stop + 5)) for s, n in zip(where, ct.labels.shape, strict=True)
    )
    cut = (cut[0], cut[1], cut[2])
    soft = ndimage.gaussian_filter((ct.labels[cut] == label).astype(np.float32), _SMOOTH_VOXELS)
    return ndimage.spline_filter(soft, order=3, output=np.float32, mode="nearest"), cut


def sample_label(ct: Ct, pose: Pose, label: int, box: Box) -> Float32:
    """A label's smoothed indicator on a box."""
    soft, cut = smooth_label(ct, label)
    moved = Pose(pose.centre - np.array([s.start for s in cut]), pose.to_index)
    low, high = label_range(ct, pose, label, 5.0)
    reach = [(low[k], high[k]) for k in (1, 0, 2)]
    first = [max(0, int((a - o) / box.step_mm)) for (a, _), o in zip(reach, box.start_mm, strict=True)]
    last = [
        min(n, int((b - o) / box.step_mm) + 1)
        for (_, b), o, n in zip(reach, box.start_mm, box.shape, strict=True)
    ]
    out = np.zeros(box.shape, np.float32)
    shape = [b - a for a, b in zip(first, last, strict=True)]
    if min(shape) > 1:
        times = 3
        coarse = tuple(-(-n // times) + 1 for n in shape)
        start = box.start_mm + box.step_mm * np.array(first)
        part = moved.sample(
            soft, start, np.full(3, box.step_mm * times), (coarse[0], coarse[1], coarse[2]), 3
        )
        part = refine(part, times, (shape[0], shape[1], shape[2]))
        out[first[0] : last[0], first[1] : last[1], first[2] : last[2]] = part
    return out


def label_range(ct: Ct, pose: Pose, label: int, margin_mm: float) -> tuple[Float64, Float64]:
    """Smallest and largest ``(u, v, w)`` of a label (mm)."""
    mm = pose.to_mm(np.argwhere(ct.labels == label).astype(np.float64))
    return mm.min(axis=0) - margin_mm, mm.max(axis=0) + margin_mm


def segment_vertebra(ct: Ct, pose: Pose, label: int, step_mm: float, around_mm: float) -> Vertebra:
    """Cut the body of a vertebra out of its label and find its axes."""
    middle, wall, slope = posterior_wall_of(ct.labels, label)
    up = np.array([0.0, slope, 1.0]) / np.hypot(slope, 1.0)
    forth = np.array([0.0, up[2], -up[1]])
    to_mm = pose.from_index
    superior, anterior = (to_mm @ up, to_mm @ forth)
    superior, anterior = superior / np.linalg.norm(superior), anterior / np.linalg.norm(anterior)
    right = to_mm @ np.array([1.0, 0, 0])
    right = right / np.linalg.norm(right)
    wall_point = pose.to_mm(np.array([[middle[0], wall, middle[2]]]))[0]
    rough = pose.to_mm(middle[None])[0]

    low, high = label_range(ct, pose, label, 4.0)
    low, high = np.maximum(low, rough - 40 - around_mm), np.minimum(high, rough + 40 + around_mm)
    reach = np.array([40.0, 40.0, 40.0]) + around_mm
    low, high = np.minimum(low, rough - reach), np.maximum(high, rough + reach)
    box = box_around(low, high, step_mm)
    own = sample_label(ct, pose, label, box)
    before = box.along(wall_point, anterior) > 0
    body = (own > 0.5) & before & (np.abs(box.along(rough, right)) < 40)
    parts, n = ndimage.label(body)
    if n > 1:
        body = parts == np.bincount(parts.ravel())[1:].argmax() + 1
    others = (own > 0.5) & ~body
    bone = own.copy()
    for other in np.unique(ct.labels):
        if other in (label - 2, label - 1, label + 1, label + 2) and other >= 26:
            lowest, highest = label_range(ct, pose, int(other), 4.0)
            if (lowest < high).all() and (highest > low).all():
                soft = sample_label(ct, pose, int(other), box)
                others |= soft > 0.5
                np.maximum(bone, soft, out=bone)
    cut = ndimage.find_objects(body.astype(np.int8))[0]
    pad = round(6 / step_mm)
    cut = tuple(slice(max(0, s.start - pad), s.stop + pad) for s in cut)
    depth = np.full(body.shape, -6.0, np.float32)
    inside = ndimage.distance_transform_edt(body[cut]) - 0.5 * body[cut]
    outside = ndimage.distance_transform_edt(~body[cut]) - 0.5 * ~body[cut]
    depth[cut] = ((inside - outside) * step_mm).astype(np.float32)

    at = np.argwhere(body).astype(np.float64) * step_mm + box.start_mm
    points = at[:, [1, 0, 2]]
    centre = points.mean(axis=0)
    along = [(points - centre) @ d for d in (anterior, superior, right)]
    ends = [(float(np.percentile(c, 1.0)), float(np.percentile(c, 99.0))) for c in along]
    axes = Axes(
        centre,
        anterior,
        superior,
        right,
        float((wall_point - centre) @ anterior),
        ends[0][1],
        ends[1][1],
        ends[1][0],
        (ends[2][1] - ends[2][0]) / 2,
    )
    return Vertebra(box, bone, depth, others, axes)


def sharp_bone(soft: Float32, step_mm: float, shell_g_cm3: float) -> Float32:
    """Bone without the CT's blur: a cortical shell of about 1 mm and an even inside (g/cm3)."""
    slope = sum(np.square(g) for g in np.gradient(soft, step_mm))
    depth = (soft - 0.5) / np.maximum(np.sqrt(slope), 0.03)
    shell = np.exp(-np.square((depth - 0.6) / 0.5))
    return (shell_g_cm3 * shell + 0.17 / (1 + np.exp(-np.clip(depth / 0.25, -30, 30)))).astype(np.float32)


def body_outline(vertebra: Vertebra) -> NDArray[np.float64]:
    """Silhouette of the body, shape (n, 2), ``(u, v)`` in mm."""
    thick = (vertebra.depth_mm > 0).sum(axis=2) * vertebra.box.step_mm
    shadow = cv2.GaussianBlur((thick > 1.0).astype(np.float32), (0, 0), 0.8 / vertebra.box.step_mm)
    scale = 4
    large = cv2.resize(shadow, None, fx=scale, fy=scale, interpolation=cv2.INTER_LINEAR)
    contours, _ = cv2.findContours((large > 0.5).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    outer = max(contours, key=cv2.contourArea)[:, 0, :].astype(np.float64)
    outer = ndimage.gaussian_filter1d((outer + 0.5) / scale - 0.5, 3.0, axis=0, mode="wrap")
    return outer * vertebra.box.step_mm + vertebra.box.start_mm[[1, 0]]


def outline_sides(
    outline: NDArray[np.float64], axes: Axes, across: Float64
) -> dict[str, NDArray[np.float64]]:
    """Cut a silhouette at its four corners and thin it.

    Parameters
    ----------
    outline : ndarray, shape (n, 2)
    axes : Axes
    across : ndarray, shape (3,)
        The body's axis that lies across its height in this view: anterior or right.

    Returns
    -------
    dict
        ``body`` (closed, not repeated) and the sides ``top``, ``bottom``, ``plus`` and ``minus`` along
        `across`, all ``(u, v)`` in mm.
    """
    centre = (outline.min(axis=0) + outline.max(axis=0)) / 2
    s = (outline - centre) @ (axes.superior[:2] / np.linalg.norm(axes.superior[:2]))
    c = (outline - centre) @ (across[:2] / np.linalg.norm(across[:2]))
    s, c = s / np.ptp(s), c / np.ptp(c)
    corner = {(i, j): int(np.argmax(i * s + j * c)) for i in (1, -1) for j in (1, -1)}
    n = len(outline)

    def between(a: int, b: int) -> NDArray[np.int64]:
        """Indices along the shorter way round."""
        forward, backward = (b - a) % n, (a - b) % n
        return (a + np.arange(forward + 1)) % n if forward <= backward else (a - np.arange(backward + 1)) % n

    def thin(indices: NDArray[np.int64], points: int) -> NDArray[np.float64]:
        line = outline[indices]
        length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
        at = np.linspace(0, length[-1], points)
        return np.stack([np.interp(at, length, line[:, k]) for k in range(2)], axis=1)

    sides = {
        "top": thin(between(corner[1, -1], corner[1, 1]), 7),
        "plus": thin(between(corner[1, 1], corner[-1, 1]), 6),
        "bottom": thin(between(corner[-1, 1], corner[-1, -1]), 7),
        "minus": thin(between(corner[-1, -1], corner[1, -1]), 6),
    }
    sides["body"] = np.vstack([sides[name][:-1] for name in ("top", "plus", "bottom", "minus")])
    return sides
