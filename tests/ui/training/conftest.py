"""A small exercise that is built once, and histories to show."""

from __future__ import annotations

from pathlib import Path

import pytest

from recordings.simulated.settings import LeakScript, LevelScript, Scenario, SimulationSettings
from recordings.training.attempt import Outcome, Warned
from recordings.training.exercises import LEAD_S, Exercise
from recordings.training.history import add_attempt
from recordings.training.scoring import Scoring, score
from recordings.training.simulated_facts import facts_of
from tests.training.made import attempt
from ui.training.task import Choice, Task


class Small(Exercise):
    """160 px and 6 frames a second."""

    def settings(self, seed: int) -> SimulationSettings:
        return SimulationSettings(
            seed=seed, size=160, frame_rate_hz=6.0, injection_start_s=self.ready_s + LEAD_S,
            injection_ml_per_s=self.rate_ml_per_s,
        )  # fmt: skip


_VEIN = Scenario("small", "small", (LevelScript("L1", 0.6, LeakScript("vein", 0.3, 0.8, 0.2)),), 30.0)
_kept: list[tuple[Task, Outcome]] = []


@pytest.fixture
def done() -> tuple[Task, Outcome]:
    """An exercise, and an attempt at it that was too slow."""
    if not _kept:
        exercise = Small(
            "small", "A vessel", "fill, and stop before it leaks", 3, (_VEIN,), 0.15, ("look",), 2.0
        )
        task = Task(Choice(exercise, None, "Ann", True, True, 1), Scoring())
        assert task.prepared is not None
        injection = task.prepared.injection(((2.0, 5.5),))
        facts = facts_of(task.prepared, injection, 9.5, Scoring())
        warned = (Warned(5.2, "HIGH", "leak_vein", "vein"),)
        made = score(facts, injection.presses, Scoring())
        _kept.append((task, Outcome(injection.presses, 9.5, facts, made, warned)))
    return _kept[0]


@pytest.fixture
def records(tmp_path: Path) -> Path:
    """Two trainees, with and without help."""
    for k in range(6):
        for with_help in (True, False):
            gain = 12.0 * with_help + k
            add_attempt(
                tmp_path, "Ann", attempt(("back", "vessel", "drop", "endplate", "surprise", "dim-back")[k],
                                         with_help=with_help, total=60 + gain),
            )  # fmt: skip
    add_attempt(tmp_path, "Bob", attempt("back", total=40.0))
    return tmp_path
