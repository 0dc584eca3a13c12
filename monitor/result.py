"""What one pass through the stages hands to whoever looks: the frame and all that was found in it.

Every value that is not known is None, never 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum, StrEnum

import numpy as np
from numpy.typing import NDArray

from monitor.frame import Frame
from monitor.states import Reason, State

Contour = NDArray[np.float32]
"""A closed or open line, shape (n, 2), x then y, in px of the frame."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a vertebra is in a frame, relative to the reference frame.

    A reference point ``p`` (px) is seen at ``centre + shift + R(rotation) (p - centre)``.

    Parameters
    ----------
    centre_px : (float, float)
        Centre of the level in the reference frame, x then y.
    shift_px : (float, float)
        Displacement of the centre, x then y.
    rotation_rad : float
        Clockwise as seen (y runs down).
    sigma_mm : float
        Predicted standard error of the displacement.
    correlation : float
        Likeness of the marked bone to the reference, -1 to 1.
    trusted : bool
        False: nothing measured with this pose may be shown.
    distrust : str or None
        Why it is not trusted, in words.
    misplaced_px : (float, float)
        How far the plan's frame lay beside the bone as it is known now, x then y; the marks have been moved
        by as much, and `from_plan_px` is free of it.
    """

    centre_px: tuple[float, float]
    shift_px: tuple[float, float]
    rotation_rad: float
    sigma_mm: float
    correlation: float
    trusted: bool
    distrust: str | None = None
    misplaced_px: tuple[float, float] = (0.0, 0.0)

    @property
    def from_plan_px(self) -> tuple[float, float]:
        """Displacement of the level from where it was on the plan's frame, x then y."""
        return self.shift_px[0] - self.misplaced_px[0], self.shift_px[1] - self.misplaced_px[1]

    def to_frame(self, points_px: NDArray[np.floating]) -> NDArray[np.float64]:
        """Move reference points, shape (n, 2), to where they are in the frame."""
        centre = np.asarray(self.centre_px)
        cos, sin = np.cos(self.rotation_rad), np.sin(self.rotation_rad)
        turn = np.array([[cos, -sin], [sin, cos]])
        offset = np.asarray(points_px, np.float64) - centre
        moved: NDArray[np.float64] = offset @ turn.T + centre + self.shift_px
        return moved


@dataclass(frozen=True, slots=True)
class Distance:
    """Signed distance of the nearest cement to a structure: positive inside, negative once beyond.

    `low_mm` is the lower end of the 95 % interval. `from_px` and `to_px` are the cement's point and
    the structure's point (x, y) in px of the frame.
    """

    value_mm: float
    low_mm: float
    from_px: tuple[float, float]
    to_px: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Approach:
    """How fast the front nears a structure (mm/s; negative: it draws back), and the time to contact (s).

    The time is None where the speed is not told from standing, or the structure has been reached.
    """

    speed_mm_s: float
    time_to_contact_s: float | None


@dataclass(frozen=True, slots=True)
class Leak:
    """Cement outside the body, one connected part.

    `leak_class` is ``canal``, ``disc_superior``, ``disc_inferior``, ``vein``, ``foramen``,
    ``paravertebral``, ``embolus`` or ``outside`` (the zone is not marked).
    `ambiguous_with` names a class that the projection cannot tell it from.
    """

    leak_class: str
    area_mm2: float
    volume_ml: float | None
    onset_ns: int
    detached: bool
    centre_px: tuple[float, float]
    ambiguous_with: str | None = None


class Watch(StrEnum):
    """Whether a structure or zone is being watched."""

    WATCHED = "watched"
    PARTLY = "partly hidden"
    NOT_MARKED = "not marked"
    NOT_WATCHED = "not watched"


@dataclass(frozen=True, slots=True)
class Zone:
    """A zone that cement may reach, whether it is watched, and how thin a film would be seen now."""

    name: str
    watch: Watch
    minimum_detectable_mm: float | None


@dataclass(frozen=True, slots=True, eq=False)
class LevelResult:
    """All that is known of one level in one frame. None where unknown.

    Parameters
    ----------
    name : str
    state : State
    pose : Pose or None
    contours_px : tuple of Contour
        Outline of the cement, closed, on this frame.
    structures_px : mapping of str to tuple of Contour
        Marked structures on this frame: ``body`` and ``foramen`` (closed), ``posterior_wall``,
        ``anterior_wall``, ``superior_endplate``, ``inferior_endplate``, ``vein``, ``cannula`` (open),
        ``posterior_third`` and ``posterior_quarter`` (open).
    unobservable_px : tuple of Contour
        Outlines, closed, of regions where cement could not be seen.
    distances : mapping of str to Distance
        By structure: ``posterior_wall``, ``anterior_wall``, ``superior_endplate``,
        ``inferior_endplate``, ``vein``, ``foramen``. Absent where unknown.
    area_mm2, outside_mm2 : float or None
        Projected cement, all of it and the part outside the body.
    front_speed_mm_s, time_to_contact_s : float or None
        Towards the dangerous structure that is reached first.
    approaches : mapping of str to Approach
        By dangerous structure, as far as known.
    volume_ml, volume_sd_ml : float or None
        None where the run is not calibrated.
    fill_fraction : float or None
        Part of the projected body that is covered by cement, 0 to 1.
    leaks : tuple of Leak
    zones : tuple of Zone
    derived : frozenset of str
        Structures that were not marked but taken from the outline of the body.
    volume_relative : bool
        The volume is not calibrated by aliquots: good for comparison only.
    volume_method : str or None
        Where the volume's calibration comes from.
    injected_ml : float or None
        What the operator has noted as injected into the body; None: nothing noted.
    unseen_ml, unseen_sd_ml : float or None
        Of it not seen at the last aliquot, and the error of that; None with fewer than two aliquots.
    standing_ml : float or None
        Injected since the front last moved, as far as it was not seen.
    still_s : float or None
        For how long the front has stood (s).
    extension_mm_s : float or None
        Speed of a thin part of the cement that runs (mm/s); None: none does.
    noise_correlation : float or None
        Correlation of the noise from pulse to pulse, 0 to 0.9: the C-arm's own recursive filter.
    """

    name: str
    state: State
    pose: Pose | None
    contours_px: tuple[Contour, ...] = ()
    structures_px: Mapping[str, tuple[Contour, ...]] | None = None
    unobservable_px: tuple[Contour, ...] = ()
    distances: Mapping[str, Distance] | None = None
    area_mm2: float | None = None
    outside_mm2: float | None = None
    front_speed_mm_s: float | None = None
    time_to_contact_s: float | None = None
    approaches: Mapping[str, Approach] | None = None
    volume_ml: float | None = None
    volume_sd_ml: float | None = None
    fill_fraction: float | None = None
    leaks: tuple[Leak, ...] = ()
    zones: tuple[Zone, ...] = ()
    derived: frozenset[str] = frozenset()
    volume_relative: bool = False
    volume_method: str | None = None
    injected_ml: float | None = None
    unseen_ml: float | None = None
    unseen_sd_ml: float | None = None
    standing_ml: float | None = None
    still_s: float | None = None
    extension_mm_s: float | None = None
    noise_correlation: float | None = None


class Priority(IntEnum):
    """Priority of an alarm, highest last."""

    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Kind(StrEnum):
    """CLINICAL: about the patient. TECHNICAL: about the monitor."""

    CLINICAL = "clinical"
    TECHNICAL = "technical"


class AlarmState(StrEnum):
    """Life of an alarm; see `monitor.alerts` for the transitions."""

    INACTIVE = "inactive"
    PENDING = "pending"
    ACTIVE = "active"
    ACKNOWLEDGED = "acknowledged"
    LATCHED = "latched"


@dataclass(frozen=True, slots=True)
class Alert:
    """One alarm as it stands.

    `key` tells alarms apart: rule, level and structure. `message` is for the bar:
    ``posterior wall 2.1 mm``.
    """

    rule_id: str
    kind: Kind
    priority: Priority
    state: AlarmState
    level: str | None
    structure: str | None
    t_onset_ns: int
    seq: int
    value: float | None
    unit: str | None
    message: str

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        """What makes it one alarm and not another."""
        return (self.rule_id, self.level, self.structure)


@dataclass(frozen=True, slots=True)
class AlertTransition:
    """Something that happened to an alarm: ``raised``, ``escalated``, ``cleared``, ``acknowledged``."""

    event: str
    t_ns: int
    alert: Alert


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """The frame and everything computed from it.

    `state` and `reasons` are those of the image itself; whether the result is still true when it is
    looked at is judged by the observer (`monitor.health`). `alerts` holds every alarm that is not
    inactive, highest priority first.
    """

    frame: Frame
    view: str
    state: State
    reasons: tuple[Reason, ...]
    levels: tuple[LevelResult, ...]
    alerts: tuple[Alert, ...]
    transitions: tuple[AlertTransition, ...]
    timings_ms: Mapping[str, float]
    beam_on_s: float
    skipped_before: int = 0
    cement_age_s: float | None = None
    """Since mixing; None where that is not known."""
    cement_phase: str | None = None
    """``early``, ``working`` or ``late``."""
    masks_px: NDArray[np.uint8] | None = None
    """Cement of all levels on this frame, 255 where it is, shape (rows, columns); only where asked for."""
    level_masks_px: Mapping[str, NDArray[np.uint8]] | None = None
    """The same by level: 0, `monitor.frame_mask.WITHIN` the body or `OUTSIDE` it; only where asked for."""
