"""Other ways to find what was added to an image: each takes opacity images and gives masks.

Every peer sees the same: either raw stored values (no registration, turned so that larger is more opaque,
0 to 1), or the averaged residual behind the own front end (log units). They learn while the own detector
learns. Only what became more opaque counts, and specks below 2.5 mm2 are dropped for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Float32 = NDArray[np.float32]
Bool = NDArray[np.bool_]

LEARNED_S = 3.0
_SPECK_MM2 = 2.5

FRONT_END_STEP = 0.003
"""Log units per grey level where a residual is handed to a detector that takes 8 bits."""


class Peer(Protocol):
    """A detector of added opacity over one window."""

    slow: bool

    def learn(self, image: Float32) -> None:
        """Take in an image without cement."""

    def find(self, image: Float32, *, wanted: bool) -> Bool | None:
        """Take in an image; its mask where `wanted`."""


class _Mean:
    """Mean of what was learned."""

    def __init__(self) -> None:
        self._sum: NDArray[np.float64] | None = None
        self._count = 0

    def add(self, image: Float32) -> None:
        self._sum = image.astype(np.float64) if self._sum is None else self._sum + image
        self._count += 1

    def added(self, image: Float32) -> Float32:
        """What an image has more than the mean."""
        if self._sum is None:
            return np.asarray(image - np.median(image), np.float32)
        return np.asarray(image - self._sum / self._count, np.float32)


class BackgroundModel:
    """MOG2 or KNN of OpenCV on 8-bit images; frozen after learning, so that cement is never absorbed.

    Parameters
    ----------
    make : callable
        Returns an OpenCV background subtractor.
    step : float or None
        Opacity per grey level around 128; None: the range learned first fills the grey scale.
    """

    slow = False

    def __init__(self, make: Callable[[], cv2.BackgroundSubtractor], step: float | None) -> None:
        self._model, self._step, self._mean = make(), step, _Mean()
        self._range: tuple[float, float] | None = None

    def learn(self, image: Float32) -> None:
        """Take in an image without cement."""
        self._mean.add(image)
        self._model.apply(self._grey(image))

    def find(self, image: Float32, *, wanted: bool) -> Bool | None:
        """Pixels that fit no mode and are more opaque than the mean."""
        if not wanted:
            return None
        marked = self._model.apply(self._grey(image), learningRate=0.0)
        return np.asarray((marked > 0) & (self._mean.added(image) > 0))

    def _grey(self, image: Float32) -> NDArray[np.uint8]:
        if self._step is not None:
            return np.clip(128 + image / self._step, 0, 255).astype(np.uint8)
        if self._range is None:
            low, high = np.percentile(image, [1, 99])
            self._range = (float(low), max(float(high - low), 1e-6))
        low, span = self._range
        return np.clip(30 + (image - low) / span * 150, 0, 255).astype(np.uint8)


class Subtraction:
    """Difference to the learned mean, and a threshold: fixed, or Otsu's of every frame."""

    slow = False

    def __init__(self, threshold: float | None) -> None:
        self._threshold, self._mean = threshold, _Mean()

    def learn(self, image: Float32) -> None:
        """Take in an image without cement."""
        self._mean.add(image)

    def find(self, image: Float32, *, wanted: bool) -> Bool | None:
        """Pixels above the threshold."""
        if not wanted:
            return None
        added = self._mean.added(image)
        threshold = self._threshold if self._threshold is not None else otsu(added)
        return np.asarray(added > threshold)


class ChanVese:
    """Chan and Vese's contour without edges (scikit-image) on the difference, from Otsu's mask on."""

    slow = True

    def __init__(self, smoothness: float) -> None:
        self._smoothness, self._mean = smoothness, _Mean()

    def learn(self, image: Float32) -> None:
        """Take in an image without cement."""
        self._mean.add(image)

    def find(self, image: Float32, *, wanted: bool) -> Bool | None:
        """The side of the contour with the higher mean."""
        if not wanted:
            return None
        from skimage.segmentation import chan_vese

        added = self._mean.added(image)
        low, high = np.percentile(added, [1, 99.8])
        start = np.where(added > otsu(added), 1.0, -1.0)
        scaled = np.clip((added - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float64)
        found = np.asarray(
            chan_vese(scaled, mu=self._smoothness, tol=2e-3, max_num_iter=80, init_level_set=start), bool
        )
        if not found.any() or found.all():
            return np.zeros(added.shape, bool)
        return found if added[found].mean() > added[~found].mean() else ~found


class RandomWalker:
    """Grady's random walker (scikit-image) on the difference; sure pixels on either side are the seeds."""

    slow = True

    def __init__(self, surely: float, surely_not: float, beta: float) -> None:
        self._surely, self._not, self._beta, self._mean = surely, surely_not, beta, _Mean()

    def learn(self, image: Float32) -> None:
        """Take in an image without cement."""
        self._mean.add(image)

    def find(self, image: Float32, *, wanted: bool) -> Bool | None:
        """Pixels that a walker leaves towards the sure cement; seeds are relative to Otsu's threshold."""
        if not wanted:
            return None
        from skimage.segmentation import random_walker

        added = cv2.GaussianBlur(self._mean.added(image), (0, 0), 1.0)
        at = otsu(added)
        labels = np.zeros(added.shape, np.int32)
        labels[added < self._not * at] = 2
        labels[added > self._surely * at] = 1
        if not (labels == 1).any() or not (labels == 2).any():
            return np.zeros(added.shape, bool)
        if labels.all():
            return np.asarray(labels == 1)
        walked = random_walker(
            added.astype(np.float64), labels, beta=self._beta, mode="cg_j", tol=1e-3, prob_tol=0.1
        )
        return np.asarray(walked == 1)


@dataclass(frozen=True, slots=True)
class Kind:
    """How a peer is made for raw images, behind the front end, and with the true pose. None: it is not."""

    raw: Callable[[], Peer] | None = None
    behind: Callable[[], Peer] | None = None
    true_pose: Callable[[], Peer] | None = None


def mog2(variance: float, step: float | None) -> Callable[[], Peer]:
    """MOG2 with a squared distance in variances from which a pixel fits no mode."""
    return lambda: BackgroundModel(
        lambda: cv2.createBackgroundSubtractorMOG2(45, variance, detectShadows=False), step
    )


def knn(distance: float, step: float | None) -> Callable[[], Peer]:
    """KNN with a squared distance in grey levels from which a sample is no neighbour."""
    return lambda: BackgroundModel(
        lambda: cv2.createBackgroundSubtractorKNN(45, distance, detectShadows=False), step
    )


TUNED: Mapping[str, float] = {
    "true pose": 0.06,
    "threshold": 0.05,
    "mog2 raw": 4.0,
    "mog2": 16.0,
    "knn raw": 50.0,
    "knn": 16.0,
    "chan-vese": 0.1,
}
"""Best mean Dice on the tuning set; found by `benchmarks/tune_peers.py`."""

PEERS: Mapping[str, Kind] = {
    "mog2": Kind(mog2(TUNED["mog2 raw"], None), mog2(TUNED["mog2"], FRONT_END_STEP)),
    "knn": Kind(knn(TUNED["knn raw"], None), knn(TUNED["knn"], FRONT_END_STEP)),
    "otsu": Kind(lambda: Subtraction(None), lambda: Subtraction(None)),
    "threshold": Kind(
        behind=lambda: Subtraction(TUNED["threshold"]),
        true_pose=lambda: Subtraction(TUNED["true pose"]),
    ),
    "chan-vese": Kind(lambda: ChanVese(TUNED["chan-vese"]), lambda: ChanVese(TUNED["chan-vese"])),
    "random walker": Kind(lambda: RandomWalker(1.3, 0.7, 300.0), lambda: RandomWalker(1.3, 0.7, 300.0)),
}
"""All peers. A fixed threshold has no meaning on raw values: it is run where the image is log-attenuation."""


def otsu(image: Float32) -> float:
    """Otsu's threshold over 256 levels between the 0.1th and 99.9th percentile."""
    low, high = (float(v) for v in np.percentile(image, [0.1, 99.9]))
    if high <= low:
        return high
    grey = np.clip((image - low) / (high - low) * 255, 0, 255).astype(np.uint8)
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return low + (float(level) + 0.5) / 255 * (high - low)


def without_specks(mask: Bool, mm_per_px: float) -> Bool:
    """Drop connected parts below 2.5 mm2."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    keep = stats[:, cv2.CC_STAT_AREA] * mm_per_px**2 >= _SPECK_MM2
    keep[0] = False
    return cast(Bool, keep[labels]) if count > 1 else mask
