"""Frames of a DICOM file, and of a folder of DICOM files."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset

from monitor.errors import SourceError
from monitor.frame import ImagerGeometry, SourceInfo
from monitor.sources.bounded import Bounded
from monitor.sources.dicom_file import (
    DicomImage,
    brief_reason,
    has_image,
    is_dicom,
    read_header,
    read_image,
    readable,
)
from monitor.sources.dicom_frames import coded_frames, decoded, stored_values
from monitor.sources.dicom_header import (
    acquired_at,
    attributes_of,
    frame_times_ns,
    geometry_of,
    intensity_of,
    kvp_of,
    offsets_ns,
)
from monitor.sources.images import natural_key
from monitor.sources.sequence import Pictures, SequenceSource


class DicomSource(SequenceSource):
    """The frames of one DICOM image file, decoded one at a time.

    Single frame, multi-frame XA and RF, Enhanced XA and XRF, secondary capture, DX and CR, in every
    transfer syntax that pydicom and pylibjpeg decode. Memory stays that of a few frames however long
    the run is. See `intensity_of` for polarity and relationship,
    `frame_times_ns` for times. A file that is cut is refused by `open`.

    Parameters
    ----------
    path : str or Path
    clock_ns : callable
        Monotonic clock that stamps frames (ns).
    """

    def __init__(self, path: str | Path, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(str(path), clock_ns=clock_ns)
        self._path = Path(path)

    def _start(self) -> tuple[SourceInfo, Pictures]:
        image = read_image(self._path)
        with readable(self._path):
            times_ns, period_s, origin = frame_times_ns(image.header, image.frames)
            info = _describe(self._source_id, [image], period_s, origin)
        return info, _pictures(image, times_ns)


class DicomFolderSource(SequenceSource):
    """All frames of all DICOM images in a folder as one run.

    The files must be of one series and one form: frames of different series show different views, so
    several series with images raise `SourceError` that lists them, and the user names a file or a
    folder of one series instead. Objects without an image are passed over. Sub-folders are not searched.

    Order: acquisition time, where every file has one and not all are the same, then instance number,
    then natural order of the file names. Times: the offset between acquisition times plus each file's
    own frame times, where that moves forward from frame to frame; else the frames follow one another
    by the header's period; else none.

    Parameters
    ----------
    folder : str or Path
    clock_ns : callable
        Monotonic clock that stamps frames (ns).
    """

    def __init__(self, folder: str | Path, *, clock_ns: Callable[[], int] = time.monotonic_ns) -> None:
        super().__init__(str(folder), clock_ns=clock_ns)
        self._folder = Path(folder)

    def _start(self) -> tuple[SourceInfo, Pictures]:
        with readable(self._folder):
            images = self.images()
            _check_same_form(images)
            times_ns, period_s, origin = _run_times_ns(images)
            info = _describe(self._source_id, images, period_s, origin)
        return info, self._pictures_of(images, times_ns)

    def images(self) -> list[DicomImage]:
        """The images of the folder in their order. Raises `SourceError`."""
        return _in_order([read_image(path) for path in self._files_of_the_series()])

    def _pictures_of(self, images: list[DicomImage], times_ns: list[int | None]) -> Pictures:
        start = 0
        for image in images:
            yield from _pictures(image, times_ns[start : start + image.frames])
            start += image.frames

    def _files_of_the_series(self) -> list[Path]:
        series: dict[str, list[Path]] = {}
        names: dict[str, str] = {}
        try:
            paths = sorted(self._folder.iterdir(), key=lambda path: (natural_key(path.name), path.name))
        except OSError as error:
            raise SourceError(f"{self._source_id}: cannot be read ({error.strerror})") from error
        for path in paths:
            if path.name.startswith(".") or not path.is_file() or not is_dicom(path):
                continue
            header = _identity(path)
            if has_image(header):
                uid = str(header.get("SeriesInstanceUID") or "")
                series.setdefault(uid, []).append(path)
                names.setdefault(uid, f"series {header.get('SeriesNumber') or '?'} ({path.name} ...)")
        if not series:
            raise SourceError(f"{self._source_id}: no DICOM images in this folder")
        if len(series) > 1:
            listed = "; ".join(f"{names[uid]}: {len(files)} files" for uid, files in sorted(series.items()))
            raise SourceError(f"{self._source_id}: holds {len(series)} series, name one file: {listed}")
        return next(iter(series.values()))


def images_in(path: Path) -> list[DicomImage]:
    """The images that a file or folder is made of, in the order in which their frames are delivered.

    Raises
    ------
    SourceError
        It is no DICOM image, or a folder without.
    """
    if not path.is_dir():
        return [read_image(path)]
    with readable(path):
        return DicomFolderSource(path).images()


def _identity(path: Path) -> Dataset:
    with readable(path), Bounded(path.open("rb")) as file:
        return read_header(file)[0]


def _in_order(images: list[DicomImage]) -> list[DicomImage]:
    moments = [acquired_at(image.header) for image in images]
    stamps = [0.0 if moment is None else moment.timestamp() for moment in moments]
    if None in moments:
        stamps = [0.0] * len(images)

    def key(index: int) -> tuple[float, int, int]:
        # `images` come in natural order of their names already.
        number = images[index].header.get("InstanceNumber")
        return stamps[index], int(number) if number not in (None, "") else 0, index

    return [images[index] for index in sorted(range(len(images)), key=key)]


def _check_same_form(images: list[DicomImage]) -> None:
    first = images[0]
    for image in images[1:]:
        if (image.rows, image.columns) != (first.rows, first.columns):
            raise SourceError(
                f"{image.path}: {image.columns} x {image.rows}, but the first image ({first.path.name}) "
                f"is {first.columns} x {first.rows}"
            )
        same = intensity_of(image) == intensity_of(first) and image.bits_allocated == first.bits_allocated
        if not same:
            raise SourceError(f"{image.path}: bit depth or intensity other than in {first.path.name}")


def _run_times_ns(images: list[DicomImage]) -> tuple[list[int | None], float | None, str]:
    parts = [frame_times_ns(image.header, image.frames) for image in images]
    if len(images) == 1:
        return parts[0]
    period_s, origin = next(((period, name) for _, period, name in parts if period is not None), (None, ""))
    moments = [acquired_at(image.header) for image in images]
    known = [moment for moment in moments if moment is not None]
    starts = offsets_ns(known) if len(known) == len(moments) else None
    if starts is not None:
        times = [
            None if own is None else start + own
            for start, (part, _, _) in zip(starts, parts, strict=True)
            for own in part
        ]
        whole = [moment for moment in times if moment is not None]
        if len(whole) == len(times) and all(earlier < later for earlier, later in pairwise(whole)):
            if period_s is None:
                period_s = (
                    sorted(later - earlier for earlier, later in pairwise(whole))[len(whole) // 2 - 1] * 1e-9
                )
            return times, period_s, "AcquisitionDateTime"
    count = sum(image.frames for image in images)
    if period_s is None:
        return [None] * count, None, ""
    return [round(index * period_s * 1e9) for index in range(count)], period_s, origin


def _pictures(image: DicomImage, times_ns: list[int | None]) -> Pictures:
    coded = coded_frames(image)
    try:
        for index, time_ns in enumerate(times_ns):
            try:
                pixels = stored_values(image, decoded(image, next(coded)))
            except StopIteration:
                raise SourceError(f"{image.path}: frame {index} is missing from the pixel data") from None
            except (KeyboardInterrupt, SystemExit):
                raise
            except BaseException as error:
                # Codecs raise almost anything; a panic of one in Rust is not even an Exception.
                reason = f"{image.syntax.name}: {brief_reason(error)}"
                raise SourceError(f"{image.path}: frame {index} cannot be decoded ({reason})") from error
            yield pixels, time_ns
    finally:
        coded.close()


def _describe(source_id: str, images: list[DicomImage], period_s: float | None, origin: str) -> SourceInfo:
    first = images[0]
    # Of files that differ only what holds for every frame may be said.
    attributes = _common([attributes_of(image) for image in images])
    geometries = [asdict(geometry_of(image.header)) for image in images]
    geometry = ImagerGeometry(**_common(geometries))
    kvp = _common([{"kvp": kvp_of(image.header)} for image in images]).get("kvp")
    if origin:
        attributes["FrameTimesFrom"] = origin
    return SourceInfo(
        source_id=source_id,
        kind="dicom",
        rows=first.rows,
        columns=first.columns,
        intensity=intensity_of(first),
        frame_period_s=period_s,
        frame_count=sum(image.frames for image in images),
        kvp=kvp,
        geometry=geometry,
        attributes=attributes,
    )


def _common(facts: list[dict[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in facts[0].items() if all(other.get(key) == value for other in facts)}
