"""Exercises: whether they hold real time beside the monitor, one in a real window, and automatic trainees.

    python -m benchmarks.training speed [--exercise back] [--without-help]
    python -m benchmarks.training driven [--exercise first-fill]
    python -m benchmarks.training trainees [--exercises back vessel ...] [--seeds 1 2 3]

`speed` runs an exercise with the pedal held from the start in a window that nobody sees, and counts the
exposures for which there was no time. `driven` does the same in a real window under a virtual X server, with
a key that is held, from the list to the score. `trainees` are two that are no people: one holds the pedal
until the monitor raises a HIGH alarm, or any of a leak, and then takes as long as a person to let go
(318 ± 51 ms); the other never looks. It shows what the loop lets happen, not what help is worth to people.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from monitor.config import Config
from monitor.frame import Pixels
from monitor.result import AlarmState, Alert, Kind, Priority, Result
from recordings.training.exercises import EXERCISES
from recordings.training.history import read_history
from recordings.training.interactive import Prepared, prepare
from recordings.training.scoring import HUMAN_REACTION_S, HUMAN_REACTION_SD_S, Score, Scoring
from recordings.training.scripted import Foot, run_scripted
from ui.options import one_thread_per_sum

_TRAINEE = "benchmark"


def speed(name: str, *, with_help: bool) -> None:
    """An exercise in a window offscreen; what of it was in time."""
    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from PyQt6.QtWidgets import QApplication

    from recordings.simulated.render import Renderer
    from ui.qt import start_application
    from ui.training.live_page import LivePage
    from ui.training.task import Attempting, Choice, Task

    start_application()
    task = Task(Choice(EXERCISES[name], None, _TRAINEE, with_help, True, 1), Scoring())
    took_ms: list[float] = []
    usual = Renderer.pixels

    def timed(self: Renderer, frame: int) -> Pixels:
        begun = time.perf_counter()
        pixels = usual(self, frame)
        took_ms.append(1000 * (time.perf_counter() - begun))
        return pixels

    Renderer.pixels = timed  # type: ignore[method-assign]
    ended: list[Attempting] = []
    page = LivePage(ended.append, lambda: None, sound=False)
    page.resize(1920, 1080)
    page.show()
    attempting = Attempting(task, None)
    begun_s, begun_cpu_s = time.monotonic(), time.process_time()
    page.run(attempting)
    page.press()
    while not ended:
        QApplication.processEvents()
        time.sleep(0.001)
        if attempting.pedal.held and task.prepared is not None:
            now_s = attempting.elapsed_s() or 0.0
            if attempting.pedal.grown_s(now_s) >= attempting.pedal.injection.end_s:
                page.release()
    cores = (time.process_time() - begun_cpu_s) / (time.monotonic() - begun_s)
    counters = attempting.run.loop.status().counters
    source = attempting._source
    exposures = counters["captured"] + getattr(source, "missed", 0)
    print(f"{name}, {'with' if with_help else 'without'} help, 1920x1080, {exposures} exposures")
    print(f"  this process kept {cores:.2f} cores busy; load of the machine {os.getloadavg()[0]:.1f}")
    print(f"  no time for {getattr(source, 'missed', 0)}; superseded {counters['superseded']}")
    p50, p95, p99 = np.percentile(took_ms, (50, 95, 99))
    print(f"  rendering ms p50 {p50:.1f} p95 {p95:.1f} p99 {p99:.1f}")
    for part, held in attempting.run.loop.latency.parts().items():
        print(f"  {part}: {held}")


def driven(name: str) -> None:
    """From the list to the score in a real window, with a key that is held."""
    from benchmarks.driven import Driver, display

    with tempfile.TemporaryDirectory() as folder, display("1920x1080") as screen:
        records, sessions = Path(folder, "records"), Path(folder, "sessions")
        command = [
            sys.executable, "-c", "from ui.cli import main; main()", "train", "--trainee", _TRAINEE,
            "--seed", "1", "--no-sound", "--hints", "--records", str(records), "--session", str(sessions),
        ]  # fmt: skip
        environment = {
            **os.environ,
            "DISPLAY": screen,
            "QT_QPA_PLATFORM": "xcb",
            "CEMENTWATCH_LANGUAGE": "en",
        }
        with subprocess.Popen(command, env=environment) as process:
            try:
                driver = Driver(screen, "^CementWatch training: exercises")
                begun = time.monotonic()
                title = EXERCISES[name].title
                for _ in range(list(EXERCISES).index(name)):
                    driver.key("Down")
                driver.key("alt+s")
                driver.wait_for_title(f"^CementWatch training: {title}, not yet")
                driver.hold("space")
                driver.wait_for_title(f"^CementWatch training: {title}, empty")
                driver.let_go("space")
                driver.wait_for_title("^CementWatch training: score")
                print(f"{name}: from the list to the score in {time.monotonic() - begun:.1f} s")
                driver.key("Return")
                driver.wait_for_title("^CementWatch training: debrief")
                driver.key("space")
                driver.key("Right")
                driver.key("ctrl+q")
                print(f"  exit status {process.wait(60)}; {driver.keys} keys, {driver.clicks} clicks")
            finally:
                process.kill()
        (attempt,) = read_history(records, _TRAINEE).attempts
        _tell("  ", attempt.score)
        from recordings.session import open_session

        session = open_session(Path(attempt.session or ""))
        log = session.log()
        stopped = [row["data"] for row in log.events if row["name"] == "stopped"]
        pedal = [row["name"] for row in log.events if row["name"].startswith("pedal")]
        print(f"  session complete: {session.about.complete}; {len(pedal)} pedal events; {stopped[0][:120]}")


class Blind:
    """Holds the pedal until everything is in."""

    def __init__(self, prepared: Prepared, rng: np.random.Generator) -> None:
        self._ready_s = prepared.exercise.ready_s
        self._until_s = self._ready_s + prepared.planned_ml / prepared.exercise.rate_ml_per_s + 1.0

    def __call__(self, time_s: float, result: Result | None) -> bool:
        """Whether the pedal is held."""
        return self._ready_s <= time_s < self._until_s


class Alarmed(Blind):
    """Lets go after the first alarm that is HIGH or of a leak, as fast as a person can."""

    def __init__(self, prepared: Prepared, rng: np.random.Generator) -> None:
        super().__init__(prepared, rng)
        self._takes_s = max(0.1, rng.normal(HUMAN_REACTION_S, HUMAN_REACTION_SD_S))
        self._let_go_s: float | None = None

    def __call__(self, time_s: float, result: Result | None) -> bool:
        """Whether the pedal is held."""
        if result is not None and self._let_go_s is None and any(_stops(a) for a in result.alerts):
            self._let_go_s = time_s + self._takes_s
        gone = self._let_go_s is not None and time_s >= self._let_go_s
        return not gone and super().__call__(time_s, result)


def _stops(alert: Alert) -> bool:
    grave = alert.priority is Priority.HIGH or alert.rule_id.startswith("leak_")
    return grave and alert.kind is Kind.CLINICAL and alert.state is AlarmState.ACTIVE


def trainees(names: list[str], seeds: list[int]) -> None:
    """Both over exercises and seeds."""
    kinds: dict[str, Callable[[Prepared, np.random.Generator], Foot]] = {"alarmed": Alarmed, "blind": Blind}
    totals: dict[str, list[Score]] = {kind: [] for kind in kinds}
    for name in names:
        for seed in seeds:
            prepared = prepare(EXERCISES[name], seed)
            for kind, make in kinds.items():
                foot = make(prepared, np.random.default_rng(seed))
                outcome = run_scripted(prepared, foot, Config(), Scoring())
                totals[kind].append(outcome.score)
                _tell(f"{name:14} seed {seed} {kind:8}", outcome.score)
    for kind, scores in totals.items():
        known = [score.total for score in scores if score.total is not None]
        leaked = [score.leaked_ml or 0.0 for score in scores]
        missed = sum(score.missed or 0 for score in scores)
        print(
            f"{kind}: score {np.mean(known):.0f} (of {len(known)}), leaked {np.mean(leaked):.3f} mL, "
            f"leaks missed {missed}, needless stops {sum(score.needless or 0 for score in scores)}"
        )


def _tell(head: str, score: Score) -> None:
    def figure(value: float | None, places: int = 2) -> str:
        return "-" if value is None else f"{value:.{places}f}"

    wall_mm = score.closest_mm.get("posterior_wall")
    parts = (
        f"score {figure(score.total, 0)}",
        f"danger {score.danger_structure or '-'} at {figure(score.danger_s)} s",
        f"reaction {figure(score.reaction_s)} s",
        f"wall {figure(wall_mm, 1)} mm",
        f"leaked {figure(score.leaked_ml, 3)} mL",
        f"missed {score.missed}",
        f"needless {score.needless}",
        f"volume {figure(score.injected_ml)} of {figure(score.target_ml)} mL",
    )
    print(f"{head} {', '.join(parts)}", flush=True)


def main() -> int:
    """Run what was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("speed", "driven", "trainees"))
    parser.add_argument("--exercise", choices=list(EXERCISES), default=None)
    parser.add_argument("--exercises", nargs="*", choices=list(EXERCISES), default=list(EXERCISES))
    parser.add_argument("--seeds", nargs="*", type=int, default=[1, 2, 3])
    parser.add_argument("--without-help", action="store_true")
    options = parser.parse_args()
    one_thread_per_sum()
    if options.what == "speed":
        speed(options.exercise or "back", with_help=not options.without_help)
    elif options.what == "driven":
        driven(options.exercise or "first-fill")
    else:
        trainees(options.exercises, options.seeds)
    return 0


if __name__ == "__main__":
    sys.exit(main())
