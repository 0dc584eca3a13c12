"""A neighbouring level from two clicks: the outline of one that is marked, placed on its second wall.

A broken body may be far lower in front than its neighbour, and the other way round. So the two corners of
the first wall are looked for, each over a grid of places: those are taken whose endplates and wall lie on
the strongest edges together.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.planning.edges import Slopes
from calibration.planning.outline import Outline
from monitor.plan import Point

Floats = NDArray[np.float64]

_COARSE_MM = 0.7
_DEPTHS = np.linspace(-0.2, 0.2, 11)
_HEIGHTS = np.linspace(-0.36, 0.36, 25)
_SAMPLES = np.linspace(0.06, 0.94, 24)
_JUST_BEFORE, _JUST_BEYOND = np.linspace(0.03, 0.16, 6), np.linspace(-0.16, -0.04, 6)
_END_WEIGHT = 0.5
_BACK_MM = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
_BACK_PULL = 0.03
_TYPICAL_PERCENT = 90
_PULL = 0.35

PLACED_BY = (1, 2)
"""The handles that are clicked: both corners of the second wall, in a lateral view the posterior one."""


def placed_like(outline: Outline, upper: Point, lower: Point) -> tuple[Point, ...]:
    """Handles of a body shaped like another, turned so that two corners are where clicked.

    It is as high as the clicks are apart and as deep as the other: neighbours are of one depth, and clicks
    are off by a millimetre or two.

    Parameters
    ----------
    outline : Outline
        Of the level that is marked.
    upper, lower : Point
        Where the corners `PLACED_BY` of the new one are (px).

    Returns
    -------
    tuple of Point
        As in `outline.HANDLES`; to be found on the edge next.
    """
    there = np.array([complex(*point) for point in outline.handles])
    from_, to = there[list(PLACED_BY)], np.array([complex(*upper), complex(*lower)])
    old, new = from_[1] - from_[0], to[1] - to[0]
    away = (there - from_[0]) / old * abs(old)  # real: along the wall, imaginary: across it
    stretched = away.real * abs(new) / abs(old) + 1j * away.imag
    moved = stretched * new / abs(new) + to[0]
    return tuple((float(at.real), float(at.imag)) for at in moved)


def fitted_front(slopes: Slopes, handles: tuple[Point, ...]) -> tuple[Point, ...]:
    """The same handles with both corners of the first wall, and what lies between, where the edges are.

    Parameters
    ----------
    slopes : Slopes
    handles : tuple of Point
        As in `outline.HANDLES`. The corners of the second wall are taken to be right to a few mm.
    """
    at = np.asarray(handles, np.float64)
    coarse = _coarse(slopes, float(np.hypot(*(at[2] - at[1]))))
    depth, down = at[0] - at[1], at[3] - at[0]
    shifts = (_DEPTHS[:, None, None] * depth + _HEIGHTS[None, :, None] * down).reshape(-1, 2)
    cost = _PULL * np.hypot(*np.meshgrid(_DEPTHS / 0.16, _HEIGHTS / 0.6, indexing="ij")).ravel()
    inside = at[:4].mean(axis=0)
    upper, back_upper = _endplates(coarse, at[0] + shifts, at[1], at[4] - (at[0] + at[1]) / 2, inside)
    lower, back_lower = _endplates(coarse, at[3] + shifts, at[2], at[5] - (at[3] + at[2]) / 2, inside)
    upper, lower = upper - cost, lower - cost
    # the wall joins a place of each grid
    high = np.repeat(at[0] + shifts, len(shifts), axis=0)
    low = np.tile(at[3] + shifts, (len(shifts), 1))
    wall = _strength(coarse, high, low, at[7] - (at[0] + at[3]) / 2, inside)
    both = upper[:, None] + lower[None, :] + wall.reshape(len(shifts), -1)
    one, other = np.unravel_index(int(both.argmax()), both.shape)
    moved = at.copy()
    moved[0] += shifts[one]
    moved[3] += shifts[other]
    moved[1], moved[2] = back_upper[one], back_lower[other]
    moved[4] += (shifts[one] + moved[1] - at[1]) / 2
    moved[5] += (shifts[other] + moved[2] - at[2]) / 2
    moved[6] += (moved[1] + moved[2] - at[1] - at[2]) / 2
    moved[7] += (shifts[one] + shifts[other]) / 2
    return tuple((float(x), float(y)) for x, y in moved)


def _endplates(
    slopes: Slopes, fronts: Floats, back: Floats, bow: Floats, inside: Floats
) -> tuple[Floats, Floats]:
    """The best strength for each front end, shape (n,), and the back end that it is with, shape (n, 2).

    A click is off by a millimetre or two: enough for a line from it to miss an edge of one millimetre.
    """
    down = inside - back
    down = np.array([0.0, np.sign(down[1])])  # a back end is looked for above and below the click
    backs = back + (_BACK_MM / slopes.mm_per_px)[:, None] * down
    each = np.stack(
        [
            _strength(slopes, fronts, end, bow, inside)
            # the edge must not go on beyond the front
            + _END_WEIGHT * _strength(slopes, fronts, end, bow, inside, _JUST_BEFORE)
            - _END_WEIGHT * _strength(slopes, fronts, end, bow, inside, _JUST_BEYOND)
            for end in backs
        ]
    )
    each -= (_BACK_PULL * np.abs(_BACK_MM))[:, None]
    best = each.argmax(axis=0)
    return np.asarray(each.max(axis=0)), np.asarray(backs[best])


def _coarse(slopes: Slopes, height_px: float) -> Slopes:
    """Slopes that reach further, as large as they typically are on edges, so that they add up alike."""
    sigma_px = max(_COARSE_MM / slopes.mm_per_px, height_px / 40)
    x, y = (cv2.GaussianBlur(one, (0, 0), sigma_px) for one in (slopes.x, slopes.y))
    typical = max(float(np.percentile(np.hypot(x, y), _TYPICAL_PERCENT)), 1e-9)
    return replace(slopes, x=np.asarray(x / typical, np.float32), y=np.asarray(y / typical, np.float32))


def _strength(
    slopes: Slopes, starts: Floats, ends: Floats, bow: Floats, inside: Floats, at: Floats = _SAMPLES
) -> Floats:
    """Mean rise towards the inside along curves, one for each pair of ends, shape (n,), each at most 1.

    `at` are the shares of the way from start to end that are looked at.
    """
    ends = np.broadcast_to(ends, starts.shape)
    u = at[None, :, None]
    places = starts[:, None] + u * (ends - starts)[:, None] + 4 * u * (1 - u) * bow
    chord = ends - starts
    across = np.stack([-chord[:, 1], chord[:, 0]], axis=1)
    across /= np.maximum(np.hypot(*across.T), 1e-6)[:, None]
    towards = np.sign(((inside - (starts + ends) / 2) * across).sum(axis=1))[:, None]
    rises = slopes.along(places, (across * towards)[:, None, :])
    return np.asarray(np.clip(rises, -1.0, 1.0).mean(axis=1))
