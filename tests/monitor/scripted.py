"""A source whose behaviour is written down, and the smallest scene that can be monitored."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.errors import EndOfStream
from monitor.frame import Frame, Intensity, PixelIntensityRelationship, SourceInfo, freeze_pixels
from monitor.plan import SCHEMA, ImageSize, Level, Plan, Scale, View

SIZE = 256
MM_PER_PX = 0.4
BODY = ((90.0, 95.0), (170.0, 95.0), (170.0, 165.0), (90.0, 165.0))
POSTERIOR_X = 170.0


def plan(**level: object) -> Plan:
    """One level, marked with its posterior wall and endplates unless told otherwise."""
    marks: dict[str, object] = {
        "posterior_wall": ((170.0, 95.0), (170.0, 165.0)),
        "anterior_wall": ((90.0, 95.0), (90.0, 165.0)),
        "superior_endplate": ((90.0, 95.0), (170.0, 95.0)),
        "inferior_endplate": ((90.0, 165.0), (170.0, 165.0)),
    }
    marks.update(level)
    view = View(
        "lateral",
        "lateral",
        Scale(MM_PER_PX, 0.02, "test"),
        (Level("L1", BODY, **marks),),  # type: ignore[arg-type]
        image=ImageSize(SIZE, SIZE),
    )
    return Plan(SCHEMA, (view,))


def info(bits: int = 12) -> SourceInfo:
    return SourceInfo(
        "scripted",
        "images",
        SIZE,
        SIZE,
        Intensity(PixelIntensityRelationship.LIN, bits),
        frame_period_s=1 / 15,
    )


def scene(
    cement_mm: NDArray[np.float32] | None = None,
    shift_px: tuple[float, float] = (0.0, 0.0),
    noise: np.random.Generator | None = None,
    dose: float = 1500.0,
) -> NDArray[np.uint16]:
    """A box of bone with brighter edges in soft tissue; attenuation 0.12 per mm of cement."""
    attenuation = np.zeros((SIZE, SIZE), np.float32)
    outer = cv2.GaussianBlur(_box(0.0), (0, 0), 1.0)
    inner = cv2.GaussianBlur(_box(4.0), (0, 0), 1.0)
    attenuation += 0.35 * outer - 0.15 * inner
    if cement_mm is not None:
        attenuation += 0.12 * cement_mm
    move = np.array([[1, 0, shift_px[0]], [0, 1, shift_px[1]]], np.float32)
    attenuation = cv2.warpAffine(attenuation, move, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
    mean = dose * np.exp(-attenuation)
    if noise is not None:
        mean = noise.poisson(mean * 0.2) / 0.2
    return np.clip(np.round(mean), 0, 4095).astype(np.uint16)


def _box(inset: float) -> NDArray[np.float32]:
    box = np.zeros((SIZE, SIZE), np.float32)
    (x0, y0), (x1, y1) = BODY[0], BODY[2]
    box[int(y0 + inset) : int(y1 - inset), int(x0 + inset) : int(x1 - inset)] = 1.0
    return box


def disc_mm(
    x: float, y: float, radius_px: float, thickness_mm: float, highest_px: float = 22.0
) -> NDArray[np.float32]:
    """A flat round of cement, squeezed to an ellipse of at most `highest_px` above and below its centre."""
    yy, xx = np.mgrid[:SIZE, :SIZE]
    upright = min(radius_px, highest_px)
    inside = np.hypot((xx - x) / max(radius_px, 1e-6), (yy - y) / max(upright, 1e-6)) <= 1
    return np.where(inside, np.float32(thickness_mm), np.float32(0))


def frame(seq: int, pixels: NDArray[np.uint16], t_ns: int | None = None) -> Frame:
    at = round(seq * 1e9 / 15) if t_ns is None else t_ns
    return Frame(seq, at, at, freeze_pixels(pixels, copy=True), "scripted")


class ScriptedSource:
    """Does one act per read: a frame is returned, an exception raised, a callable called for either."""

    def __init__(self, acts: Sequence[Frame | Exception | Callable[[], Frame]]) -> None:
        self._acts = list(acts)
        self.reads = 0
        self.through = threading.Event()

    def open(self) -> SourceInfo:
        return info()

    @property
    def info(self) -> SourceInfo:
        return info()

    def read(self, timeout_s: float = 1.0) -> Frame:
        if self.reads >= len(self._acts):
            self.through.set()
            raise EndOfStream("the script is through")
        act = self._acts[self.reads]
        self.reads += 1
        if isinstance(act, Exception):
            raise act
        return act if isinstance(act, Frame) else act()

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
