"""What the overlay is given: one look at the loop, and what stays the same during a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.health import Health
from monitor.plan import Plan
from monitor.result import Alert, Result
from ui.keys import Keys


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """One look at the running monitor.

    Parameters
    ----------
    result : Result or None
        The newest result; None before the first.
    health : Health
        As judged by the observer at `now_ns`.
    now_ns : int
        Monotonic time of the look (ns), on the clock of `Frame.t_capture_ns`.
    recording : bool or None
        True: frames are being written. False: they are not. None: unknown.
    session_elapsed_s : float or None
        Time since the session began.
    demo_note : str or None
        Said in the footer where the source is no patient: ``simulated procedure``.
    cement_age_s, cement_until_s : float or None
        Time since mixing, and the end of the working window.
    audio_paused_s : float or None
        Time for which the alarm sound stays paused.
    audio_unheard : str
        Why no alarm can be heard; empty: they can, or sound is no matter here.
    speech_unheard : str
        Why no alarm is spoken where that was asked for; empty: they are, or it was not.
    source : str
        What the source delivers; empty: not known.
    processing_ms : float or None
        From capture to paint, median of the last frames; None before the first.
    level_notes : mapping of str to str
        A remark in place of the planned volume: ``closed at 3:40``.
    alerts : tuple of Alert
        Alarms of the observer itself (recording, display), besides those of the result.
    """

    result: Result | None
    health: Health
    now_ns: int
    recording: bool | None = None
    session_elapsed_s: float | None = None
    demo_note: str | None = None
    cement_age_s: float | None = None
    cement_until_s: float | None = None
    audio_paused_s: float | None = None
    audio_unheard: str = ""
    speech_unheard: str = ""
    source: str = ""
    processing_ms: float | None = None
    level_notes: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What does not change while a procedure runs.

    Parameters
    ----------
    mm_per_px : mapping of str to float
        Scale by the view's name; a view that is absent has no scale bar and no bands.
    planned_volume_ml : mapping of str to float
        By the level's name.
    invert : bool
        Show the image inverted (a source that delivers cement bright).
    calibration : tuple of str
        What of the calibration is missing, expired or contradicted, the gravest first.
    room_latency_ms : float or None
        From the glass to the capture, as measured in the room (ms).
    keys : Keys
        What the keys do, for the list of them and where one is named.
    """

    mm_per_px: Mapping[str, float] = field(default_factory=dict)
    planned_volume_ml: Mapping[str, float] = field(default_factory=dict)
    invert: bool = False
    calibration: tuple[str, ...] = ()
    room_latency_ms: float | None = None
    keys: Keys = field(default_factory=Keys)


def setup_from_plan(
    plan: Plan,
    *,
    invert: bool = False,
    calibration: tuple[str, ...] = (),
    room_latency_ms: float | None = None,
    keys: Keys | None = None,
) -> Setup:
    """Scales and planned volumes of a plan."""
    volumes = {name: intent.planned_volume_ml for name, intent in plan.levels.items()}
    return Setup(
        mm_per_px={view.name: view.scale.mm_per_px for view in plan.views},
        planned_volume_ml={name: ml for name, ml in volumes.items() if ml is not None},
        invert=invert,
        calibration=calibration,
        room_latency_ms=room_latency_ms,
        keys=keys or Keys(),
    )
