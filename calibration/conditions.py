"""What a calibration was made under, and whether that still holds: by the header of the source."""

from __future__ import annotations

import math
from collections.abc import Iterator

import msgspec

from monitor.frame import SourceInfo

_SAME_DISTANCE = 0.01
_SAME_KVP = 5.0


class Conditions(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Format, geometry and quality of the images that a calibration was made on; None where not stated.

    Names as in `monitor.frame.ImagerGeometry`.
    """

    rows: int
    columns: int
    pixel_intensity_relationship: str
    bits_stored: int
    imager_pixel_spacing_mm: tuple[float, float] | None = None
    distance_source_to_detector_mm: float | None = None
    distance_source_to_patient_mm: float | None = None
    field_of_view_mm: float | None = None
    kvp: float | None = None


def conditions_of(info: SourceInfo) -> Conditions:
    """Conditions of a source as it states them."""
    geometry = info.geometry
    return Conditions(
        rows=info.rows,
        columns=info.columns,
        pixel_intensity_relationship=info.intensity.relationship.value,
        bits_stored=info.intensity.bits_stored,
        imager_pixel_spacing_mm=geometry.imager_pixel_spacing_mm,
        distance_source_to_detector_mm=geometry.distance_source_to_detector_mm,
        distance_source_to_patient_mm=geometry.distance_source_to_patient_mm,
        field_of_view_mm=geometry.field_of_view_mm,
        kvp=info.kvp,
    )


def geometry_changes(then: Conditions, now: Conditions) -> Iterator[str]:
    """What makes millimetres of another picture invalid: format, zoom, distances. In words."""
    if (then.rows, then.columns) != (now.rows, now.columns):
        yield f"images were {then.columns} x {then.rows}, are {now.columns} x {now.rows}"
    pairs = (
        ("field of view", then.field_of_view_mm, now.field_of_view_mm),
        ("DistanceSourceToDetector", then.distance_source_to_detector_mm, now.distance_source_to_detector_mm),
        ("DistanceSourceToPatient", then.distance_source_to_patient_mm, now.distance_source_to_patient_mm),
        (
            "ImagerPixelSpacing",
            _first(then.imager_pixel_spacing_mm),
            _first(now.imager_pixel_spacing_mm),
        ),
    )
    for name, before, after in pairs:
        if before is not None and after is not None and _differ(before, after):
            yield f"{name} was {before:g} mm, is {after:g} mm"


def quality_changes(then: Conditions, now: Conditions) -> Iterator[str]:
    """What makes millilitres of another picture invalid: another curve, another tube voltage. In words."""
    if then.pixel_intensity_relationship != now.pixel_intensity_relationship:
        yield (
            f"pixel values were {then.pixel_intensity_relationship}, are {now.pixel_intensity_relationship}"
        )
    elif then.bits_stored != now.bits_stored:
        yield f"pixel values had {then.bits_stored} bits, have {now.bits_stored}"
    if then.kvp is not None and now.kvp is not None and abs(then.kvp - now.kvp) > _SAME_KVP:
        yield f"tube voltage was {then.kvp:g} kV, is {now.kvp:g} kV"


def _first(pair: tuple[float, float] | None) -> float | None:
    return None if pair is None else pair[0]


def _differ(before: float, after: float) -> bool:
    return abs(math.log(after / before)) > _SAME_DISTANCE
