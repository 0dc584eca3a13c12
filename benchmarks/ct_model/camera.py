"""The C-arm behind the detector: collimator, brightness control, and the values it hands out."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.ct_model.settings import Settings
from benchmarks.ct_model.volume import Float32, Float64
from monitor.frame import Pixels, freeze_pixels

_LIN_MIDDLE = 750.0
_BRIGHTNESS_S = 0.35


def stored(signal: Float32, settings: Settings, window: tuple[float, float], mask: Float32 | None) -> Pixels:
    """Quantise a signal: 12 bits proportional to it, or 8 bits behind a window and a curve.

    Parameters
    ----------
    signal : ndarray, float32
        1 in the middle of the first frame.
    settings : Settings
    window : (float, float)
        Signals shown black and white (DISP only).
    mask : ndarray or None
        Part of the beam let through; 0 where the picture is blanked.
    """
    top = 4095 if settings.intensity == "LIN" else 255
    if settings.intensity == "LIN":
        values = np.clip(signal * np.float32(_LIN_MIDDLE) + np.float32(0.5), 0, top)
    else:
        shown = np.clip((signal - np.float32(window[0])) * np.float32(1 / (window[1] - window[0])), 0, 1)
        values = cv2.pow(shown, settings.display_gamma) * np.float32(255) + np.float32(0.5)
    if settings.inverted:
        values = top + 1 - values
    out = np.clip(values, 0, top).astype(np.uint16 if settings.intensity == "LIN" else np.uint8)
    if mask is not None:
        out[mask <= 0.0] = 0
    return freeze_pixels(out, copy=False)


def follow(signal: Float64, pulse_hz: float) -> Float64:
    """Exposure that brings a signal back to 1, one pulse late and not at once."""
    gain = np.ones(len(signal))
    pull = 1 - np.exp(-1 / (_BRIGHTNESS_S * pulse_hz))
    for k in range(1, len(signal)):
        gain[k] = gain[k - 1] + pull * (1 / signal[k - 1] - gain[k - 1])
    return gain


def quarter(image: Float32) -> Float32:
    """A coarse copy, enough to measure brightness on."""
    return np.ascontiguousarray(cv2.resize(image, (64, 64), interpolation=cv2.INTER_AREA))


def measuring_field(size_px: int) -> NDArray[np.bool_]:
    """A disc in the middle of the picture."""
    y, x = np.mgrid[:size_px, :size_px] - (size_px - 1) / 2
    return np.asarray(np.hypot(x, y) < 0.3 * size_px)


def field_mask(s: Settings) -> Float32 | None:
    """Part of the beam that the collimator lets through."""
    n = s.size
    y, x = np.mgrid[:n, :n].astype(np.float32) - np.float32((n - 1) / 2)
    if s.collimator == "circle":
        return np.clip(np.float32(0.485 * n) - np.hypot(x, y) + np.float32(0.5), 0, 1)
    if s.collimator == "blades":
        edge = np.minimum(np.float32(0.47 * n) - np.abs(y), np.float32(0.40 * n) - np.abs(x))
        return np.maximum(np.clip(edge / 3 + np.float32(0.5), 0, 1), np.float32(0.004)).astype(np.float32)
    return None
