"""Whether what was taken for a drop that is carried away was one, or the running front of a leak."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.result import LevelResult, Pose
from recordings.qa.last_frames import Held
from recordings.qa.leaks import ClassSeen, by_onset

CLASS = "embolus"
_MOST_PLACES = 300
_NEAR_MM = 1.5
_COVERED = 0.7

Points = NDArray[np.float64]


class PlacesOfDrops:
    """Keeps where drops were seen, in coordinates of the level's reference."""

    def __init__(self) -> None:
        self._places: list[Points] = []

    def take(self, level: LevelResult) -> None:
        """Take in a frame."""
        if level.pose is None or len(self._places) >= _MOST_PLACES:
            return
        for leak in level.leaks:
            if leak.leak_class == CLASS:
                self._places.append(_to_reference(level.pose, np.array(leak.centre_px)))

    def are_cement(self, last: Held | None, mm_per_px: float) -> bool:
        """Whether cement lies at the end where the drops went, at most of their places: it was no drop then.

        The front of a thin vein runs ahead of what can be told to be connected; later cement is seen all
        the way.
        """
        if last is None or last.level.pose is None or not self._places:
            return False
        reach = max(1, round(_NEAR_MM / mm_per_px))
        wide = cv2.copyMakeBorder(last.mask, reach, reach, reach, reach, cv2.BORDER_CONSTANT, value=0)
        disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
        cement = cv2.dilate((wide > 0).astype(np.uint8), disc) > 0
        on_frame = last.level.pose.to_frame(np.array(self._places))
        columns, rows = np.rint(on_frame - last.origin_px + reach).astype(int).T
        within = (columns >= 0) & (rows >= 0) & (columns < cement.shape[1]) & (rows < cement.shape[0])
        covered = np.zeros(len(columns), bool)
        covered[within] = cement[rows[within], columns[within]]
        return bool(covered.mean() >= _COVERED)


def without_fronts(
    leaks: Sequence[ClassSeen], drops: PlacesOfDrops, last: Held | None, mm_per_px: float
) -> tuple[tuple[ClassSeen, ...], tuple[str, ...]]:
    """Leaks without a drop that was the running front of one of them; what was done, in words.

    That it was: no leak was seen before it that it could have come from, and where it went cement lies at the
    end. The leak then has its onset.
    """
    drop = next((seen for seen in leaks if seen.leak_class == CLASS), None)
    others = [seen for seen in leaks if seen.leak_class != CLASS]
    if drop is None or not others or min(seen.onset_ns for seen in others) < drop.onset_ns:
        return tuple(leaks), ()
    if not drops.are_cement(last, mm_per_px):
        return tuple(leaks), ()
    first = min(others, key=lambda seen: seen.onset_ns)
    others[others.index(first)] = replace(first, onset_ns=drop.onset_ns, also=(*first.also, CLASS))
    words = first.leak_class.replace("_", " ")
    return by_onset(others), (f"the front of the {words} leak was taken for cement that is carried away",)


def _to_reference(pose: Pose, point_px: Points) -> Points:
    """The inverse of `Pose.to_frame` for one point, shape (2,)."""
    cos, sin = np.cos(pose.rotation_rad), np.sin(pose.rotation_rad)
    back = np.array([[cos, sin], [-sin, cos]])
    centre = np.array(pose.centre_px)
    found: Points = back @ (point_px - centre - np.array(pose.shift_px)) + centre
    return found
