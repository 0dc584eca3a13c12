"""The facts of an exercise on a simulated procedure, from its truth and from when the pedal was held."""

from __future__ import annotations

from recordings.simulated.injection import Injection
from recordings.simulated.scene import SceneLevel
from recordings.simulated.truth import LevelTruth, Truth
from recordings.training.exercises import excused_s
from recordings.training.facts import Danger, Facts, Moment
from recordings.training.interactive import Prepared
from recordings.training.scoring import Scoring

STRUCTURES = ("posterior_wall", "superior_endplate", "inferior_endplate", "anterior_wall")
_BISECTIONS = 12


def facts_of(prepared: Prepared, injection: Injection, until_s: float, scoring: Scoring) -> Facts:
    """What was so in every frame up to the end of the exercise.

    Parameters
    ----------
    prepared : Prepared
    injection : Injection
        With every press closed.
    until_s : float
        When the exercise ended (s).
    scoring : Scoring
        What counts as near.
    """
    scene, truth = prepared.scene, Truth(prepared.scene, injection)
    rate_hz = scene.settings.frame_rate_hz
    last = min(scene.frame_count - 1, int(until_s * rate_hz))
    moments: list[Moment] = []
    near: dict[str, float] = {}
    depth_mm = depths_mm(prepared)
    held: tuple[float, tuple[LevelTruth, ...]] | None = None
    drops = any(level.growth is not None and level.growth.drop is not None for level in scene.treated)
    for frame in range(int(prepared.exercise.ready_s * rate_hz), last + 1):
        time_s = scene.time_s(frame)
        grown_s = injection.grown_s(scene.shown_s(frame))
        if held is None or held[0] != grown_s or drops:
            held = (grown_s, truth.truth_at(frame).levels)
        levels = held[1]
        moments.append(_moment(time_s, levels, prepared, grown_s, scoring))
        for level in levels:
            away_mm = level.distances_mm.get("posterior_wall")
            if away_mm is not None and away_mm <= scoring.near_of_mm(depth_mm[level.name]):
                near.setdefault(level.name, time_s)
    dangers = [Danger("near", "posterior_wall", name, at_s) for name, at_s in near.items()]
    for leak in truth.leaks(last + 1):
        seen = leak.first_visible_frame
        dangers.append(
            Danger("leak", leak.leak_class, leak.level, None if seen is None else scene.time_s(seen))
        )
    safe_s = first_danger_grown_s(prepared, scoring)
    waits = [injection.reached_s(pause_s) for pause_s in injection.pauses_s]
    return Facts(
        moments=tuple(moments),
        dangers=tuple(dangers),
        may_leak=any(script.leak is not None for script in scene.scenario.levels),
        ready_s=prepared.exercise.ready_s,
        until_s=until_s,
        planned_ml=prepared.planned_ml,
        safe_ml=None if safe_s is None else prepared.exercise.injected_ml(safe_s),
        injected_ml=prepared.injected_ml(injection, until_s),
        excused_s=excused_s(scene.scenario),
        origin="simulated",
        waits_s=tuple(at_s for at_s in waits if at_s is not None),
    )


def first_danger_grown_s(prepared: Prepared, scoring: Scoring) -> float | None:
    """Time of growth at which the first danger shows if nobody lets go (s); None: none does."""
    truth = Truth(prepared.scene)  # steadily: time and growth are one
    found = [
        at_s
        for level in prepared.scene.treated
        if level.growth is not None and (at_s := _first_in(truth, level, scoring)) is not None
    ]
    return min(found, default=None)


def depths_mm(prepared: Prepared) -> dict[str, float]:
    """Depth of the body of each treated level, front to back (mm)."""
    return {level.placed.vertebra.name: level.placed.vertebra.depth_mm for level in prepared.scene.treated}


def _first_in(truth: Truth, level: SceneLevel, scoring: Scoring) -> float | None:
    growth = level.growth
    assert growth is not None
    near_mm = scoring.near_of_mm(level.placed.vertebra.depth_mm)

    def dangerous(grown_s: float) -> bool:
        wall_mm = truth.wall_mm(level, grown_s)
        return (wall_mm is not None and wall_mm <= near_mm) or truth.leak_shows(level, grown_s)

    low_s, high_s = growth.start_s, growth.end_s
    if not dangerous(high_s):
        return None
    for _ in range(_BISECTIONS):
        middle_s = (low_s + high_s) / 2
        low_s, high_s = (low_s, middle_s) if dangerous(middle_s) else (middle_s, high_s)
    return high_s


def _moment(
    time_s: float, levels: tuple[LevelTruth, ...], prepared: Prepared, grown_s: float, scoring: Scoring
) -> Moment:
    distances = {}
    for name in STRUCTURES:
        known = [d for level in levels if (d := level.distances_mm.get(name)) is not None]
        distances[name] = min(known, default=None)
    leaked_ml = sum(sum(level.leaked_ml.values()) for level in levels)
    depth_mm = depths_mm(prepared)
    at_back = any(
        (wall_mm := level.distances_mm.get("posterior_wall")) is not None
        and wall_mm <= scoring.watchful_of_mm(depth_mm[level.name])
        for level in levels
    )
    opens = [level.growth.opened_s for level in prepared.scene.treated if level.growth is not None]
    soon = any(at_s is not None and at_s - grown_s <= scoring.soon_s for at_s in opens)
    return Moment(time_s, distances, leaked_ml, leaked_ml > 0 or soon or at_back)
