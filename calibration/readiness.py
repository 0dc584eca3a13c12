"""At the start of a session: what of a profile holds for this source, and what is missing or expired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from calibration.conditions import Conditions, conditions_of, geometry_changes, quality_changes
from calibration.density import nominal_density
from calibration.distortion import DistortionModel
from calibration.profile import Profile, Stamp
from calibration.scale import disagreement, scale_from_header
from calibration.undistorted_plan import level_views
from monitor.errors import CalibrationError
from monitor.frame import SourceInfo
from monitor.plan import Scale, View
from monitor.states import Reason, State
from monitor.volume import DensityCalibration

OF_ROOM = "room profile"
"""Method of a plan's scale that was taken from the profile."""


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is missing, expired or contradicted, in a few words.

    `part` is ``scale`` and so on. `in_doubt`: what is shown in millimetres may be wrong by more than is said.
    """

    part: str
    text: str
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class Readiness:
    """What a session goes by.

    Parameters
    ----------
    density : DensityCalibration or None
        That of the profile where it holds, else the nominal one; None: no volumes.
    level_scales : mapping of str to Scale
        By the level's name, the scale that holds there, where the distortion is known; else empty.
    latency_ms : float or None
        Glass to glass, as measured in the room.
    notices : tuple of Notice
        To be said on the screen, in the log and in the report.
    """

    density: DensityCalibration | None
    level_scales: Mapping[str, Scale]
    latency_ms: float | None
    notices: tuple[Notice, ...]

    @property
    def standing(self) -> tuple[Reason, ...]:
        """What degrades the whole session."""
        return tuple(
            Reason(State.DEGRADED, "calibration", notice.text) for notice in self.notices if notice.in_doubt
        )

    @property
    def words(self) -> tuple[str, ...]:
        """All notices, the gravest first."""
        return tuple(notice.text for notice in sorted(self.notices, key=lambda notice: not notice.in_doubt))


class _Stamped(Protocol):
    @property
    def stamp(self) -> Stamp: ...

    @property
    def conditions(self) -> Conditions: ...


def readiness(
    profile: Profile | None, info: SourceInfo, view: View, now: datetime | None = None
) -> Readiness:
    """Check a profile against a source and the plan's scale.

    Parameters
    ----------
    profile : Profile or None
        None: the room has none, or none was given.
    info : SourceInfo
    view : View
        Of the plan, with the scale that it was drawn with.
    now : datetime or None
        With a zone; None: the clock.
    """
    moment = now or datetime.now(UTC)
    conditions = conditions_of(info)
    notices: list[Notice] = list(_scale_notices(profile, info, view.scale, conditions, moment))
    density = nominal_density(info)
    known = None if profile is None else profile.density
    doubts = ["not calibrated"] if known is None else list(_doubts(known, conditions, moment, quality=True))
    if known is not None and not doubts:
        density = known.calibration
    else:
        said = "volumes serve for comparison only" if density is not None else "no volumes"
        notices.append(Notice("density", f"density {doubts[0]}: {said}"))
    distortion = None if profile is None else profile.distortion
    if distortion is not None:
        doubts = list(_doubts(distortion, conditions, moment))
        if doubts:
            notices.append(Notice("distortion", f"distortion {doubts[0]}: not corrected"))
            distortion = None
    scales: dict[str, Scale] = {}
    if distortion is not None:
        try:
            local = level_views(view, DistortionModel.from_dict(distortion.model))
            scales = {name: seen.scale for name, seen in local.items()}
        except CalibrationError as error:
            notices.append(Notice("distortion", f"distortion not corrected: {error}"))
            distortion = None
    latency = None if profile is None else profile.latency
    if latency is not None:
        doubts = list(_doubts(latency, conditions, moment, geometry=False))
        if doubts:
            notices.append(Notice("latency", f"latency {doubts[0]}"))
            latency = None
    delay_ms = None if latency is None else latency.delay_ms
    return Readiness(density, scales, delay_ms, tuple(notices))


def known_scale(
    info: SourceInfo, profile: Profile | None, now: datetime | None = None
) -> tuple[Scale | None, tuple[str, ...]]:
    """The scale that levels can be marked with before anything was measured, and how it comes about.

    That of the header first, then the room's, where nothing speaks against it.

    Returns
    -------
    scale : Scale or None
        None: it has to be measured in the picture.
    words : tuple of str
        A line each.
    """
    header = scale_from_header(info.geometry)
    if header.best is not None and not header.conflicts:
        return header.best.scale, header.best.reasoning
    said = header.conflicts or header.unusable
    if profile is not None and profile.scale is not None:
        moment = datetime.now(UTC) if now is None else now
        doubts = list(_doubts(profile.scale, conditions_of(info), moment))
        if doubts:
            return None, (*said, f"scale of the room {doubts[0]}")
        scale = msgspec.structs.replace(profile.scale.estimate.scale, method=OF_ROOM)
        return scale, (*said, f"of the room: {scale_in_words(scale)}")
    return None, (*said, "not known: to be measured on a cannula while the levels are marked")


def scale_in_words(scale: Scale) -> str:
    """A scale in a line."""
    percent = 196 * scale.relative_uncertainty
    return f"{scale.mm_per_px:.4f} mm per px ± {percent:.0f} % ({scale.method})"


def _scale_notices(
    profile: Profile | None,
    info: SourceInfo,
    plan_scale: Scale,
    conditions: Conditions,
    moment: datetime,
) -> Iterator[Notice]:
    held = None
    if profile is not None and profile.scale is not None:
        doubts = list(_doubts(profile.scale, conditions, moment))
        if doubts:
            yield Notice("scale", f"scale of the room {doubts[0]}", in_doubt=plan_scale.method == OF_ROOM)
        else:
            held = profile.scale.estimate.scale
            yield from _contradicts(plan_scale, held, "the room's")
    header = scale_from_header(info.geometry)
    if header.best is not None:
        yield from _contradicts(plan_scale, header.best.scale, "the header's")
    elif held is None and plan_scale.method == "unknown":
        yield Notice("scale", "scale not calibrated: the plan does not say where its millimetres come from")


def _contradicts(plan: Scale, other: Scale, whose: str) -> Iterator[Notice]:
    ratio = disagreement(plan, other)
    if ratio is not None:
        text = f"the plan's scale is {ratio:.2f} times {whose}: millimetres are in doubt"
        yield Notice("scale", text, in_doubt=True)


def _doubts(
    part: _Stamped, now: Conditions, moment: datetime, *, geometry: bool = True, quality: bool = False
) -> Iterator[str]:
    if moment > part.stamp.valid_until:
        yield f"expired on {part.stamp.valid_until:%Y-%m-%d}"
    if moment < part.stamp.made_at:
        yield f"is dated {part.stamp.made_at:%Y-%m-%d}, in the future"
    if geometry and not quality:
        yield from geometry_changes(part.conditions, now)
    if quality:
        yield from quality_changes(part.conditions, now)
