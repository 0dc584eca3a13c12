"""One still picture to mark on: the mean of those frames in which the spine lies at one place.

A patient breathes, so a mean of all frames is blurred by as much as the spine moves. Frames are compared in
the middle of the picture, where a spine is centred; text and borders, which never move, are kept out by
leaving the outer part away.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels

Float32 = NDArray[np.float32]

_BORDER_SHARE = 0.2
_FINE_PX, _COARSE_PX = 1.5, 8.0
_LEAST_SIDE = 96
_NEAR_PX = 0.35
_REACH_PX = 24
_LEAST_LIKE = 0.2
_STEADY_SHARE = 0.03


def still_frames(frames: Sequence[Pixels], largest_value: float) -> tuple[int, ...]:
    """Numbers of the frames to average: the largest group in which the picture lies still.

    Parameters
    ----------
    frames : sequence of ndarray, shape (rows, columns), uint8 or uint16
        At least one, all of one shape.
    largest_value : float
        Largest stored value: frames whose mean differs by more than 3 % of it were exposed otherwise.

    Returns
    -------
    tuple of int
        The one that the others were compared with comes first; alone where nothing else lies like it.
    """
    middles = [_middle(frame) for frame in frames]
    means = np.array([float(frame.mean()) for frame in frames])
    usual = np.flatnonzero(np.abs(means - np.median(means)) <= _STEADY_SHARE * largest_value)
    if len(usual) == 0 or min(middles[0].shape) < _LEAST_SIDE:
        return (len(frames) - 1,)
    first = int(usual[0])
    moved = {int(k): _shift(middles[first], middles[int(k)]) for k in usual[1:]}
    places = {first: np.zeros(2)} | {k: at for k, at in moved.items() if at is not None}
    numbers, at = list(places), np.array(list(places.values()))
    near = np.hypot(*(at[:, None] - at[None, :]).transpose(2, 0, 1)) <= _NEAR_PX
    middle = int(near.sum(axis=1).argmax())
    group = [number for number, is_near in zip(numbers, near[middle], strict=True) if is_near]
    return (numbers[middle], *(number for number in group if number != numbers[middle]))


def mean_of(frames: Sequence[Pixels], numbers: Sequence[int]) -> Float32:
    """Mean of some of the frames, shape (rows, columns)."""
    total = np.zeros(frames[0].shape, np.float64)
    for number in numbers:
        total += frames[number]
    return np.asarray(total / len(numbers), np.float32)


def _shift(one: Float32, other: Float32) -> NDArray[np.float64] | None:
    """By how much the second lies beside the first, x then y (px); None where they are not alike."""
    reach = _REACH_PX
    likeness = cv2.matchTemplate(other, one[reach:-reach, reach:-reach], cv2.TM_CCOEFF_NORMED)
    _, best, _, (x, y) = cv2.minMaxLoc(likeness)
    if best < _LEAST_LIKE or not (0 < x < 2 * reach and 0 < y < 2 * reach):
        return None
    return np.array([x + _top(likeness[y, x - 1 : x + 2]), y + _top(likeness[y - 1 : y + 2, x])]) - reach


def _top(values: NDArray[Any]) -> float:
    """Where a parabola through three values has its top, from the middle one."""
    left, middle, right = (float(value) for value in values)
    bend = left - 2 * middle + right
    return 0.5 * (left - right) / bend if bend < 0 else 0.0


def _middle(frame: Pixels) -> Float32:
    """The middle of a frame, without what changes slowly over it and without single pixels' noise."""
    rows, columns = frame.shape
    top, left = round(_BORDER_SHARE * rows), round(_BORDER_SHARE * columns)
    cut = np.sqrt(frame[top : rows - top, left : columns - left].astype(np.float32))
    fine = cv2.GaussianBlur(cut, (0, 0), _FINE_PX)
    return np.asarray(fine - cv2.GaussianBlur(cut, (0, 0), _COARSE_PX), np.float32)
