"""A still picture out of a source, and that frame as a plan keeps it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from calibration.picture import Picture, frames_of
from calibration.planning.still import mean_of, still_frames
from monitor.frame import Pixels, freeze_pixels
from monitor.sources.base import FrameSource

USUAL_FRAMES = 48
MOST_FRAMES = 128


@dataclass(frozen=True, slots=True)
class StillPicture:
    """A picture to mark on.

    Parameters
    ----------
    picture : Picture
    frame : int
        Number of the frame of the source that it shows, less noisily.
    """

    picture: Picture
    frame: int

    @property
    def pixels(self) -> Pixels:
        """The picture as a frame, of the type of the source's frames, shape (rows, columns)."""
        largest = self.picture.info.intensity.largest_stored_value
        kind = np.uint8 if largest <= np.iinfo(np.uint8).max else np.uint16
        whole = np.clip(np.rint(self.picture.stored), 0, np.iinfo(kind).max)
        return freeze_pixels(whole.astype(kind), copy=False)


def still_picture_of(source: FrameSource, first: int = 0, count: int = USUAL_FRAMES) -> StillPicture:
    """Read frames of a source and average those in which the picture lies still; it is opened and closed.

    Parameters
    ----------
    source : FrameSource
    first : int
        Frame to begin with.
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
    group = still_frames(frames, info.intensity.largest_stored_value)
    picture = Picture(mean_of(frames, group), info, len(group), len(frames) - len(group))
    return StillPicture(picture, first + group[0])
