"""Pictures of the wizard for the documentation, on a phantom of known size.

python -m benchmarks.calibration.wizard_pictures [--out docs/calibration] [--size 1280x720]
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import cv2
import numpy as np
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QImage
from PyQt6.QtTest import QTest

from recordings.simulated.phantom_grid import Intensifier, Plate
from recordings.simulated.phantom_grid import picture as grid_picture
from recordings.simulated.phantom_scale import Exposure, Tissue, Tube, cannula_phantom
from ui.qt import start_application
from ui.wizard.page import Page
from ui.wizard.window import WizardWindow

_LONGEST_S = 60.0


def wait(done: Callable[[], bool]) -> None:
    """Let the window run until something is so."""
    until = time.monotonic() + _LONGEST_S
    while not done():
        if time.monotonic() > until:
            raise TimeoutError("the window did not get so far")
        QTest.qWait(20)


def load(window: WizardWindow, name: str, pixels: np.ndarray) -> None:
    """Write a picture into the working folder and open it."""
    Path(name).mkdir()
    cv2.imwrite(f"{name}/00.png", pixels)
    window.bar.source.setText(name)
    window.bar.load()
    wait(lambda: window.page.loaded is not None and window.page.loaded.source == name)


def keep(page: Page) -> None:
    """Keep what is found, once it is."""
    wait(lambda: page.finding() is not None)
    page.keep()


def save(window: WizardWindow, path: Path) -> None:
    """The window as a small file."""
    QTest.qWait(50)
    image = window.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    memory = image.constBits()
    memory.setsize(image.sizeInBytes())
    pixels = np.frombuffer(memory, np.uint8).reshape(image.height(), image.width(), 4)[..., :3]
    cv2.imwrite(str(path), pixels, [cv2.IMWRITE_PNG_COMPRESSION, 9])


def photograph(out: Path, width: int, height: int) -> None:
    """Scale from a cannula, distortion from beads, and the review."""
    window = WizardWindow(None, Path("angio-2.json"), room="Angio 2")
    window.room.operator.setText("A. Physicist")
    window.room.c_arm.setText("Arc 9")
    window.resize(width, height)
    window.show()
    phantom = cannula_phantom(
        Tube(width_px=14.0, angle_rad=0.4, length_px=300.0),
        Exposure(quanta=20000.0, scatter=0.8),
        Tissue(bone=0.3),
        np.random.default_rng(5),
        size=480,
    )
    window.go(1)
    load(window, "cannula", np.asarray(phantom.pixels * 16, np.uint16))
    window.scale.buttons[1].click()
    for point in phantom.points:
        place = window.view.place(point).toPoint()
        QTest.mouseClick(window.view, Qt.MouseButton.LeftButton, pos=place)
    window.scale.ways[0].typed.setText("11G")
    keep(window.scale)
    save(window, out / "wizard-scale.png")
    window.go(2)
    load(window, "plate", grid_picture(Plate(), Intensifier(rows=480, columns=480), 1)[0])
    window.distortion.pitch.setText("10")
    window.distortion.find_marks.click()
    keep(window.distortion)
    window.go(5)
    save(window, out / "wizard-review.png")
    window.save()
    window.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures."""
    parser = argparse.ArgumentParser(description="Pictures of the wizard.")
    parser.add_argument("--out", default="docs/calibration", type=Path)
    parser.add_argument("--size", default="1280x720")
    given = parser.parse_args(arguments)
    width, height = (int(text) for text in given.size.split("x"))
    out = given.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    start_application()
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # so that the pictures show no path of this machine
        try:
            photograph(out, width, height)
        finally:
            os.chdir(before)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
