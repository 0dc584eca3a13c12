"""Stored values to gray levels on the screen: a window that follows slowly and never pumps."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels

_LOW_PERCENT, _HIGH_PERCENT = 0.5, 99.7
_BORDER_SHARE = 0.12
_ROOM = 0.15
_FOLLOW_S = 20.0
_EVERY_S = 0.5
_LEAST_SPAN = 8.0
_DARK_SHARE = 0.25
_CLIPPED_SHARE = 0.6
_CLIPPED_S = 1.0


class GrayWindow:
    """Lower and upper end of the gray scale.

    Taken from the first frame that has contrast, then following the image's percentiles with a time
    constant of 20 s, looked at twice a second. Frames that are nearly flat (beam off) are passed over.
    Where over 60 % of the image lies outside for 1 s, the window is taken anew.
    """

    def __init__(self, *, invert: bool = False) -> None:
        self.low = 0.0
        self.high = 255.0
        self._invert = invert
        self._looked_ns: int | None = None
        self._clipped_ns: int | None = None
        self._settled = False

    def look(self, pixels: Pixels, t_ns: int) -> None:
        """Take a frame into account, seen at `t_ns`."""
        elapsed_s = math.inf if self._looked_ns is None else (t_ns - self._looked_ns) / 1e9
        if self._settled and 0 <= elapsed_s < _EVERY_S:
            return
        self._looked_ns = t_ns
        # unattenuated beam beside the patient is brighter than anything worth seeing: judge the middle
        rows, columns = pixels.shape
        step = max(1, min(rows, columns) // 128)
        top, left = round(rows * _BORDER_SHARE), round(columns * _BORDER_SHARE)
        sample = pixels[top : rows - top : step, left : columns - left : step]
        low, high = _percentiles(sample, (_LOW_PERCENT, _HIGH_PERCENT))
        room = _ROOM * (high - low)
        low, high = low - room, high + room
        if not self._settled:
            self._take(low, high)
            return
        outside = float(np.mean((sample <= self.low) | (sample >= self.high)))
        if outside > _CLIPPED_SHARE:
            self._clipped_ns = t_ns if self._clipped_ns is None else self._clipped_ns
            if high - low >= _LEAST_SPAN and t_ns - self._clipped_ns >= _CLIPPED_S * 1e9:
                self._take(low, high)
            return
        self._clipped_ns = None
        if high - low < _DARK_SHARE * (self.high - self.low):
            return
        part = 1.0 - math.exp(-max(0.0, elapsed_s) / _FOLLOW_S)
        self.low += part * (low - self.low)
        self.high += part * (high - self.high)

    def _take(self, low: float, high: float) -> None:
        self._settled = high - low >= _LEAST_SPAN
        middle, half = (low + high) / 2, max(high - low, _LEAST_SPAN) / 2
        self.low, self.high, self._clipped_ns = middle - half, middle + half, None

    def apply(self, pixels: Pixels) -> NDArray[np.uint8]:
        """Gray levels of an image, same shape, uint8."""
        low, gain = round(self.low), 255.0 / (self.high - self.low)
        # Below the window is 0, since nothing is less than `low`; above it 255, since that saturates.
        above = cv2.max(pixels, float(low)) if low > 0 else pixels  # type: ignore[call-overload]  # a scalar
        gray = cv2.convertScaleAbs(above, alpha=gain, beta=-low * gain)
        return np.asarray(cv2.bitwise_not(gray) if self._invert else gray, np.uint8)


def _percentiles(values: Pixels, percents: tuple[float, float]) -> tuple[float, float]:
    """As `numpy.percentile`, in a quarter of the time."""
    places = [percent / 100 * (values.size - 1) for percent in percents]
    below = [math.floor(place) for place in places]
    above = [min(i + 1, values.size - 1) for i in below]
    ordered = np.partition(values, (*below, *above), axis=None)
    low, high = (
        float(ordered[i]) + (place - i) * (float(ordered[j]) - float(ordered[i]))
        for place, i, j in zip(places, below, above, strict=True)
    )
    return low, high
