"""Line integrals of the patient: what moves with the spine, what moves on its own, and bowel gas."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from benchmarks.ct_model.anatomy import Axes, box_around, label_range, sample_label, sharp_bone
from benchmarks.ct_model.volume import LEVEL_LABELS, Ct, Float32, Float64, Pose, water_and_bone

_COARSE_MM = 2.4
_EVEN_MM = 16.0
_FINE_MM = 0.6
_CT_BLUR_MM = 2.3
_SHELL_G_CM3 = 0.55
_TEXTURE_G_CM2 = 0.007


@dataclass(frozen=True, slots=True)
class Field:
    """The picture in detector coordinates.

    Parameters
    ----------
    rows, columns : int
    mm_per_px : float
    centre_mm : (float, float)
        ``(u, v)`` at the middle of the picture.
    margin_px : int
        How much further the layers reach.
    """

    rows: int
    columns: int
    mm_per_px: float
    centre_mm: tuple[float, float]
    margin_px: int

    def to_px(self, uv_mm: Float64) -> Float64:
        """Pixels ``(x, y)`` of points ``(u, v)`` in the first frame, shape (n, 2)."""
        middle = np.array([(self.columns - 1) / 2, (self.rows - 1) / 2])
        return (np.asarray(uv_mm, np.float64)[..., :2] - np.array(self.centre_mm)) / self.mm_per_px + middle


@dataclass(frozen=True, slots=True)
class Gas:
    """A bubble in the bowel: an ellipsoid. Lengths in mm, the place as ``(u, v)``."""

    u_mm: float
    v_mm: float
    half_u_mm: float
    half_v_mm: float
    half_w_mm: float
    phase: float
    period_s: float
    wander_mm: float


@dataclass(frozen=True, slots=True, eq=False)
class Patient:
    """Layers of water-like and bone-like mass (g/cm2), shape (rows + 2 margin, columns + 2 margin, 2)."""

    attached: Float32
    moving: Float32
    gas: tuple[Gas, ...]


def make_patient(ct: Ct, pose: Pose, field: Field, axes: Axes, random: np.random.Generator) -> Patient:
    """Project the CT once; `random` gives the texture of the bone and the gas."""
    reach = (np.array([field.rows, field.columns]) / 2 + field.margin_px) * field.mm_per_px + _COARSE_MM
    centre = np.array([field.centre_mm[1], field.centre_mm[0]])
    depth = 205.0
    start = np.array([*(centre - reach), -depth])
    shape = (
        int(np.ceil(2 * reach[0] / _COARSE_MM)) + 1,
        int(np.ceil(2 * reach[1] / _COARSE_MM)) + 1,
        int(2 * depth / _COARSE_MM) + 1,
    )
    step = np.full(3, _COARSE_MM)
    hu = pose.sample(ct.hu_spline, start, step, shape, 3)
    held = pose.sample(ct.attached, start, step, shape, 1)
    water, bone = water_and_bone(hu)
    # ribs breathe; whatever is below them hangs on the spine
    rib = np.clip((start[0] + _COARSE_MM * np.arange(shape[0]) - _rib_end_mm(ct, pose)) / -10.0, 0, 1)
    parts = (water, water * (1 - held), bone, bone * (1 - held) * rib[:, None, None].astype(np.float32))
    sums = [part.sum(axis=2) * np.float32(_COARSE_MM / 10) for part in parts]
    all_water, free_water, all_bone, free_bone = (_to_field(m, start[:2], _COARSE_MM, field) for m in sums)
    # only what stands out of the free tissue moves: sliding all of its mass over tissue that stays would
    # pile up attenuation wherever the border between the two is not parallel to the movement
    moved = free_water - cv2.GaussianBlur(free_water, (0, 0), _EVEN_MM / field.mm_per_px)
    attached = np.stack([all_water - moved, all_bone - free_bone], axis=-1)
    moving = np.stack([moved, free_bone], axis=-1)
    layers = (attached, moving)
    # the arches, ribs and pelvis that no label covers: take some of the CT's blur back
    for layer in layers:
        soft = layer[..., 1].copy()
        layer[..., 1] += 0.6 * (soft - cv2.GaussianBlur(soft, (0, 0), 2.2 / field.mm_per_px))
    attached[..., 1] += _fine_bone(ct, pose, field, random)
    np.maximum(attached[..., 1], 0, out=attached[..., 1])
    np.maximum(moving[..., 1], 0, out=moving[..., 1])
    return Patient(
        np.ascontiguousarray(attached), np.ascontiguousarray(moving), _bubbles(axes, field, random)
    )


def _rib_end_mm(ct: Ct, pose: Pose) -> float:
    """Height (v) of the upper edge of L2, above which bone beside the spine is ribs."""
    at = np.argwhere(ct.labels == LEVEL_LABELS["L2"])
    return float(pose.to_mm(np.array([[*at.mean(axis=0)[:2], at[:, 2].max()]], np.float64))[0, 1])


def _to_field(image: Float32, start_mm: Float64, step_mm: float, field: Field) -> Float32:
    """Bring a projection ``(v, u)`` onto the layers' pixels."""
    rows, columns = field.rows + 2 * field.margin_px, field.columns + 2 * field.margin_px
    v = (np.arange(rows) - (rows - 1) / 2) * field.mm_per_px + field.centre_mm[1]
    u = (np.arange(columns) - (columns - 1) / 2) * field.mm_per_px + field.centre_mm[0]
    at_v = ((v - start_mm[0]) / step_mm).astype(np.float32)
    at_u = ((u - start_mm[1]) / step_mm).astype(np.float32)
    smooth = ndimage.spline_filter(image, order=3, output=np.float32, mode="nearest")
    grid = np.meshgrid(at_v, at_u, indexing="ij")
    out: Float32 = ndimage.map_coordinates(smooth, grid, np.float32, 3, "nearest", prefilter=False)
    return out


def _fine_bone(ct: Ct, pose: Pose, field: Field, random: np.random.Generator) -> Float32:
    """What the CT's blur took from the labelled bone, and its trabecular texture (g/cm2)."""
    rows, columns = field.rows + 2 * field.margin_px, field.columns + 2 * field.margin_px
    detail = np.zeros((rows, columns), np.float32)
    half = np.array([columns, rows]) * field.mm_per_px / 2
    for label in np.unique(ct.labels[ct.labels >= 26]):
        low, high = label_range(ct, pose, int(label), 9.0)
        centre = np.array(field.centre_mm)
        if (high[:2] < centre - half).any() or (low[:2] > centre + half).any():
            continue
        box = box_around(low, high, _FINE_MM)
        sharp = sharp_bone(sample_label(ct, pose, int(label), box), _FINE_MM, _SHELL_G_CM3)
        mass = sharp.sum(axis=2) * np.float32(_FINE_MM / 10)
        fine = mass - cv2.GaussianBlur(mass, (0, 0), _CT_BLUR_MM / _FINE_MM)
        grain = cv2.GaussianBlur(
            random.standard_normal(mass.shape, np.float32), (0, 0), sigmaX=0.7, sigmaY=1.6
        )
        grain = grain / grain.std() * np.float32(_TEXTURE_G_CM2) * np.sqrt(np.maximum(mass, 0) / 0.017)
        scale = _FINE_MM / field.mm_per_px
        corner = field.to_px(np.array([[box.start_mm[1], box.start_mm[0]]]))[0] + field.margin_px
        matrix = np.array([[scale, 0, corner[0]], [0, scale, corner[1]]])
        detail += cv2.warpAffine(fine + grain, matrix, (columns, rows), flags=cv2.INTER_CUBIC)
    return detail


def _bubbles(axes: Axes, field: Field, random: np.random.Generator) -> tuple[Gas, ...]:
    """Gas in front of the spine (lateral) or over it (AP, where little of it is in front)."""
    bubbles = []
    flat = np.linalg.norm(axes.anterior[:2])
    forth = axes.anterior[:2] / flat if flat > 0.5 else np.array([1.0, 0.0])
    up = axes.superior[:2]
    for _ in range(int(random.integers(3, 7))):
        away = axes.front_mm + random.uniform(22, 75) if flat > 0.5 else random.uniform(-70, 70)
        place = axes.centre[:2] + forth * away + up * random.uniform(-70, 70)
        half_v, half_u = random.uniform(5, 13), random.uniform(4, 10)
        bubbles.append(
            Gas(
                float(place[0]),
                float(place[1]),
                float(half_u),
                float(half_v),
                float(random.uniform(6, 16)),
                float(random.uniform(0, 6.28)),
                float(random.uniform(4, 11)),
                float(random.uniform(0.5, 3.0)),
            )
        )
    return tuple(bubbles)


def add_gas(
    water: Float32,
    gas: tuple[Gas, ...],
    field: Field,
    shift_mm: tuple[float, float],
    breath_mm: float,
    time_s: float,
) -> None:
    """Take the bubbles' tissue out of the line integrals, in place."""
    for bubble in gas:
        turn = 2 * np.pi * time_s / bubble.period_s + bubble.phase
        u = bubble.u_mm + shift_mm[0] + bubble.wander_mm * np.cos(turn)
        v = bubble.v_mm + shift_mm[1] + breath_mm + 0.6 * bubble.wander_mm * np.sin(1.3 * turn)
        half_u = bubble.half_u_mm * (1 + 0.12 * np.sin(0.7 * turn))
        x, y = field.to_px(np.array([u, v]))
        a, b = half_u / field.mm_per_px, bubble.half_v_mm / field.mm_per_px
        c0, c1 = max(0, int(x - a)), min(field.columns, int(x + a) + 2)
        r0, r1 = max(0, int(y - b)), min(field.rows, int(y + b) + 2)
        if c0 >= c1 or r0 >= r1:
            continue
        dx = ((np.arange(c0, c1) - x) / a).astype(np.float32)
        dy = ((np.arange(r0, r1) - y) / b).astype(np.float32)
        left = np.maximum(1 - dx[None, :] ** 2 - dy[:, None] ** 2, 0)
        part = water[r0:r1, c0:c1]
        np.maximum(part - np.sqrt(left) * np.float32(0.2 * bubble.half_w_mm), 0, out=part)
