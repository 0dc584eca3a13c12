"""How often text in the frames is found, and how often some is found where there is none.

    python -m benchmarks.text_scan [--seeds 301-306] [--size 512]

Frames of simulated procedures, 8 bit, with a line of text drawn by OpenCV at a random place, in several
brightnesses and heights; and the same without. Nothing was tuned on it.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from monitor.frame import Frame, PixelIntensityRelationship, SourceInfo, freeze_pixels
from recordings.importing.text_scan import text_in
from recordings.simulated.settings import SimulationSettings
from recordings.simulated.source import SimulatedSource

_SCENARIOS = ("canal", "clean", "vein", "disc", "needle", "lowdose")
_FRAMES = 10
_APART_S = 0.5
_TEXT = "DOE JANE 1940-05-06"
_KINDS = ("white", "white on black", "90 %", "75 %", "60 %", "black")
_HEIGHTS = (0.016, 0.024, 0.036)
"""Of a capital, as a part of the picture's height."""


def main() -> int:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="301-306")
    parser.add_argument("--size", type=int, default=512)
    options = parser.parse_args()
    first, last = (int(part) for part in options.seeds.split("-"))
    found: dict[tuple[str, float], int] = {}
    false_alarms = runs = 0
    for seed in range(first, last + 1):
        rng = np.random.default_rng(seed)
        for name in _SCENARIOS:
            info, frames = _run(name, seed, options.size)
            runs += 1
            false_alarms += bool(text_in(info, frames))
            for kind in _KINDS:
                for height in _HEIGHTS:
                    place = rng.uniform(0.05, 0.95, 2)
                    written = [_with_text(frame, kind, height, place) for frame in frames]
                    key = (kind, height)
                    found[key] = found.get(key, 0) + bool(text_in(info, written))
    print(f"{runs} runs; text found where there is none: {false_alarms}")
    print("text found, of as many, by height of a capital:")
    print(f"{'':16}" + "".join(f"{100 * height:7.1f} %" for height in _HEIGHTS))
    for kind in _KINDS:
        print(f"{kind:16}" + "".join(f"{found[kind, height]:9}" for height in _HEIGHTS))
    return 0


def _run(name: str, seed: int, size: int) -> tuple[SourceInfo, list[Frame]]:
    settings = SimulationSettings(
        size=size, mm_per_px=180.0 / size, bits_stored=8, seed=seed, duration_s=12.0,
        relationship=PixelIntensityRelationship.DISP,
    )  # fmt: skip
    source = SimulatedSource(name, settings)
    frames = []
    with source:
        info = source.info
        assert source._renderer is not None
        for k in range(_FRAMES):
            number = round(k * _APART_S * settings.frame_rate_hz)
            pixels = freeze_pixels(source._renderer.pixels(number), copy=False)
            frames.append(Frame(k, 0, round(k * _APART_S * 1e9), pixels, name))
    return info, frames


def _with_text(frame: Frame, kind: str, height: float, place: NDArray[np.float64]) -> Frame:
    image = np.array(frame.pixels)
    rows, columns = image.shape
    scale = cv2.getFontScaleFromHeight(cv2.FONT_HERSHEY_SIMPLEX, max(6, round(height * rows)))
    thick = max(1, round(height * rows / 10))
    (wide, high), below = cv2.getTextSize(_TEXT, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
    x, y = round(place[0] * (columns - wide)), high + round(place[1] * (rows - high - below))
    if kind == "white on black":
        cv2.rectangle(image, (x - 3, y - high - 3), (x + wide + 3, y + below), 0, -1)
    gray = {"black": 0, "90 %": 230, "75 %": 191, "60 %": 153}.get(kind, 255)
    cv2.putText(image, _TEXT, (x, y), cv2.FONT_HERSHEY_SIMPLEX, scale, gray, thick, cv2.LINE_AA)
    return replace(frame, pixels=freeze_pixels(image, copy=False))


if __name__ == "__main__":
    sys.exit(main())
