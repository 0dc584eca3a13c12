"""Whether two pictures of a window show the same: strict where lines and colours are, lenient on letters.

Letters are smoothed a little differently by each version of a font or of Qt; lines and grounds are not.
"""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF

TILE_PX = 16
LINES_BLUR_PX, LETTERS_BLUR_PX = 1.0, 3.0
MOST_OF_LINES, MOST_OF_LETTERS = 7.0, 28.0
"""Largest mean difference of a colour in one tile, of 255."""
FAR, MOST_FAR_SHARE = 40.0, 4e-4
"""Part of all pixels beside letters that may differ by more than this."""
_GROWN_PX = 3

Picture = NDArray[np.uint8]


def differences(found: Picture, kept: Picture, letters: Iterable[QRectF]) -> list[str]:
    """What differs, in words; empty: nothing that matters.

    Parameters
    ----------
    found, kept : ndarray, shape (rows, columns, 3), uint8
    letters : iterable of QRectF
        Where there is text, in either of them (px).
    """
    if found.shape != kept.shape:
        return [f"size {found.shape[1]}x{found.shape[0]}, was {kept.shape[1]}x{kept.shape[0]}"]
    is_letter = np.zeros(found.shape[:2], bool)
    for rect in letters:
        box = rect.adjusted(-_GROWN_PX, -_GROWN_PX, _GROWN_PX, _GROWN_PX).toAlignedRect()
        is_letter[max(0, box.top()) : box.bottom() + 1, max(0, box.left()) : box.right() + 1] = True
    said = []
    parts = (
        ("lines and colours", ~is_letter, LINES_BLUR_PX, MOST_OF_LINES),
        ("letters", is_letter, LETTERS_BLUR_PX, MOST_OF_LETTERS),
    )
    for what, where, blur_px, most in parts:
        far = _difference(found, kept, blur_px) * where[..., None]
        tiles = _tiles(far).max(axis=-1)
        if tiles.max() > most:
            row, column = np.unravel_index(int(tiles.argmax()), tiles.shape)
            said.append(
                f"{what}: {np.count_nonzero(tiles > most)} tiles, most by {tiles.max():.0f} at"
                f" {column * TILE_PX}, {row * TILE_PX}"
            )
    beside = (_difference(found, kept, LINES_BLUR_PX).max(axis=-1) > FAR) & ~is_letter
    if beside.mean() > MOST_FAR_SHARE:
        said.append(f"{100 * beside.mean():.2f} % of the pixels beside letters are far off")
    return said


def _difference(found: Picture, kept: Picture, blur_px: float) -> NDArray[np.float32]:
    soft = [cv2.GaussianBlur(one.astype(np.float32), (0, 0), blur_px) for one in (found, kept)]
    return np.asarray(cv2.absdiff(soft[0], soft[1]), np.float32)


def _tiles(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over tiles, a part of one at the right and lower edge left out."""
    rows, columns = (n // TILE_PX for n in values.shape[:2])
    cut = values[: rows * TILE_PX, : columns * TILE_PX]
    whole = cut.reshape(rows, TILE_PX, columns, TILE_PX, values.shape[2])
    return np.asarray(whole.mean(axis=(1, 3)), np.float32)
