"""The alarm bar and the top line, from an observation."""

from __future__ import annotations

from monitor.clock import cement_age
from monitor.result import AlarmState, Alert, Kind, LevelResult, Priority, Watch
from monitor.states import Reason, State
from ui.overlay.memory import Memory
from ui.overlay.model import AlarmModel, BarModel, HeaderModel, StateModel
from ui.overlay.observation import Observation, Setup
from ui.overlay.sight import alert_seen, is_seen, shown_reasons, shown_state, time_since_s
from ui.overlay.words import UNKNOWN, clock, listed, shout, structure_words, view_words, whole_seconds

_SHOWN = (AlarmState.ACTIVE, AlarmState.ACKNOWLEDGED, AlarmState.LATCHED)

_FOLLOWS = {
    "no_image": "nothing is watched; check the beam and the video cable",
    "lagging": "nothing is watched until the picture is on time again",
    "unknown_view": "turn back to a marked view, or mark this one",
    "source_lost": "nothing is watched; check the video cable",
    "ended": "nothing is watched any more",
    "between_runs": "nothing is watched until it comes; go on by eye alone",
    "fault": "stop injecting, or go on by eye alone",
}
_FOLLOWS_STATE = {
    State.NOT_MONITORING: "growth meanwhile cannot be excluded",
    State.SETUP: "nothing is watched yet",
    State.LEARNING: "nothing is watched yet; keep still, do not inject",
    State.HELD: "nothing is watched until the image is live again",
}
_OTHER = {"lateral": "ap", "ap": "lateral"}
_WHY_UNTOLD = {
    State.NOT_MONITORING: "cause not known",
    State.SETUP: "getting ready",
    State.LEARNING: "reference and noise",
    State.HELD: "the image stands still",
}


def shown_alerts(observation: Observation) -> tuple[Alert, ...]:
    """Alarms to be shown, clinical before technical within a priority, unacknowledged first."""
    alerts = (*(observation.result.alerts if observation.result else ()), *observation.alerts)
    order = {AlarmState.ACTIVE: 0, AlarmState.LATCHED: 1, AlarmState.ACKNOWLEDGED: 2}
    return tuple(
        sorted(
            (alert for alert in alerts if alert.state in _SHOWN),
            key=lambda a: (-a.priority, order[a.state], a.kind != Kind.CLINICAL),
        )
    )


def bar_model(observation: Observation, level: LevelResult | None) -> BarModel:
    """Highest alarm, the state where nothing is watched, or what is being watched."""
    state = shown_state(observation)
    alerts = shown_alerts(observation)
    words = _state_words(observation, state) if state > State.DEGRADED else None
    if words is not None:
        # The state itself says what is technically wrong; beside it stays the patient's alarm.
        clinical = [a for a in alerts if a.kind == Kind.CLINICAL]
        shown = clinical[0] if clinical else None
        others = len(clinical) - 1
    else:
        shown = alerts[0] if alerts else None
        others = len(alerts) - 1
    quiet, rest = _watching(observation, level)
    alarm = _alarm_words(shown, observation, level_count(observation)) if shown else None
    return BarModel(alarm, words, max(0, others), quiet, rest)


def level_count(observation: Observation) -> int:
    """Number of levels in the result."""
    return len(observation.result.levels) if observation.result else 0


def _alarm_words(alert: Alert, observation: Observation, levels: int) -> AlarmModel:
    now_true = alert.state != AlarmState.LATCHED and alert_seen(alert, observation)
    if now_true or alert.structure is None:
        text = shout(alert.message)
    else:
        # The number of the message was true when the alarm came and is not known now.
        leak = " LEAK" if alert.rule_id.startswith("leak_") else ""
        text = shout(structure_words(alert.structure)) + leak
    tail = []
    if alert.level and alert.level.lower() not in alert.message.lower():
        tail.append(alert.level)
    if now_true and alert.kind == Kind.CLINICAL and alert.priority == Priority.HIGH:
        tail.append("STOP")
    if alert.state == AlarmState.ACKNOWLEDGED:
        note = "acknowledged"
    elif alert.state == AlarmState.LATCHED:
        note = f"latched · raised {whole_seconds(time_since_s(observation, alert.t_onset_ns))} ago"
    else:
        note = ""
    return AlarmModel(
        alert.priority,
        text,
        "".join(f"·  {part}  " for part in tail).rstrip(),
        note,
        alert.state != AlarmState.ACKNOWLEDGED,
    )


def _state_words(observation: Observation, state: State) -> StateModel:
    lasting = whole_seconds(max(0.0, (observation.now_ns - observation.health.since_ns) / 1e9))
    reason = _leading_reason(observation, state)
    why = reason.text if reason else _WHY_UNTOLD[state]
    if reason and reason.level and reason.level not in why:
        why = f"{reason.level} {why}"
    name = "BLIND" if state == State.NOT_MONITORING else state.words
    follows = _FOLLOWS.get(reason.code if reason else "", _FOLLOWS_STATE[state])
    learning = next((r for r in shown_reasons(observation) if r.state == State.LEARNING), None)
    if state == State.NOT_MONITORING and learning is not None:
        follows = f"{learning.text}; growth meanwhile cannot be excluded"
    return StateModel(f"{name} {lasting}  ·  {why}", follows, filled=state == State.NOT_MONITORING)


def _leading_reason(observation: Observation, state: State) -> Reason | None:
    return next((r for r in shown_reasons(observation) if r.state == state), None)


def _watching(observation: Observation, level: LevelResult | None) -> tuple[str, str]:
    """``watching posterior wall, discs`` and ``canal partly hidden · veins not marked``."""
    if level is None or not is_seen(observation, level):
        return "nothing is watched", ""
    if not level.zones:
        return f"watching {level.name}", ""
    names = [structure_words(z.name) for z in level.zones if z.watch == Watch.WATCHED]
    if "disc above" in names and "disc below" in names:
        names = ["discs" if n == "disc above" else n for n in names if n != "disc below"]
    rest = []
    for watch in (Watch.PARTLY, Watch.NOT_WATCHED, Watch.NOT_MARKED):
        missing = [structure_words(z.name) for z in level.zones if z.watch == watch]
        if missing:
            rest.append(f"{listed(missing)} {watch.value}")
    return (f"watching {listed(names)}" if names else "nothing is watched"), "  ·  ".join(rest)


def header_model(
    observation: Observation, level: LevelResult | None, memory: Memory, setup: Setup
) -> HeaderModel:
    """The top line."""
    state = shown_state(observation)
    result = observation.result
    place = f"{level.name} {result.view}" if level and result else (result.view if result else UNKNOWN)
    # Worse reasons than these are told by the bar, in larger letters.
    degraded = [r for r in shown_reasons(observation) if r.state == State.DEGRADED]
    why = "  ·  ".join(dict.fromkeys(f"{r.level} {r.text}" if r.level else r.text for r in degraded))
    cement = _cement(observation, setup)
    session_s = observation.session_elapsed_s
    return HeaderModel(
        state=state,
        seen=state <= State.DEGRADED,
        level_and_view=place,
        # runs come as they are sent: which view is looked at is nobody's choice here
        unchecked="" if observation.near_live else _unchecked(observation, memory, setup),
        why=why,
        cement=cement,
        session="" if session_s is None or cement[0] != UNKNOWN else f"session {clock(session_s)}",
        beam_on=f"beam on {clock(result.beam_on_s)}" if result else f"beam on {UNKNOWN}",
        recording=observation.recording,
        audio=_audio(observation),
        near_live=observation.near_live,
    )


def _cement(observation: Observation, setup: Setup) -> tuple[str, str, str]:
    """Age of the cement, which goes on while there is no image, and its phase by the brand's clock."""
    result = observation.result
    if result is None or result.cement_age_s is None:
        return (UNKNOWN, "", "")
    since_s = max(0.0, (observation.now_ns - result.frame.t_capture_ns) / 1e9)
    age_s, times = result.cement_age_s + since_s, setup.cement_clock
    age = None if times is None else cement_age(age_s, times)
    if age is None or times is None:
        return (clock(age_s), "phase not known", "")
    phase = {
        "early": f"thin until {clock(times.early_until_s)}",
        "working": f"working until {clock(times.late_after_s)}",
        "late": f"hardening since {clock(times.late_after_s)}",
    }[age.phase]
    return (clock(age_s), phase, setup.cement_brand or "general times")


def _unchecked(observation: Observation, memory: Memory, setup: Setup) -> str:
    """The other projection, and for how long it was not looked at: ``AP unchecked for 1 min 40 s``."""
    result = observation.result
    now = setup.projections.get(result.view) if result is not None else None
    if result is None or now is None:
        return ""
    told = []
    for view in setup.projections:
        if view == result.view:
            continue
        seen_ns = memory.views_ns.get(view)
        since = "" if seen_ns is None else f" for {whole_seconds((observation.now_ns - seen_ns) / 1e9)}"
        told.append(f"{view_words(view)} unchecked{since}")
    if not told and now in _OTHER:
        told.append(f"{view_words(_OTHER[now])} not marked")
    return "  ·  ".join(told)


def _audio(observation: Observation) -> str:
    """What is not heard, and for how long; empty where alarms are."""
    paused_s = observation.audio_paused_s
    paused = "" if paused_s is None else f"audio paused {whole_seconds(paused_s)}"
    # of what cannot be heard at all it matters neither that it is paused nor that it is not spoken
    if observation.audio_unheard:
        return observation.audio_unheard
    return "  ·  ".join(word for word in (paused, observation.speech_unheard) if word)
