"""One picture to calibrate on, averaged from the frames of a source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import IntensityConfig
from monitor.errors import CalibrationError, EndOfStream
from monitor.frame import Pixels, SourceInfo
from monitor.intensity import Curve
from monitor.sources.base import FrameSource

Float32 = NDArray[np.float32]

MOST_FRAMES = 64
_STEADY_LEVELS = 0.03
"""Of full scale: frames whose mean differs by more were not taken under the same exposure."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What calibration looks at.

    Parameters
    ----------
    stored : ndarray, shape (rows, columns), float32
        Mean of the stored values.
    info : SourceInfo
    frames : int
        How many frames it is the mean of.
    left_out : int
        Frames of another exposure that were left out.
    """

    stored: Float32
    info: SourceInfo
    frames: int
    left_out: int = 0

    @property
    def curve(self) -> Curve:
        """How the monitor takes the stored values of this source."""
        return Curve.of(self.info.intensity, IntensityConfig())

    @property
    def grey(self) -> Float32:
        """Stored values turned so that larger means more X-ray."""
        if self.info.intensity.bright_is_radiolucent:
            return self.stored
        return np.float32(self.info.intensity.largest_stored_value) - self.stored

    @property
    def attenuation(self) -> Float32:
        """Log-attenuation in the monitor's own units; larger is more radiopaque."""
        return self.curve.attenuation(self.grey)

    def on_screen(self) -> NDArray[np.uint8]:
        """Grey picture for drawing on, shape (rows, columns, 3)."""
        low, high = np.percentile(self.grey, [0.5, 99.5])
        grey = np.clip((self.grey - low) / max(float(high - low), 1e-6) * 255, 0, 255).astype(np.uint8)
        return cast(NDArray[np.uint8], cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR))


def average_of(source: FrameSource, first: int = 0, count: int = MOST_FRAMES) -> Picture:
    """Average frames of a source; it is opened and closed.

    Parameters
    ----------
    source : FrameSource
    first : int
        Frame to begin with: at the start of a run the exposure may still be settling.
    count : int
        At most so many frames.

    Raises
    ------
    CalibrationError
        There is no such frame.
    SourceError
        The source cannot be opened or decoded.
    """
    info, frames = frames_of(source, first, min(count, MOST_FRAMES))
    pictures: list[Float32] = [frame.astype(np.float32) for frame in frames]
    means = np.array([picture.mean() for picture in pictures])
    usual = float(np.median(means))
    steady = np.abs(means - usual) <= _STEADY_LEVELS * info.intensity.largest_stored_value
    kept = [picture for picture, is_steady in zip(pictures, steady, strict=True) if is_steady]
    return Picture(np.mean(kept, axis=0, dtype=np.float32), info, len(kept), len(pictures) - len(kept))


def frames_of(source: FrameSource, first: int, count: int) -> tuple[SourceInfo, list[Pixels]]:
    """Frames of a source, at least one and at most so many; it is opened and closed.

    Raises
    ------
    CalibrationError
        There is no frame of the number `first`.
    SourceError
        The source cannot be opened or decoded.
    """
    frames: list[Pixels] = []
    with source:
        info = source.info
        for number in range(first + max(1, count)):
            try:
                frame = source.read()
            except EndOfStream:
                break
            if number >= first:
                frames.append(frame.pixels)
    if not frames:
        raise CalibrationError(f"{info.source_id}: there is no frame {first}")
    return info, frames
