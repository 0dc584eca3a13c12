"""What was seen of a run as one PNG picture: a frame, and the largest and smallest value of each pixel."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from calibration.whole_file import write_whole
from monitor.errors import OutputError
from monitor.frame import Pixels
from recordings.deidentifying.looking import Look
from recordings.importing.regions import Region

_FOUND, _BLACK = (60, 200, 255), (255, 160, 60)
"""Blue, green, red: amber for what was found, blue for what would be blanked."""
_WIDEST_PX = 1024
_LINE_PX, _GAP_PX = 2, 6


def gray_of_values(pixels: Pixels, largest: int) -> NDArray[np.uint8]:
    """Stored values as gray from 0 to 255, by the range that they take.

    Parameters
    ----------
    pixels : ndarray, shape (rows, columns), uint8 or uint16
    largest : int
        Largest stored value that there can be.
    """
    low, high = (float(value) for value in np.percentile(pixels, (0.2, 99.8)))
    if high - low < largest / 64:
        low, high = 0.0, float(max(1, largest))
    scaled = (pixels.astype(np.float32) - low) * (255.0 / max(high - low, 1e-6))
    gray: NDArray[np.uint8] = np.clip(scaled, 0, 255).astype(np.uint8)
    return gray


def review_picture(look: Look) -> NDArray[np.uint8]:
    """Three pictures beside each other with the regions drawn: first frame, maximum, minimum over time.

    Returns
    -------
    ndarray, shape (rows, 3 columns and gaps, 3), uint8, blue green red
    """
    assert look.lowest is not None
    assert look.highest is not None
    largest = look.info.intensity.largest_stored_value
    scale = min(1.0, _WIDEST_PX / look.info.columns)
    parts = []
    for pixels in (look.frames[0], look.highest, look.lowest):
        gray = gray_of_values(pixels, largest)
        size = (round(look.info.columns * scale), round(look.info.rows * scale))
        part = cv2.cvtColor(cv2.resize(gray, size, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
        for regions, colour in ((look.black, _BLACK), (look.found, _FOUND)):
            for region in regions:
                _draw(part, region, scale, colour)
        parts += [part, np.full((part.shape[0], _GAP_PX, 3), 90, np.uint8)]
    joined: NDArray[np.uint8] = np.concatenate(parts[:-1], axis=1).astype(np.uint8)
    return joined


def write_review(look: Look, folder: Path, number: int) -> Path:
    """Write the picture into a folder, its owner's only: what is burned in may be a name.

    Raises
    ------
    OutputError
        It cannot be written.
    """
    path = folder / f"frames-{number}.png"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, cv2.imencode(".png", review_picture(look))[1].tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error
    return path


def _draw(part: cv2.typing.MatLike, region: Region, scale: float, colour: tuple[int, int, int]) -> None:
    first = (round(region.x * scale), round(region.y * scale))
    last = (
        round((region.x + region.columns) * scale) - 1,
        round((region.y + region.rows) * scale) - 1,
    )
    cv2.rectangle(part, first, last, colour, _LINE_PX)
