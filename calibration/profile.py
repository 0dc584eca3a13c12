"""The calibration of a room and its C-arm, as a JSON file (schema ``cementwatch.profile/1``).

Each part carries who made it, when, with which software, under which conditions, and until when it is to be
believed. Parts are independent: a room may have a scale and no density.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from calibration.conditions import Conditions
from calibration.latency import LatencyCalibration
from calibration.scale import ScaleEstimate
from calibration.whole_file import write_whole
from monitor.errors import CalibrationError, OutputError
from monitor.small_file import read_small
from monitor.thickness import NODES, ThicknessModel
from monitor.volume import DensityCalibration

SCHEMA = "cementwatch.profile/1"
LARGEST_BYTES = 4 * 1024 * 1024
DEFAULT_VALID_DAYS = 365
_MOST_NODES, _MOST_CURVES, _LARGEST_SIDE_PX = 5000, 1000, 65535
_STORED_NODES = NODES[::10]
"""Curves are smooth: every tenth node tells the rest to better than a hundredth of a millimetre."""


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Base of everything in a profile: immutable, and an unknown key is an error."""


class Stamp(_Part, frozen=True):
    """Who made a part and when, and how long it is to be believed (times in UTC, ISO 8601)."""

    made_at: datetime
    valid_until: datetime
    software: str
    operator: str = ""


class ScalePart(_Part, frozen=True):
    """Millimetres per pixel in the plane of the spine; `relative_sd` is one standard deviation."""

    stamp: Stamp
    conditions: Conditions
    mm_per_px: float
    relative_sd: float
    method: str
    reasoning: tuple[str, ...] = ()

    @classmethod
    def of(cls, taken: ScaleEstimate, made: Stamp, conditions: Conditions) -> ScalePart:
        """A scale as a profile keeps it."""
        return cls(made, conditions, taken.mm_per_px, taken.relative_sd, taken.method, taken.reasoning)

    @property
    def estimate(self) -> ScaleEstimate:
        """The same as the rest of calibration takes it."""
        return ScaleEstimate(self.mm_per_px, self.relative_sd, self.method, self.reasoning)


class DistortionPart(_Part, frozen=True):
    """Geometric distortion; `model` as `calibration.distortion` writes it, residuals over held-out beads."""

    stamp: Stamp
    conditions: Conditions
    model: dict[str, Any]
    residual_rms_mm: float
    residual_largest_mm: float
    beads: int


class CurveRow(_Part, frozen=True):
    """One curve of thickness (mm) over the nodes of the part, with its weight and factor."""

    weight: float
    log_factor: float
    log_factor_sd: float
    thickness_mm: tuple[float, ...]


class DensityPart(_Part, frozen=True):
    """Thickness of cement over added attenuation, in the monitor's own units."""

    stamp: Stamp
    conditions: Conditions
    attenuation_per_mm: float
    relative_sd: float
    method: str
    added_log: tuple[float, ...]
    curves: tuple[CurveRow, ...]
    valid_mm: tuple[float, float]
    cement: str = ""

    @property
    def calibration(self) -> DensityCalibration:
        """The same as the monitor takes it."""
        added = np.array(self.added_log)
        model = ThicknessModel(
            np.array([np.interp(NODES, added, np.array(row.thickness_mm)) for row in self.curves]),
            np.array([row.weight for row in self.curves]),
            np.array([row.log_factor for row in self.curves]),
            np.array([row.log_factor_sd for row in self.curves]),
        )
        return DensityCalibration(self.attenuation_per_mm, self.relative_sd, self.method, model=model)


class LatencyPart(_Part, frozen=True):
    """Delay from what happens in front of the C-arm to what is shown, glass to glass (ms)."""

    stamp: Stamp
    conditions: Conditions
    delay_ms: float
    sd_ms: float
    frame_period_ms: float
    flips: int

    @classmethod
    def of(cls, found: LatencyCalibration, made: Stamp, conditions: Conditions) -> LatencyPart:
        """A measured delay as a profile keeps it."""
        return cls(made, conditions, found.delay_ms, found.sd_ms, found.frame_period_ms, found.flips)


class Profile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything known of a room."""

    schema: str = SCHEMA
    room: str = ""
    c_arm: str = ""
    scale: ScalePart | None = None
    distortion: DistortionPart | None = None
    density: DensityPart | None = None
    latency: LatencyPart | None = None


def stamp(
    software: str, operator: str = "", valid_days: int = DEFAULT_VALID_DAYS, now: datetime | None = None
) -> Stamp:
    """A stamp of now.

    Raises
    ------
    CalibrationError
        `valid_days` is not from 1 to 3650.
    """
    if not 1 <= valid_days <= 3650:
        raise CalibrationError(f"a calibration may be valid for 1 to 3650 days, not {valid_days}")
    made_at = (now or datetime.now(UTC)).replace(microsecond=0)
    return Stamp(made_at, made_at + timedelta(days=valid_days), software, operator)


def density_part(
    density: DensityCalibration,
    made: Stamp,
    conditions: Conditions,
    valid_mm: tuple[float, float],
    cement: str = "",
) -> DensityPart:
    """A fitted density as a profile keeps it.

    Raises
    ------
    CalibrationError
        It is one that serves for comparison only.
    """
    if density.is_relative or density.model is None:
        raise CalibrationError("a density that serves for comparison only is no calibration")
    model = density.model
    rows = tuple(
        CurveRow(
            float(model.weight[k]),
            float(model.log_factor[k]),
            float(model.log_factor_sd[k]),
            tuple(round(float(v), 4) for v in np.interp(_STORED_NODES, NODES, model.thickness_mm[k])),
        )
        for k in range(len(model.weight))
    )
    added = tuple(round(float(v), 4) for v in _STORED_NODES)
    return DensityPart(
        made, conditions, density.attenuation_per_mm, density.relative_sd, density.method, added, rows,
        valid_mm, cement,
    )  # fmt: skip


def read_profile(path: Path) -> Profile:
    """Read and check a profile.

    Raises
    ------
    CalibrationError
        It cannot be read, is not JSON, has an unknown or missing key or a value that makes no sense. The
        message names the file and the key.
    """
    try:
        text = read_small(path, LARGEST_BYTES)
    except OSError as error:
        raise CalibrationError(f"{path}: cannot read the profile: {error.strerror or error}") from error
    try:
        profile = msgspec.json.decode(text, type=Profile)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CalibrationError(f"{path}: not a calibration profile: {error}") from error
    problem = _problem(profile)
    if problem is not None:
        raise CalibrationError(f"{path}: {problem}")
    return profile


def write_profile(profile: Profile, path: Path) -> None:
    """Write a profile, whole or not at all.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    text = msgspec.json.format(msgspec.json.encode(profile), indent=2) + b"\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text)
    except OSError as error:
        raise OutputError(f"{path}: cannot write the profile: {error.strerror or error}") from error


def _problem(profile: Profile) -> str | None:
    """What makes no sense in a profile; None where all does."""
    if profile.schema != SCHEMA:
        return f"schema is {profile.schema!r}, expected {SCHEMA!r}"
    for name in ("scale", "distortion", "density", "latency"):
        part = getattr(profile, name)
        if part is None:
            continue
        made: Stamp = part.stamp
        if made.made_at.tzinfo is None or made.valid_until.tzinfo is None:
            return f"{name}.stamp: times need a zone, as 2026-01-31T12:00:00Z"
        if made.valid_until <= made.made_at:
            return f"{name}.stamp: valid_until is not after made_at"
        if not _possible(part.conditions):
            return f"{name}.conditions: a size, distance or voltage that is none"
    if profile.scale is not None:
        if not 0.01 <= profile.scale.mm_per_px <= 5.0:
            return f"scale.mm_per_px is {profile.scale.mm_per_px:g}, must be from 0.01 to 5"
        if not 0 < profile.scale.relative_sd < 1:
            return f"scale.relative_sd is {profile.scale.relative_sd:g}, must be above 0 and below 1"
    return None if profile.density is None else _problem_of_density(profile.density)


def _possible(conditions: Conditions) -> bool:
    lengths = (
        conditions.distance_source_to_detector_mm, conditions.distance_source_to_patient_mm,
        conditions.field_of_view_mm, conditions.kvp, *(conditions.imager_pixel_spacing_mm or ()),
    )  # fmt: skip
    return (
        0 < conditions.rows <= _LARGEST_SIDE_PX
        and 0 < conditions.columns <= _LARGEST_SIDE_PX
        and all(value is None or 1e-6 < value < 1e6 for value in lengths)
    )


def _problem_of_density(part: DensityPart) -> str | None:
    if len(part.added_log) > _MOST_NODES or len(part.curves) > _MOST_CURVES:
        return f"density: more than {_MOST_NODES} values of added_log or {_MOST_CURVES} curves"
    added = np.array(part.added_log)
    if len(added) < 3 or not (np.isfinite(added).all() and (np.diff(added) > 0).all()):
        return "density.added_log must hold at least three growing values"
    if not part.curves or not 0 < part.attenuation_per_mm < 10 or not 0 < part.relative_sd < 5:
        return "density: no curves, or attenuation_per_mm or relative_sd out of range"
    for row in part.curves:
        thickness = np.array(row.thickness_mm)
        if len(thickness) != len(added) or not (np.diff(thickness) >= 0).all():
            return "density.curves: thickness_mm must grow, one value for each of added_log"
        if not (row.weight >= 0 and row.log_factor_sd > 0):
            return "density.curves: weight or log_factor_sd out of range"
    if abs(sum(row.weight for row in part.curves) - 1) > 1e-3:
        return "density.curves: the weights do not sum to 1"
    return None
