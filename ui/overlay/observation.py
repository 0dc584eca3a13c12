"""What the overlay is given: one look at the loop, and what stays the same during a procedure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.clock import clock_of
from monitor.config import BrandClock, ClockConfig, Config
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
    near_live : bool
        Images do not come as they are made: runs are shown after they have arrived.
    alerts : tuple of Alert
        Alarms of the observer itself (recording, display), besides those of the result.
    """

    result: Result | None
    health: Health
    now_ns: int
    recording: bool | None = None
    session_elapsed_s: float | None = None
    demo_note: str | None = None
    audio_paused_s: float | None = None
    audio_unheard: str = ""
    speech_unheard: str = ""
    source: str = ""
    processing_ms: float | None = None
    level_notes: Mapping[str, str] = field(default_factory=dict)
    alerts: tuple[Alert, ...] = ()
    near_live: bool = False


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
    projections : mapping of str to str
        Projection of every view of the plan by its name, to say which is not looked at; empty: not said.
    cement_clock : BrandClock, ClockConfig or None
        When the cement's phases end; None: no phase is told.
    cement_brand : str
        Whose clock that is; empty: the general one.
    """

    mm_per_px: Mapping[str, float] = field(default_factory=dict)
    planned_volume_ml: Mapping[str, float] = field(default_factory=dict)
    invert: bool = False
    calibration: tuple[str, ...] = ()
    room_latency_ms: float | None = None
    keys: Keys = field(default_factory=Keys)
    projections: Mapping[str, str] = field(default_factory=dict)
    cement_clock: BrandClock | ClockConfig | None = None
    cement_brand: str = ""


def setup_from_plan(
    plan: Plan,
    config: Config | None = None,
    *,
    alone: bool = True,
    invert: bool = False,
    calibration: tuple[str, ...] = (),
    room_latency_ms: float | None = None,
    keys: Keys | None = None,
) -> Setup:
    """Scales, planned volumes and the cement's clock of a plan.

    Without `config` no phase of the cement is told. Not `alone`: other views are looked at beside this one.
    """
    brand = plan.cement.brand if plan.cement is not None else None
    volumes = {name: intent.planned_volume_ml for name, intent in plan.levels.items()}
    return Setup(
        mm_per_px={view.name: view.scale.mm_per_px for view in plan.views},
        planned_volume_ml={name: ml for name, ml in volumes.items() if ml is not None},
        invert=invert,
        calibration=calibration,
        room_latency_ms=room_latency_ms,
        keys=keys or Keys(),
        projections={view.name: view.projection for view in plan.views} if alone else {},
        cement_clock=None if config is None else clock_of(config, brand),
        cement_brand=brand if brand is not None and config is not None and brand in config.brands else "",
    )
