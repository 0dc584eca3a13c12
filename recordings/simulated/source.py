"""A simulated procedure as a source of frames."""

from __future__ import annotations

import time
from collections.abc import Callable

from monitor.errors import EndOfStream
from monitor.frame import Frame, ImagerGeometry, Intensity, SourceInfo, freeze_pixels
from monitor.sources.base import OpensAndCloses
from recordings.simulated.detector import MAGNIFICATION
from recordings.simulated.render import Renderer
from recordings.simulated.scene import build_scene
from recordings.simulated.settings import SimulationSettings, scenario

SOURCE_TO_DETECTOR_MM = 1050.0
SOURCE_TO_PATIENT_MM = SOURCE_TO_DETECTOR_MM / MAGNIFICATION


class SimulatedSource(OpensAndCloses):
    """Frames of a simulated procedure, rendered when they are read.

    Parameters
    ----------
    name : str
        One of `SCENARIOS`.
    settings : SimulationSettings
    clock_ns : callable
        Monotonic clock for the time of capture (ns).

    Raises
    ------
    InputError
        There is no procedure of that name.
    """

    def __init__(
        self,
        name: str,
        settings: SimulationSettings | None = None,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._name = scenario(name).name
        self._settings = settings if settings is not None else SimulationSettings()
        self._clock_ns = clock_ns
        self._info: SourceInfo | None = None
        self._renderer: Renderer | None = None
        self._next = 0

    def open(self) -> SourceInfo:
        """Build the scene; the next frame is the first."""
        scene = build_scene(self._name, self._settings)
        self._renderer = Renderer(scene)
        self._next = 0
        self._info = source_info(self._name, self._settings, scene.frame_count)
        return self._info

    @property
    def info(self) -> SourceInfo:
        """What `open` returned. Raises `RuntimeError` before it."""
        if self._info is None:
            raise RuntimeError("the source has not been opened")
        return self._info

    def read(self, timeout_s: float = 1.0) -> Frame:
        """Render the next frame.

        Raises
        ------
        EndOfStream
            There are no more.
        RuntimeError
            The source is not open.
        """
        if self._renderer is None or self._info is None:
            raise RuntimeError("the source is not open")
        if self._info.frame_count is not None and self._next >= self._info.frame_count:
            raise EndOfStream(f"{self._info.source_id} has ended")
        seq = self._next
        pixels = freeze_pixels(self._renderer.pixels(seq), copy=False)
        self._next += 1
        return Frame(
            seq=seq,
            t_capture_ns=self._clock_ns(),
            t_source_ns=round(seq * 1e9 / self._settings.frame_rate_hz),
            pixels=pixels,
            source_id=self._info.source_id,
        )

    def close(self) -> None:
        """Let go of the scene."""
        self._renderer = None


def source_info(name: str, settings: SimulationSettings, frame_count: int) -> SourceInfo:
    """What a simulated source says of itself."""
    at_detector_mm = settings.pixel_mm * MAGNIFICATION
    return SourceInfo(
        source_id=f"simulated:{name}",
        kind="simulated",
        rows=settings.size,
        columns=settings.size,
        intensity=Intensity(settings.relationship, settings.bits_stored),
        live=False,
        frame_period_s=1 / settings.frame_rate_hz,
        frame_count=frame_count,
        kvp=settings.kvp,
        geometry=ImagerGeometry(
            imager_pixel_spacing_mm=(at_detector_mm, at_detector_mm),
            distance_source_to_detector_mm=SOURCE_TO_DETECTOR_MM,
            distance_source_to_patient_mm=SOURCE_TO_PATIENT_MM,
            estimated_radiographic_magnification_factor=MAGNIFICATION,
        ),
        attributes={"Modality": "XA", "FrameTime": f"{1000 / settings.frame_rate_hz:g}"},
    )
