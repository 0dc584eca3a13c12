"""What the video adds to a stored picture: the round field's black rim, noise of its own, text."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Pixels
from recordings.simulated.disturbances import BurnedInText, Disturbance, VideoNoise, of_kind

Image = NDArray[np.float32]

_NOISE_STREAM = 21
_CLOCK_STARTS_S = 9 * 3600 + 41 * 60 + 27
_LINE = 1.35
"""Distance of lines in heights of a line."""


class Screen:
    """Draws on stored values; without disturbances it hands them back untouched.

    Parameters
    ----------
    disturbances : sequence of Disturbance
    seed : int
    frame_rate_hz : float
    largest_value : int
        Full scale of stored values.
    circle : ndarray or None
        1 inside the round field.
    """

    def __init__(
        self,
        disturbances: Sequence[Disturbance],
        seed: int,
        frame_rate_hz: float,
        largest_value: int,
        circle: Image | None,
    ) -> None:
        self._texts = of_kind(disturbances, BurnedInText)
        self._noise = sum(n.sd**2 for n in of_kind(disturbances, VideoNoise)) ** 0.5 * largest_value
        self._seed = seed
        self._frame_rate_hz = frame_rate_hz
        self._largest = largest_value
        self._circle = circle

    def show(self, stored: Pixels, frame: int) -> Pixels:
        """Stored values of a frame as delivered, shape (rows, columns)."""
        if self._circle is None and not self._noise and not self._texts:
            return stored
        values: Image = stored.astype(np.float32)
        if self._circle is not None:
            values *= self._circle
        if self._noise:
            rng = np.random.default_rng([self._seed, _NOISE_STREAM, frame])
            values += np.float32(self._noise) * rng.standard_normal(values.shape, dtype=np.float32)
        for text in self._texts:
            self._write(values, text, frame)
        rounded: Image = np.rint(np.clip(values, 0, self._largest))
        return rounded.astype(np.uint8) if stored.dtype == np.uint8 else rounded.astype(np.uint16)

    def _write(self, values: Image, text: BurnedInText, frame: int) -> None:
        n = len(values)
        lines = [line for line in (text.text, self._clock(frame) if text.clock else "") if line]
        height_px = text.height * n
        ink = np.zeros(values.shape, np.uint8)
        font = cv2.FONT_HERSHEY_SIMPLEX
        (_, unit), _ = cv2.getTextSize("0", font, 1.0, 1)
        scale = height_px / unit
        x, y = round(text.x * n), round(text.y * n)
        for number, line in enumerate(lines):
            (width, _), _ = cv2.getTextSize(line, font, scale, 1)
            base = round(y + height_px * (1 + _LINE * number))
            low, high = max(0, round(base - 1.15 * height_px)), max(0, round(base + 0.2 * height_px))
            values[low:high, max(0, x - 1) : x + width + 2] = 0.0
            cv2.putText(ink, line, (x, base), font, scale, 255, 1, cv2.LINE_AA)
        np.maximum(values, ink * np.float32(self._largest / 255), out=values)

    def _clock(self, frame: int) -> str:
        now = _CLOCK_STARTS_S + int(frame / self._frame_rate_hz + 1e-6)
        return f"{now // 3600 % 24:02d}:{now // 60 % 60:02d}:{now % 60:02d}"
