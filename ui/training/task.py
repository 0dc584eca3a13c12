"""What is practised on: a simulated procedure, or a recording. And one attempt while it runs."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from calibration.whole_file import write_whole
from monitor.config import Config
from monitor.errors import RecordingError
from monitor.plan import Plan
from monitor.result import AlertTransition
from monitor.sources.base import FrameSource
from recordings.open import open_source
from recordings.session import TRUTH
from recordings.simulated.injection import Injection
from recordings.simulated.truth import Truth
from recordings.simulated.write import truth_json
from recordings.training.attempt import Outcome, warned_of
from recordings.training.debrief import Debrief, RecordedDebrief, SimulatedDebrief, decisive_s
from recordings.training.ending import LET_GO_S, Ending
from recordings.training.exercises import Exercise
from recordings.training.interactive import InteractiveSource, Prepared, prepare
from recordings.training.pedal import Pedal
from recordings.training.recorded import Recorded, facts_of_recording
from recordings.training.scoring import Scoring, score
from recordings.training.simulated_facts import depths_mm, facts_of
from ui.live import LiveRun, live_run

_HINT_NEAR = "near the posterior wall: be ready to let go"
_HINT_TOUCHES = "cement touches an endplate: does it stay on this side?"
_HINT_LET_GO = "let go"


@dataclass(frozen=True, slots=True)
class Choice:
    """What the trainee has chosen. `recorded` in place of an exercise: one on a recording."""

    exercise: Exercise | None
    recorded: Recorded | None
    trainee: str
    with_help: bool
    hints: bool
    seed: int

    @property
    def name(self) -> str:
        """Its name in a history."""
        if self.recorded is not None:
            return self.recorded.name
        assert self.exercise is not None
        return self.exercise.name


class Task:
    """Everything of an exercise that takes a while to work out, before it runs."""

    def __init__(self, choice: Choice, scoring: Scoring) -> None:
        self.choice, self.scoring = choice, scoring
        self.prepared: Prepared | None = None
        self._ending: Ending | None = None
        if choice.exercise is not None and choice.recorded is None:
            self.prepared = prepare(choice.exercise, choice.seed)
            self._ending = Ending(self.prepared, scoring)

    @property
    def plan(self) -> Plan:
        """The anatomy that is marked."""
        recorded = self.choice.recorded
        if recorded is not None:
            return recorded.plan
        assert self.prepared is not None
        return self.prepared.plan

    @property
    def ready_s(self) -> float:
        """When injecting becomes possible (s)."""
        return 0.0 if self.choice.exercise is None else self.choice.exercise.ready_s

    @property
    def seconds(self) -> float:
        """Longest time that it takes (s)."""
        if self.prepared is not None:
            return self.prepared.seconds
        assert self.choice.recorded is not None
        return self.choice.recorded.seconds

    @property
    def note(self) -> str:
        """Said below the image: that this is no patient."""
        return "simulated procedure" if self.prepared is not None else "a recording, not live"

    def pedal(self) -> Pedal:
        """A pedal that nobody has pressed yet."""
        if self.prepared is not None:
            return Pedal(self.prepared.injection())
        return Pedal(Injection(0.0, math.inf))

    def over(self, pedal: Pedal, time_s: float) -> bool:
        """Whether there is nothing more to do at a time (s)."""
        if self._ending is not None:
            return self._ending.reached(pedal, time_s)
        recorded, presses = self.choice.recorded, pedal.injection.presses
        assert recorded is not None
        onsets = [danger.visible_s for danger in recorded.dangers if danger.visible_s is not None]
        if pedal.held or not presses or not onsets:
            return False
        return time_s >= max(presses[-1][1] or 0.0, min(onsets)) + LET_GO_S

    def injected_ml(self, pedal: Pedal, time_s: float) -> float | None:
        """Volume out of the syringe at a time (mL); None: of a recording that is not known."""
        return None if self.prepared is None else self.prepared.injected_ml(pedal.injection, time_s)

    def outcome(
        self, pedal: Pedal, until_s: float, transitions: list[AlertTransition], start_ns: int
    ) -> Outcome:
        """Facts and score of an attempt that has ended; takes a second or two."""
        presses = pedal.injection.presses
        if self.prepared is not None:
            facts = facts_of(self.prepared, pedal.injection, until_s, self.scoring)
        else:
            assert self.choice.recorded is not None
            facts = facts_of_recording(self.choice.recorded, until_s, self.scoring)
        warned = warned_of(transitions, lambda t_ns: (t_ns - start_ns) / 1e9)
        return Outcome(presses, until_s, facts, score(facts, presses, self.scoring), tuple(warned))

    def debrief(self, outcome: Outcome) -> Debrief:
        """The decisive seconds; of a recording they are read, which takes a while."""
        from_s, to_s = decisive_s(outcome.score, outcome.until_s)
        if self.prepared is not None:
            return SimulatedDebrief(self.prepared, self.prepared.injection(outcome.presses), from_s, to_s)
        assert self.choice.recorded is not None
        return RecordedDebrief(self.choice.recorded, from_s, to_s)

    def source(self, pedal: Pedal) -> FrameSource:
        """Its frames."""
        if self.prepared is not None:
            return InteractiveSource(self.prepared, pedal)
        assert self.choice.recorded is not None
        return open_source(self.choice.recorded.source)


class Hints:
    """What to look at, from the truth of now; asked a few times a second."""

    def __init__(self, task: Task, pedal: Pedal) -> None:
        self._task, self._pedal = task, pedal
        self._truth = None if task.prepared is None else Truth(task.prepared.scene, pedal)

    def at(self, time_s: float) -> str:
        """The hint for a moment (s); empty: there is none."""
        exercise, prepared = self._task.choice.exercise, self._task.prepared
        if exercise is None or prepared is None or self._truth is None:
            return ""
        frame = int(time_s * prepared.scene.settings.frame_rate_hz)
        depth_mm = depths_mm(prepared)
        levels = self._truth.truth_at(min(frame, prepared.scene.frame_count - 1)).levels
        if any(sum(level.leaked_ml.values()) > 0 for level in levels):
            return _HINT_LET_GO
        for level in levels:
            wall_mm = level.distances_mm.get("posterior_wall")
            if wall_mm is not None and wall_mm <= self._task.scoring.watchful_of_mm(depth_mm[level.name]):
                return _HINT_NEAR
        plates = ("superior_endplate", "inferior_endplate")
        if any(
            (mm := level.distances_mm.get(name)) is not None and mm < 0.5
            for level in levels
            for name in plates
        ):
            return _HINT_TOUCHES
        shown = int(max(0.0, time_s - exercise.ready_s) / _HINT_S) if self._pedal.injection.presses else 0
        return exercise.hints[shown % len(exercise.hints)]


_HINT_S = 8.0


class Attempting:
    """One attempt while it runs: the monitor's own loop over a source that a pedal drives.

    Parameters
    ----------
    task : Task
    session : Path or None
        Folder to record into.
    """

    def __init__(
        self, task: Task, session: Path | None, clock_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.task, self.pedal, self.session = task, task.pedal(), session
        self._clock_ns = clock_ns
        self._source = task.source(self.pedal)
        self._stack = ExitStack()
        self.run: LiveRun = self._stack.enter_context(
            live_run(
                self._source, task.plan, Config(), session, note=task.note,
                view_name=task.plan.views[0].name,
            )
        )  # fmt: skip
        self._until_s: float | None = None
        self._start_ns = 0
        self.trouble = ""
        """Why what was recorded could not be closed in order; empty: it could."""

    def elapsed_s(self) -> float | None:
        """Time since the first frame (s); None before it."""
        if isinstance(self._source, InteractiveSource):
            return self._source.elapsed_s()
        result = self.run.loop.status().result
        if result is None:
            return None
        frame = result.frame
        return (self._clock_ns() - frame.t_capture_ns + frame.time_ns) / 1e9

    def press(self) -> None:
        """The pedal goes down."""
        at_s = self.elapsed_s()
        if at_s is not None and self.pedal.press(at_s):
            self._note("pedal_pressed", at_s)

    def release(self, at_s: float | None = None) -> None:
        """The pedal is let go: now, or was at a time that is hardly past (s)."""
        at_s = self.elapsed_s() if at_s is None else at_s
        if at_s is not None and self.pedal.release(at_s):
            self._note("pedal_released", at_s)

    def over(self) -> bool:
        """Whether the exercise is over."""
        at_s = self.elapsed_s()
        return self.run.observer.ended or (at_s is not None and self.task.over(self.pedal, at_s))

    def stop(self) -> None:
        """Stop the loop and close what was recorded. A pedal that is held now was never let go."""
        at_s = self.elapsed_s()
        self._until_s = min(0.0 if at_s is None else at_s, self.task.seconds)
        self._start_ns = self._clock_ns() - round((at_s or 0.0) * 1e9)
        try:
            self._stack.close()
        except RecordingError as error:  # the attempt itself is scored all the same
            self.trouble = str(error)

    def outcome(self) -> Outcome:
        """What came of it, after `stop`; beside a session that was kept its truth is written."""
        assert self._until_s is not None
        prepared = self.task.prepared
        if self.session is not None and prepared is not None:
            frames = max(1, min(prepared.scene.frame_count, int(self._until_s * prepared.rate_hz) + 1))
            truth = Truth(prepared.scene, self.pedal.injection)
            with suppress(OSError):  # the attempt itself needs it not
                write_whole(self.session / TRUTH, truth_json(prepared.scene, truth, frames))
        return self.task.outcome(self.pedal, self._until_s, self.run.observer.transitions, self._start_ns)

    def _note(self, name: str, at_s: float) -> None:
        if self.run.session is not None:
            self.run.observer.note(name, {"time_s": round(at_s, 4)}, self._clock_ns())
