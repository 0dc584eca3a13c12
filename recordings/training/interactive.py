"""A simulated procedure whose cement comes only while a pedal is held, as a source of frames."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import msgspec

from monitor.errors import EndOfStream, SourceTimeout
from monitor.frame import Frame, SourceInfo, freeze_pixels
from monitor.plan import LevelIntent, Plan
from monitor.sources.base import OpensAndCloses
from recordings.simulated.injection import Injection
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import Scene, build_plot
from recordings.simulated.source import source_info
from recordings.training.exercises import Exercise
from recordings.training.pedal import Pedal


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """An exercise with everything worked out that does not hang on the trainee."""

    exercise: Exercise
    seed: int
    scene: Scene
    plan: Plan

    def injection(self, presses: tuple[tuple[float, float | None], ...] = ()) -> Injection:
        """The injection of these presses."""
        levels = [level.growth for level in self.scene.treated if level.growth is not None]
        ends_s = sorted(growth.end_s for growth in levels)
        return Injection(self.exercise.ready_s, ends_s[-1], presses, tuple(ends_s[:-1]))

    def injected_ml(self, injection: Injection, time_s: float) -> float:
        """Volume that has left the syringe at a time (mL)."""
        return self.exercise.injected_ml(injection.grown_s(time_s))

    @property
    def planned_ml(self) -> float:
        """What is planned, over all levels (mL)."""
        return self.exercise.planned_ml(self.scene.scenario)

    @property
    def rate_hz(self) -> float:
        """Exposures a second."""
        return self.scene.settings.frame_rate_hz

    @property
    def seconds(self) -> float:
        """Longest time that the exercise takes (s)."""
        return self.scene.scenario.duration_s


def prepare(exercise: Exercise, seed: int) -> Prepared:
    """Build an exercise; takes about a second."""
    scene = build_plot(exercise.scenario(seed), exercise.settings(seed), pause_s=0.0)
    plan = plan_of(scene)
    # a plan that told of a defect would tell how the exercise ends
    unknown = {
        name: LevelIntent(planned_volume_ml=kept.planned_volume_ml) for name, kept in plan.levels.items()
    }
    return Prepared(exercise, seed, scene, msgspec.structs.replace(plan, levels=unknown))


class InteractiveSource(OpensAndCloses):
    """Frames of an exercise at their own time, as a C-arm gives them.

    Exposure k is taken k periods after the first. Whoever reads too late gets the newest; those in between
    were never rendered (`missed`). The source's time of a frame tells which exposure it is.

    Parameters
    ----------
    prepared : Prepared
    pedal : Pedal
        Asked when a frame is rendered.
    clock_ns, wait : callable
        Monotonic clock (ns), and what waits for so many seconds.
    """

    def __init__(
        self,
        prepared: Prepared,
        pedal: Pedal,
        clock_ns: Callable[[], int] = time.monotonic_ns,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        self._prepared, self._pedal = prepared, pedal
        self._clock_ns, self._wait = clock_ns, wait
        self._info: SourceInfo | None = None
        self._renderer: Renderer | None = None
        self._seq = self._next = 0
        self._start_ns: int | None = None
        self.missed = 0
        """Exposures for which there was no time."""

    def open(self) -> SourceInfo:
        """Make everything ready; time begins with the first frame that is read."""
        self._renderer = Renderer(self._prepared.scene, self._pedal)
        self._seq = self._next = self.missed = 0
        self._start_ns = None
        said = source_info(self._prepared.exercise.name, self._prepared.scene.settings, 0)
        name = f"training:{self._prepared.exercise.name}"
        self._info = replace(said, source_id=name, live=True, frame_count=None)
        return self._info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError("the source has not been opened")
        return self._info

    def elapsed_s(self) -> float | None:
        """Time since the first frame (s); None before it."""
        return None if self._start_ns is None else (self._clock_ns() - self._start_ns) / 1e9

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Wait for the next exposure and render it.

        Raises
        ------
        SourceTimeout
            It is not due within `timeout_s`.
        EndOfStream
            The time of the exercise is over.
        RuntimeError
            The source is not open.
        """
        if self._renderer is None or self._info is None:
            raise RuntimeError("the source is not open")
        now_ns = self._clock_ns()
        if self._start_ns is None:
            self._start_ns = now_ns
        rate_hz = self._prepared.scene.settings.frame_rate_hz
        exposure = max(self._next, int((now_ns - self._start_ns) * 1e-9 * rate_hz))
        if exposure >= self._prepared.scene.frame_count:
            raise EndOfStream(f"{self._info.source_id} has ended")
        due_ns, give_up_ns = self._start_ns + round(exposure / rate_hz * 1e9), now_ns + round(timeout_s * 1e9)
        while now_ns < due_ns:
            if now_ns >= give_up_ns:
                raise SourceTimeout(f"{self._info.source_id}: no exposure is due within {timeout_s:g} s")
            self._wait((min(due_ns, give_up_ns) - now_ns) * 1e-9)
            now_ns = self._clock_ns()
        self.missed += exposure - self._next
        pixels = freeze_pixels(self._renderer.pixels(exposure), copy=False)
        frame = Frame(
            self._seq, self._clock_ns(), round(exposure / rate_hz * 1e9), pixels, self._info.source_id
        )
        self._seq, self._next = self._seq + 1, exposure + 1
        return frame

    def close(self) -> None:
        """Let go of the images."""
        self._renderer = None
