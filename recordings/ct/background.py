"""What a CT would show where cement is, were there none: by how deep a voxel lies in its bone.

The cortex is too thin for a CT: what it shows depends on its own blur and slices. So the background is
learned from the same scan: the median over voxels without cement that lie as deep under the surface of a
label, in bodies and in arches apart, moved by what is nearby.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from recordings.ct.volume import Floats, Mask

_BIN_MM = 0.5
_DEEPEST_MM = 6.0
_NEAR_MM = 4.0
_LEAST_VOXELS = 40


def background_hu(
    hu: Floats, depth_mm: Floats, body: Mask, free: Mask, spacing_mm: tuple[float, float, float]
) -> Floats:
    """The background (HU), shape (i, j, k), float32.

    Parameters
    ----------
    hu, depth_mm : ndarray, shape (i, j, k)
        Depth under the surface of a labelled bone (mm), negative outside.
    body : ndarray of bool
        The part of space that belongs to bodies, not to arches.
    free : ndarray of bool
        Where surely neither cement nor metal is.
    spacing_mm : (float, float, float)
    """
    bins = np.rint(np.clip(depth_mm, -_DEEPEST_MM, _DEEPEST_MM) / _BIN_MM).astype(np.int16)
    bins -= bins.min()
    bins = bins * 2 + body
    profile = _medians(hu[free], bins[free], int(bins.max()) + 1)
    typical: Floats = profile[bins]
    rest = np.where(free, np.clip(hu - typical, -300, 300), 0).astype(np.float32)
    weight = _about(free.astype(np.float32), spacing_mm)
    moved = _about(rest, spacing_mm)
    made: Floats = typical + moved / (weight + 0.05)
    return made.astype(np.float32)


def _about(values: Floats, spacing_mm: tuple[float, float, float]) -> Floats:
    """Mean over what is nearby."""
    width = [2 * round(_NEAR_MM / one) + 1 for one in spacing_mm]
    made: Floats = values
    for _ in range(2):
        made = ndimage.uniform_filter(made, width, mode="constant")
    return made


def _medians(values: Floats, bins: Floats, count: int) -> Floats:
    """Median in each bin; an empty bin takes its neighbours'."""
    order = np.argsort(bins, kind="stable")
    ordered, edges = values[order], np.searchsorted(bins[order], np.arange(count + 1))
    made = np.full(count, np.nan, np.float32)
    for n in range(count):
        if edges[n + 1] - edges[n] >= _LEAST_VOXELS:
            made[n] = np.median(ordered[edges[n] : edges[n + 1]])
    for parity in (0, 1):
        own = made[parity::2]
        known = np.flatnonzero(np.isfinite(own))
        if len(known):
            made[parity::2] = np.interp(np.arange(len(own)), known, own[known])
    if not np.isfinite(made).all():
        made = np.where(np.isfinite(made), made, np.nanmedian(made) if np.isfinite(made).any() else 50.0)
    return made
