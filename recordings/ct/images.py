"""Volumes in one file (NIfTI, NRRD), through ITK: what its header says is checked before room is made."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitor.errors import SourceError, one_line
from recordings.ct.nifti_check import check_head, check_whole
from recordings.ct.volume import Floats, check_affine, check_size

ENDINGS = (".nii", ".nii.gz", ".nrrd")
_LARGEST_HEAD = 1 << 20


@dataclass(frozen=True, slots=True, eq=False)
class ImageFile:
    """Values, shape (i, j, k), and the map from index to patient (LPS, mm)."""

    values: NDArray[Any]
    affine_lps: Floats


def _itk() -> Any:  # noqa: ANN401 - it has no types
    return import_module("SimpleITK")


def is_image(path: Path) -> bool:
    """Whether a name is that of such a file."""
    return path.name.lower().endswith(ENDINGS)


def read_image(path: Path) -> ImageFile:
    """Read a file.

    Raises
    ------
    SourceError
        It is none of them, is damaged or cut, or says that it is larger than is read.
    """
    sitk = _itk()

    if not path.is_file():
        raise SourceError(f"{path}: no such file")
    if not is_image(path):
        raise SourceError(f"{path}: is none of {', '.join(ENDINGS)}")
    sitk.ProcessObject.SetGlobalWarningDisplay(False)  # it would print to standard error by itself
    if path.name.lower().endswith(".nrrd"):
        _check_attached(path)
    else:
        check_head(path)  # ITK would print of its own
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    try:
        reader.ReadImageInformation()
        size, spacing = reader.GetSize(), reader.GetSpacing()
        origin, direction = reader.GetOrigin(), reader.GetDirection()
        if reader.GetNumberOfComponents() != 1:
            raise SourceError(f"{path}: has {reader.GetNumberOfComponents()} values in each voxel, not one")
        if len(size) == 4 and size[3] == 1:
            direction = tuple(direction[row * 4 + column] for row in range(3) for column in range(3))
            size, spacing, origin = size[:3], spacing[:3], origin[:3]
        check_size(str(path), tuple(size))
        affine = np.eye(4)
        affine[:3, :3] = np.array(direction).reshape(3, 3) * np.array(spacing)
        affine[:3, 3] = origin
        check_affine(str(path), affine)
        if not path.name.lower().endswith(".nrrd"):
            check_whole(path)
        values = sitk.GetArrayFromImage(reader.Execute())
    except RuntimeError as error:
        why = one_line(str(error).split("\n")[-1]) or "cannot be read"
        raise SourceError(f"{path}: {why.removeprefix('ITK ERROR: ')}") from error
    except MemoryError as error:
        raise SourceError(f"{path}: there is no room for it") from error
    if values.ndim == 4:
        values = values[0]
    return ImageFile(values.transpose(2, 1, 0), affine)


def _check_attached(path: Path) -> None:
    """Raise `SourceError` where an NRRD header names other files: any of this machine, or a pipe."""
    try:
        with path.open("rb") as file:
            head = file.read(_LARGEST_HEAD)
    except OSError as error:
        raise SourceError(f"{path}: {error.strerror or error}") from error
    for line in head.splitlines():
        if not line.strip():
            break
        if line.split(b":")[0].strip().lower().replace(b" ", b"") == b"datafile":
            raise SourceError(f"{path}: says that its voxels are in another file: store it as one")
    else:
        raise SourceError(f"{path}: is no NRRD file with its voxels in it")


def write_labels(path: Path, values: NDArray[np.uint8], affine_lps: Floats) -> None:
    """Write a label map as compressed NIfTI. Raises `OSError`."""
    sitk = _itk()

    spacing = np.linalg.norm(affine_lps[:3, :3], axis=0)
    image = sitk.GetImageFromArray(np.ascontiguousarray(values.transpose(2, 1, 0)))
    image.SetSpacing([float(one) for one in spacing])
    image.SetOrigin([float(one) for one in affine_lps[:3, 3]])
    image.SetDirection([float(one) for one in (affine_lps[:3, :3] / spacing).ravel()])
    try:
        sitk.WriteImage(image, str(path), useCompression=True)
        check_whole(path)  # ITK says nothing where the disk is full
    except (RuntimeError, SourceError) as error:
        raise OSError(0, "the label map cannot be written", str(path)) from error
