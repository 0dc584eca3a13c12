"""Whether what is shown is still true, judged by whoever looks (pure; time is an argument)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitor.config import HealthConfig
from monitor.states import Reason, State, worst

_LAST_MINUTE = "room to record for less than a minute"


@dataclass(frozen=True, slots=True)
class Health:
    """What the observer may believe now.

    Parameters
    ----------
    state : State
        Worst of the image's own state and the observer's findings.
    reasons : tuple of Reason
        Worst first.
    since_ns : int
        When the state was entered.
    result_age_s : float or None
        Now minus the capture time of the newest result.
    counters : mapping of str to int
        ``captured``, ``processed``, ``superseded``, ``failed``, ``in_flight``, ``written``, ``gaps``,
        ``queued``.
    """

    state: State
    reasons: tuple[Reason, ...]
    since_ns: int
    result_age_s: float | None
    counters: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the observer sees of the loop and of the recorder.

    Parameters
    ----------
    image_reasons : tuple of Reason
        The newest result's own reasons; empty before the first.
    have_result : bool
    result_capture_ns, last_capture_ns : int or None
        When the newest result's frame, and the newest frame at all, were captured.
    waiting_since_ns : int or None
        When the first frame after that of the newest result was captured; None: there is none yet.
    frame_period_s : float or None
        Measured time between frames.
    ended : bool
        A file came to its end.
    source_error, source_away, fault : str or None
        Why the source stopped; why it gives nothing while it is opened anew; what a stage raised.
    capture_alive, processing_alive : bool
    recorder_backlog : float or None
        Part of the recorder's budget in use; None: nothing is recorded.
    recorder_error : str or None
    watchdog_gone : bool
        Nobody watches from outside any more whether the window hangs.
    counters : mapping of str to int
    room_min : float or None
        Minutes of recording that the disk has room for, where they are few.
    room_full : bool
        The disk has no room left for frames.
    run_awaited : str or None
        What is waited for, where runs come one by one and none is there now.
    near_live : str or None
        Which run is shown and how old it is, where images do not come as they are made.
    """

    image_reasons: tuple[Reason, ...]
    have_result: bool
    result_capture_ns: int | None
    last_capture_ns: int | None
    waiting_since_ns: int | None
    frame_period_s: float | None
    ended: bool
    source_error: str | None
    source_away: str | None
    fault: str | None
    capture_alive: bool
    processing_alive: bool
    recorder_backlog: float | None
    recorder_error: str | None
    watchdog_gone: bool
    counters: Mapping[str, int]
    room_min: float | None = None
    room_full: bool = False
    run_awaited: str | None = None
    near_live: str | None = None


def judge(evidence: Evidence, now_ns: int, config: HealthConfig, before: Health | None) -> Health:
    """Say what may be believed now.

    Parameters
    ----------
    now_ns : int
        Monotonic time (ns), on the clock of the captures.
    before : Health or None
        The judgement before this one, for the time since the state was entered.
    """
    reasons = [*_liveness(evidence, now_ns, config), *_recording(evidence, config)]
    if evidence.watchdog_gone:
        reasons.append(Reason(State.DEGRADED, "watchdog", "nobody would notice if this window froze"))
    if evidence.have_result:
        reasons += evidence.image_reasons
        if evidence.near_live is not None:
            reasons.append(Reason(State.DEGRADED, "near_live", evidence.near_live))
    elif not reasons:
        reasons.append(Reason(State.SETUP, "waiting", "waiting for the first image"))
    ordered = tuple(sorted(reasons, key=lambda reason: -reason.state))
    state = worst(ordered)
    since_ns = before.since_ns if before is not None and before.state is state else now_ns
    age_s = None
    if evidence.result_capture_ns is not None:
        age_s = max(0.0, (now_ns - evidence.result_capture_ns) / 1e9)
    return Health(state, ordered, since_ns, age_s, evidence.counters)


def _liveness(evidence: Evidence, now_ns: int, config: HealthConfig) -> list[Reason]:
    blind = State.NOT_MONITORING
    if evidence.source_error is not None:
        return [Reason(blind, "source_lost", f"image source lost: {evidence.source_error}")]
    if evidence.source_away is not None:
        return [Reason(blind, "source_lost", f"image source lost: {evidence.source_away}")]
    alive = evidence.capture_alive and evidence.processing_alive
    if evidence.run_awaited is not None and alive:  # else the next run would not be monitored
        return [Reason(blind, "between_runs", evidence.run_awaited)]
    if evidence.ended:
        return [Reason(blind, "ended", "the recording has ended")]
    if not alive:
        return [Reason(blind, "fault", "internal fault: a thread has stopped")]
    if evidence.fault is not None:
        return [Reason(blind, "fault", f"internal fault: {evidence.fault}")]
    if evidence.last_capture_ns is None:
        return []
    age_s = (now_ns - evidence.last_capture_ns) / 1e9
    period_s = evidence.frame_period_s or 0.0
    if age_s > max(config.no_image_periods * period_s, config.no_image_s):
        return [Reason(blind, "no_image", f"no image for {age_s:.1f} s")]
    if evidence.result_capture_ns is not None:
        late_s = (now_ns - evidence.result_capture_ns) / 1e9
        longest_s = max(config.lagging_s, config.no_image_periods * period_s)
        if late_s > longest_s:
            next_ns = evidence.waiting_since_ns
            pause_s = 0.0 if next_ns is None else (next_ns - evidence.result_capture_ns) / 1e9
            if pause_s > longest_s and late_s - pause_s <= longest_s:
                # the first image after a pause is here, and not looked at yet
                return [Reason(blind, "no_image", f"no image for {late_s:.1f} s")]
            return [Reason(blind, "lagging", f"processing is {late_s:.1f} s behind")]
    return []


def _recording(evidence: Evidence, config: HealthConfig) -> list[Reason]:
    found = _room(evidence)
    if evidence.recorder_error is not None:
        found.append(Reason(State.DEGRADED, "recording", f"recording fails: {evidence.recorder_error}"))
    elif evidence.recorder_backlog is not None and evidence.recorder_backlog > config.backlog_fraction:
        found.append(Reason(State.DEGRADED, "recording", "recording falls behind"))
    return found


def _room(evidence: Evidence) -> list[Reason]:
    if evidence.room_full:
        return [Reason(State.DEGRADED, "recording_full", "the disk is full: no images are recorded")]
    if evidence.room_min is None:
        return []
    words = f"room to record for {evidence.room_min:.0f} min" if evidence.room_min >= 1 else _LAST_MINUTE
    return [Reason(State.DEGRADED, "recording_room", words)]
