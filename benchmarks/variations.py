"""What can be changed of any procedure from outside: polarity, compression, and the operator's marks."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import map_coordinates

from benchmarks.procedure import FrameScene, LeakScene, Procedure
from monitor.frame import Intensity, PixelIntensityRelationship, Pixels, SourceInfo
from monitor.plan import WALLS, Level, Path2D, Plan, as_array

_CLICK_SPACING_MM = 8.0


class Changed:
    """A procedure with other pixels or another `info`; what is there stays what it is."""

    def __init__(self, inner: Procedure, info: SourceInfo, words: str) -> None:
        self._inner, self._info, self._words = inner, info, words

    @property
    def name(self) -> str:
        """The inner name and what was changed."""
        return f"{self._inner.name} {self._words}"

    @property
    def info(self) -> SourceInfo:
        """What a source would say of the changed frames."""
        return self._info

    @property
    def plan(self) -> Plan:
        """Marks of a perfect operator."""
        return self._inner.plan

    @property
    def frame_count(self) -> int:
        """Number of frames."""
        return self._inner.frame_count

    @property
    def leaks(self) -> tuple[LeakScene, ...]:
        """All leaks."""
        return self._inner.leaks

    def time_s(self, frame: int) -> float:
        """Time of a frame (s)."""
        return self._inner.time_s(frame)

    def pixels(self, frame: int) -> Pixels:
        """Stored values of a frame."""
        return self._inner.pixels(frame)

    def scene(self, frame: int) -> FrameScene:
        """What is really there in a frame."""
        return self._inner.scene(frame)


class Inverted(Changed):
    """Cement is bright, and the source says so."""

    def __init__(self, inner: Procedure) -> None:
        old = inner.info.intensity
        intensity = replace(old, bright_is_radiolucent=not old.bright_is_radiolucent)
        super().__init__(inner, replace(inner.info, intensity=intensity), "inverted")

    def pixels(self, frame: int) -> Pixels:
        """Stored values, light for dark."""
        full = self._inner.info.intensity.largest_stored_value
        pixels = self._inner.pixels(frame)
        return (full - pixels.astype(np.int32)).astype(pixels.dtype)


class Compressed(Changed):
    """The frames after H.264, 8 bit, as a video grabber or an archive would hand them on.

    Parameters
    ----------
    crf : int
        Constant rate factor of x264: 18 is nearly lossless to the eye, 23 usual, 30 coarse.
    """

    def __init__(self, inner: Procedure, crf: int) -> None:
        intensity = Intensity(PixelIntensityRelationship.DISP, 8, inner.info.intensity.bright_is_radiolucent)
        super().__init__(inner, replace(inner.info, intensity=intensity), f"h264 crf {crf}")
        self._video = self._encode(crf)
        self._decoder: Any = None
        self._at, self._image = -1, np.zeros((1, 1), np.uint8)

    def _encode(self, crf: int) -> bytes:
        buffer = io.BytesIO()
        shift = max(0, self._inner.info.intensity.bits_stored - 8)
        with av.open(buffer, "w", format="matroska") as out:
            rate = Fraction(1 / (self._inner.info.frame_period_s or 1 / 15)).limit_denominator(1000)
            stream = out.add_stream("libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast"})
            stream.width, stream.height = self._inner.info.columns, self._inner.info.rows
            stream.pix_fmt = "gray"
            stream.thread_count = 1
            for number in range(self._inner.frame_count):
                grey = (self._inner.pixels(number) >> shift).astype(np.uint8)
                out.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="gray")))
            out.mux(stream.encode(None))
        return buffer.getvalue()

    def pixels(self, frame: int) -> Pixels:
        """Decoded values. Going back decodes from the start."""
        if self._decoder is None or frame < self._at:
            container = av.open(io.BytesIO(self._video))
            container.streams.video[0].thread_count = 1
            self._decoder, self._at = container.decode(video=0), -1
        while self._at < frame:
            self._image = _luma(next(self._decoder))
            self._at += 1
        return self._image


def _luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    """First plane as it is: a conversion would stretch values that it takes to be of limited range."""
    plane = frame.planes[0]
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: frame.height, : frame.width].copy()


def body_only(plan: Plan) -> Plan:
    """Strip a plan to the outlines of the bodies and the scale."""

    def bare(level: Level) -> Level:
        return Level(name=level.name, body=level.body)

    return _with_levels(plan, bare)


def clicked(plan: Plan, error_mm: float, seed: int) -> Plan:
    """Move the marks as an operator errs: smoothly, neighbouring points alike.

    Parameters
    ----------
    error_mm : float
        Root mean square of the displacement of a point (mm).
    """
    scale = plan.views[0].scale.mm_per_px
    image = plan.views[0].image
    rows, columns = (image.rows, image.columns) if image is not None else (2048, 2048)
    step_px = _CLICK_SPACING_MM / scale
    rng = np.random.default_rng([seed, 77])
    shape = (2, int(rows / step_px) + 6, int(columns / step_px) + 6)
    field = rng.normal(0.0, error_mm / np.sqrt(2) / scale, shape)

    def move(path: Path2D) -> Path2D:
        points = as_array(path)
        at = (points[:, ::-1].T / step_px) + 2
        offset = np.stack([_smooth(component, at) for component in field], axis=1)
        return tuple((round(float(x), 3), round(float(y), 3)) for x, y in points + offset)

    def erred(level: Level) -> Level:
        walls = {wall: move(path) for wall in WALLS if (path := level.wall(wall)) is not None}
        veins = tuple(msgspec.structs.replace(vein, path=move(vein.path)) for vein in level.veins)
        foramen = move(level.foramen) if level.foramen else None
        return msgspec.structs.replace(level, body=move(level.body), veins=veins, foramen=foramen, **walls)

    return _with_levels(plan, erred)


def _smooth(component: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    # an interpolating cubic keeps the standard deviation at the knots; between them it is a little less
    values: NDArray[np.float64] = map_coordinates(component, at, order=3, mode="nearest")
    return values


def _with_levels(plan: Plan, change: Any) -> Plan:  # noqa: ANN401 - a function from level to level
    views = tuple(
        msgspec.structs.replace(view, levels=tuple(change(level) for level in view.levels))
        for view in plan.views
    )
    return msgspec.structs.replace(plan, views=views)
