"""The exercises that there are: simulated procedures in graded difficulty, with what is planned of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from monitor.errors import InputError
from recordings.simulated.disturbances import Disturbance, HeldImage, Jerk, TableMove
from recordings.simulated.settings import LeakScript, LevelScript, Scenario, SimulationSettings

READY_S = 8.0
"""Injecting becomes possible then: the monitor has learned the image, as it does in front of a patient."""
LEAD_S = 0.25
"""So long the pedal is held before the first cement shows (s): growth sets a parcel half before its time."""
DIFFICULTIES = {1: "first steps", 2: "easy", 3: "usual", 4: "hard", 5: "very hard"}
_SLACK_S = 25.0
"""What there is of time beside that of the injection itself, for stops."""
_EXCUSED_S = 5.0
"""So long after the patient moved nobody is blamed for having let go."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """One exercise.

    Parameters
    ----------
    name : str
        For the command line.
    title, goal : str
        What it is called, and what the trainee is told beforehand; says nothing of how it ends.
    difficulty : int
        1 to 5, a key of `DIFFICULTIES`.
    variants : tuple of Scenario
        What happens; of several the seed chooses one.
    rate_ml_per_s : float
        Flow while the pedal is held (mL/s).
    hints : tuple of str
        What to look at, one for the start and others for whoever looks longer.
    ready_s : float
        When injecting becomes possible (s from the first frame).
    """

    name: str
    title: str
    goal: str
    difficulty: int
    variants: tuple[Scenario, ...]
    rate_ml_per_s: float
    hints: tuple[str, ...]
    ready_s: float = READY_S

    def scenario(self, seed: int) -> Scenario:
        """What happens with a seed."""
        plot = self.variants[seed % len(self.variants)]
        return replace(plot, duration_s=self.seconds(plot))

    def settings(self, seed: int) -> SimulationSettings:
        """How it is seen with a seed."""
        return SimulationSettings(
            seed=seed,
            injection_start_s=self.ready_s + LEAD_S,
            injection_ml_per_s=self.rate_ml_per_s,
        )

    def injected_ml(self, grown_s: float) -> float:
        """Volume that is out of the syringe at a time of growth (mL)."""
        return max(0.0, grown_s - self.ready_s - LEAD_S) * self.rate_ml_per_s

    def seconds(self, plot: Scenario) -> float:
        """Longest time that it takes (s)."""
        return self.ready_s + self.planned_ml(plot) / self.rate_ml_per_s + _SLACK_S

    @staticmethod
    def planned_ml(plot: Scenario) -> float:
        """What is planned to be injected, over all levels (mL)."""
        return sum(level.volume_ml for level in plot.levels)

    @property
    def longest_s(self) -> float:
        """Longest time over all variants (s)."""
        return max(self.seconds(plot) for plot in self.variants)


def excused_s(plot: Scenario) -> tuple[tuple[float, float], ...]:
    """From when to when letting go is no needless stop, since the patient has moved (s)."""
    moments = [plot.jerk_at_s] if plot.jerk_mm else []
    moments += [d.at_s for d in plot.disturbances if isinstance(d, (Jerk, TableMove, HeldImage))]
    return tuple((at_s, at_s + _EXCUSED_S) for at_s in sorted(moments))


def exercise_of(name: str) -> Exercise:
    """The exercise of a name. Raises `InputError` that lists those that there are."""
    if name not in EXERCISES:
        raise InputError(f"unknown exercise {name!r}; there are {', '.join(EXERCISES)}")
    return EXERCISES[name]


def _plot(
    name: str,
    levels: LevelScript | tuple[LevelScript, ...],
    *,
    dose_ngy: float = 30.0,
    breathing_mm: float = 1.5,
    opacity: float = 1.0,
    disturbances: tuple[Disturbance, ...] = (),
) -> Scenario:
    several = levels if isinstance(levels, tuple) else (levels,)
    return Scenario(
        name, name, several, 1.0, dose_ngy, breathing_mm, opacity=opacity, disturbances=disturbances
    )


def _canal(volume_ml: float = 3.0) -> LevelScript:
    return LevelScript("L1", volume_ml, LeakScript("canal", 1.8, 0.45, 0.8), reach=1.0, tip_depth=0.3)


def _disc_above(volume_ml: float = 2.6) -> LevelScript:
    return LevelScript("L1", volume_ml, LeakScript("disc_superior", 1.3, 0.5, 0.8), reach=0.8)


def _disc_below(volume_ml: float = 2.6) -> LevelScript:
    return LevelScript("L1", volume_ml, LeakScript("disc_inferior", 1.4, 0.5, 0.8), reach=0.8)


def _vein(volume_ml: float = 2.4, share: float = 0.8, radius_mm: float | None = None) -> LevelScript:
    return LevelScript("L1", volume_ml, LeakScript("vein", 1.1, share, 0.3, radius_mm), reach=0.72)


def _embolus(volume_ml: float = 2.4) -> LevelScript:
    return LevelScript("L1", volume_ml, LeakScript("embolus", 1.1, 0.8, 0.05), reach=0.72)


_BACK = "watch the back: cement must not reach the posterior wall"
_DISC = "cement may touch an endplate; beyond it, it has leaked"
_VEIN = "a thin dark line out of the body is a vein: let go at once"
_FILL = "go on while it stays in the body: a needless stop costs points"
_NOISE = "little dose: look for what stays from image to image"
_BREATH = "follow the vertebra, not the screen: it moves with the breath"

_ALL = (
    Exercise(
        "warm-up", "Warm-up", "how the pedal works; the monitor still learns", 1,
        (_plot("warm-up", LevelScript("L1", 0.4), dose_ngy=80.0, breathing_mm=0.6, opacity=1.3),),
        0.2, ("hold the pedal until the planned volume is in, then let go",), 2.0,
    ),
    Exercise(
        "first-fill", "First filling", "fill the level as planned; much contrast, little movement", 1,
        (_plot("first-fill", LevelScript("L1", 1.6), dose_ngy=80.0, breathing_mm=0.6, opacity=1.3),),
        0.08, (_FILL, _BACK),
    ),
    Exercise(
        "slow-back", "Slow, towards the back", "fill, and stop before it leaks; much contrast, slow", 1,
        (_plot("slow-back", _canal(2.4), dose_ngy=80.0, breathing_mm=0.6, opacity=1.2),),
        0.05, (_BACK, "stop before the last quarter of the body is full"),
    ),
    Exercise(
        "endplate", "At the endplate", "fill, and stop before it leaks; good image", 2,
        (_plot("endplate", _disc_above(), dose_ngy=50.0, breathing_mm=1.0),),
        0.07, (_DISC, _FILL),
    ),
    Exercise(
        "whole-fill", "A whole filling", "fill the level as planned", 2,
        (_plot("whole-fill", LevelScript("L1", 3.2)),),
        0.09, (_FILL, _BACK),
    ),
    Exercise(
        "back", "Towards the back", "fill, and stop before it leaks", 3,
        (_plot("back", _canal()),),
        0.07, (_BACK, "the last quarter of the body's depth is where to stop"),
    ),
    Exercise(
        "vessel", "A vessel", "fill, and stop before it leaks", 3,
        (_plot("vessel", _vein()),),
        0.07, (_VEIN, "look before and beside the body as well as at its back"),
    ),
    Exercise(
        "surprise", "Surprise", "fill as planned, and stop before it leaks: it may or may not", 3,
        (
            _plot("surprise-clean", LevelScript("L1", 2.6)), _plot("surprise-back", _canal()),
            _plot("surprise-disc", _disc_below()), _plot("surprise-vessel", _vein(2.6)),
        ),
        0.07, (_FILL, _BACK, _DISC),
    ),
    Exercise(
        "two-levels", "Two levels", "L1 first, then T12: let go and press again between them", 4,
        (
            _plot("two-levels", (
                LevelScript("L1", 1.2),
                LevelScript("T12", 2.0, LeakScript("disc_inferior", 1.0, 0.5, 0.8), reach=0.8),
            )),
        ),
        0.07, (_DISC, "the second level is the upper one"),
    ),
    Exercise(
        "restless", "A restless patient", "fill as planned; deep breath, one sudden movement", 4,
        (_plot("restless", LevelScript("L1", 2.6), breathing_mm=3.5, disturbances=(Jerk(20.0, 4.0),)),),
        0.08, (_BREATH, _FILL),
    ),
    Exercise(
        "dim-back", "Little dose", "fill, and stop before it leaks; little dose", 4,
        (_plot("dim-back", _canal(), dose_ngy=10.0, breathing_mm=2.0),),
        0.07, (_NOISE, _BACK),
    ),
    Exercise(
        "drop", "Something leaves", "fill, and stop before it leaks", 5,
        (_plot("drop", _embolus(), dose_ngy=20.0, breathing_mm=2.5),),
        0.08, (_VEIN, "what moves away from the body has gone into the blood"),
    ),
    Exercise(
        "fast-vessel", "Fast and thin", "fill, and stop before it leaks; little dose, fast", 5,
        (_plot("fast-vessel", _vein(2.4, 0.85, 0.75), dose_ngy=12.0, breathing_mm=3.0),),
        0.11, (_VEIN, _NOISE),
    ),
    Exercise(
        "hard-surprise", "Hard surprise", "may leak or not; faint cement, little dose", 5,
        (
            _plot("hard-clean", LevelScript("L1", 2.6), dose_ngy=12.0, breathing_mm=3.0, opacity=0.7),
            _plot("hard-back", _canal(), dose_ngy=12.0, breathing_mm=3.0, opacity=0.7),
            _plot("hard-disc", _disc_above(), dose_ngy=12.0, breathing_mm=3.0, opacity=0.7),
            _plot("hard-vessel", _vein(2.6), dose_ngy=12.0, breathing_mm=3.0, opacity=0.7),
        ),
        0.08, (_NOISE, _BREATH, _BACK),
    ),
)  # fmt: skip

EXERCISES: Mapping[str, Exercise] = {exercise.name: exercise for exercise in _ALL}
"""Every exercise by its name, easy ones first."""
