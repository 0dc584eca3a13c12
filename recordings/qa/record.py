"""What quality assurance knows of one session: the record from which tables, registry and reports are made.

It is written as JSON (`record_to_json`) and read again by any later version. Nothing in it names a person: of
patient and operator it holds pseudonyms. Times are seconds from the first frame. Unknown is None, never 0.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from monitor.errors import SourceError

SCHEMA = "cementwatch.qa/1"
Point = tuple[float, float]
Line = tuple[Point, ...]


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts of a record."""


class LateralDistribution(_Struct, frozen=True, kw_only=True):
    """Where the cement within the body lies, as seen from the side; parts of its projected area, 0 to 1.

    Parameters
    ----------
    anterior, middle, posterior : float
        Thirds of the depth of the body; together 1.
    upper, central, lower : float
        Thirds of its height; together 1.
    """

    anterior: float
    middle: float
    posterior: float
    upper: float
    central: float
    lower: float


class ApDistribution(_Struct, frozen=True, kw_only=True):
    """The same as seen from the front or from behind. Left and right are those of the image.

    Parameters
    ----------
    image_left, image_right : float
        Parts of the area on either side of the midline of the body; together 1.
    symmetry : float
        The smaller of the two through the larger, 0 to 1.
    crosses_midline : bool
        Whether one connected part of the cement reaches beyond the midline on both sides.
    upper, central, lower : float
        Thirds of the height; together 1.
    """

    image_left: float
    image_right: float
    symmetry: float
    crosses_midline: bool
    upper: float
    central: float
    lower: float


class EndplateContact(_Struct, frozen=True, kw_only=True):
    """Contact of the cement with an endplate, which is wanted, or its crossing, which is a leak.

    Parameters
    ----------
    contact : bool
    length_fraction : float
        Part of the endplate's length along which there is contact, 0 to 1.
    """

    contact: bool
    length_fraction: float


class Closest(_Struct, frozen=True, kw_only=True):
    """The closest that cement came to a structure (mm; negative once beyond), and when (s)."""

    structure: str
    value_mm: float
    low_mm: float
    time_s: float


class LeakRecord(_Struct, frozen=True, kw_only=True):
    """A leak of a level: all parts of one class.

    Parameters
    ----------
    leak_class : str
        As `monitor.result.Leak`.
    onset_s : float
    area_mm2 : float
        The largest at any moment.
    volume_ml : float or None
        The last that was known.
    volume_relative : bool
        The volume is not calibrated: good for comparison only.
    detached : bool
        Whether any part of it was not connected with the cement in the body.
    ambiguous_with : str or None
        A class that the projection cannot tell it from.
    view : str
    told : bool or None
        Whether an alarm told it while the procedure ran; None: nothing was monitored then.
    """

    leak_class: str
    onset_s: float
    area_mm2: float
    volume_ml: float | None = None
    volume_relative: bool = False
    detached: bool = False
    ambiguous_with: str | None = None
    view: str = ""
    told: bool | None = None


class TrendPoint(_Struct, frozen=True, kw_only=True):
    """A moment of a level's course."""

    time_s: float
    volume_ml: float | None = None
    volume_sd_ml: float | None = None
    area_mm2: float | None = None
    posterior_wall_mm: float | None = None
    watched: bool = True


class DistributionMap(_Struct, frozen=True, kw_only=True):
    """Where cement is in coordinates of the body, so that levels and patients can be laid upon each other.

    Parameters
    ----------
    view : str
    projection : {"lateral", "ap"}
    first, last : float
        Where the map begins and ends on both axes; the body is from 0 to 1: anterior to posterior (in AP
        from left to right of the image), head to foot.
    cover : tuple of tuple of float
        Rows from head to foot: part of each cell that is covered with cement, 0 to 1.
    """

    view: str
    projection: Literal["lateral", "ap"]
    first: float
    last: float
    cover: tuple[tuple[float, ...], ...]


class LevelRecord(_Struct, frozen=True, kw_only=True):
    """One level.

    Parameters
    ----------
    level : str
    region : str or None
        ``cervical``, ``thoracic``, ``lumbar`` or ``sacral``; None where the name tells none.
    views : tuple of str
        In which it was measured.
    pathology : str or None
    posterior_wall_defect : bool or None
        As planned; None: the plan says nothing of risks.
    planned_ml : float or None
    volume_ml, volume_sd_ml : float or None
        At the end. Uncalibrated where `volume_relative`.
    volume_low_ml, volume_high_ml : float or None
        95 % interval.
    volume_relative : bool
    volume_method : str or None
    injected_ml : float or None
        As the operator noted it.
    fill_fraction : float or None
        Part of the projected body that is covered.
    area_mm2, outside_mm2 : float or None
        Projected cement at the end: all of it, and outside the body.
    lateral : LateralDistribution or None
    ap : ApDistribution or None
    superior_endplate, inferior_endplate : EndplateContact or None
    closest : tuple of Closest
    leaks : tuple of LeakRecord
    front_speed_mm_s : float or None
        The highest that held for half a second, towards a dangerous structure.
    first_warning_s : float or None
        First clinical alarm of MEDIUM or HIGH priority at this level.
    injection_start_s, injection_stop_s : float or None
        When the cement began to grow, and when it grew no more.
    warning_to_stop_s : float or None
        None where there was no warning, or no stop after it.
    monitored_fraction : float or None
        Part of the time in which this level was watched while the procedure ran; None: it was not monitored.
    trend : tuple of TrendPoint
    maps : tuple of DistributionMap
    unmeasured : tuple of str
        What could not be measured, and why.
    notes : tuple of str
        Which of two views a figure is of, and why; what was derived.
    """

    level: str
    region: str | None = None
    views: tuple[str, ...] = ()
    pathology: str | None = None
    posterior_wall_defect: bool | None = None
    planned_ml: float | None = None
    volume_ml: float | None = None
    volume_sd_ml: float | None = None
    volume_low_ml: float | None = None
    volume_high_ml: float | None = None
    volume_relative: bool = False
    volume_method: str | None = None
    injected_ml: float | None = None
    fill_fraction: float | None = None
    area_mm2: float | None = None
    outside_mm2: float | None = None
    lateral: LateralDistribution | None = None
    ap: ApDistribution | None = None
    superior_endplate: EndplateContact | None = None
    inferior_endplate: EndplateContact | None = None
    closest: tuple[Closest, ...] = ()
    leaks: tuple[LeakRecord, ...] = ()
    front_speed_mm_s: float | None = None
    first_warning_s: float | None = None
    injection_start_s: float | None = None
    injection_stop_s: float | None = None
    warning_to_stop_s: float | None = None
    monitored_fraction: float | None = None
    trend: tuple[TrendPoint, ...] = ()
    maps: tuple[DistributionMap, ...] = ()
    unmeasured: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class AlarmRecord(_Struct, frozen=True, kw_only=True):
    """An alarm, as it was while the procedure ran.

    Parameters
    ----------
    rule, level, structure, kind, priority, message : str or None
        `kind` is ``clinical`` or ``technical``, `priority` the highest that it came to.
    raised_s : float
    escalated_s, acknowledged_s, cleared_s : float or None
    reaction_s : float or None
        From raising or the last escalation before to acknowledging; None: it was not acknowledged.
    """

    rule: str
    kind: str
    priority: str
    message: str
    raised_s: float
    level: str | None = None
    structure: str | None = None
    escalated_s: float | None = None
    acknowledged_s: float | None = None
    cleared_s: float | None = None
    reaction_s: float | None = None


class DoseRecord(_Struct, frozen=True, kw_only=True):
    """Radiation, as far as headers and dose reports tell it.

    Parameters
    ----------
    source : {"report", "header"}
    kvp : float or None
    dose_area_product_gy_m2 : float or None
    reference_point_dose_gy : float or None
    fluoroscopy_s : float or None
    irradiations : int or None
    problems : tuple of str
    """

    source: Literal["report", "header"]
    kvp: float | None = None
    dose_area_product_gy_m2: float | None = None
    reference_point_dose_gy: float | None = None
    fluoroscopy_s: float | None = None
    irradiations: int | None = None
    problems: tuple[str, ...] = ()


class KeyLines(_Struct, frozen=True, kw_only=True):
    """Lines of a level on a key frame (px of the frame): outlines of the cement, and structures by name."""

    level: str
    cement: tuple[Line, ...] = ()
    structures: dict[str, tuple[Line, ...]] = {}


class KeyFrame(_Struct, frozen=True, kw_only=True):
    """A frame worth a picture.

    Parameters
    ----------
    seq : int
    time_s : float
    why : tuple of str
    picture : str
        Name of the picture (8 bit gray PNG of the frame alone, without lines).
    rows, columns : int
        Of the picture.
    lines : tuple of KeyLines
    """

    seq: int
    time_s: float
    why: tuple[str, ...]
    picture: str
    rows: int
    columns: int
    lines: tuple[KeyLines, ...] = ()


class Difference(_Struct, frozen=True, kw_only=True):
    """A figure that the new analysis has otherwise than the log: `logged` and `now`, None where unknown."""

    level: str | None
    field: str
    logged: str | None
    now: str | None


class ProcedureRecord(_Struct, frozen=True, kw_only=True):
    """One session.

    Parameters
    ----------
    session_id : str
    folder : str
        As it was named when it was measured.
    day : str or None
        ``YYYY-MM-DD``, when the images were taken; None where that is not known.
    patient, operator : str or None
        Pseudonyms; None where the session does not say who, or it was not asked for.
    live_version : str
        Of the software that recorded.
    software_version : str
        Of the software that measured.
    source : str
        Kind of source, size and depth, in words.
    rows, columns : int
    mm_per_px : float or None
    frames, frames_unread : int
        Looked at; lost or damaged.
    duration_s : float
    monitored : bool
        Whether it was monitored while it ran.
    monitored_fraction : float or None
        Part of the time in which something was watched while it ran; None where nothing was.
    beam_on_s : float or None
    dose : DoseRecord or None
    levels : tuple of LevelRecord
    alarms : tuple of AlarmRecord
    key_frames : tuple of KeyFrame
    differences : tuple of Difference
        Between what was logged and what this software finds.
    problems : tuple of str
    """

    schema: str = SCHEMA
    session_id: str
    folder: str
    day: str | None = None
    patient: str | None = None
    operator: str | None = None
    live_version: str = ""
    software_version: str = ""
    source: str = ""
    rows: int = 0
    columns: int = 0
    mm_per_px: float | None = None
    frames: int = 0
    frames_unread: int = 0
    duration_s: float = 0.0
    monitored: bool = False
    monitored_fraction: float | None = None
    beam_on_s: float | None = None
    dose: DoseRecord | None = None
    levels: tuple[LevelRecord, ...] = ()
    alarms: tuple[AlarmRecord, ...] = ()
    key_frames: tuple[KeyFrame, ...] = ()
    differences: tuple[Difference, ...] = ()
    problems: tuple[str, ...] = ()


class Measured(_Struct, frozen=True, kw_only=True):
    """What measuring a session gives: its record, and its pictures by name (PNG)."""

    record: ProcedureRecord
    pictures: dict[str, bytes]


class Failed(_Struct, frozen=True, kw_only=True):
    """A session that could not be measured, and why; one line."""

    folder: str
    why: str


def record_to_json(record: ProcedureRecord) -> bytes:
    """Text of a record file, indented, ending in a newline."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def record_from_json(data: bytes, name: str) -> ProcedureRecord:
    """Read a record; `name` is used in messages.

    Raises
    ------
    SourceError
        It is none, or of another schema.
    """
    try:
        record = msgspec.json.decode(data, type=ProcedureRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(f"{name}: not a record of quality assurance: {error}") from error
    if record.schema != SCHEMA:
        raise SourceError(f"{name}: schema is {record.schema!r}, expected {SCHEMA!r}")
    return record
