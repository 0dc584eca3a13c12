"""Which place of a lattice each mark is, however strongly the picture is distorted: by walking outwards.

Near the middle the lattice is all but straight. From there each step is predicted from what is known nearby,
so that the walk bends with the picture.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from monitor.errors import CalibrationError

Floats = NDArray[np.float64]
Index = tuple[int, int]

_SEEDS = 12
"""Marks nearest the middle from which a walk is tried."""
_SEED_LENGTH = 0.12
_SEED_ANGLE_DEG = 9.0
_REACH = 0.25
"""How far from its predicted place a mark may lie, in pitches."""
_NEAR = 2.3
"""Marks that predict a place lie within so many pitches."""
_ENOUGH = 0.8
_WALKED = 2
_PROBE_RINGS, _PROBE_SHARE = 3, 0.75
"""Rings that are walked to see whether a start is one, and what part of the best such walk is as good."""
_STEPS: dict[str, tuple[Index, ...]] = {
    "square": ((1, 0), (0, 1), (-1, 0), (0, -1)),
    "hexagonal": ((1, 0), (0, 1), (-1, 1), (-1, 0), (0, -1), (1, -1)),
}


@dataclass(frozen=True, slots=True)
class Lattice:
    """How the marks of a phantom are arranged.

    Parameters
    ----------
    pitch_mm : float
        Distance of neighbours.
    kind : "square" or "hexagonal"

    Raises
    ------
    CalibrationError
        A pitch that is none, or a kind that is not known.
    """

    pitch_mm: float
    kind: Literal["square", "hexagonal"] = "square"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.pitch_mm) and 0 < self.pitch_mm <= 100):
            raise CalibrationError(f"the pitch must be above 0 and at most 100 mm, is {self.pitch_mm:g}")
        if self.kind not in _STEPS:
            raise CalibrationError(f"the lattice must be square or hexagonal, is {self.kind!r}")

    @property
    def angle_deg(self) -> float:
        """Angle between the two lattice vectors."""
        return 90.0 if self.kind == "square" else 60.0

    def places_mm(self, indices: NDArray[np.number]) -> Floats:
        """Places on the plate, shape (n, 2) (mm)."""
        angle = math.radians(self.angle_deg)
        basis = self.pitch_mm * np.array([[1.0, 0.0], [math.cos(angle), math.sin(angle)]])
        places: Floats = np.asarray(indices, np.float64).reshape(-1, 2) @ basis
        return places


@dataclass(frozen=True, slots=True)
class Walk:
    """Marks that a walk has reached.

    Parameters
    ----------
    members : ndarray, shape (n,)
        Which of the candidates they are.
    indices : ndarray, int64, shape (n, 2)
        Their places on the lattice.
    pitch_px : float
        Distance of neighbours where the walk began.
    local_error : float
        How far marks lie from where their neighbours predict them, median, in pitches.
    """

    members: NDArray[np.intp]
    indices: NDArray[np.int64]
    pitch_px: float
    local_error: float


def walk_lattice(points_px: Floats, lattice: Lattice, middle_px: Floats) -> Walk | None:
    """Walk the candidates from the middle outwards.

    Parameters
    ----------
    points_px : ndarray, float64, shape (n, 2)
        Candidates: most marks of the lattice, and others.
    lattice : Lattice
    middle_px : ndarray, shape (2,)

    Returns
    -------
    Walk or None
        The walk that reached most of them; None where no candidate has neighbours as the lattice has.
    """
    if len(points_px) < 4:
        return None
    tree = cKDTree(points_px)
    best: Walk | None = None
    for start, basis in _promising(points_px, tree, middle_px, lattice)[:_WALKED]:
        walk = _walk_from(points_px, tree, start, basis, lattice)
        if best is None or len(walk.members) > len(best.members):
            best = walk
        if len(best.members) > _ENOUGH * len(points_px):
            break
    if best is None or len(best.members) < 4:
        return None
    return best


def _promising(
    points: Floats, tree: cKDTree, middle: Floats, lattice: Lattice
) -> list[tuple[int, tuple[Floats, Floats]]]:
    """Where to begin, best first: from there the places of the first rings are taken."""
    found = []
    nearest = np.atleast_1d(tree.query(middle, k=min(_SEEDS, len(points)))[1])
    for start in nearest:
        for basis in _bases(points, tree, int(start), lattice):
            probe = _walk_from(points, tree, int(start), basis, lattice, rings=_PROBE_RINGS)
            found.append((len(probe.members), abs(float(np.linalg.det(basis))), int(start), basis))
    most = max((members for members, _, _, _ in found), default=0)
    # the diagonals of a square lattice are one too, of twice the cell: of those that go well, the finest
    found.sort(key=lambda one: (one[0] < _PROBE_SHARE * most, one[1]))
    return [(start, basis) for _, _, start, basis in found]


def _bases(points: Floats, tree: cKDTree, start: int, lattice: Lattice) -> list[tuple[Floats, Floats]]:
    """Pairs of steps to neighbours with the angle and the equal lengths of the lattice, shortest first."""
    count = min(9, len(points))
    distances, near = tree.query(points[start], k=count)
    steps = [points[k] - points[start] for k in near[1:]]
    lengths = distances[1:]
    found = []
    for i, a in enumerate(steps):
        # the first axis points to the right, so that the picture's own axes are kept
        half = lattice.angle_deg / 2
        if not -half - 3 <= math.degrees(math.atan2(a[1], a[0])) <= half + 3:
            continue
        for j, b in enumerate(steps):
            angle = math.degrees(math.atan2(a[0] * b[1] - a[1] * b[0], float(a @ b)))
            if (
                abs(angle - lattice.angle_deg) < _SEED_ANGLE_DEG
                and abs(math.log(lengths[i] / lengths[j])) < _SEED_LENGTH
            ):
                found.append((float(lengths[i] + lengths[j]), a, b))
    found.sort(key=lambda pair: pair[0])
    return [(a, b) for _, a, b in found[:2]]


def _walk_from(
    points: Floats,
    tree: cKDTree,
    start: int,
    basis: tuple[Floats, Floats],
    lattice: Lattice,
    rings: int | None = None,
) -> Walk:
    a, b = basis
    pitch_px = float(np.sqrt(np.linalg.norm(a) * np.linalg.norm(b)))
    known: dict[Index, int] = {(0, 0): start}
    taken = {start}
    steps = _STEPS[lattice.kind]
    errors: list[float] = []
    given = np.array([a, b])
    ring = [(0, 0)]
    while ring and (rings is None or rings > 0):
        rings = None if rings is None else rings - 1
        ahead = sorted({(i + di, j + dj) for i, j in ring for di, dj in steps} - known.keys())
        reached = []
        for index in ahead:
            predicted, local_px, sure = _predicted(index, known, points, given)
            distance, nearest = tree.query(predicted, k=2)
            if distance[0] > _REACH * local_px or nearest[0] in taken:
                continue
            # two marks that fit equally well: neither can be trusted
            if distance[1] < _REACH * local_px and distance[1] < 3 * distance[0] + 0.05 * local_px:
                continue
            if sure:
                errors.append(float(distance[0]) / local_px)
            reached.append((index, int(nearest[0])))
        ring = []
        for index, mark in reached:
            if mark not in taken:
                known[index] = mark
                taken.add(mark)
                ring.append(index)
    indices = np.array(list(known), np.int64).reshape(-1, 2)
    members = np.array(list(known.values()), np.intp)
    error = float(np.median(errors)) if len(errors) > 4 else 1.0
    return Walk(members, indices, pitch_px, error)


def _predicted(
    index: Index, known: dict[Index, int], points: Floats, basis: Floats
) -> tuple[Floats, float, bool]:
    """Where a place should be, the pitch there (px), and whether its neighbours tell it without the seed."""
    i, j = index
    reach = int(_NEAR)
    near = [
        (di, dj, known[i + di, j + dj])
        for di in range(-reach, reach + 1)
        for dj in range(-reach, reach + 1)
        if (i + di, j + dj) in known
    ]
    places = np.array([(di, dj) for di, dj, _ in near], np.float64)
    seen = points[[mark for _, _, mark in near]]
    offsets = places - places.mean(axis=0)
    spread = offsets.T @ offsets
    if len(near) >= 4 and np.linalg.det(spread) > 0.5:
        # nearer ones tell more
        weight = np.exp(-(places**2).sum(axis=1) / 4.0)
        design = np.column_stack([np.ones(len(near)), places]) * weight[:, None]
        solution = np.linalg.lstsq(design, seen * weight[:, None], rcond=None)[0]
        local = solution[1:]
        if abs(np.linalg.det(local)) > 0.25 * abs(np.linalg.det(basis)):
            return solution[0], float(np.sqrt(abs(np.linalg.det(local)) / _cell(basis))), True
    closest = int(np.argmin((places**2).sum(axis=1)))
    predicted = seen[closest] - places[closest] @ basis
    return predicted, float(np.sqrt(np.linalg.norm(basis[0]) * np.linalg.norm(basis[1]))), False


def _cell(basis: Floats) -> float:
    """Area of a cell of the lattice in squares of its pitch."""
    return float(abs(np.linalg.det(basis)) / (np.linalg.norm(basis[0]) * np.linalg.norm(basis[1])))
