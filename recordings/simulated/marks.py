"""The plan of a simulated procedure: what a perfect operator would mark on the first frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from monitor.plan import (
    SCHEMA,
    Cannula,
    ImageSize,
    Level,
    LevelIntent,
    Path2D,
    Plan,
    Risk,
    Scale,
    Vein,
    View,
)
from recordings.simulated.cannula import OUTER_MM
from recordings.simulated.scene import Scene, SceneLevel, build_scene
from recordings.simulated.settings import SimulationSettings

Floats = NDArray[np.floating]

_CANNULA_MARKED_MM = 70.0
_QUIET_VOLUME_ML = 4.0
_WALLS = ("posterior_wall", "anterior_wall", "superior_endplate", "inferior_endplate")


def plan_for(name: str, settings: SimulationSettings | None = None) -> Plan:
    """Plan of a simulated procedure: its treated levels, where they are in the first frame.

    Parameters
    ----------
    name : str
        One of `SCENARIOS`.
    settings : SimulationSettings

    Raises
    ------
    InputError
        There is no procedure of that name.
    """
    return plan_of(build_scene(name, settings if settings is not None else SimulationSettings()))


def plan_of(scene: Scene) -> Plan:
    """Plan of a scene that is built already."""
    settings = scene.settings
    view = View(
        name=settings.projection,
        projection=settings.projection,
        scale=Scale(settings.pixel_mm, 0.01, "simulated"),
        levels=tuple(_level(scene, level) for level in scene.treated),
        reference_frame=0,
        image=ImageSize(settings.size, settings.size),
    )
    intents = {}
    for script in scene.scenario.levels:
        canal = script.leak is not None and script.leak.kind == "canal"
        intents[script.name] = LevelIntent(
            planned_volume_ml=script.volume_ml or _QUIET_VOLUME_ML,
            risk=Risk(posterior_wall_defect=canal, pathology="simulated"),
        )
    return Plan(schema=SCHEMA, views=(view,), levels=intents)


def basivertebral_mm(level: SceneLevel) -> Floats:
    """Course of the basivertebral vein in the level's plane: from the middle of the body to the wall."""
    bone = level.placed.vertebra
    a = np.linspace(bone.at_depth(0.5), float(bone.wall_mm(np.array(0.0))), 6)
    points = np.stack([a, np.zeros_like(a), np.zeros_like(a)], axis=1)
    return level.project(points)


def _level(scene: Scene, level: SceneLevel) -> Level:
    to_px = scene.to_px(level, 0.0)

    def path(points_mm: Floats) -> Path2D:
        px = points_mm @ to_px[:, :2].T + to_px[:, 2]
        return tuple((round(float(x), 3), round(float(y), 3)) for x, y in px)

    walls = {wall: path(level.outline[wall]) for wall in _WALLS if wall in level.outline}
    veins: tuple[Vein, ...] = ()
    if level.projection == "lateral":
        veins = (Vein(path(basivertebral_mm(level)), "basivertebral"),)
    cannulas: tuple[Cannula, ...] = ()
    tool = level.instrument
    if tool is not None:
        way = np.array([np.cos(tool.back_rad), np.sin(tool.back_rad)])
        end = tool.tip_mm + way * _CANNULA_MARKED_MM * tool.projected_length
        cannulas = (Cannula(path(np.stack([tool.tip_mm, end])), OUTER_MM),)
    return Level(
        name=level.placed.vertebra.name,
        body=path(level.body_polygon_mm()),
        veins=veins,
        cannulas=cannulas,
        **walls,
    )
