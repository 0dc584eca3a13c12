"""The training windows as `benchmarks.screenshots` pictures them: the same attempts every time."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

import numpy as np
from PyQt6.QtWidgets import QWidget

from monitor.config import Config
from monitor.health import Health
from monitor.result import Result
from recordings.training.attempt import Attempt, Outcome, attempt_of
from recordings.training.exercises import EXERCISES
from recordings.training.facts import Facts
from recordings.training.history import add_attempt
from recordings.training.pedal import Pedal
from recordings.training.scoring import PARTS, Score, Scoring
from recordings.training.scripted import run_scripted
from ui.overlay.observation import Observation, setup_from_plan
from ui.overlay.scene import Scene
from ui.overlay.window import OverlayWindow
from ui.training.bare import BareScene
from ui.training.live_page import pedal_model
from ui.training.task import Choice, Hints, Task
from ui.training.window import TrainingWindow

TRAINEE = "A. Trainee"
_LOOKS = 450


@lru_cache(maxsize=4)
def _attempt(name: str, seed: int, let_go_s: float) -> tuple[Task, Outcome, tuple[Result, ...]]:
    """An attempt in virtual time, and what the monitor saw while the pedal was held."""
    task = Task(Choice(EXERCISES[name], None, TRAINEE, True, True, seed), Scoring())
    assert task.prepared is not None
    seen: list[Result] = []

    def foot(time_s: float, result: Result | None) -> bool:
        if result is not None and time_s <= let_go_s:
            seen.append(result)
        return task.ready_s <= time_s < let_go_s

    outcome = run_scripted(task.prepared, foot, Config(), Scoring())
    return task, outcome, tuple(seen[-_LOOKS:])


@contextmanager
def _records() -> Iterator[Path]:
    """Made-up histories of two trainees, who get better, and are better with help."""
    with tempfile.TemporaryDirectory() as folder:
        rng = np.random.default_rng(3)
        names = [name for name in EXERCISES if name != "warm-up"]
        for trainee, exercises in ((TRAINEE, names[:8]), ("B. Trainee", names[2:6])):
            for number, name in enumerate(exercises * 2):
                add_attempt(Path(folder), trainee, _made_up(number, name, rng))
        yield Path(folder)


def _made_up(number: int, name: str, rng: np.random.Generator) -> Attempt:
    with_help = (number + number // 8) % 2 == 0
    skill = 1 - np.exp(-number / 7) + 0.35 * with_help + rng.normal(0, 0.1)
    reaction_s = float(np.clip(2.4 - 1.3 * skill, 0.42, 3))
    total = float(np.clip(48 + 34 * skill, 0, 100))
    made = Score(
        total=total, reaction_s=reaction_s, over_human_s=reaction_s - 0.318, stopped_before_s=None,
        closest_mm={"posterior_wall": float(np.clip(0.5 + 4.2 * skill, -1, 9))}, leaked_ml=0.0, missed=0,
        needless=0, needless_s=0.0, injected_ml=1.0, planned_ml=3.0, target_ml=1.0,
        parts=dict.fromkeys(PARTS, total / 100), danger="near", danger_structure="posterior_wall",
        danger_level="L1", danger_s=17.0, released_s=17.0 + reaction_s,
    )  # fmt: skip
    facts = Facts((), (), True, 8.0, 22.0, 3.0, 1.0, 1.0, (), "simulated")
    outcome = Outcome(((8.0, 18.0),), 22.0, facts, made, ())
    return attempt_of(
        outcome, started_utc=f"2026-11-{1 + number:02d}T09:00:00+00:00", exercise=name,
        difficulty=EXERCISES[name].difficulty, seed=number, with_help=with_help, hints=False,
        software_version="0.1.0",
    )  # fmt: skip


def exercises() -> QWidget:
    """The list, with what somebody has reached."""
    with _records() as folder:
        window = TrainingWindow(folder, sound=False)
        window.exercises.trainee.setEditText(TRAINEE)
        window.exercises.choose("back")
        window.exercises.hints.setChecked(True)
    return window


def running(*, with_help: bool) -> QWidget:
    """An exercise that runs, as the front has come near to the posterior wall."""
    let_go_s = 17.5
    task, _, results = _attempt("back", 1, let_go_s)
    assert task.prepared is not None
    window = TrainingWindow(Path("records"), sound=False)
    page = window.live
    setup = setup_from_plan(task.plan, Config(), keys=page._keys)
    looks = iter([_look(result, task.note) for result in results])
    overlay = OverlayWindow(lambda: next(looks), scene=Scene(setup) if with_help else BareScene())
    page.put(overlay)
    for _ in results:
        overlay.tick()
    pedal = Pedal(task.prepared.injection(((task.ready_s, None),)))
    hint = Hints(task, pedal).at(let_go_s) if with_help else ""
    page.strip.show_model(pedal_model(task, pedal, let_go_s, "space", hint))
    window.show_live("Towards the back")
    return window


def _look(result: Result, note: str) -> Observation:
    now_ns = result.frame.time_ns
    # the overlay's clock is that of capture: here both are the source's
    health = Health(result.state, result.reasons, 0, 0.02, {})
    return Observation(
        result,
        health,
        result.frame.t_capture_ns,
        recording=None,
        session_elapsed_s=now_ns / 1e9,
        demo_note=note,
    )


def _scored() -> TrainingWindow:
    task, outcome, _ = _attempt("vessel", 2, _stop_of("vessel", 2))
    window = TrainingWindow(Path("records"), sound=False)
    window._outcome, window._task = outcome, task
    window.score.show_outcome(
        "A vessel", outcome, task.scoring, trainee=TRAINEE, with_help=False,
        kept="kept in the history; patient 2",
    )  # fmt: skip
    return window


@lru_cache(maxsize=2)
def _stop_of(name: str, seed: int) -> float:
    """When somebody lets go who is too late by 1.4 s."""
    from recordings.training.interactive import prepare
    from recordings.training.simulated_facts import first_danger_grown_s

    danger_s = first_danger_grown_s(prepare(EXERCISES[name], seed), Scoring())
    assert danger_s is not None
    return danger_s + 1.4


def scored() -> QWidget:
    """What an attempt came to."""
    window = _scored()
    window.show_score()
    return window


def debrief() -> QWidget:
    """The moment in which it was let go, with the truth shown."""
    window = _scored()
    task, outcome, _ = _attempt("vessel", 2, _stop_of("vessel", 2))
    shown = task.debrief(outcome)
    window._show_debriefing(shown)
    at_s = outcome.score.released_s or 0.0
    window.debrief.go(int(np.argmin(np.abs(np.array(shown.times_s) - at_s))))
    return window


def progress() -> QWidget:
    """How somebody got on."""
    with _records() as folder:
        window = TrainingWindow(folder, sound=False)
        window.exercises.trainee.setEditText(TRAINEE)
        window.show_progress()
    return window
