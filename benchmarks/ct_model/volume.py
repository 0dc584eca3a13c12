"""The CT: where it is, how it lies under the beam, and what its numbers weigh."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.interpolate import CubicSpline

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]
Projection = Literal["lateral", "ap"]

CT_NAME, LABELS_NAME = "example_ct.nii.gz", "example_ct_labels.nii.gz"
LEVEL_LABELS = {"L1": 31, "L2": 30, "L3": 29, "L4": 28}
_BODY_ABOVE_HU = -350.0
_SOFT_HU, _CORTICAL_HU, _CORTICAL_G_CM3 = 90.0, 1750.0, 1.92


class CtMissingError(FileNotFoundError):
    """The CT that the model is projected from is not there."""


def default_folder() -> Path:
    """Folder of the lumbar CT beside the repository."""
    return Path(__file__).resolve().parents[3] / "shared" / "realdata" / "ct_lumbar"


@dataclass(frozen=True, slots=True, eq=False)
class Ct:
    """A CT and its labels on one grid, axes right, anterior, superior.

    Parameters
    ----------
    hu_spline : ndarray, float32
        Cubic spline coefficients of the HU, air outside the patient (the table is gone).
    labels : ndarray, int16
    attached : ndarray, float32
        1 where tissue moves with the spine, 0 where it moves on its own (bowel, flanks, diaphragm).
    voxel_mm : float
    """

    hu_spline: Float32
    labels: NDArray[np.int16]
    attached: Float32
    voxel_mm: float


@lru_cache(maxsize=2)
def load_ct(folder: Path) -> Ct:
    """Read the CT and its labels.

    Raises
    ------
    CtMissingError
        A file is not there.
    """
    import nibabel as nib

    for name in (CT_NAME, LABELS_NAME):
        if not (folder / name).is_file():
            raise CtMissingError(
                f"{folder / name}: no such file; the CT model needs the lumbar CT and its labels"
            )
    image = nib.as_closest_canonical(nib.load(folder / CT_NAME))
    hu = np.asarray(image.dataobj, np.float32)
    labels = np.asarray(nib.as_closest_canonical(nib.load(folder / LABELS_NAME)).dataobj)
    labels = np.round(labels).astype(np.int16)
    voxel_mm = float(image.header.get_zooms()[0])

    tissue, _ = ndimage.label(ndimage.binary_opening(hu > _BODY_ABOVE_HU, iterations=1))
    patient = tissue == np.bincount(tissue.ravel())[1:].argmax() + 1
    patient = ndimage.binary_dilation(patient, iterations=1)
    for k in range(patient.shape[2]):
        patient[:, :, k] = ndimage.binary_fill_holes(patient[:, :, k])
    hu = np.where(patient, np.clip(hu, -1000, 1700), -1000).astype(np.float32)
    # sampling carries the border on (as it should where the CT ends above and below): let it be air aside
    hu[[0, 1, -2, -1]] = -1000
    hu[:, [0, -1]] = -1000
    return Ct(
        ndimage.spline_filter(hu, order=3, output=np.float32, mode="nearest"),
        labels,
        _attached(labels, voxel_mm),
        voxel_mm,
    )


def _attached(labels: NDArray[np.int16], voxel_mm: float) -> Float32:
    """Near the spine, or behind its canal: moves with it."""
    bone = labels > 0
    to_bone_mm = ndimage.distance_transform_edt(~bone).astype(np.float32) * np.float32(voxel_mm)
    near = np.clip((45.0 - to_bone_mm) / 33.0, 0, 1)
    rows = np.arange(labels.shape[1])[None, :]
    mass = bone.sum(axis=0)
    middle = (mass * rows.T).sum(axis=0) / np.maximum(mass.sum(axis=0), 1)
    filled = np.flatnonzero(mass.sum(axis=0) > 0)
    middle = np.interp(np.arange(labels.shape[2]), filled, middle[filled])
    middle = ndimage.gaussian_filter1d(middle, 6.0, mode="nearest")
    behind = np.clip((middle[None, :] - rows.T) * voxel_mm / 30.0 + 0.5, 0, 1)
    return np.maximum(near, behind[None]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Pose:
    """How the CT lies in detector coordinates ``(u right, v down, w along the beam)``, in mm.

    Parameters
    ----------
    centre : ndarray, shape (3,)
        CT index (R, A, S) of the origin of the detector coordinates.
    to_index : ndarray, shape (3, 3)
        CT index offset per mm of ``(u, v, w)``.
    """

    centre: Float64
    to_index: Float64

    @property
    def from_index(self) -> Float64:
        """Millimetres of ``(u, v, w)`` per CT index."""
        return np.linalg.inv(self.to_index)

    def to_mm(self, index: Float64) -> Float64:
        """Detector coordinates (mm) of CT indices, shape (n, 3)."""
        return (np.asarray(index, np.float64) - self.centre) @ self.from_index.T

    def sample(
        self,
        volume: NDArray[np.generic],
        start_mm: Float64,
        step_mm: Float64,
        shape: tuple[int, int, int],
        order: int,
    ) -> Float32:
        """Resample a CT-grid volume on a box, axes ``(v, u, w)``; a cubic one comes spline filtered.

        Parameters
        ----------
        volume : ndarray
        start_mm, step_mm : ndarray, shape (3,)
            First voxel centre and spacing, as ``(v, u, w)``.
        shape : (int, int, int)
        order : int
        """
        axes = self.to_index[:, [1, 0, 2]]
        offset = self.centre + axes @ np.asarray(start_mm, np.float64)
        return ndimage.affine_transform(
            volume,
            axes * np.asarray(step_mm, np.float64),
            offset,
            shape,
            np.float32,
            order,
            "nearest",
            prefilter=False,
        )


def refine(coarse: Float32, times: int, shape: tuple[int, int, int]) -> Float32:
    """Interpolate a volume to `times` as many voxels along each axis, by cubic splines; voxel 0 stays.

    Far quicker than sampling every voxel, and the same where the coarse grid is finer than the CT's.
    """
    out = coarse
    for axis, n in enumerate(shape):
        knots = np.arange(out.shape[axis])
        matrix = CubicSpline(knots, np.eye(len(knots)))(np.arange(n) / times).astype(np.float32)
        out = np.moveaxis(np.tensordot(matrix, out, axes=(1, axis)), 0, axis)
    return np.ascontiguousarray(out)


def make_pose(
    ct: Ct,
    centre: Float64,
    projection: Projection,
    angles_deg: tuple[float, float, float],
    size: float,
    mirrored: bool,
) -> Pose:
    """Lay the CT under the beam.

    Parameters
    ----------
    ct : Ct
    centre : ndarray, shape (3,)
        CT index that lies at the origin.
    projection : str
    angles_deg : (float, float, float)
        Small rotations about the beam, the rows and the columns.
    size : float
        Above 1: a larger patient.
    mirrored : bool
        The patient faces the left side of the picture (lateral) or is seen from behind (AP).
    """
    side = -1.0 if mirrored else 1.0
    if projection == "lateral":  # u anterior, v inferior, w to the right
        plain = np.array([[0, 0, 1], [side, 0, 0], [0, -1, 0]], np.float64)
    else:  # u left or right, v inferior, w anterior
        plain = np.array([[-side, 0, 0], [0, 0, 1], [0, -1, 0]], np.float64)
    a, b, c = np.deg2rad(angles_deg)
    about_w = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    about_u = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    about_v = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return Pose(np.asarray(centre, np.float64), plain @ about_w @ about_u @ about_v / (size * ct.voxel_mm))


def water_and_bone(hu: Float32) -> tuple[Float32, Float32]:
    """Split HU into water-like and cortical-bone-like mass (g/cm3): a mixture by volume above soft tissue."""
    part = np.clip((hu - _SOFT_HU) / (_CORTICAL_HU - _SOFT_HU), 0, 1)
    soft = np.clip(1 + np.minimum(hu, _SOFT_HU) / 1000, 0, None)
    return (soft * (1 - part)).astype(np.float32), (part * _CORTICAL_G_CM3).astype(np.float32)
