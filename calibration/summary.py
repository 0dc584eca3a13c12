"""What a profile holds and what it lacks, in words, part by part."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from calibration.conditions import Conditions, geometry_changes
from calibration.profile import DensityPart, DistortionPart, LatencyPart, Profile, ScalePart, Stamp

PARTS = ("scale", "distortion", "density", "latency")
_LACKING = {
    "scale": "millimetres are those of the plan alone",
    "distortion": "not corrected",
    "density": "volumes serve for comparison only",
    "latency": "delay of the picture unknown",
}
AnyPart = ScalePart | DistortionPart | DensityPart | LatencyPart


@dataclass(frozen=True, slots=True)
class PartSummary:
    """One part of a profile in words; where it is missing, `stamp` is None and `value` says what follows.

    `uncertainty` is the 95 % one; `conditions` those that the part holds under.
    """

    name: str
    value: str
    uncertainty: str = ""
    stamp: Stamp | None = None
    conditions: str = ""
    expired: bool = False


def summary_of(profile: Profile, now: datetime) -> tuple[PartSummary, ...]:
    """Every part that a profile may hold, at a time with a zone."""
    return tuple(_summary(name, getattr(profile, name), now) for name in PARTS)


def mismatches(profile: Profile) -> Iterator[str]:
    """Parts of a profile that cannot hold for one and the same picture, in words."""
    scale, distortion = profile.scale, profile.distortion
    if scale is not None and distortion is not None:
        for change in geometry_changes(scale.conditions, distortion.conditions):
            yield f"scale and distortion do not hold together: {change}"


def _summary(name: str, part: AnyPart | None, now: datetime) -> PartSummary:
    if part is None:
        return PartSummary(name, f"missing: {_LACKING[name]}")
    value, uncertainty = _value(part)
    conditions = ", ".join(_conditions(part))
    return PartSummary(name, value, uncertainty, part.stamp, conditions, now > part.stamp.valid_until)


def _value(part: AnyPart) -> tuple[str, str]:
    if isinstance(part, ScalePart):
        low, high = part.estimate.interval_mm_per_px
        return f"{part.mm_per_px:.4f} mm per pixel ({part.method})", f"{low:.4f} to {high:.4f}"
    if isinstance(part, DistortionPart):
        worst = f"{part.residual_largest_mm:.2f} mm at most"
        return f"corrected within {part.beads} marks", f"{part.residual_rms_mm:.3f} mm RMS left, {worst}"
    if isinstance(part, DensityPart):
        low, high = part.valid_mm
        cement = f"{part.cement}: " if part.cement else ""
        value = f"{cement}{part.attenuation_per_mm:.4f} per mm, {low:g} to {high:g} mm ({part.method})"
        return value, f"± {196 * part.relative_sd:.0f} %"
    return f"{part.delay_ms:.0f} ms, glass to glass", f"± {1.96 * part.sd_ms:.0f} ms"


def _conditions(part: AnyPart) -> Iterator[str]:
    held: Conditions = part.conditions
    yield f"{held.columns} x {held.rows} px"
    if isinstance(part, DensityPart):
        yield f"{held.pixel_intensity_relationship}, {held.bits_stored} bits"
        if held.kvp is not None:
            yield f"{held.kvp:g} kV"
    if not isinstance(part, ScalePart | DistortionPart):
        return
    for name, value in (
        ("field", held.field_of_view_mm),
        ("SID", held.distance_source_to_detector_mm),
        ("SOD", held.distance_source_to_patient_mm),
    ):
        if value is not None:
            yield f"{name} {value:g} mm"
