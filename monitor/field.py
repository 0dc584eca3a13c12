"""The field of view: where X-ray reaches the detector at all, collimator blades and circular masks left out.

The blades stand still while the bone moves, so in vertebra coordinates their edges move and would look like
cement coming and going.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_DARK_SHARE = 0.25
_PENUMBRA_MM = 2.0


def out_of_field(grey: NDArray[np.float32], mm_per_px: float) -> NDArray[np.bool_]:
    """Dark parts that touch the border, and their penumbra.

    Parameters
    ----------
    grey : ndarray, shape (rows, columns), float32
        Work image; larger is more X-ray.
    """
    rows, columns = grey.shape
    middle = grey[rows // 4 : rows - rows // 4, columns // 4 : columns - columns // 4]
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.5)
    dark = (smooth < _DARK_SHARE * float(np.median(middle))).astype(np.uint8)
    _, labels = cv2.connectedComponents(dark, connectivity=4)
    touching = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.isin(labels, touching[touching > 0]).astype(np.uint8)
    if not outside.any():
        return np.zeros(grey.shape, bool)
    reach = 2 * max(1, round(_PENUMBRA_MM / mm_per_px)) + 1
    return cv2.dilate(outside, np.ones((reach, reach), np.uint8)) > 0
