"""Received objects as runs: what each is, whether it may be monitored, and how old it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydicom.dataset import Dataset

from monitor.errors import PlanError, SourceError
from monitor.frame import SourceInfo
from monitor.plan import Plan, check_fits
from monitor.sources.bounded import Bounded
from monitor.sources.dicom import DicomSource
from monitor.sources.dicom_file import has_image, read_header, read_image, readable
from monitor.sources.dicom_header import acquired_at
from recordings.dicom_origin import OriginObject, same_patient, stated_patient
from recordings.watching import choose_view

_OLDEST = timedelta(days=1)
_SIDE_DEG, _FRONT_DEG = 60.0, 30.0
"""Beyond the one a primary angle is a lateral, within the other an AP; between them it is either."""
_SAME = 0.01


@dataclass(frozen=True, slots=True)
class Arrival:
    """An object that was kept.

    Parameters
    ----------
    number : int
        From 1, in the order of arrival.
    path : Path
    arrived : datetime
        With its time zone.
    first : int
        Frame to begin with, counted from 0; above 0 where a process that was killed had played a part.
    """

    number: int
    path: Path
    arrived: datetime
    first: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """An arrival that is an image and can be read.

    Parameters
    ----------
    arrival : Arrival
    source : DicomSource
        Open; its first frame has been decoded.
    info : SourceInfo
    acquired : datetime or None
        As the header says, with a time zone; None where it does not say, or a time that cannot be.
    origin : OriginObject
        With `first_seq` 0.
    patient_id : str or None
        As the header says; compared, and never shown or written down.
    """

    arrival: Arrival
    source: DicomSource
    info: SourceInfo
    acquired: datetime | None
    origin: OriginObject
    patient_id: str | None


class NoRun(SourceError):
    """An object that is no image."""


def opened(arrival: Arrival) -> Run:
    """Open an object as a run.

    Raises
    ------
    NoRun
        It is no image.
    SourceError
        It cannot be read.
    """
    if not has_image(_header(arrival.path)):
        raise NoRun(f"{arrival.path}: no image")
    header = read_image(arrival.path).header
    sop_class, instance, study, series = (
        str(header.get(keyword) or "")
        for keyword in ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    )
    acquired = _credible(acquired_at(header), arrival.arrived)
    source = DicomSource(arrival.path)
    info = source.open()
    return Run(
        arrival, source, info, acquired,
        OriginObject(sop_class, instance, study, series, 0, info.frame_count or 1), stated_patient(header),
    )  # fmt: skip


def age_words(run: Run, now: datetime) -> str:
    """Which run, and how old it is: ``acquired 14:03:20, 48 s ago``; by its arrival where that is all."""
    what, moment = ("received", run.arrival.arrived) if run.acquired is None else ("acquired", run.acquired)
    local = moment.astimezone(now.tzinfo)
    age_s = max(0.0, (now - moment).total_seconds())
    ago = f"{age_s:.0f} s" if age_s < 120 else f"{age_s / 60:.0f} min"
    return f"{what} {local:%H:%M:%S}, {ago} ago"


def unfit_for(plan: Plan, view_name: str | None, info: SourceInfo) -> str | None:
    """Why a run cannot be one that the plan is for, by size and projection; None where it may be.

    The projection is told by the primary angle, where the header has it: 0 degrees is a beam from front to
    back, 90 degrees from the side (PS3.3 C.8.7.5.1.2), prone or supine.

    Raises
    ------
    PlanError
        The plan has no view of that name.
    """
    first = choose_view(plan, view_name, info.rows, info.columns)
    try:
        check_fits(first, info.rows, info.columns)
    except PlanError:
        size = f"{info.columns} x {info.rows}"
        planned = first.image
        return f"{size}, not {planned.columns} x {planned.rows}" if planned else f"{size} is too small"
    projections = {view.projection for view in plan.views if view_name in (None, view.name)}
    seen = projection_of(info.attributes)
    if seen is not None and projections <= {"lateral", "ap"} and seen not in projections:
        return f"{'AP' if seen == 'ap' else seen}, which the plan has not"
    return None


def unlike(info: SourceInfo, first: SourceInfo) -> str | None:
    """Why frames of a run cannot follow those of the first one; None where they can."""
    if (info.rows, info.columns) != (first.rows, first.columns):
        return f"{info.columns} x {info.rows}, not {first.columns} x {first.rows}"
    if info.intensity != first.intensity:
        return "other values than in the runs before"
    now, before = info.geometry, first.geometry
    for name, one, other in (
        ("field of view", now.field_of_view_mm, before.field_of_view_mm),
        (
            "detector distance",
            now.distance_source_to_detector_mm,
            before.distance_source_to_detector_mm,
        ),
        ("pixel spacing", _first(now.imager_pixel_spacing_mm), _first(before.imager_pixel_spacing_mm)),
    ):
        if one is not None and other is not None and abs(one / other - 1.0) > _SAME:
            return f"another {name}"
    return None


def of_another_patient(run: Run, patient_id: str | None) -> str | None:
    """Why a run is none of the session's; None where it may be, or nobody says whose it is."""
    if same_patient(run.patient_id, patient_id):
        return None
    return "of another patient, by its number"


def projection_of(attributes: Mapping[str, str]) -> str | None:
    """``lateral`` or ``ap`` by the primary angle of a header; None where that does not tell."""
    try:
        angle_deg = abs(float(attributes["PositionerPrimaryAngle"])) % 180.0
    except (KeyError, ValueError):
        return None
    from_front_deg = min(angle_deg, 180.0 - angle_deg)
    if from_front_deg >= _SIDE_DEG:
        return "lateral"
    return "ap" if from_front_deg <= _FRONT_DEG else None


def there_already(folder: Path) -> list[Arrival]:
    """Objects in a folder, by the time of their arrival."""
    if not folder.is_dir():
        return []
    files = sorted(folder.glob("*.dcm"), key=lambda path: (path.stat().st_mtime_ns, path.name))
    return [
        Arrival(number, path, datetime.fromtimestamp(path.stat().st_mtime, UTC))
        for number, path in enumerate(files, 1)
    ]


def still_to_play(
    arrivals: Iterable[Arrival], origins: Iterable[OriginObject], next_seq: int
) -> list[Arrival]:
    """Those of which not all frames have been played.

    Parameters
    ----------
    origins : iterable of OriginObject
        What a session says of those that were begun.
    next_seq : int
        Number of the session's next frame.
    """
    begun = sorted(origins, key=lambda origin: origin.first_seq)
    # one that broke off ends where the next begins
    ends = [origin.first_seq for origin in begun[1:]] + [1 << 62]
    left = {
        # a process that was killed may have begun more than it had recorded
        origin.sop_instance_uid: max(0, next_seq - origin.first_seq)
        for origin, end in zip(begun, ends, strict=True)
        if next_seq < min(end, origin.first_seq + origin.frames)
    }
    known = {origin.sop_instance_uid for origin in begun}
    return [
        replace(arrival, first=left.get(arrival.path.stem, 0))
        for arrival in arrivals
        if arrival.path.stem in left or arrival.path.stem not in known
    ]


def patient_in(path: Path) -> str | None:
    """The patient's number in a DICOM file; None where it has none, or cannot be read."""
    with suppress(SourceError, OSError):
        return stated_patient(_header(path))
    return None


def _header(path: Path) -> Dataset:
    with readable(path), Bounded(path.open("rb")) as file:
        return read_header(file)[0]


def _first(pair: tuple[float, float] | None) -> float | None:
    return None if pair is None else pair[0]


def _credible(stated: datetime | None, arrived: datetime) -> datetime | None:
    """The time of acquisition with a time zone, ours where it has none; None where the clocks contradict."""
    if stated is None:
        return None
    try:
        moment = stated.astimezone() if stated.tzinfo is None else stated
        return moment if timedelta(0) <= arrived - moment < _OLDEST else None
    except (OverflowError, ValueError, OSError):
        return None
