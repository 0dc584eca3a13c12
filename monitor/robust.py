"""The median without ceremony: NumPy's own spends more on small arrays than the sorting costs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray


def median(values: NDArray[np.floating] | Iterable[float]) -> float:
    """Median of all values of a non-empty array or collection; of an even number the upper one."""
    flat = np.asarray(values if isinstance(values, np.ndarray) else tuple(values)).ravel()
    middle = flat.size // 2
    return float(np.partition(flat, middle)[middle])


def quantile(values: NDArray[np.floating], share: float) -> float:
    """Value below which that share of a non-empty array lies; one of its values."""
    flat = values.ravel()
    rank = min(flat.size - 1, int(share * flat.size))
    return float(np.partition(flat, rank)[rank])


def spread(values: NDArray[np.floating], middle: float | None = None) -> float:
    """Standard deviation from the median absolute deviation, 1.4826 MAD; `middle` is the median, if known."""
    away = values - values.dtype.type(median(values) if middle is None else middle)
    return 1.4826 * median(np.abs(away, out=away))
