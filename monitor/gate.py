"""Which frames are new evidence.

Pulsed fluoroscopy at 7.5 pulses/s often arrives as 30 frames/s of video, and last-image hold repeats
one image for ever. A repeat carries no new evidence and must not make cement look surer than it is.
Compression makes repeats differ a little, so the change is compared with the noise to be expected.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.config import GateConfig
from monitor.robust import median

_FEWEST_CHANGES = 6
_ANOTHER = 0.25
"""Noise below this part of what pulses used to change by is another kind of image."""
_PERIODS = 1.6
"""A slow pulse rate is no held image: one must stay away for more than so many of its periods."""
_LONGEST_PERIOD_S = 2.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the gate says of a frame.

    `new` is False for a repeat. `still_s` is the time since the last new image. `held` says that it
    has been so for too long.
    """

    new: bool
    still_s: float
    held: bool


class Gate:
    """Tells new pulses from repeats. Keeps the last new image and the usual change between pulses."""

    def __init__(self, config: GateConfig) -> None:
        self._config = config
        self._last: NDArray[np.float32] | None = None
        self._last_new_s = 0.0
        self._changes: deque[float] = deque(maxlen=64)
        self._periods_s: deque[float] = deque(maxlen=15)

    def judge(self, attenuation: NDArray[np.float32], time_s: float) -> Pulse:
        """Judge a frame.

        Parameters
        ----------
        attenuation : ndarray, shape (rows, columns), float32
            A sample of the work image, every second row and column or so.
        time_s : float
            Time of the frame (s).
        """
        if self._last is None or self._last.shape != attenuation.shape:
            new = True
        else:
            change = _noise_variance(cast(NDArray[np.float32], cv2.subtract(attenuation, self._last)))
            young = len(self._changes) < _FEWEST_CHANGES
            usual = _noise_variance(attenuation) if young else median(self._changes)
            ratio = self._config.repeat_noise_ratio**2
            new = change > ratio * usual and change > 1e-9
            if not new and not young and change > 1e-9:
                # after snow on a lost video signal every picture looks like a repeat: what the image itself
                # shows of noise says what may be expected now
                most = 2.0 * _noise_variance(attenuation)
                new = most < _ANOTHER * usual and change > ratio * most
                if new:
                    self._changes.clear()
            # a sharp still image has more fine structure than its noise: learn what pulses really do
            new = new or (young and change > max(0.02 * usual, 1e-9))
            if new:
                self._changes.append(change)
        if new:
            period_s = time_s - self._last_new_s
            if self._last is not None and 0 < period_s < _LONGEST_PERIOD_S:
                self._periods_s.append(period_s)
            self._last, self._last_new_s = attenuation, time_s
        still_s = max(0.0, time_s - self._last_new_s)
        usual_s = median(self._periods_s) if self._periods_s else 0.0
        return Pulse(new, still_s, still_s > max(self._config.held_after_s, _PERIODS * usual_s))


def _noise_variance(image: NDArray[np.float32]) -> float:
    """Variance of the finest detail, without the few pixels that change most (edges, running clocks).

    Difference of diagonal neighbours after Immerkaer, CVIU 64 (1996). A mean, not a median: a dark
    picture of few grey levels has a median of nothing.
    """
    rows, columns = image.shape[0] // 2 * 2, image.shape[1] // 2 * 2
    # whole rows first: every second column is slow to come by
    down = image[:rows:2] - image[1:rows:2]
    detail = (down[:, :columns:2] - down[:, 1:columns:2]).ravel()
    np.abs(detail, out=detail)
    count = int(0.97 * detail.size)
    kept = np.partition(detail, count)[:count]
    return float(np.dot(kept, kept)) / max(1, count) / 4.0
