"""What of an observation may be believed: the state that is shown, and which levels are seen."""

from __future__ import annotations

from monitor.result import Alert, Kind, LevelResult
from monitor.states import Reason, State
from ui.overlay.observation import Observation

OLDEST_BELIEVED_S = 2.0
"""A result older than this is not shown as true, whatever the health says: the last line of defence."""

STALE_IMAGE_S = 0.5
_STALE_CODES = frozenset({"no_image", "lagging", "fault", "source_lost", "ended", "between_runs"})


def result_age_s(observation: Observation) -> float | None:
    """Age of the newest result's image (s); None where there is no result."""
    if observation.result is None:
        return None
    age_s = (observation.now_ns - observation.result.frame.t_capture_ns) / 1e9
    told_s = observation.health.result_age_s
    return max(0.0, age_s if told_s is None else told_s)


def shown_state(observation: Observation) -> State:
    """State for the pill: the health's, or NOT MONITORING where there is no result or it is too old."""
    return max((reason.state for reason in _own_reasons(observation)), default=observation.health.state)


def shown_reasons(observation: Observation) -> tuple[Reason, ...]:
    """Reasons, worst first, with those found here."""
    return _own_reasons(observation) + observation.health.reasons


def _own_reasons(observation: Observation) -> tuple[Reason, ...]:
    if observation.health.state >= State.SETUP:
        return ()
    age_s = result_age_s(observation)
    if age_s is None:
        if observation.health.state == State.LEARNING:
            return ()
        return (Reason(State.NOT_MONITORING, "no_image", "no image yet"),)
    if age_s > OLDEST_BELIEVED_S:
        return (Reason(State.NOT_MONITORING, "no_image", "no new result"),)
    return ()


def whole_view_state(observation: Observation) -> State:
    """State that holds for every level: reasons that name a level are left out."""
    state = shown_state(observation)
    reasons = shown_reasons(observation)
    explained = [r for r in reasons if r.state == state]
    if explained and all(r.level is not None for r in explained):
        return max((r.state for r in reasons if r.level is None), default=State.MONITORING)
    return state


def level_state(observation: Observation, level: LevelResult) -> State:
    """State of one level: the worst of the whole view's, its own, and the reasons that name it."""
    named = [r.state for r in shown_reasons(observation) if r.level == level.name]
    return max([whole_view_state(observation), level.state, *named])


def is_seen(observation: Observation, level: LevelResult) -> bool:
    """Whether what the result says of a level is true now."""
    if level.pose is not None and not level.pose.trusted:
        return False
    return level_state(observation, level) <= State.DEGRADED


def alert_seen(alert: Alert, observation: Observation) -> bool:
    """Whether what an alarm rests on is seen now; the machine's own alarms rest on nothing."""
    if alert.kind == Kind.TECHNICAL:
        return True
    levels = observation.result.levels if observation.result else ()
    return any(is_seen(observation, lv) for lv in levels if alert.level in (None, lv.name))


def stale_image_s(observation: Observation) -> float | None:
    """Age of the image where it no longer shows what is (s), None where it does."""
    age_s = result_age_s(observation)
    if age_s is None:
        return None
    if age_s > OLDEST_BELIEVED_S:
        return age_s
    codes = {r.code for r in observation.health.reasons}
    blind = observation.health.state == State.NOT_MONITORING
    if blind and age_s > STALE_IMAGE_S:
        return age_s
    return age_s if blind and codes & _STALE_CODES and age_s > 0.25 else None


def time_since_s(observation: Observation, onset_ns: int) -> float:
    """Time from an onset to now (s).

    An onset may be on the source's clock (`Frame.time_ns`) or on the monotonic one. A source's
    clock starts at 0 with its first frame, so an onset that it has already passed is on it.
    """
    frame = observation.result.frame if observation.result else None
    if frame is not None and frame.t_source_ns is not None and 0 <= onset_ns <= frame.t_source_ns:
        return (frame.t_source_ns - onset_ns + max(0, observation.now_ns - frame.t_capture_ns)) / 1e9
    return max(0.0, (observation.now_ns - onset_ns) / 1e9)
