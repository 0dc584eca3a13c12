"""The cannula and its stylet: steel along a straight axis, and how they are moved."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recordings.simulated.anatomy import Vertebra
from recordings.simulated.bone import Plane
from recordings.simulated.disturbances import NeedleMove, smooth_step

Floats = NDArray[np.floating]
Image = NDArray[np.float32]

OUTER_MM = 3.05
_INNER_MM = 2.45
_LENGTH_MM = 115.0
_HUB_MM = 14.0
_STEP_MM = 0.15
_STYLET_OUT_MM_S = 45.0
_STYLET_BEYOND_MM = 1.0
_BACK_MM = 5.0
_BACK_AFTER_S = 22.0
_BACK_TAKES_S = 1.2
_STYLET_BEFORE_S = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Rod:
    """Steel and cement along a rod as seen by the beam, in a plane whose first axis runs back from the tip.

    `steel` and `filling` are thicknesses along the beam (mm).
    """

    steel: Plane
    filling: Plane


@dataclass(frozen=True, slots=True, eq=False)
class Cannula:
    """A cannula in a level's own coordinates.

    Parameters
    ----------
    tip_mm : ndarray, shape (3,)
        ``(a, s, r)`` of the tip.
    back : ndarray, shape (3,)
        Unit vector from the tip towards the hub.
    moves_from_s : float or None
        Start of the injection where stylet and cannula are moved around it; None: it stays.
    moves : tuple of NeedleMove
        Further movements.
    """

    tip_mm: Floats
    back: Floats
    moves_from_s: float | None
    moves: tuple[NeedleMove, ...] = ()

    def withdrawn_mm(self, time_s: float) -> float:
        """How far the cannula has been drawn back."""
        further = sum(m.mm * smooth_step(time_s, m.at_s, m.seconds) for m in self.moves)
        if self.moves_from_s is None:
            return further
        since = (time_s - self.moves_from_s - _BACK_AFTER_S) / _BACK_TAKES_S
        part = float(np.clip(since, 0, 1))
        return _BACK_MM * part * part * (3 - 2 * part) + further

    def stylet_mm(self, time_s: float) -> float | None:
        """How far the stylet has been pulled out of the cannula; None where it is gone."""
        if self.moves_from_s is None:
            return None
        out = max(0.0, time_s - self.moves_from_s + _STYLET_BEFORE_S) * _STYLET_OUT_MM_S
        return out if out < _LENGTH_MM else None

    def filled(self, time_s: float) -> bool:
        """Whether cement stands in the cannula."""
        return self.moves_from_s is None or time_s >= self.moves_from_s - 0.7

    def wobble_rad(self, time_s: float) -> float:
        """Turn of the cannula about its tip while the stylet is pulled, and by its further movements."""
        turned = sum(
            float(np.deg2rad(m.turn_deg)) * smooth_step(time_s, m.at_s, m.seconds) for m in self.moves
        )
        return turned + self._stylet_wobble_rad(time_s)

    def _stylet_wobble_rad(self, time_s: float) -> float:
        if self.moves_from_s is None:
            return 0.0
        since = time_s - self.moves_from_s + _STYLET_BEFORE_S + 0.8
        if not 0 < since < 3.2:
            return 0.0
        return float(np.deg2rad(1.6) * np.sin(2 * np.pi * since / 1.6) * np.sin(np.pi * since / 3.2))


def place(
    vertebra: Vertebra, tip: Floats, moves_from_s: float | None, moves: tuple[NeedleMove, ...] = ()
) -> Cannula:
    """Put a cannula through the pedicle on the left with its tip where it is wanted."""
    pedicle = np.array([vertebra.back_mm + 6, -0.23 * vertebra.height_mm, -0.32 * vertebra.width_mm])
    back = pedicle - tip
    return Cannula(tip, back / np.linalg.norm(back), moves_from_s, moves)


def draw(projected_length: float) -> tuple[Rod, Image]:
    """Cannula and stylet as the beam sees them.

    Parameters
    ----------
    projected_length : float
        Projected over true length, 0 to 1; the path through steel grows by its inverse.

    Returns
    -------
    Rod
        The cannula; `filling` is what its lumen holds.
    ndarray
        Steel thickness of the stylet in the same plane, its tip `_STYLET_BEYOND_MM` ahead.
    """
    steeper = 1 / max(projected_length, 0.25)
    length = _LENGTH_MM * projected_length
    x = np.arange(-4.0, length + _HUB_MM, _STEP_MM)[None, :]
    y = np.arange(-13.0, 13.0 + 1e-9, _STEP_MM)[:, None]
    bevel = 0.6 * (y + OUTER_MM / 2) * projected_length
    there = np.clip((x - bevel) / _STEP_MM + 0.5, 0, 1) * (x < length)
    outer, inner = _chord(y, OUTER_MM), _chord(y, _INNER_MM)
    steel = there * (outer - inner) * steeper
    hub = (x >= length) & (np.abs(y) < 11.5 - 0.5 * np.abs(x - length - _HUB_MM / 2))
    steel = np.maximum(steel, np.where(hub, 1.3, 0.0))
    filling = there * inner * steeper
    solid = np.clip((x + _STYLET_BEYOND_MM - 0.5 * np.abs(y)) / _STEP_MM + 0.5, 0, 1) * inner * steeper
    origin = (-4.0, -13.0)

    def plane(values: Floats) -> Plane:
        return Plane(np.broadcast_to(values, (y.size, x.size)).astype(np.float32), origin, _STEP_MM)

    return Rod(plane(steel), plane(filling)), plane(solid).values


def _chord(y: Floats, diameter: float) -> Floats:
    """Length of the chord at `y`, averaged over a sample so that edges are smooth."""
    offsets = np.linspace(-0.4, 0.4, 5) * _STEP_MM
    chords = [2 * np.sqrt(np.clip((diameter / 2) ** 2 - (y + o) ** 2, 0, None)) for o in offsets]
    mean: Floats = np.mean(chords, axis=0)
    return mean
