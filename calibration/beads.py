"""Find the beads or wire crossings of a distortion phantom, and which place of the lattice each one is.

Beads and crossings are both where the darkness curves strongly in every direction: maxima of the determinant
of the Hessian (Lindeberg, International Journal of Computer Vision 30, 1998). A wire on its own curves in one
direction only, an uneven brightness hardly at all, so neither is mistaken for a mark.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.bivariate import powers, robust_fit, slopes
from calibration.crossings import along_wires
from calibration.lattice import Lattice, Walk, walk_lattice
from monitor.errors import CalibrationError
from monitor.frame import Pixels

__all__ = ["FoundBeads", "Lattice", "find_beads"]

Floats = NDArray[np.float64]
Image = NDArray[np.float32]
Bool = NDArray[np.bool_]
Picture = Pixels | NDArray[np.float32]

_SCALES_PX = (1.2, 1.7, 2.4, 3.4, 4.8, 6.8, 9.6)
_TRIED = 4
"""Scales (and both polarities of them) that are walked, the most promising first."""
_FEWEST = 40
"""Fewer marks cannot tell a distortion of the fifth order from noise."""
_SATURATED_SHARE = 0.05
_BLACK_SHARE = 0.5
_NOISE_SDS = 6.0
_STRONGEST = 16
"""So many of the strongest peaks of the middle tell what a mark answers with."""
_OF_USUAL = 0.25
"""A mark's response is at least this part of what the stronger marks have."""
_STRAY_SHARE = 0.5
_PITCH_RATIO = 1.2
_LOCAL_ERROR = 0.1
_SMOOTH = 0.04
"""How far a mark may lie from a smooth course through all of them, in pitches."""
_CLEAR_SHARE, _CLEAR_ERROR = 0.9, 0.04
"""A walk that takes so many of the marks and errs no more needs no other scale tried."""


@dataclass(frozen=True, slots=True)
class FoundBeads:
    """What was found in a picture of a phantom.

    Parameters
    ----------
    points_px : ndarray, float64, shape (n, 2)
        Marks, x then y, frame px as delivered.
    indices : ndarray, int64, shape (n, 2)
        Their places on the lattice; the mark nearest the middle is (0, 0).
    lattice : Lattice
    pitch_px : float
        Distance of neighbours in the middle.
    mark_sigma_px : float
        Size of the marks, as the blur that answers to them best.
    strays : int
        Marks that belong to no place of the lattice.
    rows, columns : int
        Size of the picture.
    dark : bool
        Whether the marks are darker than what is around them.
    """

    points_px: Floats
    indices: NDArray[np.int64]
    lattice: Lattice
    pitch_px: float
    mark_sigma_px: float
    strays: int
    rows: int
    columns: int
    dark: bool

    @property
    def plate_mm(self) -> Floats:
        """Where the marks are on the plate, shape (n, 2) (mm)."""
        return self.lattice.places_mm(self.indices)


def find_beads(pixels: Picture, lattice: Lattice, *, rough_mm_per_px: float | None = None) -> FoundBeads:
    """Find the marks of a phantom: beads, or the crossings of a wire grid.

    Parameters
    ----------
    pixels : ndarray, uint8, uint16 or float32, shape (rows, columns)
        A frame; better the mean of several, as float32.
    lattice : Lattice
        How the marks are arranged.
    rough_mm_per_px : float or None
        Scale in the plane of the phantom, as far as it is known, to tell a wrong phantom.

    Raises
    ------
    CalibrationError
        Saturated, no marks, too few, or not the lattice that was stated.
    """
    if pixels.ndim != 2 or min(pixels.shape) < 64 or not np.all(np.isfinite(pixels)):
        raise CalibrationError(f"a phantom picture of shape {pixels.shape} is none")
    field = _field(pixels)
    _refuse_saturated(pixels, field)
    flat = _flattened(pixels, field)
    guesses = sorted(_guesses(flat, field), key=lambda guess: -guess.strength)
    if not guesses:
        raise CalibrationError("no beads or wire crossings are to be seen in the picture")
    best: tuple[Walk, _Guess] | None = None
    middle = np.array([pixels.shape[1] - 1, pixels.shape[0] - 1]) / 2
    for guess in guesses[:_TRIED]:
        walk = walk_lattice(guess.points_px, lattice, middle)
        if walk is None:
            continue
        if best is None or _worth(walk, guess) > _worth(*best):
            best = (walk, guess)
        if len(walk.members) > _CLEAR_SHARE * len(guess.points_px) and walk.local_error < _CLEAR_ERROR:
            break
    seen = len(guesses[0].points_px)
    if best is None:
        if seen < _FEWEST:
            raise CalibrationError(f"too few beads: {seen} are to be seen, {_FEWEST} are needed")
        raise CalibrationError(f"wrong phantom: the {seen} marks to be seen are no {lattice.kind} lattice")
    walk, guess = best
    strays = len(guess.points_px) - len(walk.members)
    if walk.local_error > _LOCAL_ERROR or strays > _STRAY_SHARE * len(guess.points_px):
        raise CalibrationError(
            f"wrong phantom: only {len(walk.members)} of {len(guess.points_px)} marks to be seen lie on a "
            f"{lattice.kind} lattice"
        )
    if len(walk.members) < _FEWEST:
        raise CalibrationError(f"too few beads: {len(walk.members)} were found, {_FEWEST} are needed")
    if rough_mm_per_px is not None:
        _refuse_other_pitch(walk.pitch_px, lattice, rough_mm_per_px)
    points_px, smooth, sigma_px = _sharpest(flat, guess, walk, lattice)
    strays += int(np.count_nonzero(~smooth))
    return FoundBeads(
        points_px[smooth],
        walk.indices[smooth],
        lattice,
        walk.pitch_px,
        sigma_px,
        strays,
        int(pixels.shape[0]),
        int(pixels.shape[1]),
        guess.dark,
    )


@dataclass(frozen=True, slots=True)
class _Guess:
    points_px: Floats
    sigma_px: float
    dark: bool
    strength: float


def _worth(walk: Walk, guess: _Guess) -> float:
    strays = len(guess.points_px) - len(walk.members)
    return len(walk.members) * (1 - 3 * min(walk.local_error, 0.3)) - 0.2 * strays


def _sharpest(flat: Image, guess: _Guess, walk: Walk, lattice: Lattice) -> tuple[Floats, Bool, float]:
    """The marks again, with the blur at which they lie most smoothly on the lattice; noise decides which.

    Also whether each of them lies where the others let expect it.
    """
    start = guess.points_px[walk.members]
    size = max(1, int(np.abs(walk.indices).max()))
    design = powers(walk.indices / size, 5)
    by_i, by_j = slopes(walk.indices / size, 5)
    best, best_sigma, least = start, guess.sigma_px, np.inf
    best_missed = np.zeros(len(start))
    for sigma in _SCALES_PX:
        if not 0.6 * guess.sigma_px < sigma < min(3 * guess.sigma_px, 0.25 * walk.pitch_px):
            continue
        xx, yy, _ = _second(flat, sigma)
        bulge = xx + yy if guess.dark else -(xx + yy)
        column, row = np.rint(start).astype(np.intp).T
        points = _refined(bulge, row, column)
        course = robust_fit(design, points)[0]
        # without the Laplacian there is less noise, and more of what slope the ground still has
        plain = np.asarray(cv2.GaussianBlur(-flat if guess.dark else flat, (0, 0), sigma), np.float32)
        candidates = [points, _refined(-plain, row, column)]
        if lattice.kind == "square":
            steps = np.stack([by_i @ course, by_j @ course], axis=1) / size
            candidates.append(along_wires(-flat if guess.dark else flat, design @ course, steps, sigma))
        for candidate in candidates:
            missed = np.hypot(*(candidate - design @ robust_fit(design, candidate)[0]).T)
            rough = float(np.median(missed))
            if rough < 0.95 * least:
                best, best_sigma, best_missed, least = candidate, sigma, missed, rough
    return best, best_missed <= max(_SMOOTH * walk.pitch_px, 8 * min(least, walk.pitch_px)), best_sigma


def _second(flat: Image, sigma: float) -> tuple[Image, Image, Image]:
    """Second derivatives of the blurred picture: xx, yy, xy."""
    smooth = np.asarray(cv2.GaussianBlur(flat, (0, 0), sigma), np.float32)
    xx = cv2.filter2D(smooth, -1, np.array([[1.0, -2.0, 1.0]], np.float32))
    yy = cv2.filter2D(smooth, -1, np.array([[1.0], [-2.0], [1.0]], np.float32))
    xy = cv2.filter2D(smooth, -1, np.array([[0.25, 0, -0.25], [0, 0, 0], [-0.25, 0, 0.25]], np.float32))
    return np.asarray(xx, np.float32), np.asarray(yy, np.float32), np.asarray(xy, np.float32)


def _field(pixels: Picture) -> Bool:
    """The lit part of the picture: all of it, or what a mask around it leaves free."""
    values = np.asarray(cv2.medianBlur(pixels, 5), np.float32)
    rows, columns = values.shape
    n = max(2, min(rows, columns) // 40)
    corners = [values[:n, :n], values[:n, -n:], values[-n:, :n], values[-n:, -n:]]
    rim = float(np.median([np.median(corner) for corner in corners]))
    middle = values[rows // 4 : -rows // 4, columns // 4 : -columns // 4]
    lit = float(np.percentile(middle, 75))
    flat = float(np.median([corner.std() for corner in corners])) < 0.02 * max(abs(lit - rim), 1.0)
    if not flat or abs(lit - rim) < 0.2 * max(lit, rim):
        return np.ones(values.shape, bool)
    lively = (np.abs(values - rim) > 0.15 * abs(lit - rim)).astype(np.uint8)
    # marks are holes in it, and so are marks that touch its edge
    reach = 2 * (min(rows, columns) // 24) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach))
    padded = cv2.copyMakeBorder(lively, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
    closed = np.asarray(cv2.morphologyEx(padded, cv2.MORPH_CLOSE, kernel), np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(closed[reach:-reach, reach:-reach])
    if count < 2:
        return np.ones(values.shape, bool)
    field: Bool = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    return field


def _refuse_saturated(pixels: Picture, field: Bool) -> None:
    values = pixels[field]
    top, low = values.max(), values.min()
    if float(top) - float(low) < 4:
        raise CalibrationError("no beads or wire crossings are to be seen: the picture is uniform")
    white, black = float(np.mean(values == top)), float(np.mean(values == low))
    if white > _SATURATED_SHARE:
        raise CalibrationError(f"saturated: {100 * white:.0f} % of the field has the largest value, {top:g}")
    if black > _BLACK_SHARE:
        raise CalibrationError(f"saturated: {100 * black:.0f} % of the field has the smallest value, {low:g}")


def _flattened(pixels: Picture, field: Bool) -> Image:
    """The picture on an even ground of 0, relative to its brightness there; 0 outside the field."""
    values = np.asarray(pixels, np.float32)
    weight: Image = field.astype(np.float32)
    sigma = min(pixels.shape) / 25
    share = np.maximum(_blurred(weight, sigma), np.float32(1e-3))
    mean = np.asarray(_blurred(np.asarray(values * weight, np.float32), sigma) / share, np.float32)
    floor = np.float32(0.02 * float(mean[field].max()))
    flat: Image = np.asarray((values - mean) / np.maximum(mean, floor) * weight, np.float32)
    return flat


def _blurred(image: Image, sigma: float) -> Image:
    step = max(1, int(sigma / 6))
    small = cv2.resize(image, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / step)
    return np.asarray(cv2.resize(small, image.shape[::-1], interpolation=cv2.INTER_LINEAR), np.float32)


def _guesses(flat: Image, field: Bool) -> list[_Guess]:
    """Marks at every scale and in both polarities."""
    rows, columns = flat.shape
    inner = np.zeros(flat.shape, bool)
    inner[rows // 4 : -rows // 4, columns // 4 : -columns // 4] = True
    found = []
    for sigma in _SCALES_PX:
        if sigma > min(rows, columns) / 40:
            break
        xx, yy, xy = _second(flat, sigma)
        bent: Image = np.float32(sigma**4) * (xx * yy - xy * xy)
        away = round(2.5 * sigma) + 1
        usable = cv2.erode(
            cv2.copyMakeBorder(field.view(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0),
            cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * away + 1, 2 * away + 1)),
            borderType=cv2.BORDER_REPLICATE,
        )[1:-1, 1:-1].astype(bool)
        reach = 2 * round(1.5 * sigma) + 1
        top = (bent >= cv2.dilate(bent, np.ones((reach, reach), np.uint8))) & usable & (bent > 0)
        laplacian = xx + yy
        for dark in (True, False):
            peaks = top & ((laplacian > 0) == dark)
            guess = _strong(peaks, bent, laplacian if dark else -laplacian, inner, sigma, dark)
            if guess is not None:
                found.append(guess)
    return found


def _strong(peaks: Bool, bent: Image, bulge: Image, inner: Bool, sigma: float, dark: bool) -> _Guess | None:
    """Peaks that stand out from the noise and from the weaker ones; None where there are hardly any."""
    row, column = np.nonzero(peaks)
    height = np.sqrt(bent[row, column])
    within = inner[row, column]
    if within.sum() < 9:
        return None
    # half of all peaks or more are noise where there is any
    strongest = np.sort(height[within])[::-1][:_STRONGEST]
    usual = float(np.median(strongest))
    noise = float(np.median(height[within])) if within.sum() > 400 else 0.0
    keep = height > max(_OF_USUAL * usual, min(_NOISE_SDS * noise, 0.6 * usual))
    points = _refined(bulge, row[keep], column[keep])
    return _Guess(points, sigma, dark, usual)


def _refined(bulge: Image, row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats:
    """Peaks of the Laplacian near the pixels given, from a paraboloid through 3 x 3 of them."""
    for _ in range(2):
        row, column = row.clip(2, bulge.shape[0] - 3), column.clip(2, bulge.shape[1] - 3)
        near = np.stack([[bulge[row + dy, column + dx] for dx in (-1, 0, 1)] for dy in (-1, 0, 1)]).reshape(
            9, -1
        )
        move = near.argmax(axis=0)
        row, column = row + move // 3 - 1, column + move % 3 - 1
    row, column = row.clip(2, bulge.shape[0] - 3), column.clip(2, bulge.shape[1] - 3)
    v = np.array([[bulge[row + dy, column + dx] for dx in (-1, 0, 1)] for dy in (-1, 0, 1)], np.float64)
    gx, gy = (v[:, 2] - v[:, 0]).sum(axis=0) / 6, (v[2] - v[0]).sum(axis=0) / 6
    hxx = (v[:, 0] - 2 * v[:, 1] + v[:, 2]).sum(axis=0) / 3
    hyy = (v[0] - 2 * v[1] + v[2]).sum(axis=0) / 3
    hxy = (v[0, 0] - v[0, 2] - v[2, 0] + v[2, 2]) / 4
    area = hxx * hyy - hxy**2
    safe = np.where(area > 1e-30, area, np.inf)
    dx, dy = (hxy * gy - hyy * gx) / safe, (hxy * gx - hxx * gy) / safe
    return np.stack([column + dx.clip(-1, 1), row + dy.clip(-1, 1)], axis=1)


def _refuse_other_pitch(pitch_px: float, lattice: Lattice, rough_mm_per_px: float) -> None:
    stated = lattice.pitch_mm / pitch_px
    ratio = stated / rough_mm_per_px
    if not 1 / _PITCH_RATIO < ratio < _PITCH_RATIO:
        raise CalibrationError(
            f"wrong phantom: neighbours are {pitch_px:.1f} px apart, a pitch of {lattice.pitch_mm:g} mm "
            f"would mean {stated:.3f} mm per pixel, and {rough_mm_per_px:g} is stated"
        )
