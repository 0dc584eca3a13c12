"""A CT from where it lies: a folder or file of DICOM, or a NIfTI or NRRD file.

The geometry of a DICOM series is worked out here from every slice's own header, and a series that is not
whole is refused: a slice that is missing would be volume that is missing.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from scipy import ndimage

from monitor.errors import InputError, SourceError, one_line
from recordings.ct.images import is_image, read_image
from recordings.ct.packed import meta_of
from recordings.ct.volume import CtVolume, Floats, canonical, check_affine, check_size

_MOST_FILES = 20_000
_CT_CLASSES = ("1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.2.1", "1.2.840.10008.5.1.4.1.1.2.2")
_ENHANCED = _CT_CLASSES[1:]
_TOLERANCE, _ASIDE = 0.02, 0.5
_LEAST_TILT, _MOST_TILT_DEG = 1e-3, 35.0
_HU_FLOOR = -1024.0
_MOST_SLOPE, _MOST_INTERCEPT, _FARTHEST_MM = 1e4, 1e6, 1e5
_MOST_BITS = 16


@dataclass(frozen=True, slots=True, eq=False)
class _Slice:
    """One slice: where its pixels are, and where it lies in the patient."""

    path: Path
    frame: int | None
    head: Dataset
    position_mm: Floats
    orientation: Floats
    spacing_mm: tuple[float, float]
    slope: float
    intercept: float


def read_ct(path: Path, series: str | None = None) -> CtVolume:
    """Read a CT.

    Parameters
    ----------
    path : Path
        A folder of CT objects, one object of many frames, or a NIfTI or NRRD file.
    series : str or None
        Series Instance UID, where a folder holds more than one.

    Raises
    ------
    InputError
        There is no such series, or it has to be chosen.
    SourceError
        It cannot be read, is not whole, or is of more than one patient.
    """
    if path.is_dir() or not is_image(path):
        try:
            return _of_dicom(path, series)
        except InputError:
            raise
        except Exception as error:  # values are read when they are asked for, and may be anything
            raise SourceError(f"{path}: its headers cannot be read: {one_line(str(error))}") from error
    if series is not None:
        raise InputError("--series goes with a folder of DICOM objects")
    image = read_image(path)
    values, affine = canonical(image.values, image.affine_lps)
    kept = _kept(values)
    return CtVolume(kept, affine, _name_of(kept, affine), notes=_scale_notes(kept))


def _name_of(values: NDArray[Any], affine: Floats) -> str:
    """A name out of what is in it: that of its file may be a person's."""
    digest = hashlib.sha256(np.ascontiguousarray(affine.round(3)).tobytes())
    for plane in values:
        digest.update(np.ascontiguousarray(plane).data)
    return f"sha256:{digest.hexdigest()[:32]}"


def _kept(values: NDArray[Any]) -> NDArray[Any]:
    """As int16 where that is exact, else float32; read-only. What is no number is air."""
    whole = values.dtype.kind in "iu" or bool((values == np.rint(values)).all())
    fits = whole and values.min() >= -32768 and values.max() <= 32767
    made = values.astype(np.int16 if fits else np.float32)
    if not fits:
        made = np.nan_to_num(made, nan=_HU_FLOOR, posinf=32767.0, neginf=_HU_FLOOR)
    made.flags.writeable = False
    return made


def _scale_notes(values: NDArray[Any]) -> tuple[str, ...]:
    if float(values.min()) >= 0 or float(values.max()) < 500:
        return ("its values do not look like Hounsfield units (no air, or no bone)",)
    return ()


def _of_dicom(path: Path, wanted: str | None) -> CtVolume:
    groups, doubts = _series_in(path)
    if wanted is not None and wanted not in groups:
        raise InputError(f"{path}: has no CT series {wanted}; it has {_listed(groups)}")
    if wanted is None and len(groups) > 1:
        raise InputError(f"{path}: has {len(groups)} CT series, choose one with --series: {_listed(groups)}")
    uid = wanted or next(iter(groups))
    members = groups[uid]
    for what, name in (("PatientID", "patients"), ("StudyInstanceUID", "studies")):
        if len({str(head.get(what, "")) for _, head in members}) > 1:
            raise SourceError(f"{path}: the objects of one series are of several {name}")
    slices = [one for file, head in members for one in _slices_of(file, head)]
    first = slices[0].head
    ordered, step = _ordered(path, slices)
    check_size(str(path), (int(first.Columns), int(first.Rows), len(ordered)))
    affine: Floats = np.eye(4)
    row, column = ordered[0].orientation[:3], ordered[0].orientation[3:]
    affine[:3, 0], affine[:3, 1] = row * ordered[0].spacing_mm[1], column * ordered[0].spacing_mm[0]
    affine[:3, 2], affine[:3, 3] = step, ordered[0].position_mm
    values = _pixels(ordered)
    notes = list(doubts)
    values, affine, tilt = _unsheared(path, values, affine)
    notes += [tilt] if tilt else []
    check_affine(str(path), affine)
    if str(first.get("RescaleType", "HU") or "HU").upper() not in ("HU", "US"):
        notes.append(f"its values are {one_line(str(first.RescaleType))}, not Hounsfield units")
    values, affine = canonical(values, affine)
    date = str(first.get("StudyDate", "") or "")
    known = len(date) == 8 and date.isascii() and date.isdigit()
    return CtVolume(
        _kept(values), affine, uid, f"{date[:4]}-{date[4:6]}-{date[6:8]}" if known else None,
        str(first.get("PatientID", "") or "") or None, str(first.get("StudyInstanceUID", "") or "") or None,
        (*notes, *_scale_notes(values)),
    )  # fmt: skip


def _series_in(path: Path) -> tuple[dict[str, list[tuple[Path, Dataset]]], tuple[str, ...]]:
    """The CT objects of each series, and what is doubtful about what is there."""
    files = [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    if not files:
        raise SourceError(f"{path}: no such file, or an empty folder")
    if len(files) > _MOST_FILES:
        raise SourceError(f"{path}: has {len(files)} files; at most {_MOST_FILES} are looked into")
    groups: dict[str, list[tuple[Path, Dataset]]] = defaultdict(list)
    seen: set[str] = set()
    empty = 0
    for file in files:
        head = _head_of(file)
        empty += file.stat().st_size == 0
        if head is None or "LOCALIZER" in [str(one) for one in head.get("ImageType", None) or []]:
            continue
        uid = str(head.get("SOPInstanceUID", file))
        if uid not in seen:  # the same object twice is one
            seen.add(uid)
            groups[str(head.get("SeriesInstanceUID", ""))].append((file, head))
    if not groups:
        raise SourceError(f"{path}: has no CT object")
    some = f"{empty} empty file{'s' if empty > 1 else ''} beside it: is a slice missing at its end?"
    return dict(groups), (some,) if empty else ()


def _head_of(file: Path) -> Dataset | None:
    """Header of a CT object; None: it is something else. One that is damaged is missing, which is said."""
    try:
        meta = meta_of(file)
    except OSError as error:
        raise SourceError(f"{file}: {error.strerror or error}") from error
    should_be = meta is not None and str(meta.get("MediaStorageSOPClassUID", "")) in _CT_CLASSES
    try:
        head = dcmread(file, stop_before_pixels=True)
        kind = str(head.get("SOPClassUID", ""))
        if kind in _CT_CLASSES:
            str(head.get("SOPInstanceUID", "")), str(head.get("ImageType", None))
            return head
    except Exception as error:  # whatever else is in the folder
        if should_be:
            raise SourceError(f"{file}: its header is damaged: {one_line(str(error))}") from error
        return None
    if should_be and not kind:
        raise SourceError(f"{file}: its header is cut")
    return None


def _listed(groups: dict[str, list[tuple[Path, Dataset]]]) -> str:
    told = [
        f"{uid} ({one_line(str(members[0][1].get('SeriesDescription', '') or 'unnamed'))}, {len(members)})"
        for uid, members in list(groups.items())[:8]
    ]
    return "; ".join(told)


def _slices_of(path: Path, head: Dataset) -> list[_Slice]:
    try:
        if (
            int(head.get("SamplesPerPixel", 1)) != 1
            or not 2 <= int(head.Rows) <= 8192
            or not 2 <= int(head.Columns) <= 8192
        ):
            raise SourceError(f"{path}: is no gray image of 2 to 8192 rows and columns")
        if str(head.SOPClassUID) not in _ENHANCED:
            return [_slice(path, None, head, head, head, head, head)]
        shared = head.SharedFunctionalGroupsSequence[0]
        made = []
        count, placed = int(head.NumberOfFrames), len(head.PerFrameFunctionalGroupsSequence)
        if count != placed:  # before room is made for so many
            raise SourceError(f"{path}: says it has {count} frames, and places {placed}")
        for number, own in enumerate(head.PerFrameFunctionalGroupsSequence):

            def of(name: str, own: Dataset = own) -> Dataset:
                found = own if name in own else shared
                item: Dataset = found[name].value[0]
                return item

            made.append(
                _slice(
                    path, number, head, of("PlanePositionSequence"), of("PlaneOrientationSequence"),
                    of("PixelMeasuresSequence"), of("PixelValueTransformationSequence"),
                )
            )  # fmt: skip
        return made
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError) as error:
        raise SourceError(f"{path}: its header says no place or size in the patient: {error}") from error


def _slice(
    path: Path,
    frame: int | None,
    head: Dataset,
    place: Dataset,
    turn: Dataset,
    measures: Dataset,
    scale: Dataset,
) -> _Slice:
    position = np.array([float(one) for one in place.ImagePositionPatient])
    orientation = np.array([float(one) for one in turn.ImageOrientationPatient])
    rows_mm, columns_mm = (float(one) for one in measures.PixelSpacing)
    slope, intercept = (
        float(default if scale.get(name) is None else scale[name].value)
        for name, default in (("RescaleSlope", 1), ("RescaleIntercept", 0))
    )
    if position.shape != (3,) or orientation.shape != (6,):
        raise ValueError("it has not three coordinates")
    if not np.isfinite([*position, *orientation, rows_mm, columns_mm, slope, intercept]).all():
        raise ValueError("a number is none")
    if np.abs(position).max() > _FARTHEST_MM:
        raise ValueError("its place is none")
    if min(rows_mm, columns_mm) <= 0:
        raise ValueError("the size of its pixels is none")
    if not 0 < slope <= _MOST_SLOPE or abs(intercept) > _MOST_INTERCEPT:
        raise ValueError("its scale is none")
    row, column = orientation[:3], orientation[3:]
    if abs(row @ column) > 1e-3 or abs(row @ row - 1) > 1e-2 or abs(column @ column - 1) > 1e-2:
        raise ValueError("its rows and columns are not at right angles")
    return _Slice(path, frame, head, position, orientation, (rows_mm, columns_mm), slope, intercept)


def _ordered(path: Path, slices: list[_Slice]) -> tuple[list[_Slice], Floats]:
    """Slices in order, and the step between them; refuses what is not whole."""
    first = slices[0]
    for one in slices:
        if (int(one.head.Rows), int(one.head.Columns)) != (int(first.head.Rows), int(first.head.Columns)):
            raise SourceError(f"{path}: its slices differ in size")
        if np.abs(one.orientation - first.orientation).max() > 1e-3:
            raise SourceError(f"{path}: its slices differ in orientation")
        if not np.allclose(one.spacing_mm, first.spacing_mm, rtol=1e-3):
            raise SourceError(f"{path}: its slices differ in the size of their pixels")
    normal = np.cross(first.orientation[:3], first.orientation[3:])
    along = np.array([one.position_mm @ normal for one in slices])
    order = np.argsort(along, kind="stable")
    ordered, along = [slices[int(n)] for n in order], along[order]
    gaps = np.diff(along)
    same = gaps < 1e-3
    if same.any():
        raise SourceError(f"{path}: {int(same.sum())} slices lie where another lies")
    if len(gaps) < 1:
        raise SourceError(f"{path}: one slice is no volume")
    step_mm = float(np.median(gaps))
    wide = np.flatnonzero(gaps > 1.5 * step_mm)
    if len(wide):
        missing = int(np.rint(gaps[wide] / step_mm - 1).sum())
        where = f"between {along[wide[0]]:.1f} and {along[wide[0] + 1]:.1f} mm"
        raise SourceError(f"{path}: {missing} slices are missing, the first {where}")
    if np.abs(gaps - step_mm).max() > max(_TOLERANCE * step_mm, 0.02):
        raise SourceError(
            f"{path}: its slices are spaced unevenly, {gaps.min():.2f} to {gaps.max():.2f} mm: resample first"
        )
    step = (ordered[-1].position_mm - ordered[0].position_mm) / (len(ordered) - 1)
    line = ordered[0].position_mm + np.arange(len(ordered))[:, None] * step
    off_mm = np.abs(np.array([one.position_mm for one in ordered]) - line).max(axis=1)
    if off_mm.max() > _ASIDE * min(first.spacing_mm):
        raise SourceError(f"{path}: its slices lie aside of each other, up to {off_mm.max():.1f} mm")
    return ordered, step


def _pixels(ordered: list[_Slice]) -> NDArray[Any]:
    """HU, shape (column, row, slice)."""
    first = ordered[0].head
    whole = all(one.slope == round(one.slope) and one.intercept == round(one.intercept) for one in ordered)
    made = np.empty((len(ordered), int(first.Rows), int(first.Columns)), np.int32 if whole else np.float32)
    opened: tuple[Path | None, NDArray[Any] | None] = (None, None)
    for number, one in enumerate(ordered):
        if opened[0] != one.path:
            opened = (one.path, _decoded(one.path))
        pixels = opened[1]
        if pixels is None:
            raise SourceError(f"{one.path}: has no pixels")
        if pixels.dtype.itemsize * 8 > _MOST_BITS:
            raise SourceError(f"{one.path}: its pixels have more than {_MOST_BITS} bits")
        frame = pixels if one.frame is None else pixels[one.frame] if pixels.ndim == 3 else pixels
        if frame.shape != made.shape[1:]:
            raise SourceError(f"{one.path}: its pixels are not those that its header says")
        made[number] = frame
        made[number] *= int(one.slope) if whole else one.slope
        made[number] += int(one.intercept) if whole else one.intercept
    return made.transpose(2, 1, 0)


def _decoded(path: Path) -> NDArray[Any]:
    try:
        return np.asarray(dcmread(path).pixel_array)
    except Exception as error:  # whatever a codec raises on what it cannot read
        raise SourceError(f"{path}: its pixels cannot be decoded: {one_line(str(error))}") from error


def _unsheared(path: Path, values: NDArray[Any], affine: Floats) -> tuple[NDArray[Any], Floats, str | None]:
    """Move the slices of a tilted gantry back above each other (linear between pixels)."""
    row, column = (affine[:3, n] / np.linalg.norm(affine[:3, n]) for n in (0, 1))
    step = affine[:3, 2]
    aside = np.array([step @ row, step @ column])
    tilt = float(
        np.degrees(np.arctan2(np.linalg.norm(aside), np.linalg.norm(step - aside @ np.stack([row, column]))))
    )
    if tilt > _MOST_TILT_DEG:
        raise SourceError(f"{path}: its slices lie {tilt:.0f} degrees askew, which is no gantry's tilt")
    straight = affine.copy()
    straight[:3, 2] = step - aside[0] * row - aside[1] * column
    drift = np.abs(aside) * values.shape[2]
    if drift.max() < 0.05 * min(np.linalg.norm(affine[:3, 0]), np.linalg.norm(affine[:3, 1])):
        return values, straight, None
    per_slice = aside / [np.linalg.norm(affine[:3, 0]), np.linalg.norm(affine[:3, 1])]
    reach = per_slice * (values.shape[2] - 1)
    before, after = (np.ceil(np.maximum(sign * reach, 0)).astype(int) for sign in (-1, 1))
    shape = (*(int(n) for n in values.shape[:2] + before + after), values.shape[2])
    check_size(str(path), shape)
    straight[:3, 3] -= straight[:3, :2] @ before
    made = np.empty(shape, np.float32)
    wide = [(int(before[n]), int(after[n])) for n in (0, 1)]
    for k in range(values.shape[2]):
        plane = np.pad(values[:, :, k].astype(np.float32), wide, constant_values=_HU_FLOOR)
        ndimage.shift(
            plane, per_slice * k, output=made[:, :, k], order=1, mode="grid-constant", cval=_HU_FLOOR
        )
    return made, straight, f"its gantry was tilted by {tilt:.1f} degrees: the slices were moved back"
