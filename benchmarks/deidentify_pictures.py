"""The window in which text in the frames is confirmed, as `benchmarks.screenshots` pictures it."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PyQt6.QtWidgets import QWidget

from monitor.frame import Intensity, PixelIntensityRelationship, SourceInfo
from recordings.deidentifying.looking import Look
from recordings.importing.regions import Region
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource
from ui.deidentifying.window import ConfirmWindow

_SIZE_PX = 512


def look() -> Look:
    """A simulated run with an invented name and a clock burned in."""
    settings = SimulationSettings(size=_SIZE_PX, mm_per_px=0.3, duration_s=1.0, seed=3)
    letters = np.zeros((_SIZE_PX, _SIZE_PX), np.uint8)
    for words, at in (("SAMPLE ANNA 40712", (12, 30)), ("LAT", (450, 500)), ("12.03.2026 10:15", (12, 500))):
        cv2.putText(letters, words, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 255, 1, cv2.LINE_8)
    seen: Look | None = None
    with SimulatedSource("clean", settings) as source:
        info = SourceInfo(
            "run.dcm", "dicom", _SIZE_PX, _SIZE_PX,
            Intensity(PixelIntensityRelationship.LIN, source.info.intensity.bits_stored),
        )  # fmt: skip
        seen = Look(str(Path("2026") / "run.dcm"), info, states_text=True)
        for _ in range(12):
            pixels = source.read().pixels.copy()
            pixels[letters > 0] = info.intensity.largest_stored_value
            seen.add(pixels)
    seen.found = (Region(8, 10, 236, 30), Region(8, 480, 220, 30))
    return seen


def confirming() -> QWidget:
    """Two boxes found, a third drawn by hand."""
    window = ConfirmWindow(look())
    window.view.boxes.regions.append(Region(444, 482, 48, 24))
    window.view.boxes.chosen = 2
    window.refresh()
    return window
