"""The project's own simulated procedures, as procedures with known truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.procedure import FrameScene, LeakScene, LevelScene
from monitor.frame import Pixels, SourceInfo
from monitor.plan import Plan
from recordings.simulated.marks import plan_of
from recordings.simulated.render import Renderer
from recordings.simulated.scene import Scene, build_scene
from recordings.simulated.settings import SCENARIOS, SimulationSettings
from recordings.simulated.source import source_info
from recordings.simulated.truth import Truth

OWN_SCENARIOS = tuple(SCENARIOS)


class OwnProcedure:
    """A simulated procedure with its truth; frames are rendered when asked for.

    Parameters
    ----------
    scenario : str
        One of `recordings.simulated.settings.SCENARIOS`.
    settings : SimulationSettings
    varied : str
        What differs from the usual, for the name.
    """

    def __init__(self, scenario: str, settings: SimulationSettings, varied: str = "") -> None:
        self._scene = build_scene(scenario, settings)
        self._renderer = Renderer(self._scene)
        self._truth = Truth(self._scene)
        self._plan = plan_of(self._scene)
        self._info = source_info(scenario, settings, self._scene.frame_count)
        self._name = " ".join(filter(None, ("own", scenario, str(settings.seed), varied)))
        self._leaks: tuple[LeakScene, ...] | None = None

    @property
    def name(self) -> str:
        """Model, scenario, seed and what was varied."""
        return self._name

    @property
    def info(self) -> SourceInfo:
        """What the simulated source says of its frames."""
        return self._info

    @property
    def plan(self) -> Plan:
        """Marks of a perfect operator."""
        return self._plan

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self._scene.frame_count

    @property
    def leaks(self) -> tuple[LeakScene, ...]:
        """All leaks, in the order in which they appear."""
        if self._leaks is None:
            self._leaks = tuple(
                LeakScene(
                    level=leak.level,
                    leak_class=leak.leak_class,
                    present_s=self.time_s(leak.first_present_frame),
                    visible_s=None
                    if leak.first_visible_frame is None
                    else self.time_s(leak.first_visible_frame),
                    gone_s=_gone_s(self._scene, leak.level) if leak.leak_class == "embolus" else None,
                )
                for leak in self._truth.leaks()
            )
        return self._leaks

    def time_s(self, frame: int) -> float:
        """Time of a frame (s)."""
        return self._scene.time_s(frame)

    def pixels(self, frame: int) -> Pixels:
        """Stored values of a frame."""
        return self._renderer.pixels(frame)

    def scene(self, frame: int) -> FrameScene:
        """What is really there in a frame."""
        truth = self._truth.truth_at(frame)
        levels = tuple(
            LevelScene(
                name=level.name,
                distances_mm=level.distances_mm,
                volume_ml=level.volume_ml + sum(level.leaked_ml.values()),
                shift_px=level.shift_px,
            )
            for level in truth.levels
        )
        return FrameScene(truth.time_s, truth.thickness_mm, levels)


def own_procedure(scenario: str, seed: int, **settings: Any) -> OwnProcedure:  # noqa: ANN401 - any setting
    """Build a procedure of the own model.

    Parameters
    ----------
    scenario : str
    seed : int
    **settings
        Fields of `SimulationSettings`.

    Raises
    ------
    InputError
        No such scenario, or a setting out of its range.
    TypeError
        No such setting.
    """
    varied = " ".join(f"{key}={getattr(value, 'value', value)}" for key, value in sorted(settings.items()))
    return OwnProcedure(scenario, SimulationSettings(seed=seed, **settings), varied)


def _gone_s(scene: Scene, level_name: str) -> float | None:
    """When the drop of a level has run its course."""
    for level in scene.treated:
        if level.placed.vertebra.name != level_name or level.growth is None:
            continue
        drop = level.growth.drop
        if drop is not None:
            run_mm = float(np.linalg.norm(np.diff(drop.path_mm, axis=0), axis=1).sum())
            return float(drop.start_s + run_mm / drop.speed_mm_s)
    return None
