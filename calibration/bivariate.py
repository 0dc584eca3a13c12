"""Polynomials of two variables up to a total order, as products of Chebyshev polynomials (well conditioned).

A radial, a tangential (Brown, Photogrammetric Engineering 32, 1966), a swirling and a sigmoidal distortion of
that order are among them. Pincushion and swirl, which are the most of it, go on to higher orders: these are
added alone, as odd powers of the radius ("rings").
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_ROUNDS = 12
_TUKEY = 6.0
"""Residuals beyond so many robust standard deviations count for nothing."""
_LEAST_SPREAD = 1e-9


def count_of(order: int, rings: int = 0) -> int:
    """Number of terms."""
    return (order + 1) * (order + 2) // 2 + 2 * rings


def powers(points: Floats, order: int, rings: int = 0) -> Floats:
    """Terms at points.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        About -1 to 1.
    order : int
        Up to which all terms are there.
    rings : int
        How many of the next odd orders have their radial and swirling terms.

    Returns
    -------
    ndarray, float64, shape (n, count_of(order, rings))
    """
    x = chebyshev.chebvander(points[:, 0], order)
    y = chebyshev.chebvander(points[:, 1], order)
    terms = [x[:, i] * y[:, j] for i, j in _exponents(order)]
    square = (points**2).sum(axis=1)
    for k in _radial(order, rings):
        terms += [points[:, 0] * square**k, points[:, 1] * square**k]
    return np.stack(terms, axis=1)


def slopes(points: Floats, order: int, rings: int = 0) -> tuple[Floats, Floats]:
    """Derivatives of the terms with respect to x and to y, each of shape (n, count_of(order, rings))."""
    x = chebyshev.chebvander(points[:, 0], order)
    y = chebyshev.chebvander(points[:, 1], order)
    dx, dy = _derived(points[:, 0], order), _derived(points[:, 1], order)
    by_x = [dx[:, i] * y[:, j] for i, j in _exponents(order)]
    by_y = [x[:, i] * dy[:, j] for i, j in _exponents(order)]
    u, v = points.T
    square = u**2 + v**2
    for k in _radial(order, rings):
        same, grows = square**k, 2 * k * square ** (k - 1)
        by_x += [same + u * u * grows, u * v * grows]
        by_y += [u * v * grows, same + v * v * grows]
    return np.stack(by_x, axis=1), np.stack(by_y, axis=1)


def _exponents(order: int) -> list[tuple[int, int]]:
    return [(i, total - i) for total in range(order + 1) for i in range(total + 1)]


def _radial(order: int, rings: int) -> range:
    """Powers of the squared radius whose odd order, 2 k + 1, is above `order`."""
    first = order // 2 + (order % 2)
    return range(max(first, 1), max(first, 1) + rings)


def robust_fit(terms: Floats, wanted: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Least squares, reweighted so that gross errors do not count (Tukey's biweight).

    Parameters
    ----------
    terms : ndarray, shape (n, k)
    wanted : ndarray, shape (n, 2)

    Returns
    -------
    coefficients : ndarray, shape (k, 2)
    used : ndarray, bool, shape (n,)
        Points that counted.
    """
    weight = np.ones(len(terms))
    coefficients = np.linalg.lstsq(terms, wanted, rcond=None)[0]
    for _ in range(_ROUNDS):
        length = np.hypot(*(wanted - terms @ coefficients).T)
        # the median length of a two-dimensional normal deviate is 1.1774 of its standard deviation
        spread = max(float(np.median(length)) / 1.1774, _LEAST_SPREAD)
        before, weight = weight, np.clip(1 - (length / (_TUKEY * spread)) ** 2, 0, None)
        root = weight[:, None]
        coefficients = np.linalg.lstsq(terms * root, wanted * root, rcond=None)[0]
        if np.abs(weight - before).max() < 1e-3:
            break
    return np.asarray(coefficients, np.float64), weight > 0


def _derived(values: Floats, order: int) -> Floats:
    """Derivatives of the Chebyshev polynomials 0 to `order`, shape (n, order + 1)."""
    out = [chebyshev.chebval(values, chebyshev.chebder(np.eye(order + 1)[k])) for k in range(order + 1)]
    return np.stack([np.broadcast_to(one, values.shape) for one in out], axis=1)
