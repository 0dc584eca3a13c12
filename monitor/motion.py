"""Where a vertebra is, relative to the reference: a rigid fit on the edges of the marked bone.

Gauss-Newton over displacement, rotation, gain and offset at the strongest gradients of a band around
the marked walls and endplates (Lucas-Kanade in its inverse, sparse form: Baker and Matthews, IJCV
56, 2004). Gain and offset absorb automatic brightness. Soft tissue moves differently, so it is left
out: the same fit over a whole region drifts by about a millimetre.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import MotionConfig
from monitor.intensity import low_pass
from monitor.robust import median

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]
Vector = NDArray[np.float64]

_ROTATION_PRIOR_SD_RAD = 0.03
_GAIN_PRIOR_SD = 0.5
_DIAGONAL = np.diag_indices(5)


def band_pass(attenuation: Float32, mm_per_px: float, config: MotionConfig) -> Float32:
    """Structure between `fine_blur_mm` and `coarse_blur_mm`: bone edges without noise and brightness."""
    fine = cv2.GaussianBlur(attenuation, (0, 0), max(0.5, config.fine_blur_mm / mm_per_px))
    return cast(Float32, cv2.subtract(fine, low_pass(attenuation, None, config.coarse_blur_mm / mm_per_px)))


def steel(attenuation: Float32, mm_per_px: float, config: MotionConfig) -> Bool:
    """Instruments in an image, and what lies within 1.5 mm of them: nothing can be seen there."""
    return _around_steel(band_pass(attenuation, mm_per_px, config), mm_per_px, config)


def _around_steel(banded: Float32, mm_per_px: float, config: MotionConfig) -> Bool:
    strong = (np.abs(banded) > config.steel_contrast).view(np.uint8)
    reach = 2 * max(1, round(1.5 / mm_per_px)) + 1
    return cv2.dilate(strong, np.ones((reach, reach), np.uint8)) > 0


@dataclass(frozen=True, slots=True, eq=False)
class BoneTemplate:
    """What is looked for: the band-passed reference at its strongest gradients.

    Parameters
    ----------
    centre : ndarray, shape (2,)
        Point that the pose turns about (window px).
    points : ndarray, shape (2, n), float32
        Where the gradients are, relative to the centre, x then y (px).
    values : ndarray, shape (n,), float32
    basis : ndarray, shape (5, n), float64
        What each value changes by with displacement in x and y, rotation, gain and offset, at a gain of 1.
    index : ndarray, shape (n,), int
        Flat index of each point in the window.
    patch : ndarray, float32
        Coarse patch of the band-passed reference for the wide search.
    patch_origin : (int, int)
        Column and row of the patch in the window (px).
    noise_inflation : float
        How much correlated noise widens the standard error of the fit.
    pulses : int
        Pulses averaged in the reference.
    blur_px : float
        Gaussian sigma of the finest structure (px).
    noise_variance : float
        Variance of the noise that is left in the blurred reference (squared log units).
    """

    centre: Vector
    points: Float32
    values: Float32
    basis: NDArray[np.float64]
    index: NDArray[np.intp]
    patch: Float32
    patch_origin: tuple[int, int]
    noise_inflation: float
    pulses: int
    blur_px: float
    noise_variance: float


@dataclass(frozen=True, slots=True)
class Fit:
    """A pose in window px, and how well it fits. `sigma_px` is the standard error of the shift."""

    shift: tuple[float, float]
    rotation_rad: float
    gain: float
    offset: float
    sigma_px: float
    correlation: float
    point_fraction: float


def make_template(
    reference: Float32, band: Bool, mm_per_px: float, config: MotionConfig, pulses: int = 1
) -> BoneTemplate | None:
    """Choose the points to follow. None where the band holds no structure at all.

    Parameters
    ----------
    reference : ndarray, shape (rows, columns), float32
        Attenuation of the reference over the level's window.
    band : ndarray of bool, same shape
        Bone to register on.
    pulses : int
        Pulses averaged in the reference.
    """
    image = band_pass(reference, mm_per_px, config)
    gx = cv2.Sobel(image, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
    gy = cv2.Sobel(image, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
    # steel has the strongest edges of all and moves on its own: a needle must not lead the bone
    usable = band & ~_around_steel(image, mm_per_px, config)
    usable[[0, -1], :] = False
    usable[:, [0, -1]] = False
    rows, columns = np.nonzero(usable)
    strength = gx[rows, columns] ** 2 + gy[rows, columns] ** 2
    if len(rows) < 50 or not np.isfinite(strength).all() or float(strength.max()) <= 0:
        return None
    if len(rows) > config.most_points:
        keep = np.argpartition(strength, -config.most_points)[-config.most_points :]
        rows, columns = rows[keep], columns[keep]
    centre = np.array([columns.mean(), rows.mean()])
    points = np.stack([columns - centre[0], rows - centre[1]]).astype(np.float32)
    # noise after the fine blur is correlated over about 4 pi sigma^2 pixels (Gaussian autocorrelation)
    blur_px = max(0.5, config.fine_blur_mm / mm_per_px)
    share = len(rows) / max(1, int(usable.sum()))
    inflation = float(np.sqrt(max(1.0, 4 * np.pi * blur_px**2 * share)))
    x0, x1, y0, y1 = columns.min(), columns.max() + 1, rows.min(), rows.max() + 1
    patch = np.ascontiguousarray(image[y0:y1, x0:x1])
    values, along_x, along_y = image[rows, columns], gx[rows, columns], gy[rows, columns]
    turn = points[0] * along_y - points[1] * along_x
    return BoneTemplate(
        centre,
        points,
        values,
        np.stack([along_x, along_y, turn, values, np.ones_like(values)]).astype(np.float64),
        np.ravel_multi_index((rows, columns), image.shape),
        patch,
        (int(x0), int(y0)),
        inflation,
        pulses,
        blur_px,
        _noise_variance(reference) / (4 * np.pi * blur_px**2),
    )


def _noise_variance(image: Float32) -> float:
    """Variance of white noise from differences of diagonal neighbours (Immerkaer, CVIU 64, 1996)."""
    detail = image[1:, 1:] + image[:-1, :-1] - image[1:, :-1] - image[:-1, 1:]
    return float((np.median(np.abs(detail)) / (0.6745 * 2.0)) ** 2)


def fit_pose(
    image: Float32,
    template: BoneTemplate,
    start: tuple[float, float, float],
    excluded: Bool | None,
    config: MotionConfig,
    prior_px: float,
) -> Fit | None:
    """Fit the template to a band-passed image from a starting pose. None where it cannot be solved.

    Parameters
    ----------
    image : ndarray, shape (rows, columns), float32
        `band_pass` of the live window.
    start : (shift_x, shift_y, rotation_rad)
    excluded : ndarray of bool, same shape, or None
        Reference pixels that must not be used (cement, cannula).
    prior_px : float
        How far the pose is expected to be from the start (px, standard deviation).
    """
    points, t, basis = template.points, template.values, template.basis
    every = len(t)
    if excluded is not None:
        use = np.flatnonzero(~excluded.ravel()[template.index])
        if len(use) < every:
            points, t, basis = points[:, use], t[use], basis[:, use]
    count = len(t)
    if count < 40:
        return None
    sx, sy, theta = start
    gain, offset, scale = 1.0, 0.0, 1e-6
    normal = np.eye(5)
    # priors: where the marks say nothing (along a lone wire) the pose stays where it was
    prior = template.noise_inflation**2 / np.array(
        [prior_px**2, prior_px**2, _ROTATION_PRIOR_SD_RAD**2, _GAIN_PRIOR_SD**2, np.inf]
    )
    for _ in range(config.most_iterations):
        sampled = _sample(image, points, template.centre, (sx, sy, theta))
        error = (sampled - gain * t - offset).astype(np.float64)
        # the offset is fitted: the residual is centred
        scale = max(1.4826 * median(np.abs(error[::4])), 1e-6)
        weight = np.minimum(1.0, 1.5 * scale / np.maximum(np.abs(error), 1e-12))
        weight /= scale**2
        weighted = basis * weight
        gains = np.array([gain, gain, gain, 1.0, 1.0])
        normal, right = (weighted @ basis.T) * gains * gains[:, None], (weighted @ error) * gains
        normal[_DIAGONAL] += prior
        right += prior * (sx - start[0], sy - start[1], theta, 1.0 - gain, 0.0)
        solved, step = cv2.solve(normal, right[:, None], flags=cv2.DECOMP_CHOLESKY)
        if not solved:
            return None
        by = step.ravel().tolist()
        # the residual grows along -gradient of where the image is sampled
        dx, dy = (min(max(-part, -2.0), 2.0) for part in by[:2])
        dtheta = min(max(-by[2], -0.05), 0.05)
        sx, sy, theta = sx + dx, sy + dy, theta + dtheta
        gain, offset = max(0.05, gain + by[3]), offset + by[4]
        if max(abs(dx), abs(dy)) < 0.01 and abs(dtheta) < 2e-4:
            break
    if not all(math.isfinite(value) for value in (sx, sy, theta, gain, offset)):
        return None
    sigma = _standard_error_px(normal, template, scale, count, prior_px)
    sampled = _sample(image, points, template.centre, (sx, sy, theta))
    # a needle that came in between hides some of the bone: judge the likeness of the rest
    inlier = np.abs(sampled - np.float32(gain) * t - np.float32(offset)) < 4.0 * scale
    likeness = _correlation(sampled[inlier], t[inlier])
    return Fit((sx, sy), theta, gain, offset, sigma, likeness, np.count_nonzero(inlier) / every)


def _standard_error_px(
    normal: NDArray[np.float64], template: BoneTemplate, scale: float, points: int, prior_px: float
) -> float:
    """Standard error of the shift along its worst direction (px).

    The template's own noise looks like structure and would make any patch of grain seem certain: its
    share, sigma^2 / (2 blur^2) per gradient of Gaussian-blurred white noise, is taken away.
    """
    grain = points * template.noise_variance / (2.0 * template.blur_px**2) / scale**2
    shift = normal[:2, :2] - normal[:2, 2:] @ np.linalg.solve(normal[2:, 2:], normal[2:, :2])
    (a, b), (_, d) = shift.tolist()
    # the lesser eigenvalue of the symmetric [[a, b], [b, d]]
    worst = 0.5 * (a + d) - math.hypot(0.5 * (a - d), b)
    least = template.noise_inflation**2 / prior_px**2
    return template.noise_inflation / math.sqrt(max(worst - grain, least))


def search(
    image: Float32, template: BoneTemplate, around: tuple[float, float], reach_px: float
) -> tuple[float, float]:
    """Shift at which the coarse patch matches best, within `reach_px` of `around` (px).

    Parameters
    ----------
    image : ndarray, shape (rows, columns), float32
        `band_pass` of the live window.
    """
    step = 2
    patch = cv2.resize(template.patch, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    reach = int(np.ceil(reach_px))
    x0 = template.patch_origin[0] + round(around[0]) - reach
    y0 = template.patch_origin[1] + round(around[1]) - reach
    height, width = template.patch.shape[0] + 2 * reach, template.patch.shape[1] + 2 * reach
    rows, columns = image.shape
    cut = image[max(0, y0) : min(rows, y0 + height), max(0, x0) : min(columns, x0 + width)]
    if cut.size == 0:
        return around
    padded = cv2.copyMakeBorder(
        cut,
        max(0, -y0),
        max(0, y0 + height - rows),
        max(0, -x0),
        max(0, x0 + width - columns),
        cv2.BORDER_REPLICATE,
    )
    coarse = cv2.resize(padded, None, fx=1 / step, fy=1 / step, interpolation=cv2.INTER_AREA)
    if coarse.shape[0] < patch.shape[0] or coarse.shape[1] < patch.shape[1]:
        return around
    likeness = cv2.matchTemplate(coarse, patch, cv2.TM_CCOEFF_NORMED)
    _, _, _, best = cv2.minMaxLoc(likeness)
    return (
        float(best[0] * step + x0 - template.patch_origin[0]),
        float(best[1] * step + y0 - template.patch_origin[1]),
    )


def to_reference(
    image: Float32, matrix: NDArray[np.float64], offset: Vector, shape: tuple[int, int]
) -> tuple[Float32, Bool | None]:
    """Resample a padded live window into the reference's window.

    Parameters
    ----------
    image : ndarray, float32
        The live window with some padding.
    matrix : ndarray, shape (2, 3)
        `pose_matrix` of the window.
    offset : ndarray, shape (2,)
        Where the window's first pixel is in the padded image, x then y (px).
    shape : (int, int)
        Rows and columns of the window.

    Returns
    -------
    moved : ndarray, shape (rows, columns), float32
    inside : ndarray of bool, or None
        Where the sample came from inside the padded image; None: everywhere.
    """
    to_padded = matrix.copy()
    to_padded[:, 2] += offset
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    size = (shape[1], shape[0])
    moved = cv2.warpAffine(image, to_padded, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    if _corners_within(to_padded, size, (image.shape[1], image.shape[0])):
        return cast(Float32, moved), None
    ones = np.ones(image.shape, np.float32)
    inside = cv2.warpAffine(ones, to_padded, size, flags=flags, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return cast(Float32, moved), inside > 0.999


def _corners_within(matrix: NDArray[np.float64], size: tuple[int, int], image: tuple[int, int]) -> bool:
    """Whether an affine map takes the corners of one image into another; sizes are columns, then rows."""
    (a, b, x), (c, d, y) = matrix.tolist()
    last_x, last_y = image[0] - 1, image[1] - 1
    return all(
        0 <= a * u + b * v + x <= last_x and 0 <= c * u + d * v + y <= last_y
        for u in (0, size[0] - 1)
        for v in (0, size[1] - 1)
    )


def pose_matrix(centre: Vector, fit: Fit) -> NDArray[np.float64]:
    """Affine matrix, shape (2, 3), from reference to live window px."""
    cos, sin = math.cos(fit.rotation_rad), math.sin(fit.rotation_rad)
    (x, y), (by_x, by_y) = centre.tolist(), fit.shift
    return np.array([[cos, -sin, x + by_x - (cos * x - sin * y)], [sin, cos, y + by_y - (sin * x + cos * y)]])


def _sample(image: Float32, points: Float32, centre: Vector, pose: tuple[float, float, float]) -> Float32:
    cos, sin = np.float32(math.cos(pose[2])), np.float32(math.sin(pose[2]))
    px, py = points
    x = cos * px - sin * py + np.float32(centre[0] + pose[0])
    y = sin * px + cos * py + np.float32(centre[1] + pose[1])
    # one row: OpenCV takes half the time that it takes for a column
    sampled = cv2.remap(image, x[None], y[None], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return cast(Float32, sampled.ravel())


def _correlation(a: Float32, b: Float32) -> float:
    a0, b0 = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a0 @ a0) * (b0 @ b0)))
    return float(a0 @ b0) / norm if norm > 0 else 0.0
